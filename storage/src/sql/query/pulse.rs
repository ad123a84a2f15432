//! How live threads and their firms stand: what a node compares with what it was told, when it may
//! have missed something.

use crate::backend::Pulse;
use crate::operation::Epoch;
use crate::sql::rows;
use crate::sql::{Db, SqlError, params};
use tidings_protocol::{FirmId, Receipt, Seq, ThreadId};

/// How threads stand, of one moment.
pub(in crate::sql) fn pulses(db: Db<'_>, threads: &[ThreadId]) -> Result<Vec<Pulse>, SqlError> {
    let sql = "SELECT t.firm, f.access_epoch, t.head,
             (SELECT CAST(coalesce(sum(p.read_seq), 0) AS BIGINT) FROM participants p
              WHERE p.thread = t.num), t.remind_ms, t.reminders_sent
         FROM threads t JOIN firms f ON f.id = t.firm WHERE t.id = ?1";
    db.rows_of(sql, threads.iter().map(|thread| thread.0), |thread, row| {
        Ok(Pulse {
            thread: ThreadId(thread),
            firm: FirmId(row.id(0)?),
            epoch: Epoch(rows::unsigned(row, 1)?),
            head: rows::seq(row, 2)?,
            read: rows::unsigned(row, 3)?,
            reminder: rows::reminder_state(row, 4)?,
        })
    })
}

/// How far everybody has read a thread.
pub(in crate::sql) fn receipts(db: Db<'_>, thread: ThreadId) -> Result<Vec<Receipt>, SqlError> {
    let sql = "SELECT p.person_kind, p.person, p.read_seq FROM threads t
         JOIN participants p ON p.thread = t.num WHERE t.id = ?1 AND p.read_seq > 0";
    db.rows(sql, params![thread.0], |row| {
        Ok(Receipt { person: rows::person(row, 0, 1)?, seq: Seq(rows::unsigned(row, 2)?) })
    })
}

/// How often access has ended in each of these firms.
pub(in crate::sql) fn epochs(
    db: Db<'_>,
    firms: &[FirmId],
) -> Result<Vec<(FirmId, Epoch)>, SqlError> {
    let sql = "SELECT access_epoch FROM firms WHERE id = ?1";
    db.rows_of(sql, firms.iter().map(|firm| firm.0), |firm, row| {
        Ok((FirmId(firm), Epoch(rows::unsigned(row, 0)?)))
    })
}
