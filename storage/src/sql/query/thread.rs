//! One thread as it stands: its summary, tasks, receipts and people.

use super::access;
use super::crowd::Crowds;
use crate::access::Actor;
use crate::backend::Entrance;
use crate::sql::rows::{self, OpError};
use crate::sql::{Db, Row, SqlError, params};
use std::ops::ControlFlow;
use tidings_protocol::limits::THREAD_PEOPLE_MAX;
use tidings_protocol::{
    AccountId, Done, Participant, Receipt, Reminder, ReminderStops, Seq, Task, TaskId, ThreadId,
    ThreadItem, ThreadSummary, ThreadView,
};

/// Columns of a summary, for [`summary`], of a thread that is `t`.
pub(super) const SUMMARY: &str = "t.id, t.account, t.subject, t.creator_kind, t.creator,
    t.created_ms, t.head, t.messages, t.last_ms, t.last_author_kind, t.last_author, t.excerpt,
    t.archived, t.tasks_open, t.tasks_total, t.reminder_on, t.reminder_days, t.reminder_count,
    t.remind_ms, t.reminders_sent, t.waiting_ms, t.show_content";

/// Columns of an item, for [`item`]: those of the summary, then those of the participant `p`.
pub(super) const ITEM: &str = "coalesce(p.read_seq, 0), coalesce(p.read_messages, 0),
    coalesce(p.following, 0), coalesce(p.muted, 0)";

/// The first column after a summary and an item.
pub(super) const AFTER_ITEM: usize = 26;

/// A summary from the first columns of a row.
pub(in crate::sql) fn summary(row: &Row<'_>) -> Result<ThreadSummary, SqlError> {
    let reminder =
        Reminder { on: row.bool(15)?, days: rows::small(row, 16)?, count: rows::small(row, 17)? };
    let tasks_total = rows::small(row, 14)?;
    Ok(ThreadSummary {
        thread: ThreadId(row.id(0)?),
        account: AccountId(row.id(1)?),
        subject: row.text(2)?,
        creator: rows::person(row, 3, 4)?,
        created_ms: rows::timestamp(row, 5)?,
        head: rows::seq(row, 6)?,
        messages: rows::unsigned(row, 7)?,
        last_ms: rows::timestamp(row, 8)?,
        last_author: rows::person(row, 9, 10)?,
        excerpt: row.text(11)?,
        archived: row.bool(12)?,
        tasks_open: rows::small(row, 13)?,
        tasks_total,
        reminder,
        reminder_stops: ReminderStops::of(reminder, tasks_total),
        reminder_state: rows::reminder_state(row, 18)?,
        waiting_ms: rows::timestamp(row, 20)?,
        show_content: rows::maybe_bool(row, 21)?,
    })
}

/// An item from the columns of a row that begins with a summary.
pub(super) fn item(row: &Row<'_>) -> Result<ThreadItem, SqlError> {
    let summary = summary(row)?;
    Ok(ThreadItem {
        read: rows::seq(row, 22)?,
        unread: summary.messages.saturating_sub(rows::unsigned(row, 23)?),
        following: row.bool(24)?,
        muted: row.bool(25)?,
        summary,
    })
}

/// A thread for one who sees it.
pub(super) fn view(db: Db<'_>, actor: Actor, thread: ThreadId) -> Result<ThreadView, OpError> {
    let (num, item) = found(db, actor, thread)?;
    let (receipts, participants) = people(db, num)?;
    Ok(ThreadView { item, tasks: tasks(db, num)?, receipts, participants })
}

/// The same for one who joins it.
pub(in crate::sql) fn entrance(
    db: Db<'_>,
    crowds: &mut Crowds,
    actor: Actor,
    thread: ThreadId,
) -> Result<Entrance, OpError> {
    let (num, item) = found(db, actor, thread)?;
    Ok(Entrance { item, tasks: tasks(db, num)?, people: crowds.of(db, num)? })
}

/// A thread that the actor sees, with its small number.
fn found(db: Db<'_>, actor: Actor, thread: ThreadId) -> Result<(i64, ThreadItem), OpError> {
    let num = access::thread(db, actor, thread)?;
    let sql = format!(
        "SELECT {SUMMARY}, {ITEM} FROM threads t
         LEFT JOIN participants p ON p.thread = t.num AND p.person = ?2 WHERE t.num = ?1"
    );
    let item = db.one(&sql, params![num, actor.person.uuid()], item)?;
    Ok((num, item))
}

/// Tasks in their order.
pub(super) fn tasks(db: Db<'_>, num: i64) -> Result<Vec<Task>, SqlError> {
    let sql = "SELECT task, text, done_by_kind, done_by, done_ms FROM tasks
         WHERE thread = ?1 ORDER BY position, task";
    db.rows(sql, params![num], |row| {
        let done = match row.maybe_int(4)? {
            Some(_) => Some(Done { by: rows::person(row, 2, 3)?, at_ms: rows::timestamp(row, 4)? }),
            None => None,
        };
        Ok(Task { task: TaskId(rows::unsigned(row, 0)?), text: row.text(1)?, done })
    })
}

/// Who has read how far, and the names of those who take part: of as many as may be sent, those
/// who read last. Who only stands there to be told of it, or not to be, does not take part.
pub(super) fn people(db: Db<'_>, num: i64) -> Result<(Vec<Receipt>, Vec<Participant>), SqlError> {
    let sql = "SELECT p.person_kind, p.person, p.read_seq, coalesce(m.name, c.name, '')
         FROM participants p
         LEFT JOIN members m ON p.person_kind = 0 AND m.id = p.person
         LEFT JOIN contacts c ON p.person_kind = 1 AND c.id = p.person
         WHERE p.thread = ?1 AND (p.read_ms > 0 OR p.following = 1 OR p.mentioned = 1)
         ORDER BY p.read_ms DESC, p.person LIMIT ?2";
    let (mut receipts, mut participants) = (Vec::new(), Vec::new());
    db.each(sql, params![num, rows::int(THREAD_PEOPLE_MAX as u64)], |row| {
        let person = rows::person(row, 0, 1)?;
        let seq = rows::seq(row, 2)?;
        if seq > Seq(0) {
            receipts.push(Receipt { person, seq });
        }
        participants.push(Participant { person, name: row.text(3)? });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((receipts, participants))
}

/// Threads as lists show them, whoever asks; those that don't exist are left out.
pub(in crate::sql) fn summaries(
    db: Db<'_>,
    threads: &[ThreadId],
) -> Result<Vec<ThreadSummary>, SqlError> {
    let sql = format!("SELECT {SUMMARY} FROM threads t WHERE t.id = ?1");
    db.rows_of(&sql, threads.iter().map(|thread| thread.0), |_, row| summary(row))
}
