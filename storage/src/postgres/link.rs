//! One connection, and what is under way on it. Statements are sent without waiting for the answers
//! to those before; answers come in the same order.

use super::dialect;
use super::failure::Failure;
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
use tokio_postgres::{Client, Error, NoTls, Row, Statement};
use uuid::Uuid;

/// The server cancels a statement that takes so long, and one that waits so long for a lock.
const STATEMENT_MAX: Duration = Duration::from_secs(5);
const LOCK_MAX: Duration = Duration::from_secs(4);

/// The server ends a connection on which a transaction stands still for so long: its locks keep
/// other nodes from going on.
const STILL_MAX: Duration = Duration::from_secs(5);

/// Longest time that one answer is waited for. Longer than the server would take, for a network that
/// was cut answers nothing at all.
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

/// A connection that was made.
pub(super) struct Link {
    client: Arc<Client>,
    statements: LruCache<String, Statement>,
    sent: VecDeque<Sent>,
    task: JoinHandle<()>,
    /// Longest time that one answer is waited for.
    patience: Duration,
}

impl Link {
    /// Connects, and makes the settings that the promises rest on.
    pub(super) fn make(runtime: &Runtime, url: &Url) -> Result<Self, Failure> {
        let made = async {
            let (client, connection) = url.config().connect(NoTls).await?;
            let task = tokio::spawn(async {
                // Whoever waits for an answer hears of it.
                let _ = connection.await;
            });
            client.batch_execute(&settings()).await?;
            let (client, statements) = (Arc::new(client), LruCache::unbounded());
            Ok(Self { client, statements, sent: VecDeque::new(), task, patience: ANSWER_MAX })
        };
        wait(runtime, CONNECT_MAX, made)
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
    pub(super) fn send(&mut self, sql: &'static str) {
        let client = Arc::clone(&self.client);
        self.push(Box::pin(async move { client.batch_execute(sql).await.map(|()| 0) }));
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
        }));
        if self.sent.len() < SENT_MAX {
            return Ok(());
        }
        let older: Vec<Sent> = self.sent.drain(..SENT_MAX / 2).collect();
        wait(runtime, self.patience, all(older))
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
        let mut under_way = Vec::with_capacity(N);
        for (index, (sql, needed, params)) in asked.into_iter().enumerate() {
            if needed {
                let statement = self.statement(runtime, sql)?;
                let client = Arc::clone(&self.client);
                let mut one = Box::pin(async move { client.query(&statement, params).await });
                let at_once = begin(one.as_mut());
                under_way.push((index, at_once, one));
            }
        }
        self.answer(runtime, async {
            let mut found = [const { Vec::new() }; N];
            for (index, at_once, one) in under_way {
                found[index] = match at_once {
                    Poll::Ready(rows) => rows?,
                    Poll::Pending => one.await?,
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
    ) -> Result<Vec<([Uuid; N], Vec<Row>)>, Failure> {
        let statement = self.statement(runtime, sql)?;
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(SENT_MAX) {
            let mut asked = Vec::with_capacity(keys.len());
            for key in keys {
                let (client, statement, key) = (Arc::clone(&self.client), statement.clone(), *key);
                let mut one = Box::pin(async move {
                    let values = key.map(Value::Id);
                    let params = values.each_ref().map(|value| value as &(dyn ToSql + Sync));
                    Ok((key, client.query(&statement, &params).await?))
                });
                match begin(one.as_mut()) {
                    Poll::Ready(failed) => drop(failed?),
                    Poll::Pending => asked.push(one),
                }
            }
            found.extend(self.answer(runtime, async {
                let mut found = Vec::with_capacity(asked.len());
                for one in asked {
                    found.push(one.await?);
                }
                Ok(found)
            })?);
        }
        Ok(found)
    }

    /// Waits until everything that was sent has been done.
    pub(super) fn settle(&mut self, runtime: &Runtime) -> Result<(), Failure> {
        let sent = std::mem::take(&mut self.sent);
        wait(runtime, self.patience, all(sent))
    }

    fn push(&mut self, mut sent: Sent) {
        match begin(sent.as_mut()) {
            Poll::Ready(result) => self.sent.push_back(Box::pin(std::future::ready(result))),
            Poll::Pending => self.sent.push_back(sent),
        }
    }

    /// The answer to one more question, after those to everything that was sent before. If one of
    /// them failed, that is why.
    fn answer<T>(
        &mut self,
        runtime: &Runtime,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failure> {
        let sent = std::mem::take(&mut self.sent);
        let mut asked = pin!(asked);
        let at_once = begin(asked.as_mut());
        wait(runtime, self.patience, async {
            all(sent).await?;
            match at_once {
                Poll::Ready(answer) => answer,
                Poll::Pending => asked.await,
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

/// The settings of a session. Commits are synced whatever the operator has set; what is more than
/// that, such as waiting for standbys, stays. Every statement has its index, also while a table is so
/// small that it would be read whole: the plan is kept, and the table grows.
fn settings() -> String {
    let millis = [STATEMENT_MAX, LOCK_MAX, STILL_MAX].map(|time| time.as_millis());
    format!(
        "SET statement_timeout = {}; SET lock_timeout = {};
         SET idle_in_transaction_session_timeout = {};
         SET client_connection_check_interval = '2s'; SET jit = off; SET enable_seqscan = off;
         SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off'",
        millis[0], millis[1], millis[2],
    )
}

/// Begins something: what it has to send goes into the connection's queue, behind all before it.
fn begin<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn all(sent: impl IntoIterator<Item = Sent>) -> Result<(), Error> {
    for one in sent {
        one.await?;
    }
    Ok(())
}

fn wait<T>(
    runtime: &Runtime,
    at_most: Duration,
    what: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failure> {
    let waited = runtime.block_on(async { tokio::time::timeout(at_most, what).await });
    Ok(waited.map_err(|_| Failure::Silent { after: at_most })??)
}
