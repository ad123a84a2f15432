//! Words in which tests speak of reminders.

use crate::office::{Office, contact};
use crate::world::World;
use tidings_protocol::{
    AccountId, Command, ContactPatch, EventKind, Reminder, ReminderState, Reply, Seq, TaskId,
    ThreadId, Timestamp,
};
use tidings_storage::{Actor, DirectoryChange, Operation};

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;
/// Milliseconds from a message to the email about it, as a firm begins.
pub const DELAY: i64 = 120_000;

/// Reminders that are on.
pub fn on(days: u16, count: u16) -> Reminder {
    Reminder { on: true, days, count }
}

/// One is pending.
pub fn pending(sent: u16, next: Timestamp) -> ReminderState {
    ReminderState { pending: true, sent, next_ms: Some(next) }
}

/// None is pending.
pub fn settled(sent: u16) -> ReminderState {
    ReminderState { pending: false, sent, next_ms: None }
}

/// A thread of Anna's with Acme.
pub fn starts(
    w: &mut World,
    o: &Office,
    reminder: Reminder,
    tasks: &[&str],
) -> (ThreadId, Vec<TaskId>) {
    let thread = w.starts_reminding(o.anna, o.acme, reminder, tasks);
    let tasks = w.view(o.anna, thread).tasks.iter().map(|task| task.task).collect();
    (thread, tasks)
}

impl World {
    /// The next batch happens at that time.
    pub fn at(&mut self, at: Timestamp) {
        self.now = at.plus_millis(-1_000);
    }

    /// Starts a thread with reminders.
    pub fn starts_reminding(
        &mut self,
        actor: Actor,
        account: AccountId,
        reminder: Reminder,
        tasks: &[&str],
    ) -> ThreadId {
        let mut command = crate::world::create(account, self.key(), "please", tasks);
        if let Command::CreateThread { reminder: set, .. } = &mut command {
            *set = Some(reminder);
        }
        let Reply::ThreadCreated { thread, .. } = self.does(actor, command) else { panic!() };
        thread
    }

    /// Reads all of a thread.
    pub fn reads_all(&mut self, who: Actor, thread: ThreadId) {
        self.does(who, Command::Read { thread, up_to: Seq(u64::from(u32::MAX)) });
    }

    /// The firm's host says whether a contact gets emails.
    pub fn does_for(&mut self, whom: Actor, notify: bool) {
        let patch = ContactPatch { notify: Some(notify), ..ContactPatch::default() };
        self.change(whom.firm, DirectoryChange::PatchContact(contact(whom), patch)).unwrap();
    }

    /// How far the reminders of a thread are, as everybody sees it.
    pub fn reminder(&mut self, thread: ThreadId) -> ReminderState {
        let summary = self.read_elsewhere().summaries(&[thread]).unwrap().remove(0);
        let pulse = self.read_elsewhere().pulses(&[thread]).unwrap().remove(0);
        assert_eq!(pulse.reminder, summary.reminder_state);
        summary.reminder_state
    }

    /// The emails about what has happened so far go out in time.
    pub fn mails_go_out(&mut self) {
        self.passes(DELAY);
        self.delivers();
    }

    /// A notifier that has sent the emails in time looks what reminders are due, and does something
    /// about each, until none is. What it wrote in which thread.
    pub fn notifier_comes(&mut self, at: Timestamp) -> Vec<(ThreadId, EventKind)> {
        let mut written = Vec::new();
        if self.now.plus_millis(DELAY) < at {
            self.mails_go_out();
        }
        self.at(at);
        for _ in 0..50 {
            let due = self.read().due(at, 2).unwrap().remind;
            if due.is_empty() {
                return written;
            }
            for (firm, thread) in due {
                self.at(at);
                self.one(Operation::Remind { firm, thread }).unwrap();
                let made = self.last.clone().and_then(|commit| commit.thread).unwrap();
                assert!(made.reminder.is_some(), "its timer has moved");
                written.extend(made.events.into_iter().map(|event| (thread, event.kind)));
            }
        }
        panic!("reminders are due without end: {written:?}");
    }
}

/// `set_reminder`.
pub fn set(thread: ThreadId, reminder: Reminder) -> Command {
    Command::SetReminder { thread, reminder }
}

/// Has the reminder sent that is pending, and says when the next one is due.
pub fn remind_once(w: &mut World, thread: ThreadId) -> ReminderState {
    let before = w.reminder(thread);
    let due = before.next_ms.unwrap();
    let number = before.sent + 1;
    assert_eq!(w.notifier_comes(due), [(thread, EventKind::ReminderSent { number })]);
    assert_eq!(w.reminder(thread).sent, number);
    w.reminder(thread)
}
