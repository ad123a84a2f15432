//! Pages of a thread's log.

use super::access;
use crate::access::Actor;
use crate::sql::rows::{self, OpError, TASK_ADDED, TASK_REMOVED};
use crate::sql::{Db, Row, SqlError, params};
use std::ops::ControlFlow;
use tidings_protocol::limits::{PAGE_BYTES_MAX, PAGE_ITEMS_DEFAULT};
use tidings_protocol::{Event, HistoryFrom, Reply, Seq, ThreadId};

const COLUMNS: &str = "seq, at_ms, actor_kind, actor, messages, payload";
const PAYLOAD: usize = 5;

/// A page of history, either way.
pub(super) fn history(
    db: Db<'_>,
    actor: Actor,
    thread: ThreadId,
    from: HistoryFrom,
    limit: Option<u32>,
) -> Result<Reply, OpError> {
    let num = access::thread(db, actor, thread)?;
    let limit = limit.unwrap_or(PAGE_ITEMS_DEFAULT);
    let below = match from {
        HistoryFrom::After(seq) => {
            let sql = format!(
                "SELECT {COLUMNS} FROM events WHERE thread = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
            );
            let bound = (rows::int(seq.0), limit);
            let (events, more) = page(db, (&sql, "seq"), (num, thread), bound)?;
            return Ok(Reply::History { events, more });
        }
        HistoryFrom::Before(seq) => rows::int(seq.0),
        HistoryFrom::End => i64::MAX,
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE thread = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"
    );
    let (mut events, more) = page(db, (&sql, "seq DESC"), (num, thread), (below, limit))?;
    events.reverse();
    Ok(Reply::History { events, more })
}

/// A page of what happened to a thread's tasks.
pub(super) fn task_history(
    db: Db<'_>,
    actor: Actor,
    thread: ThreadId,
    after: Seq,
    limit: Option<u32>,
) -> Result<Reply, OpError> {
    let num = access::thread(db, actor, thread)?;
    let limit = limit.unwrap_or(PAGE_ITEMS_DEFAULT);
    let bound = (rows::int(after.0), limit);
    let (events, more) = page(db, (&task_statement(), "seq"), (num, thread), bound)?;
    Ok(Reply::History { events, more })
}

/// The statement of [`task_history`], apart from it so that its plan can be tested.
pub(super) fn task_statement() -> String {
    format!(
        "SELECT {COLUMNS} FROM events WHERE thread = ?1 AND seq > ?2
         AND kind BETWEEN {TASK_ADDED} AND {TASK_REMOVED} ORDER BY seq LIMIT ?3"
    )
}

/// Events in the order of the statement, which is given with it, until the page is full, and whether there are more.
fn page(
    db: Db<'_>,
    ordered: (&str, &str),
    (num, thread): (i64, ThreadId),
    (bound, limit): (i64, u32),
) -> Result<(Vec<Event>, bool), SqlError> {
    let (mut events, mut bytes, mut more) = (Vec::new(), 0, false);
    let params = params![num, bound, i64::from(limit) + 1];
    db.each_within(ordered, ("payload", PAGE_BYTES_MAX), params, |row| {
        bytes += row.blob(PAYLOAD)?.len();
        let full = events.len() == limit as usize || bytes > PAGE_BYTES_MAX;
        if full && !events.is_empty() {
            more = true;
            return Ok(ControlFlow::Break(()));
        }
        events.push(event(row, thread)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((events, more))
}

fn event(row: &Row<'_>, thread: ThreadId) -> Result<Event, SqlError> {
    Ok(Event {
        thread,
        seq: rows::seq(row, 0)?,
        at_ms: rows::timestamp(row, 1)?,
        actor: rows::person(row, 2, 3)?,
        messages: rows::unsigned(row, 4)?,
        kind: rows::event_kind(row, PAYLOAD)?,
    })
}

/// Events after a position, whoever asks. Only `limit` bounds the page, so that a page with less
/// is the last.
pub(in crate::sql) fn events_after(
    db: Db<'_>,
    thread: ThreadId,
    after: Seq,
    limit: u32,
) -> Result<Vec<Event>, SqlError> {
    let num =
        db.row("SELECT num FROM threads WHERE id = ?1", params![thread.0], |row| row.int(0))?;
    let Some(num) = num else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE thread = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
    );
    db.rows(&sql, params![num, rows::int(after.0), limit], |row| event(row, thread))
}
