//! The writer of a node: a batch is a transaction, beside those of other nodes. Nothing is
//! remembered between batches, for others write too; what a batch needs is read at once when it has
//! locked out whoever could change it.
//!
//! Before `COMMIT` is sent every failure is clean: the batch is done again, and refused when that
//! takes too long. Afterwards an answer that is lost leaves a doubt, which is never guessed about:
//! the first statement of every batch has written its number into the writer's own row, so that row,
//! once nobody holds it, says whether the batch was done. That is so after a switch-over to a standby
//! too, where numbers of transactions mean something else.

use super::failure::Failure;
use super::needs;
use super::session::{BEGIN, Session};
use super::warm;
use crate::backend::{Unavailable, Writer};
use crate::clock::Entropy;
use crate::front::monotonic;
use crate::operation::{Applied, Operation};
use crate::sql::{Db, Scribe, SqlError, params};
use std::time::Duration;
use tidings_protocol::Timestamp;
use uuid::Uuid;

/// How long a batch is tried before it is refused; less, if PostgreSQL has been away for long: those of
/// the next batch have waited while this one was tried.
const PATIENCE: Duration = Duration::from_secs(10);

/// Forgets the rows of writers that are no more: in doubt for so long, nobody asks. Nodes' clocks may
/// differ, so all of it goes by that of the database.
const FORGET: &str = "DELETE FROM writers
     WHERE at_ms < CAST(extract(epoch FROM now() - interval '30 days') * 1000 AS bigint)";

/// Puts down which batch this is, and holds the row until it has ended. Also asks for the last one
/// that was done: then the number is 0, which changes nothing.
pub(super) const NUMBER: &str = "INSERT INTO writers (id, batch, at_ms)
     VALUES (?1, ?2, CAST(extract(epoch FROM now()) * 1000 AS bigint))
     ON CONFLICT (id) DO UPDATE SET at_ms = excluded.at_ms,
         batch = CASE WHEN excluded.batch = 0 THEN writers.batch ELSE excluded.batch END
     RETURNING batch";

/// The writer of a PostgreSQL database.
pub struct PostgresWriter {
    session: Session,
    scribe: Scribe,
    /// Whose row in `writers` is ours.
    id: Uuid,
    /// Batches begun.
    batch: i64,
}

/// How a batch has failed.
enum Failed {
    /// Nothing of it is done.
    Clean(SqlError),
    /// `COMMIT` was sent.
    Doubtful(Vec<Applied>),
}

impl From<SqlError> for Failed {
    fn from(error: SqlError) -> Self {
        Self::Clean(error)
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Clean(failure.into())
    }
}

impl PostgresWriter {
    /// Writes by a session.
    pub(super) fn new(session: Session, entropy: Box<dyn Entropy>) -> Self {
        Self { session, scribe: Scribe::new(entropy), id: Uuid::new_v4(), batch: 0 }
    }

    fn once(&mut self, batch: &[Operation], now: Timestamp) -> Result<Vec<Applied>, Failed> {
        self.batch += 1;
        self.session.send(BEGIN)?;
        // Nothing that matters is written before it is known that a transaction has begun.
        warm::warm(&self.session, &mut self.scribe, batch, (self.id, self.batch))?;
        let db = Db::Postgres(&self.session);
        if self.batch == 1 {
            db.write(FORGET, &[])?;
        }
        let applied = self.scribe.apply(db, batch.to_vec(), now)?;
        // Behind the last changes: if one of them fails, it commits nothing.
        self.session.send("COMMIT")?;
        match self.session.settle() {
            Ok(()) => Ok(applied),
            Err(failure) if failure.ends_connection() => {
                tracing::warn!(%failure, "the answer to a commit was lost");
                Err(Failed::Doubtful(applied))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Whether the last batch was done. Asks until there is an answer: to refuse what may have been
    /// done would be a lie, and so would be the opposite.
    fn was_done(&self) -> bool {
        loop {
            match self.ask() {
                Ok(batch) => return batch == self.batch,
                Err(error) => {
                    tracing::warn!(%error, "still in doubt about a commit");
                    std::thread::sleep(self.session.pause());
                }
            }
        }
    }

    fn ask(&self) -> Result<i64, SqlError> {
        self.session.reach(monotonic() + PATIENCE)?;
        // Waits while the lost connection's transaction goes on.
        let db = Db::Postgres(&self.session);
        db.one(NUMBER, params![self.id, 0_i64], |row| row.int(0))
    }

    /// Takes back what a failed batch has done, if the connection is still there.
    fn roll_back(&mut self) {
        self.scribe.forget();
        if self.session.is_connected() {
            let done = self.session.send("ROLLBACK").and_then(|()| self.session.settle());
            if done.is_err() {
                self.session.disconnect();
            }
        }
    }
}

impl Writer for PostgresWriter {
    fn apply(
        &mut self,
        batch: Vec<Operation>,
        now: Timestamp,
    ) -> Result<Vec<Applied>, Unavailable> {
        let until = monotonic() + PATIENCE;
        loop {
            self.session.reach_soon(until, PATIENCE).map_err(SqlError::from)?;
            let error = match self.once(&batch, now) {
                Ok(applied) => return Ok(applied),
                Err(Failed::Doubtful(applied)) if self.was_done() => return Ok(applied),
                Err(Failed::Doubtful(_)) => SqlError::Postgres(Failure::Away("lost".to_owned())),
                Err(Failed::Clean(error)) => error,
            };
            self.roll_back();
            let pause = self.session.pause();
            if !error.passes() || monotonic() + pause > until {
                return Err(error.into());
            }
            tracing::debug!(%error, operations = batch.len(), "a batch is done again");
            std::thread::sleep(pause);
        }
    }

    fn shuts_out(&self, operation: &Operation) -> bool {
        needs::shuts_out(operation)
    }
}
