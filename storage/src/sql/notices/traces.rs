//! What happened in a thread, as far as somebody may be told of it by email: the log without what was
//! said, and without what was taken back.

use crate::sql::rows;
use crate::sql::{Db, SqlError, params};
use std::collections::HashSet;
use std::ops::ControlFlow;
use tidings_protocol::{EventKind, InboxKind, MessageId, Person, Seq, TaskId, Timestamp};

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
    /// A message that was taken back since, or a task that was taken away.
    Deleted,
    /// A new task.
    Task,
    /// A task was ticked or unticked: of that the team is told.
    Ticked,
    /// Somebody of the team was called in.
    Called,
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
            (_, What::Message)
            | (Person::Contact(_), What::Task)
            | (Person::Member(_), What::Ticked | What::Called) => true,
            (_, What::Deleted | What::Task | What::Ticked | What::Called) => false,
        };
        kind && self.actor != person
    }

    /// Whether it may be what raised one of these kinds of inbox items of a member.
    pub(super) fn tells(&self, member: Person, kinds: &[InboxKind]) -> bool {
        use InboxKind as K;
        let raised: &[K] = match (self.what, self.actor) {
            (What::Message, Person::Contact(_)) => {
                &[K::ThreadStarted, K::ContactAnswered, K::Mentioned]
            }
            (What::Message, Person::Member(_)) => &[K::ColleagueAnswered, K::Mentioned],
            (What::Ticked, Person::Contact(_)) => &[K::TasksChanged, K::AllTasksCompleted],
            (What::Ticked, Person::Member(_)) => &[K::AllTasksCompleted],
            (What::Called, _) => &[K::Mentioned],
            (What::Deleted | What::Task, _) => &[],
        };
        self.actor != member && raised.iter().any(|kind| kinds.contains(kind))
    }

    /// Whether it is something that was taken back, which somebody would have been told of.
    pub(super) fn was_deleted(&self, person: Person) -> bool {
        self.what == What::Deleted && self.actor != person
    }

    /// Whether it is a message that stands.
    pub(in crate::sql) fn is_message(&self) -> bool {
        self.what == What::Message
    }
}

/// As [`after`], for who wants no more than is looked at in one go.
pub(in crate::sql) fn happened_after(
    db: Db<'_>,
    num: i64,
    position: Seq,
    upto: Seq,
) -> Result<Vec<Trace>, SqlError> {
    Ok(after(db, num, position, upto)?.all)
}

/// What happened in a thread after a position, up to another, which is mostly its head. What was taken
/// back counts as that, whenever it was.
pub(super) fn after(db: Db<'_>, num: i64, after: Seq, to: Seq) -> Result<Traces, SqlError> {
    let sql = format!(
        "SELECT seq, at_ms, actor_kind, actor, kind,
             CASE WHEN kind IN ({deleted}, {removed}) THEN payload END
         FROM events WHERE thread = ?1 AND seq > ?2
             AND (seq <= ?3 OR kind IN ({deleted}, {removed}))
             AND kind IN
                 ({posted}, {deleted}, {added}, {ticked}, {unticked}, {removed}, {mentioned})
         ORDER BY seq LIMIT ?4",
        posted = rows::MESSAGE_POSTED,
        deleted = rows::MESSAGE_DELETED,
        added = rows::TASK_ADDED,
        ticked = rows::TASK_TICKED,
        unticked = rows::TASK_UNTICKED,
        removed = rows::TASK_REMOVED,
        mentioned = rows::MEMBER_MENTIONED,
    );
    let (mut all, mut deleted) = (Vec::new(), HashSet::new());
    let bound = params![num, rows::int(after.0), rows::int(to.0), TRACES_MAX];
    let mut found: u32 = 0;
    let mut last = after;
    db.each(&sql, bound, |row| {
        found += 1;
        let (seq, at) = (rows::seq(row, 0)?, rows::timestamp(row, 1)?);
        last = seq;
        let what = match row.int(4)? {
            rows::MESSAGE_DELETED | rows::TASK_REMOVED => {
                match rows::event_kind(row, 5)? {
                    EventKind::MessageDeleted { message: MessageId(seq) }
                    | EventKind::TaskRemoved { task: TaskId(seq) } => deleted.insert(Seq(seq)),
                    _ => false,
                };
                return Ok(ControlFlow::Continue(()));
            }
            rows::MESSAGE_POSTED => What::Message,
            rows::TASK_ADDED => What::Task,
            rows::MEMBER_MENTIONED => What::Called,
            _ => What::Ticked,
        };
        all.push(Trace { seq, at, actor: rows::person(row, 2, 3)?, what });
        Ok(ControlFlow::Continue(()))
    })?;
    for trace in &mut all {
        if deleted.contains(&trace.seq) {
            trace.what = What::Deleted;
        }
    }
    let upto = if found < TRACES_MAX { to } else { last.min(to) };
    Ok(Traces { all, upto })
}
