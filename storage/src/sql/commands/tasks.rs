//! The checkboxes of a thread.

use super::post::repeated;
use crate::access::{Side, ThreadAction, permit};
use crate::notice::Happened;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::Thread;
use crate::sql::work::{Answer, Made, Who, Work, not_found};
use crate::sql::{Row, params};
use tidings_protocol::limits::TASKS_PER_THREAD_MAX;
use tidings_protocol::{
    ClientKey, EventKind, InboxKind, Person, Refusal, RefusalCode, Reply, TaskId, ThreadId,
};

impl Work<'_> {
    /// Adds a task, once for each key.
    pub(super) fn add_task(
        &mut self,
        who: &Who,
        thread: ThreadId,
        key: ClientKey,
        text: &str,
        before: Option<TaskId>,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            let num = thread.num;
            let earlier = work.keyed(who.actor.person, key)?;
            let repeated = repeated(earlier, |earlier| {
                let same = earlier.thread == num && earlier.kind == rows::TASK_ADDED;
                Ok(same.then_some(Reply::Written { seq: earlier.seq, at_ms: earlier.at }))
            })?;
            if let Some(answer) = repeated {
                return Ok(answer);
            }
            permit(who.facts.access.side(), thread.archived, ThreadAction::ManageTasks)?;
            let mut order = work.order(thread)?;
            room_for_one(order.len())?;
            let at = place(&order, before)?;
            let kind = EventKind::TaskAdded { text: text.to_owned(), before };
            let event = work
                .append(thread, who.actor.person, kind, Some(key))?
                .expect("the key was looked up before");
            let task = TaskId(event.seq.0);
            work.insert_task(thread, task, order.len(), text)?;
            let old = order.clone();
            order.insert(at, task);
            work.reorder(thread, &old, &order)?;
            let made = Made { events: vec![event], ..Made::default() };
            Ok(work.written(thread, task.into(), made))
        })
    }

    /// Adds a task to a thread that is being started, at the end.
    pub(super) fn log_task(
        &mut self,
        thread: &mut Thread,
        actor: Person,
        text: &str,
        made: &mut Made,
    ) -> Result<(), OpError> {
        let kind = EventKind::TaskAdded { text: text.to_owned(), before: None };
        let seq = self.log(thread, actor, kind, made)?;
        self.insert_task(thread, TaskId(seq.0), thread.tasks_total as usize, text)
    }

    /// Changes a task's text.
    pub(super) fn reword_task(
        &mut self,
        who: &Who,
        thread: ThreadId,
        task: TaskId,
        text: String,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::ManageTasks)?;
            if work.task(thread, task)?.text == text {
                return Ok(Answer::unchanged(thread));
            }
            work.db.write(
                "UPDATE tasks SET text = ?3 WHERE thread = ?1 AND task = ?2",
                params![thread.num, rows::int(task.0), &text],
            )?;
            work.say(who, thread, EventKind::TaskReworded { task, text })
        })
    }

    /// Puts a task elsewhere in the list.
    pub(super) fn move_task(
        &mut self,
        who: &Who,
        thread: ThreadId,
        task: TaskId,
        before: Option<TaskId>,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::ManageTasks)?;
            let old = work.order(thread)?;
            let Some(from) = old.iter().position(|other| *other == task) else {
                return Err(not_found("task"));
            };
            let mut order = old.clone();
            order.remove(from);
            // Before itself is before nothing that is left.
            let at = place(&order, before)?;
            order.insert(at, task);
            if order == old {
                return Ok(Answer::unchanged(thread));
            }
            work.reorder(thread, &old, &order)?;
            work.say(who, thread, EventKind::TaskMoved { task, before })
        })
    }

    /// Marks a task done.
    pub(super) fn tick_task(
        &mut self,
        who: &Who,
        thread: ThreadId,
        task: TaskId,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::Tick)?;
            if work.task(thread, task)?.done {
                return Ok(Answer::unchanged(thread));
            }
            work.set_done(thread, task, Some(who.actor.person))?;
            thread.tasks_open = thread.tasks_open.saturating_sub(1);
            let kinds: &[InboxKind] = match (who.facts.access.side(), thread.tasks_open) {
                (Side::Client, 0) => &[InboxKind::AllTasksCompleted, InboxKind::TasksChanged],
                (Side::Client, _) => &[InboxKind::TasksChanged],
                (Side::Team, 0) => &[InboxKind::AllTasksCompleted],
                (Side::Team, _) => &[],
            };
            work.say_and_tell(who, thread, EventKind::TaskTicked { task }, kinds)
        })
    }

    /// Marks a task open.
    pub(super) fn untick_task(
        &mut self,
        who: &Who,
        thread: ThreadId,
        task: TaskId,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::Tick)?;
            if !work.task(thread, task)?.done {
                return Ok(Answer::unchanged(thread));
            }
            work.set_done(thread, task, None)?;
            thread.tasks_open += 1;
            let kinds: &[InboxKind] = match who.facts.access.side() {
                Side::Client => &[InboxKind::TasksChanged],
                Side::Team => &[],
            };
            work.say_and_tell(who, thread, EventKind::TaskUnticked { task }, kinds)
        })
    }

    /// Takes a task away.
    pub(super) fn remove_task(
        &mut self,
        who: &Who,
        thread: ThreadId,
        task: TaskId,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::ManageTasks)?;
            let done = work.task(thread, task)?.done;
            let old = work.order(thread)?;
            let left: Vec<TaskId> = old.iter().copied().filter(|other| *other != task).collect();
            work.db.write(
                "DELETE FROM tasks WHERE thread = ?1 AND task = ?2",
                params![thread.num, rows::int(task.0)],
            )?;
            // The others close ranks: places are counted, so a gap would be taken for a task.
            work.reorder(thread, &old, &left)?;
            thread.tasks_total = thread.tasks_total.saturating_sub(1);
            thread.tasks_open = thread.tasks_open.saturating_sub(u32::from(!done));
            work.say(who, thread, EventKind::TaskRemoved { task })
        })
    }

    fn say_and_tell(
        &mut self,
        who: &Who,
        thread: &mut Thread,
        kind: EventKind,
        kinds: &[InboxKind],
    ) -> Result<Answer, OpError> {
        let mut made = Made::default();
        let seq = self.log(thread, who.actor.person, kind, &mut made)?;
        let happened = Happened { actor: who.actor.person, kinds, mentioned: &[] };
        self.notify(thread, &happened, seq, &mut made)?;
        Ok(self.written(thread, seq, made))
    }

    /// The tasks in their order.
    fn order(&self, thread: &Thread) -> Result<Vec<TaskId>, OpError> {
        let sql = "SELECT task FROM tasks WHERE thread = ?1 ORDER BY position, task";
        let task = |row: &Row<'_>| rows::unsigned(row, 0).map(TaskId);
        Ok(self.db.rows(sql, params![thread.num], task)?)
    }

    /// Writes the places of the tasks from the first that has changed on.
    fn reorder(&self, thread: &Thread, old: &[TaskId], new: &[TaskId]) -> Result<(), OpError> {
        let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        for (position, task) in new.iter().enumerate().skip(same) {
            self.db.write(
                "UPDATE tasks SET position = ?3 WHERE thread = ?1 AND task = ?2",
                params![thread.num, rows::int(task.0), rows::int(position as u64)],
            )?;
        }
        Ok(())
    }

    fn insert_task(
        &self,
        thread: &mut Thread,
        task: TaskId,
        position: usize,
        text: &str,
    ) -> Result<(), OpError> {
        self.db.write(
            "INSERT INTO tasks (thread, task, position, text) VALUES (?1, ?2, ?3, ?4)",
            params![thread.num, rows::int(task.0), rows::int(position as u64), text],
        )?;
        thread.tasks_total += 1;
        thread.tasks_open += 1;
        Ok(())
    }

    fn set_done(&self, thread: &Thread, task: TaskId, by: Option<Person>) -> Result<(), OpError> {
        self.db.write(
            "UPDATE tasks SET done_by_kind = ?3, done_by = ?4, done_ms = ?5
             WHERE thread = ?1 AND task = ?2",
            params![
                thread.num,
                rows::int(task.0),
                by.map(rows::person_kind),
                by.map(Person::uuid),
                by.map(|_| self.now.0),
            ],
        )?;
        Ok(())
    }

    fn task(&self, thread: &Thread, task: TaskId) -> Result<Stored, OpError> {
        let found = self.db.row(
            "SELECT text, done_ms IS NOT NULL FROM tasks WHERE thread = ?1 AND task = ?2",
            params![thread.num, rows::int(task.0)],
            |row| Ok(Stored { text: row.text(0)?, done: row.bool(1)? }),
        )?;
        found.ok_or_else(|| not_found("task"))
    }
}

/// A task as it is stored.
struct Stored {
    text: String,
    done: bool,
}

fn room_for_one(tasks: usize) -> Result<(), Refusal> {
    if tasks < TASKS_PER_THREAD_MAX {
        return Ok(());
    }
    let message = format!("the thread has {tasks} tasks; at most {TASKS_PER_THREAD_MAX}");
    Err(Refusal::new(RefusalCode::TooMany).because(message).limit(TASKS_PER_THREAD_MAX as u64))
}

/// Where a task goes that is to stand before another, or at the end.
fn place(order: &[TaskId], before: Option<TaskId>) -> Result<usize, OpError> {
    match before {
        None => Ok(order.len()),
        Some(before) => {
            order.iter().position(|other| *other == before).ok_or_else(|| not_found("before"))
        }
    }
}
