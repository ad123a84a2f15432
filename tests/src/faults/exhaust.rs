//! Takes all connections that a PostgreSQL gives out.

use crate::postgres::Postgres;
use crate::wait::within;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls};

/// Ends the sessions of everybody else in this database.
const END_OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name <> 'exhaust'";

/// Between two looks at whether somebody else got one that became free.
const LOOK: Duration = Duration::from_millis(50);

/// Far more than there are.
const CONNECTIONS_MAX: usize = 1_000;

/// All connections are taken, until this is dropped.
pub(super) struct Exhausted {
    taking: JoinHandle<()>,
}

impl Exhausted {
    /// Ends all sessions in a database, and takes what becomes free.
    pub(super) async fn start(postgres: &Postgres, database: &str) -> Self {
        let url = format!("{}?application_name=exhaust", postgres.url(database));
        let config: Config = url.parse().expect("the address is ours");
        let mut taken = Vec::new();
        within("all connections to be taken", take_all(&config, &mut taken)).await;
        let taking = tokio::spawn(async move {
            loop {
                take_all(&config, &mut taken).await;
                tokio::time::sleep(LOOK).await;
            }
        });
        Self { taking }
    }
}

impl Drop for Exhausted {
    fn drop(&mut self) {
        self.taking.abort();
    }
}

/// Takes connections until there are no more, and nobody else has one.
async fn take_all(config: &Config, taken: &mut Vec<Client>) {
    loop {
        while taken.len() < CONNECTIONS_MAX {
            let Ok((client, connection)) = config.connect(NoTls).await else { break };
            // It ends with its client.
            tokio::spawn(connection);
            taken.push(client);
        }
        let Some(client) = taken.first() else { return };
        match client.query(END_OTHERS, &[]).await {
            Ok(ended) if !ended.is_empty() => {}
            _ => return,
        }
    }
}
