//! A batch of operations inside one transaction, which the writer of a database begins and ends:
//! what each of them does, in order, and what is written once for all of them.

use super::directory;
use super::jobs;
use super::memory::Memory;
use super::rows::OpError;
use super::work::{Answer, Pending, Work};
use super::{Db, SqlError, params};
use crate::clock::Entropy;
use crate::operation::{Applied, Commit, DirectoryChange, Done, Epoch, Operation};
use tidings_protocol::limits::NAME_BYTES_MAX;
use tidings_protocol::{FirmId, Timestamp, filled, one_line};

/// Applies batches, and remembers between them what a database allows it to.
pub(crate) struct Scribe {
    memory: Memory,
    pending: Pending,
    entropy: Box<dyn Entropy>,
}

impl Scribe {
    /// Remembers nothing yet.
    pub(crate) fn new(entropy: Box<dyn Entropy>) -> Self {
        Self { memory: Memory::new(), pending: Pending::default(), entropy }
    }

    /// Applies a batch inside a transaction. On an error the transaction is to be rolled back, and
    /// everything to be forgotten.
    pub(crate) fn apply(
        &mut self,
        db: Db<'_>,
        batch: Vec<Operation>,
        now: Timestamp,
    ) -> Result<Vec<Applied>, SqlError> {
        let mut work = Work {
            db,
            memory: &mut self.memory,
            pending: &mut self.pending,
            entropy: &mut *self.entropy,
            now,
        };
        let applied =
            batch.into_iter().map(|operation| work.apply(operation)).collect::<Result<_, _>>()?;
        work.flush()?;
        Ok(applied)
    }

    /// Takes in what was read for a batch before it begins.
    pub(crate) fn prepare(&mut self) -> &mut Memory {
        self.forget();
        &mut self.memory
    }

    /// Forgets everything: a batch has failed, or somebody else has written.
    pub(crate) fn forget(&mut self) {
        self.memory.clear();
        self.pending.clear();
    }

    /// Forgets what is over the bounds, once a batch has been committed.
    pub(crate) fn trim(&mut self) {
        self.memory.trim();
    }

    /// A thread as it is remembered, or else as it is stored; it is forgotten by that.
    #[cfg(test)]
    pub(crate) fn take_thread(&mut self, db: Db<'_>, thread: tidings_protocol::ThreadId) -> String {
        format!("{:?}", self.memory.take_thread(db, thread).unwrap().unwrap())
    }
}

impl Work<'_> {
    /// Does one operation. An error ends the batch; a refusal is an answer.
    fn apply(&mut self, operation: Operation) -> Result<Applied, SqlError> {
        let done = match operation {
            Operation::Command { actor, command } => self
                .command(actor, command)
                .map(|Answer { reply, commit }| (Done::Reply(reply), commit)),
            Operation::Directory { firm, change } => self.change_directory(firm, &change),
            Operation::CreateFirm { name } => self.create_firm(&name),
            Operation::Look { firm, thread } => self.look(firm, thread),
            Operation::Remind { firm, thread } => self.remind(firm, thread),
            Operation::ClaimNotices { notices, holder, until } => {
                self.claim(&notices, holder, until)
            }
            Operation::SettleNotices { notices, holder, sending } => {
                self.settle(&notices, holder, &sending)
            }
            Operation::AddNotice { actor, thread, asked } => self.ask_for(actor, thread, asked),
            Operation::UseLogin { notice, since } => self.use_login(notice, since),
            Operation::ForgetNotices { before, limit } => {
                jobs::forget_notices(self.db, before, limit)
                    .map(|count| (Done::Forgotten(count), None))
                    .map_err(OpError::from)
            }
            Operation::Claim { job, holder, until } => {
                jobs::claim(self.db, job, holder, until, self.now)
                    .map(|claimed| (Done::Claimed(claimed), None))
                    .map_err(OpError::from)
            }
            Operation::ForgetRevocations { limit } => {
                jobs::forget_revocations(self.db, limit, self.now)
                    .map(|count| (Done::Forgotten(count), None))
                    .map_err(OpError::from)
            }
        };
        match done {
            Ok((done, mut commit)) => {
                if let Some(commit) = &mut commit {
                    self.tell_of_reminders(commit);
                    let firm = self.memory.firm(self.db, commit.firm)?;
                    commit.epoch = firm.map_or_else(Epoch::default, |firm| firm.epoch);
                }
                Ok(Applied { outcome: Ok(done), commit })
            }
            Err(OpError::Refused(refusal)) => Ok(Applied { outcome: Err(refusal), commit: None }),
            Err(OpError::Sql(error)) => Err(error),
        }
    }

    /// Says in a commit how far the reminders of its thread are, if that has changed.
    fn tell_of_reminders(&mut self, commit: &mut Commit) {
        if let Some(told) = &mut commit.thread
            && let Some(thread) = self.memory.thread_mut(told.thread)
        {
            told.reminder = thread.news_of_reminders();
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
        self.db.write("SAVEPOINT change", &[])?;
        let changed = directory::apply(self.db, firm, change, self.now, self.entropy);
        if matches!(changed, Err(OpError::Refused(_))) {
            self.db.write("ROLLBACK TO change", &[])?;
        }
        let (done, access) = match changed {
            Err(error @ OpError::Sql(_)) => return Err(error),
            other => {
                self.db.write("RELEASE change", &[])?;
                other?
            }
        };
        if access.iter().any(|change| change.ends()) {
            let sql = "UPDATE firms SET access_epoch = access_epoch + 1 WHERE id = ?1";
            self.db.write(sql, params![firm.0])?;
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
