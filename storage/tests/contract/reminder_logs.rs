//! A second opinion on reminders: their rules once more, from the logs alone, after whatever happened.

use crate::backend::Numbers;
use crate::office::Office;
use crate::reminding::{DAY, DELAY, on, pending, settled, starts};
use crate::world::{World, post};
use tidings_protocol::{
    Command, Event, EventKind, MessageId, Person, Reminder, ReminderState, Seq, TaskId, ThreadId,
    Timestamp,
};
use tidings_storage::Operation;

/// After a reminder that is later than that, the days are counted anew.
const LATE: i64 = 3_600_000;

pub fn how_far_reminders_are_is_what_the_log_says(w: &mut World) {
    for seed in 0..5 {
        counted(w, seed, 120);
    }
}

/// Lets many things happen in some threads, over months, and holds what is told of their reminders
/// against their logs. The client always gets emails, and its days are those of UTC.
fn counted(w: &mut World, seed: u64, steps: usize) {
    let o = Office::new(w);
    let erin = w.contact(o.firm, o.acme, "Erin");
    let people = [o.anna, o.owner, o.carol, erin];
    let mut chance = Numbers(seed);
    let mut threads = vec![starts(w, &o, on(3, 2), &["a"]).0, w.starts(o.carol, o.acme, "mine")];
    let mut sent = 0;
    for step in 0..steps {
        let hint = format!("seed {seed}, step {step}");
        let thread = chance.pick(&threads);
        let before = w.reminder(thread);
        match chance.below(12) {
            0 => {
                let hours = i64::try_from(chance.below(100)).unwrap();
                let at = w.now.plus_millis(hours * LATE + 1);
                sent += w.notifier_comes(at).len();
                w.at(at.plus_millis(1_000));
            }
            1 => {
                let tasks: &[&str] = chance.pick(&[&["a", "b"][..], &[]]);
                let reminder = chance.pick(&[on(1, 3), Reminder::default()]);
                threads.push(w.starts_reminding(o.anna, o.acme, reminder, tasks));
            }
            2 => {
                // Mostly not due.
                w.one(Operation::Remind { firm: o.firm, thread }).unwrap();
                let made = w.last.is_some();
                let due = before.next_ms.is_some_and(|due| due <= w.now);
                assert_eq!(made, due, "{hint}");
                sent += usize::from(made);
            }
            _ => {
                let who = chance.pick(&people);
                let command = something(w, &mut chance, thread);
                let name = command.name();
                if w.act(who, command).is_ok() {
                    let now = w.reminder(thread);
                    let told = w.last.clone().and_then(|commit| commit.thread?.reminder);
                    assert_eq!(told, (now != before).then_some(now), "{hint}, {name}");
                }
            }
        }
        assert_eq!(w.reminder(thread), from_log(w, &o, thread), "{hint}");
    }
    for thread in threads {
        assert_eq!(w.reminder(thread), from_log(w, &o, thread), "seed {seed}, {thread}");
    }
    assert!(sent > steps / 20, "seed {seed}: only {sent} were sent");
}

fn something(w: &mut World, chance: &mut Numbers, thread: ThreadId) -> Command {
    let (key, text) = (w.key(), "words".to_owned());
    let task = TaskId(1 + chance.next() % 12);
    let message = MessageId(1 + chance.next() % 20);
    match chance.below(18) {
        16 | 17 => Command::DeleteMessage { thread, message },
        0..=3 => post(thread, key, "words"),
        4 => Command::AddTask { thread, key, text, before: None },
        5 | 6 => Command::TickTask { thread, task },
        7 => Command::UntickTask { thread, task },
        8 => Command::RemoveTask { thread, task },
        9 => Command::Archive { thread },
        10 | 11 => Command::Reopen { thread },
        12 => {
            let days = 1 + u16::try_from(chance.below(5)).unwrap();
            let count = 1 + u16::try_from(chance.below(4)).unwrap();
            let reminder = Reminder { on: chance.below(4) > 0, days, count };
            Command::SetReminder { thread, reminder }
        }
        _ => Command::Read { thread, up_to: Seq(chance.next() % 30) },
    }
}

