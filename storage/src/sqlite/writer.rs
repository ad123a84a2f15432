//! The one that writes: a batch is a transaction. What it does is in `sql`; nobody else writes while
//! a server runs, so what is remembered between batches is what is stored.

use super::wal::Wal;
use crate::backend::{Unavailable, Writer};
use crate::clock::Entropy;
use crate::operation::{Applied, Operation};
use crate::sql::{Db, Scribe, SqlError};
use rusqlite::Connection;
use std::fs::File;
use std::sync::Arc;
use tidings_protocol::Timestamp;

/// The writer of an SQLite database.
pub struct SqliteWriter {
    db: Connection,
    wal: Wal,
    scribe: Scribe,
    /// What [`Db::version`] said: another number means that another process has written.
    version: Option<i64>,
    /// Keeps other servers off for as long as there is a writer.
    _lock: Option<Arc<File>>,
}

impl SqliteWriter {
    /// Writes by a connection.
    pub(super) fn new(
        db: Connection,
        wal: Wal,
        entropy: Box<dyn Entropy>,
        lock: Option<Arc<File>>,
    ) -> Self {
        Self { db, wal, scribe: Scribe::new(entropy), version: None, _lock: lock }
    }

    /// Makes the disk look full: the database may not get larger than so many pages, or than it is.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, pages: Option<i64>) {
        let most = pages.unwrap_or(i64::from(u32::MAX) - 1);
        self.db.pragma_update_and_check(None, "max_page_count", most, |_| Ok(())).unwrap();
    }

    fn commit(&mut self, batch: Vec<Operation>, now: Timestamp) -> Result<Vec<Applied>, SqlError> {
        let db = Db::Sqlite(&self.db);
        db.write("BEGIN IMMEDIATE", &[])?;
        // Somebody else may have written, such as an operator's command.
        let version = db.version()?;
        if std::mem::replace(&mut self.version, version) != version {
            self.scribe.forget();
        }
        let applied = self.scribe.apply(db, batch, now)?;
        db.write("COMMIT", &[])?;
        Ok(applied)
    }

    /// Takes back all of a batch that failed.
    fn roll_back(&mut self) {
        self.scribe.forget();
        if !self.db.is_autocommit()
            && let Err(error) = Db::Sqlite(&self.db).write("ROLLBACK", &[])
        {
            tracing::error!(%error, "a failed transaction can't be rolled back");
        }
    }
}

impl Writer for SqliteWriter {
    fn apply(
        &mut self,
        batch: Vec<Operation>,
        now: Timestamp,
    ) -> Result<Vec<Applied>, Unavailable> {
        let operations = batch.len();
        match self.commit(batch, now) {
            Ok(applied) => {
                self.scribe.trim();
                self.wal.after_commit(&self.db, operations);
                Ok(applied)
            }
            Err(error) => {
                self.roll_back();
                Err(error.into())
            }
        }
    }

    fn idle(&mut self) {
        self.wal.when_idle(&self.db);
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
