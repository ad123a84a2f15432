//! What happened in a thread, as far as somebody may be told of it by email: the log without what was
//! said, and without what was taken back.

use crate::sql::rows;
use crate::sql::{Db, SqlError, params};
use std::collections::HashSet;
use std::ops::ControlFlow;
use tidings_protocol::{EventKind, MessageId, Person, Seq, Timestamp};

/// Most events looked at in one go. A busy thread has some hundreds between two looks; what is beyond
/// is looked at the next time.
const TRACES_MAX: u32 = 4_000;

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sql) struct Trace {
    pub(in crate::sql) seq: Seq,
    pub(super) at: Timestamp,
    pub(super) actor: Person,
    pub(super) what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sql) enum What {
    /// A message that still stands.
    Message,
    /// A message that was taken back since.
    Deleted,
    /// A new task.
    Task,
    /// A tick, or its end, or a call: of these the team is told.
    OfTeam,
}

/// What happened after a position.
pub(super) struct Traces {
    /// In order.
    pub(super) all: Vec<Trace>,
    /// The last event that was looked at: the head, unless there were too many.
    pub(super) upto: Seq,
}

impl Trace {
    /// Whether somebody is to be told of it: nobody is of what it did itself.
    pub(in crate::sql) fn concerns(&self, person: Person) -> bool {
        let kind = match (person, self.what) {
            (_, What::Deleted) | (Person::Contact(_), What::OfTeam) => false,
            (_, What::Message | What::Task) | (Person::Member(_), What::OfTeam) => true,
        };
        kind && self.actor != person
    }
}

impl Trace {
    /// Whether it is a message that stands.
    pub(in crate::sql) fn is_message(&self) -> bool {
        self.what == What::Message
    }
}

/// The same, of which all is wanted that is looked at in one go.
pub(in crate::sql) fn happened_after(
    db: Db<'_>,
    num: i64,
    position: Seq,
    upto: Seq,
) -> Result<Vec<Trace>, SqlError> {
    Ok(after(db, num, position, upto)?.all)
}

/// What happened in a thread after a position, up to another, which is mostly its head.
pub(super) fn after(db: Db<'_>, num: i64, after: Seq, head: Seq) -> Result<Traces, SqlError> {
    let sql = format!(
        "SELECT seq, at_ms, actor_kind, actor, kind,
             CASE WHEN kind = {deleted} THEN payload END
         FROM events WHERE thread = ?1 AND seq > ?2 AND seq <= ?3
             AND kind IN ({posted}, {deleted}, {added}, {ticked}, {unticked}, {mentioned})
         ORDER BY seq LIMIT ?4",
        posted = rows::MESSAGE_POSTED,
        deleted = rows::MESSAGE_DELETED,
        added = rows::TASK_ADDED,
        ticked = rows::TASK_TICKED,
        unticked = rows::TASK_UNTICKED,
        mentioned = rows::MEMBER_MENTIONED,
    );
    let (mut all, mut deleted) = (Vec::new(), HashSet::new());
    let bound = params![num, rows::int(after.0), rows::int(head.0), TRACES_MAX];
    let mut found: u32 = 0;
    let mut last = after;
    db.each(&sql, bound, |row| {
        found += 1;
        let (seq, at) = (rows::seq(row, 0)?, rows::timestamp(row, 1)?);
        last = seq;
        let what = match row.int(4)? {
            rows::MESSAGE_DELETED => {
                if let EventKind::MessageDeleted { message: MessageId(message) } =
                    rows::event_kind(row, 5)?
                {
                    deleted.insert(Seq(message));
                }
                return Ok(ControlFlow::Continue(()));
            }
            rows::MESSAGE_POSTED => What::Message,
            rows::TASK_ADDED => What::Task,
            _ => What::OfTeam,
        };
        all.push(Trace { seq, at, actor: rows::person(row, 2, 3)?, what });
        Ok(ControlFlow::Continue(()))
    })?;
    for trace in &mut all {
        if deleted.contains(&trace.seq) {
            trace.what = What::Deleted;
        }
    }
    let upto = if found < TRACES_MAX { head } else { last };
    Ok(Traces { all, upto })
}
