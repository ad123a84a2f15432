//! Reminders, from the log alone: whether one is due to be sent as things stand, and how many were.
//! What the store says of them, and what devices are told, is held against that.

use crate::invariant::{Held, Invariant};
use crate::truth::{Thread, Truth};
use tidings_protocol::{
    Event, EventKind, Person, Reminder, ReminderState, Seq, ThreadId, ThreadSummary, Timestamp,
};
use tidings_storage::ThreadCommit;

impl Thread {
    /// Its settings.
    fn reminder(&self) -> Reminder {
        let set = self.log.iter().rev().find_map(|entry| match entry.event.kind {
            EventKind::ThreadCreated { reminder, .. } | EventKind::ReminderSet { reminder } => {
                Some(reminder)
            }
            _ => None,
        });
        set.unwrap_or_default()
    }

    /// Whether the client has to be reminded, by the table of the product.
    pub(super) fn wants_reminder(&self) -> bool {
        if self.archived() || !self.reminder().on {
            return false;
        }
        let tasks = self.tasks();
        if tasks.is_empty() {
            let last_post = |contact: bool| {
                self.log.iter().rposition(|entry| {
                    let by_contact = matches!(entry.event.actor, Person::Contact(_));
                    // What the firm took back needs no answer; an answer stays one.
                    let counts = contact || !entry.is_taken_back();
                    entry.event.kind.is_message() && by_contact == contact && counts
                })
            };
            return last_post(false).is_some_and(|firm| last_post(true).is_none_or(|it| it < firm));
        }
        let messages = self.messages_until(self.head());
        let all_read = self.receipts.iter().any(|(person, receipt)| {
            matches!(person, Person::Contact(_)) && self.messages_until(*receipt) == messages
        });
        tasks.values().any(|done| !done) || !all_read
    }

    /// Reminders sent since there was something new to do.
    fn reminders_sent(&self) -> u16 {
        let (mut sent, mut on) = (0, false);
        for Event { actor, kind, .. } in self.log.iter().map(|entry| &entry.event) {
            let before = on;
            match kind {
                EventKind::ThreadCreated { reminder, .. } | EventKind::ReminderSet { reminder } => {
                    on = reminder.on;
                }
                EventKind::ReminderSent { .. } => sent += 1,
                _ => {}
            }
            let begins = match kind {
                EventKind::MessagePosted { .. } => matches!(actor, Person::Member(_)),
                EventKind::TaskAdded { .. } | EventKind::TaskUnticked { .. } => true,
                EventKind::ReminderSet { .. } => on && !before,
                EventKind::Reopened {} => on,
                _ => false,
            };
            if begins {
                sent = 0;
            }
        }
        sent
    }

    /// Whether the reminder at a position is one of those that count now.
    pub(super) fn counts(&self, reminder: Seq) -> bool {
        let sent = self.reminders_sent();
        let of = self.entry(reminder).map(|entry| &entry.event.kind);
        matches!(of, Some(EventKind::ReminderSent { number }) if *number <= sent)
    }

    /// How far its reminders are now, by what was committed.
    pub(crate) fn reminded(&self) -> ReminderState {
        self.reminders.last().map_or_else(ReminderState::default, |(_, state)| *state)
    }

    /// Whether an event says that a reminder was due, and one was.
    pub(super) fn may_remind(&self, event: &Event, now: Timestamp) -> bool {
        let state = self.reminded();
        let due = state.next_ms.is_some_and(|next| next <= now) && self.wants_reminder();
        due && match event.kind {
            EventKind::ReminderSent { number } => number == state.sent + 1,
            EventKind::ReminderNotSent {} => true,
            _ => false,
        }
    }
}

impl Truth {
    /// What a commit says of reminders is so, and if it says nothing, nothing has changed.
    pub(super) fn reminder_moved(&mut self, commit: &ThreadCommit) -> Held {
        let commits = self.commits;
        let name = self.name(commit.thread);
        let Some(thread) = self.threads.get_mut(&commit.thread) else { return Ok(()) };
        let what = format_args!("{name} ends at {}, not {}", thread.head(), commit.head);
        Invariant::I3.holds(commit.head == thread.head(), what)?;
        if let Some(state) = commit.reminder {
            thread.reminders.push((commits, state));
        } else if thread.reminders.is_empty() {
            thread.reminders.push((commits, ReminderState::default()));
        }
        let state = thread.reminded();
        let sent = thread.reminders_sent();
        let what = format_args!("{name}: {state:?}, and {sent} were sent");
        let counts = thread.reminder().on;
        Invariant::I6.holds(!counts || state.sent == sent, what)?;
        let pending = thread.wants_reminder() && sent < thread.reminder().count;
        let what = format_args!("{name}: {state:?}, and one is pending: {pending}");
        let same = state.pending == pending && state.next_ms.is_some() == pending;
        Invariant::I6.holds(same, what)
    }

    /// Somebody who has joined a thread was told how far its reminders are, having been told the state
    /// of that number before. Says which one it is.
    pub(crate) fn reminder_told(
        &self,
        person: Person,
        thread: ThreadId,
        state: ReminderState,
        before: usize,
    ) -> Held<usize> {
        let name = self.name(thread);
        let known = self.threads.get(&thread).map_or(&[][..], |known| &known.reminders);
        let later = known.iter().enumerate().skip(before);
        let told = later.into_iter().find(|(_, (_, at))| *at == state);
        if let Some((number, (commit, _))) = told {
            return self.may_get(person, thread, *commit).map(|()| number);
        }
        let ever = known.iter().any(|(_, at)| *at == state);
        let invariant = if ever { Invariant::I4 } else { Invariant::I6 };
        let what =
            format_args!("{person} is told {state:?} of {name} after {:?}", known.get(before));
        Err(invariant.broken(what))
    }

    /// A summary says how far reminders are: as they were once.
    pub(super) fn reminder_summarized(&self, summary: &ThreadSummary) -> Held {
        let known = self.threads.get(&summary.thread);
        let ever = known.is_some_and(|known| {
            known.reminders.iter().any(|(_, state)| *state == summary.reminder_state)
        });
        Invariant::I6.holds(ever, format_args!("{summary:?}: reminders never were so"))
    }
}
