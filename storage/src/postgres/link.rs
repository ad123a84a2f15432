//! One connection, and what is under way on it. Statements are sent without waiting for the answers
//! to those before; answers come in the same order.

use super::dialect;
use super::failure::Failure;
use super::tls;
use super::url::Url;
use super::value::Owned;
use crate::sql::Value;
use lru::LruCache;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{
    Client, Connection, Error, NoTls, Row, SimpleQueryMessage, Socket, Statement,
};
use uuid::Uuid;

/// The server cancels a statement that takes so long, and one that waits so long for a lock.
const STATEMENT_MAX: Duration = Duration::from_secs(5);
const LOCK_MAX: Duration = Duration::from_secs(4);

/// The server ends a connection on which a transaction stands still for so long: its locks keep
/// other nodes from going on.
const STILL_MAX: Duration = Duration::from_secs(5);

/// Longest time without an answer, of which each statement sent has its own. Longer than the server
/// would take for one, for a network that was cut answers nothing at all.
const ANSWER_MAX: Duration = Duration::from_secs(8);
const _: () = assert!(LOCK_MAX.as_secs() < STATEMENT_MAX.as_secs());
const _: () = assert!(STATEMENT_MAX.as_secs() < ANSWER_MAX.as_secs());

/// The same for changes of the schema, and for whoever waits for another node to make them.
const PATIENT_MAX: Duration = Duration::from_mins(10);

/// Longest time until a connection can be used: with several hosts, some may not answer.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// Statements kept prepared: more than there are.
const STATEMENTS_MAX: usize = 256;

/// Statements sent that have not been answered; then the older half is waited for.
const SENT_MAX: usize = 256;

/// Something sent, to be answered: how many rows it changed.
type Sent = Pin<Box<dyn Future<Output = Result<u64, Error>> + Send>>;

/// The rows of each of several keys.
pub(super) type RowsByKey<const N: usize> = Vec<([Uuid; N], Vec<Row>)>;

/// A connection that was made.
pub(super) struct Link {
    client: Arc<Client>,
    statements: LruCache<String, Statement>,
    sent: VecDeque<Sent>,
    task: JoinHandle<()>,
    /// Longest time without an answer.
    patience: Duration,
}

