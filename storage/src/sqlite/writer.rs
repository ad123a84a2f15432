//! The one that writes: a batch is a transaction. It remembers what it wrote, so that most
//! operations read nothing, and writes what many operations change (heads, receipts, inbox items)
//! once a batch.

use super::directory;
use super::memory::Memory;
use super::rows::OpError;
use super::wal::Wal;
use super::work::{Answer, Pending, Work};
use crate::backend::{Unavailable, Writer};
use crate::clock::Entropy;
use crate::operation::{Applied, Commit, DirectoryChange, Done, Epoch, Operation};
use rusqlite::Connection;
use std::fs::File;
use std::sync::Arc;
use tidings_protocol::limits::NAME_BYTES_MAX;
use tidings_protocol::{FirmId, Timestamp, filled, one_line};

/// The writer of an SQLite database.
pub struct SqliteWriter {
    db: Connection,
    wal: Wal,
    memory: Memory,
    pending: Pending,
    entropy: Box<dyn Entropy>,
    /// `PRAGMA data_version`: another number means that another process has written.
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
        Self {
            db,
            wal,
            memory: Memory::new(),
            pending: Pending::default(),
            entropy,
            version: None,
            _lock: lock,
        }
    }

    /// Makes the disk look full: the database may not get larger than so many pages, or than it is.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, pages: Option<i64>) {
        let most = pages.unwrap_or(i64::from(u32::MAX) - 1);
        self.db.pragma_update_and_check(None, "max_page_count", most, |_| Ok(())).unwrap();
    }

    fn commit(&mut self, batch: Vec<Operation>, now: Timestamp) -> rusqlite::Result<Vec<Applied>> {
        run(&self.db, "BEGIN IMMEDIATE")?;
        self.notice_others()?;
        let mut work = Work {
            db: &self.db,
            memory: &mut self.memory,
            pending: &mut self.pending,
            entropy: &mut *self.entropy,
            now,
        };
        let applied =
            batch.into_iter().map(|operation| work.apply(operation)).collect::<Result<_, _>>()?;
        work.flush()?;
        run(&self.db, "COMMIT")?;
        Ok(applied)
    }

    /// Forgets everything if somebody else, such as an operator's command, has written.
    fn notice_others(&mut self) -> rusqlite::Result<()> {
        let version =
            self.db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.version.replace(version).is_some_and(|before| before != version) {
            self.memory.clear();
        }
        Ok(())
    }

    /// Takes back all of a batch that failed.
    fn roll_back(&mut self) {
        self.memory.clear();
        self.pending.clear();
        if !self.db.is_autocommit()
            && let Err(error) = run(&self.db, "ROLLBACK")
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
                self.memory.trim();
                self.wal.after_commit(&self.db, operations);
                Ok(applied)
            }
            Err(error) => {
                self.roll_back();
                Err(Unavailable(error.to_string()))
            }
        }
    }

    fn idle(&mut self) {
        self.wal.when_idle(&self.db);
    }
}

impl Work<'_> {
    /// Does one operation. An error ends the batch; a refusal is an answer.
    fn apply(&mut self, operation: Operation) -> rusqlite::Result<Applied> {
        let done = match operation {
            Operation::Command { actor, command } => self
                .command(actor, command)
                .map(|Answer { reply, commit }| (Done::Reply(reply), commit)),
            Operation::Directory { firm, change } => self.change_directory(firm, &change),
            Operation::CreateFirm { name } => self.create_firm(&name),
        };
        match done {
            Ok((done, mut commit)) => {
                if let Some(commit) = &mut commit {
                    let firm = self.memory.firm(self.db, commit.firm)?;
                    commit.epoch = firm.map_or_else(Epoch::default, |firm| firm.epoch);
                }
                Ok(Applied { outcome: Ok(done), commit })
            }
            Err(OpError::Refused(refusal)) => Ok(Applied { outcome: Err(refusal), commit: None }),
            Err(OpError::Sql(error)) => Err(error),
        }
    }

    fn create_firm(&mut self, name: &str) -> Result<(Done, Option<Commit>), OpError> {
        filled("name", name, NAME_BYTES_MAX)?;
        one_line("name", name)?;
        let firm = directory::create_firm(self.db, name, self.now, self.entropy)?;
        Ok((Done::Firm(firm), None))
    }

    /// Directory changes are rare: they may leave something half done when refused, which is
    /// taken back here, and what is remembered of people is forgotten.
    fn change_directory(
        &mut self,
        firm: FirmId,
        change: &DirectoryChange,
    ) -> Result<(Done, Option<Commit>), OpError> {
        self.flush()?;
        run(self.db, "SAVEPOINT change")?;
        let changed = directory::apply(self.db, firm, change, self.now, self.entropy);
        if matches!(changed, Err(OpError::Refused(_))) {
            run(self.db, "ROLLBACK TO change")?;
        }
        let (done, access) = match changed {
            Err(error @ OpError::Sql(_)) => return Err(error),
            other => {
                run(self.db, "RELEASE change")?;
                other?
            }
        };
        if access.iter().any(|change| change.ends()) {
            self.db
                .prepare_cached("UPDATE firms SET access_epoch = access_epoch + 1 WHERE id = ?1")?
                .execute([firm.0.as_bytes()])?;
        }
        self.memory.forget_directory();
        let commit = (!access.is_empty()).then(|| Commit {
            firm,
            // As all commits, it gets the firm's at the end.
            epoch: Epoch::default(),
            thread: None,
            inbox: Vec::new(),
            access,
        });
        Ok((done, commit))
    }
}

/// A statement without rows or parameters.
fn run(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(|_| ())
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