/// What a log says of the reminders.
struct Story {
    archived: bool,
    settings: Reminder,
    /// Tasks, and whether they are done.
    tasks: Vec<(TaskId, bool)>,
    /// Messages of the firm that were not taken back.
    firm_wrote: Vec<Seq>,
    client_wrote: Seq,
    from: Timestamp,
    sent: u16,
}

/// How far the reminders of a thread are, by its log and its receipts alone.
fn from_log(w: &mut World, o: &Office, thread: ThreadId) -> ReminderState {
    let log = w.log(o.owner, thread);
    let EventKind::ThreadCreated { reminder, .. } = log[0].kind else { panic!() };
    let mut story = Story {
        archived: false,
        settings: reminder,
        tasks: Vec::new(),
        firm_wrote: Vec::new(),
        client_wrote: Seq(0),
        from: log[0].at_ms,
        sent: 0,
    };
    for event in &log {
        story.goes_on(event);
    }
    let receipts = w.read().receipts(thread).unwrap();
    let last_message = log.iter().rfind(|event| event.kind.is_message()).unwrap().seq;
    let all_read = receipts
        .iter()
        .any(|receipt| matches!(receipt.person, Person::Contact(_)) && receipt.seq >= last_message);
    story.ends(all_read)
}

impl Story {
    fn goes_on(&mut self, event: &Event) {
        let by_firm = matches!(event.actor, Person::Member(_));
        match &event.kind {
            EventKind::MessagePosted { .. } => {
                if by_firm {
                    self.firm_wrote.push(event.seq);
                    self.starts_over(event.at_ms.plus_millis(DELAY));
                } else {
                    self.client_wrote = event.seq;
                }
            }
            EventKind::MessageDeleted { message } => {
                self.firm_wrote.retain(|seq| *seq != (*message).into());
            }
            EventKind::TaskAdded { .. } => {
                self.tasks.push((TaskId(event.seq.0), false));
                self.starts_over_now(event.at_ms);
            }
            EventKind::TaskTicked { task } => self.sets(*task, true),
            EventKind::TaskUnticked { task } => {
                self.sets(*task, false);
                self.starts_over_now(event.at_ms);
            }
            EventKind::TaskRemoved { task } => self.tasks.retain(|(id, _)| id != task),
            EventKind::ReminderSet { reminder } => {
                if reminder.on && !self.settings.on {
                    self.starts_over_now(event.at_ms);
                }
                self.settings = *reminder;
            }
            EventKind::Archived {} => self.archived = true,
            EventKind::Reopened {} => {
                self.archived = false;
                if self.settings.on {
                    self.starts_over_now(event.at_ms);
                }
            }
            EventKind::ReminderSent { number } => {
                self.sent += 1;
                assert_eq!(*number, self.sent, "they are counted");
                let due = self.due();
                assert!(event.at_ms >= due, "not before it was due");
                let late = event.at_ms.0 - due.0;
                // To the nearest day.
                let days = if late < LATE { 0 } else { (late + DAY / 2) / DAY };
                self.from = due.plus_millis(days * DAY);
            }
            _ => {}
        }
    }

    fn starts_over(&mut self, from: Timestamp) {
        self.from = from;
        self.sent = 0;
    }

    fn starts_over_now(&mut self, now: Timestamp) {
        // While the email about a message is still to be sent, from that.
        let mailed = now.plus_millis(DELAY);
        let from = if self.sent == 0 { self.from.clamp(now, mailed) } else { now };
        self.starts_over(from);
    }

    fn sets(&mut self, task: TaskId, done: bool) {
        for (id, state) in &mut self.tasks {
            if *id == task {
                *state = done;
            }
        }
    }

    fn due(&self) -> Timestamp {
        self.from.plus_millis(i64::from(self.settings.days) * DAY)
    }

    fn ends(&self, all_read: bool) -> ReminderState {
        let open = self.tasks.iter().any(|(_, done)| !done);
        let wanted = match (self.tasks.is_empty(), open) {
            (false, true) => true,
            (false, false) => !all_read,
            (true, _) => self.firm_wrote.last().is_some_and(|last| *last > self.client_wrote),
        };
        let stopped = self.archived || !self.settings.on || self.sent >= self.settings.count;
        if wanted && !stopped { pending(self.sent, self.due()) } else { settled(self.sent) }
    }
}