impl Link {
    /// Connects, and makes the settings that the promises rest on.
    pub(super) fn make(runtime: &Runtime, url: &Url) -> Result<Self, Failure> {
        let mut config = url.config().clone();
        config.options(settings(config.get_options()));
        let tls = url.tls().map(tls::connector).transpose()?;
        let made = async {
            let (client, task) = match tls {
                Some(tls) => drive(config.connect(tls).await?),
                None => drive(config.connect(NoTls).await?),
            };
            // Not every system has what it takes: then it is not so soon noticed that we are gone.
            drop(client.batch_execute("SET client_connection_check_interval = '2s'").await);
            let checked = client.simple_query(&check()).await?;
            Ok((client, task, checked))
        };
        let made = async { made.await.map_err(|error: Error| Failure::to_connect(&error)) };
        let (client, task, checked) = runtime.block_on(in_time(CONNECT_MAX, made))?;
        let taken = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0) == Some(TAKEN),
            _ => false,
        };
        if !checked.iter().any(taken) {
            return Err(Failure::Refused(NOT_TAKEN.to_owned()));
        }
        let (client, statements) = (Arc::new(client), LruCache::unbounded());
        Ok(Self { client, statements, sent: VecDeque::new(), task, patience: ANSWER_MAX })
    }

    /// Whether it is known to be of no use.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Waits for an answer as long as another node may take to change the schema, or as usual.
    pub(super) fn be_patient(&mut self, patient: bool) {
        self.patience = if patient { PATIENT_MAX } else { ANSWER_MAX };
    }

    /// Gives up everything that is under way.
    pub(super) fn abandon(self, runtime: &Runtime) {
        self.task.abort();
        // The socket goes with the task, once that has been told.
        runtime.block_on(tokio::task::yield_now());
    }

    /// Sends a statement without parameters or rows.
    pub(super) fn send(&mut self, sql: &'static str) -> Result<(), Failure> {
        let client = Arc::clone(&self.client);
        self.push(Box::pin(async move { client.batch_execute(sql).await.map(|()| 0) }))
    }

    /// Sends a change.
    pub(super) fn write(
        &mut self,
        runtime: &Runtime,
        sql: &str,
        params: &[Value<'_>],
    ) -> Result<(), Failure> {
        let statement = self.statement(runtime, sql)?;
        let params: Vec<Owned> = params.iter().map(Owned::of).collect();
        let client = Arc::clone(&self.client);
        self.push(Box::pin(async move {
            client.execute_raw(&statement, params.iter().map(Owned::value)).await
        }))?;
        if self.sent.len() < SENT_MAX {
            return Ok(());
        }
        let older: Vec<Sent> = self.sent.drain(..SENT_MAX / 2).collect();
        runtime.block_on(all(self.patience, older))
    }

    /// Changes rows, and says how many.
    pub(super) fn change(
        &mut self,
        runtime: &Runtime,
        sql: &str,
        params: &[Value<'_>],
    ) -> Result<u64, Failure> {
        let statement = self.statement(runtime, sql)?;
        let client = Arc::clone(&self.client);
        self.answer(
            runtime,
            async move { client.execute_raw(&statement, params.iter().copied()).await },
        )
    }

    /// Asks for rows.
    pub(super) fn rows(
        &mut self,
        runtime: &Runtime,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Failure> {
        let statement = self.statement(runtime, sql)?;
        let client = Arc::clone(&self.client);
        self.answer(runtime, async move { client.query(&statement, params).await })
    }

    /// Asks for the rows of several statements on one journey; of those that are needed.
    pub(super) fn rows_all<const N: usize>(
        &mut self,
        runtime: &Runtime,
        asked: [(&str, bool, &[&(dyn ToSql + Sync)]); N],
    ) -> Result<[Vec<Row>; N], Failure> {
        // All are prepared before any is sent: one that fails would be found out by the next to be
        // prepared, which can't say why.
        let mut prepared = Vec::with_capacity(N);
        for (sql, needed, params) in asked {
            let statement = if needed { Some(self.statement(runtime, sql)?) } else { None };
            prepared.push((statement, params));
        }
        let mut under_way = Vec::with_capacity(N);
        for (index, (statement, params)) in prepared.into_iter().enumerate() {
            if let Some(statement) = statement {
                let client = Arc::clone(&self.client);
                let mut one = Box::pin(async move { client.query(&statement, params).await });
                let at_once = begin(one.as_mut());
                under_way.push((index, at_once, one));
            }
        }
        let (sent, patience) = (std::mem::take(&mut self.sent), self.patience);
        runtime.block_on(async {
            all(patience, sent).await?;
            let mut found = [const { Vec::new() }; N];
            for (index, at_once, one) in under_way {
                found[index] = match at_once {
                    Poll::Ready(rows) => rows?,
                    Poll::Pending => in_time(patience, one).await?,
                };
            }
            Ok(found)
        })
    }

    /// Asks for the rows of several keys, on one journey for [`SENT_MAX`] of them.
    pub(super) fn rows_of<const N: usize>(
        &mut self,
        runtime: &Runtime,
        sql: &str,
        keys: &[[Uuid; N]],
    ) -> Result<RowsByKey<N>, Failure> {
        let statement = self.statement(runtime, sql)?;
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(SENT_MAX) {
            let mut asked = Vec::with_capacity(keys.len());
            for key in keys {
                let (client, statement, key) = (Arc::clone(&self.client), statement.clone(), *key);
                let mut one = Box::pin(async move {
                    let values = key.map(Value::Id);
                    let params = values.each_ref().map(|value| value as &(dyn ToSql + Sync));
                    Ok::<_, Error>((key, client.query(&statement, &params).await?))
                });
                match begin(one.as_mut()) {
                    Poll::Ready(failed) => drop(failed?),
                    Poll::Pending => asked.push(one),
                }
            }
            let (sent, patience) = (std::mem::take(&mut self.sent), self.patience);
            runtime.block_on(async {
                all(patience, sent).await?;
                for one in asked {
                    found.push(in_time(patience, one).await?);
                }
                Ok::<_, Failure>(())
            })?;
        }
        Ok(found)
    }

    /// Waits until everything that was sent has been done.
    pub(super) fn settle(&mut self, runtime: &Runtime) -> Result<(), Failure> {
        let sent = std::mem::take(&mut self.sent);
        runtime.block_on(all(self.patience, sent))
    }

    /// Sends something. An error at once means that it was not sent: nothing may be sent behind it as
    /// if it were there.
    fn push(&mut self, mut sent: Sent) -> Result<(), Failure> {
        match begin(sent.as_mut()) {
            Poll::Ready(result) => drop(result?),
            Poll::Pending => self.sent.push_back(sent),
        }
        Ok(())
    }

    /// The answer to one more question, after those to everything that was sent before. If one of
    /// them failed, that is why.
    fn answer<T>(
        &mut self,
        runtime: &Runtime,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failure> {
        let (sent, patience) = (std::mem::take(&mut self.sent), self.patience);
        let mut asked = pin!(asked);
        let at_once = begin(asked.as_mut());
        runtime.block_on(async {
            all(patience, sent).await?;
            match at_once {
                Poll::Ready(answer) => Ok(answer?),
                Poll::Pending => in_time(patience, asked).await,
            }
        })
    }

    /// A statement, prepared. This waits, once for each text.
    fn statement(&mut self, runtime: &Runtime, sql: &str) -> Result<Statement, Failure> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let (client, translated) = (Arc::clone(&self.client), dialect::translate(sql));
        let statement = self.answer(runtime, async move { client.prepare(&translated).await })?;
        self.statements.put(sql.to_owned(), statement.clone());
        if self.statements.len() > STATEMENTS_MAX {
            self.statements.pop_lru();
        }
        Ok(statement)
    }
}

/// Has a connection driven by a task.
fn drive<T>((client, connection): (Client, Connection<Socket, T>)) -> (Client, JoinHandle<()>)
where
    Connection<Socket, T>: Future + Send + 'static,
{
    let task = tokio::spawn(async {
        // Whoever waits for an answer hears of it.
        drop(connection.await);
    });
    (client, task)
}

/// The settings of a session, behind the operator's own. Every statement has its index, also while a
/// table is so small that it would be read whole: the plan is kept, and the table grows. They come
/// with the connection: a pooler that lends it out by the transaction refuses them, where it would
/// take a `SET` and give it to somebody else.
fn settings(own: Option<&str>) -> String {
    let millis = [STATEMENT_MAX, LOCK_MAX, STILL_MAX].map(|time| time.as_millis());
    format!(
        "{} -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} \
         -c jit=off -c enable_seqscan=off",
        own.unwrap_or_default(),
        millis[0],
        millis[1],
        millis[2],
    )
}

/// Has commits synced whatever the operator has set; what is more than that, such as waiting for
/// standbys, stays. Says whether the settings were taken.
fn check() -> String {
    format!(
        "SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off';
         SELECT '{TAKEN}' WHERE current_setting('lock_timeout')::interval = '{} ms'",
        LOCK_MAX.as_millis(),
    )
}

/// The answer if they were.
const TAKEN: &str = "taken";

/// Somebody between has left them out.
const NOT_TAKEN: &str = "the settings of a session were not taken: connect to PostgreSQL itself, not to \
     a pooler";

/// Begins something: what it has to send goes into the connection's queue, behind all before it.
fn begin<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn all(patience: Duration, sent: impl IntoIterator<Item = Sent>) -> Result<(), Failure> {
    for one in sent {
        in_time(patience, one).await?;
    }
    Ok(())
}

async fn in_time<T, E>(
    patience: Duration,
    what: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure>
where
    Failure: From<E>,
{
    let waited = tokio::time::timeout(patience, what).await;
    Ok(waited.map_err(|_| Failure::Silent { after: patience })??)
}
