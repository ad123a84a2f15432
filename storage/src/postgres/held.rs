//! A database held as a whole, in one transaction in which nobody else writes: for moving a store.

use super::failure::Failure;
use super::open::{Missing, OpenError, prepare};
use super::session::{BEGIN, Session};
use super::url::Url;
use crate::clock::Entropy;
use crate::front::monotonic;
use crate::sql::{Db, SqlError};
use std::time::Duration;

/// Who else is connected under the same name: servers, and the operator's commands.
const OTHERS: &str = "SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND application_name = current_setting('application_name') LIMIT 1";

/// Longest time that a server which has just ended may still look connected.
const GOING_MAX: Duration = Duration::from_secs(2);

/// Between two looks whether it is gone.
const LOOK: Duration = Duration::from_millis(50);

fn wait_until_alone(session: &Session) -> Result<(), SqlError> {
    let until = monotonic() + GOING_MAX;
    while Db::Postgres(session).exists(OTHERS, &[])? && monotonic() < until {
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// The transaction. What it has done is taken back if it is dropped.
pub(crate) struct Held {
    session: Session,
}

impl Held {
    /// Opens a database to which no server is connected, and keeps others from writing to these
    /// tables.
    pub(crate) fn open(
        url: &Url,
        patience: Duration,
        tables: &[&str],
        entropy: &mut dyn Entropy,
    ) -> Result<Self, OpenError> {
        let session = prepare(url, patience, Missing::Made(entropy))?;
        wait_until_alone(&session)?;
        session.be_patient(true);
        session.send(BEGIN)?;
        // It takes as long as it takes.
        session.send("SET LOCAL statement_timeout = 0")?;
        session.send("SET LOCAL idle_in_transaction_session_timeout = 0")?;
        let db = Db::Postgres(&session);
        db.change(&format!("LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", ")), &[])?;
        if db.exists(OTHERS, &[])? {
            return Err(OpenError::InUse { url: url.to_string() });
        }
        Ok(Self { session })
    }

    /// The transaction.
    pub(crate) fn db(&self) -> Db<'_> {
        Db::Postgres(&self.session)
    }

    /// After rows have come with their numbers: new ones get higher numbers, and the planner learns
    /// how many there are.
    pub(crate) fn moved_in(&self, tables: &[&str]) -> Result<(), SqlError> {
        let next = "SELECT setval(pg_get_serial_sequence('threads', 'num'),
                       (SELECT coalesce(max(num), 0) + 1 FROM threads), false)";
        self.db().one(next, &[], |_| Ok(()))?;
        for table in tables {
            self.db().change(&format!("ANALYZE {table}"), &[])?;
        }
        Ok(())
    }

    /// Makes all of it durable.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        self.session.send("COMMIT")?;
        self.session.settle()
    }
}
