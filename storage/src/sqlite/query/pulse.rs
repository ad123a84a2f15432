//! How live threads and their firms stand: what a node compares with what it was told, when it may
//! have missed something.

use crate::backend::Pulse;
use crate::operation::Epoch;
use crate::sqlite::rows;
use rusqlite::{Connection, OptionalExtension};
use tidings_protocol::{FirmId, Receipt, Seq, ThreadId};

/// How threads stand, of one moment.
pub(in crate::sqlite) fn pulses(
    db: &Connection,
    threads: &[ThreadId],
) -> rusqlite::Result<Vec<Pulse>> {
    let mut statement = db.prepare_cached(
        "SELECT t.firm, f.access_epoch, t.head,
             (SELECT coalesce(sum(p.read_seq), 0) FROM participants p WHERE p.thread = t.num)
         FROM threads t JOIN firms f ON f.id = t.firm WHERE t.id = ?1",
    )?;
    let mut pulses = Vec::with_capacity(threads.len());
    for thread in threads {
        let pulse = statement.query_row([thread.0.as_bytes()], |row| {
            Ok(Pulse {
                thread: *thread,
                firm: FirmId(rows::uuid(row, 0)?),
                epoch: Epoch(rows::unsigned(row, 1)?),
                head: rows::seq(row, 2)?,
                read: rows::unsigned(row, 3)?,
            })
        });
        pulses.extend(pulse.optional()?);
    }
    Ok(pulses)
}

/// How far everybody has read a thread.
pub(in crate::sqlite) fn receipts(
    db: &Connection,
    thread: ThreadId,
) -> rusqlite::Result<Vec<Receipt>> {
    let mut statement = db.prepare_cached(
        "SELECT p.person_kind, p.person, p.read_seq FROM threads t
         JOIN participants p ON p.thread = t.num WHERE t.id = ?1 AND p.read_seq > 0",
    )?;
    let receipts = statement.query_map([thread.0.as_bytes()], |row| {
        Ok(Receipt { person: rows::person(row, 0, 1)?, seq: Seq(rows::unsigned(row, 2)?) })
    })?;
    receipts.collect()
}

/// How often access has ended in each of these firms.
pub(in crate::sqlite) fn epochs(
    db: &Connection,
    firms: &[FirmId],
) -> rusqlite::Result<Vec<(FirmId, Epoch)>> {
    let mut statement = db.prepare_cached("SELECT access_epoch FROM firms WHERE id = ?1")?;
    let mut epochs = Vec::with_capacity(firms.len());
    for firm in firms {
        let epoch = statement.query_row([firm.0.as_bytes()], |row| rows::unsigned(row, 0));
        epochs.extend(epoch.optional()?.map(|epoch| (*firm, Epoch(epoch))));
    }
    Ok(epochs)
}
