//! Reminders: of which threads one is pending, and what starts them over.

use crate::office::{Office, member};
use crate::reminding::{DAY, DELAY, on, pending, remind_once, set, settled, starts};
use crate::world::World;
use tidings_protocol::{
    Command, EventKind, MessageId, Reminder, ReminderStops, Seq, TaskId, ThreadId,
};
use tidings_storage::Actor;

/// What the client has done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reaction {
    Nothing,
    Read,
    Answered,
}

use Reaction::{Answered, Nothing, Read};

fn reacts(w: &mut World, who: Actor, thread: ThreadId, reaction: Reaction) {
    match reaction {
        Nothing => {}
        Read => w.reads_all(who, thread),
        Answered => {
            w.posts(who, thread, "here you are");
        }
    }
}

fn ticks(w: &mut World, who: Actor, thread: ThreadId, tasks: &[TaskId]) {
    for &task in tasks {
        w.writes(who, Command::TickTask { thread, task });
    }
}

pub fn a_reminder_is_pending_by_the_first_row_that_fits(w: &mut World) {
    let o = Office::new(w);
    // Whether there are tasks, whether all are done, what the client did, and whether one is pending.
    let table = [
        (false, false, Nothing, true),
        (false, false, Read, true),
        (false, false, Answered, false),
        (true, false, Nothing, true),
        (true, false, Read, true),
        (true, false, Answered, true),
        (true, true, Nothing, true),
        (true, true, Read, false),
        (true, true, Answered, false),
    ];
    let mut threads = Vec::new();
    for row in table {
        let (some, done, reaction, expected) = row;
        let (thread, tasks) = starts(w, &o, on(3, 1), if some { &["a", "b"] } else { &[] });
        let due = w.now.plus_millis(DELAY + 3 * DAY);
        if done {
            ticks(w, o.carol, thread, &tasks);
        }
        reacts(w, o.carol, thread, reaction);
        let state = if expected { pending(0, due) } else { settled(0) };
        assert_eq!(w.reminder(thread), state, "{row:?}");
        threads.push((thread, expected, row));
    }
    // The emails about them have been sent.
    w.at(w.now.plus_millis(DELAY));
    // Off or archived: none. On again or reopened: as before.
    for &(thread, expected, row) in &threads {
        for (stop, go) in [
            (set(thread, Reminder::default()), set(thread, on(3, 1))),
            (Command::Archive { thread }, Command::Reopen { thread }),
        ] {
            w.writes(o.anna, stop);
            assert_eq!(w.reminder(thread), settled(0), "{row:?}");
            w.writes(o.anna, go);
            let due = w.now.plus_millis(3 * DAY);
            let state = if expected { pending(0, due) } else { settled(0) };
            assert_eq!(w.reminder(thread), state, "{row:?}");
        }
    }
    let sent = w.notifier_comes(w.now.plus_millis(4 * DAY));
    for (thread, expected, row) in threads {
        let one = (thread, EventKind::ReminderSent { number: 1 });
        assert_eq!(sent.contains(&one), expected, "{row:?}");
        assert_eq!(w.reminder(thread), settled(expected.into()), "all sent: {row:?}");
    }
}

pub fn a_clients_own_thread_is_reminded_of_only_with_tasks(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.carol, o.acme, "a question");
    w.writes(o.anna, set(thread, on(3, 1)));
    assert_eq!(w.reminder(thread), settled(0));
    let (key, text) = (w.key(), "sign".to_owned());
    let added = w.writes(o.anna, Command::AddTask { thread, key, text, before: None });
    let due = w.now.plus_millis(3 * DAY);
    assert_eq!(w.reminder(thread), pending(0, due));
    w.writes(o.anna, Command::RemoveTask { thread, task: TaskId(added.0) });
    assert_eq!(w.reminder(thread), settled(0));
    w.posts(o.anna, thread, "an answer");
    assert_eq!(w.reminder(thread), pending(0, w.now.plus_millis(DELAY + 3 * DAY)));
}

pub fn whatever_one_contact_does_counts_for_the_client(w: &mut World) {
    let o = Office::new(w);
    let erin = w.contact(o.firm, o.acme, "Erin");
    let (asked, _) = starts(w, &o, on(3, 1), &[]);
    w.posts(erin, asked, "an answer");
    assert_eq!(w.reminder(asked), settled(0));
    let (thread, tasks) = starts(w, &o, on(3, 1), &["a", "b"]);
    ticks(w, o.carol, thread, &tasks[..1]);
    ticks(w, erin, thread, &tasks[1..]);
    assert!(w.reminder(thread).pending, "nobody has read it");
    // A part of it each is not all of it, and what the team reads does not count.
    w.posts(o.anna, thread, "more");
    w.does(o.carol, Command::Read { thread, up_to: Seq(2) });
    w.reads_all(o.owner, thread);
    assert!(w.reminder(thread).pending);
    w.reads_all(erin, thread);
    assert_eq!(w.reminder(thread), settled(0));
}

pub fn a_message_that_was_taken_back_is_not_reminded_of(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = starts(w, &o, on(3, 1), &[]);
    let delete = |seq: Seq| Command::DeleteMessage { thread, message: MessageId(seq.0) };
    let first = w.reminder(thread);
    let second = w.posts(o.admin, thread, "and that");
    let state = w.reminder(thread);
    w.writes(o.admin, delete(second));
    assert_eq!(w.reminder(thread), state, "the first one still waits for an answer");
    assert_ne!(state, first);
    w.posts(o.carol, thread, "an answer");
    let many: Vec<_> = (0..9).map(|_| w.posts(o.anna, thread, "oh, and")).collect();
    assert!(w.reminder(thread).pending);
    for seq in many {
        assert!(w.reminder(thread).pending);
        w.writes(o.anna, delete(seq));
    }
    assert_eq!(w.reminder(thread), settled(0), "what is left was answered");
    let (thread, _) = starts(w, &o, on(3, 1), &[]);
    w.writes(o.anna, Command::DeleteMessage { thread, message: MessageId(2) });
    assert_eq!(w.reminder(thread), settled(0), "there is nothing to answer");
}

pub fn a_cycle_starts_with_what_is_new_for_the_client(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = starts(w, &o, on(3, 2), &["a", "b"]);
    w.writes(o.carol, Command::TickTask { thread, task: tasks[0] });
    let add = |key| Command::AddTask { thread, key, text: "c".to_owned(), before: None };
    let key = w.key();
    let starters: [(&str, Vec<Command>, i64); 5] = [
        ("message", vec![crate::world::post(thread, crate::key(1), "more")], DELAY),
        ("task added", vec![add(key)], 0),
        ("unticked", vec![Command::UntickTask { thread, task: tasks[0] }], 0),
        ("off, on", vec![set(thread, Reminder::default()), set(thread, on(3, 2))], 0),
        ("reopened", vec![Command::Archive { thread }, Command::Reopen { thread }], 0),
    ];
    for (name, commands, later) in starters {
        remind_once(w, thread);
        for command in commands {
            w.writes(o.anna, command);
        }
        let due = w.now.plus_millis(later + 3 * DAY);
        assert_eq!(w.reminder(thread), pending(0, due), "{name}");
    }
}

pub fn nothing_else_starts_a_cycle_or_moves_the_timer(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = starts(w, &o, on(3, 2), &["a", "b", "c"]);
    let state = remind_once(w, thread);
    assert!(state.pending);
    let (message, task, body) = (MessageId(2), tasks[0], "words".to_owned());
    let (resent, answer) = (w.key(), w.key());
    for (who, command) in [
        (o.carol, Command::TickTask { thread, task }),
        (o.anna, Command::RewordTask { thread, task, text: body.clone() }),
        (o.anna, Command::MoveTask { thread, task, before: Some(tasks[2]) }),
        (o.anna, Command::RemoveTask { thread, task: tasks[1] }),
        (o.anna, Command::EditMessage { thread, message, body }),
        (o.carol, crate::world::post(thread, answer, "soon")),
        (o.carol, Command::Read { thread, up_to: Seq(99) }),
        (o.anna, Command::Resend { thread, key: resent }),
        (o.anna, Command::Mention { thread, member: member(o.bob) }),
        (o.anna, Command::ShowContent { thread, shown: Some(true) }),
        (o.carol, Command::Mute { thread, muted: true }),
        (o.anna, Command::DeleteMessage { thread, message }),
    ] {
        let name = command.name();
        w.does(who, command);
        assert_eq!(w.reminder(thread), state, "{name}");
        let told = w.last.clone().and_then(|commit| commit.thread?.reminder);
        assert_eq!(told, None, "{name} has no news of it");
    }
}

pub fn other_numbers_keep_the_timer_and_the_count(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = starts(w, &o, on(3, 2), &[]);
    let sent = w.reminder(thread).next_ms.unwrap();
    remind_once(w, thread);
    for (reminder, state) in [
        (on(5, 2), pending(1, sent.plus_millis(5 * DAY))),
        (on(5, 9), pending(1, sent.plus_millis(5 * DAY))),
        (on(5, 1), settled(1)),
        (on(7, 1), settled(1)),
        (on(7, 2), pending(1, sent.plus_millis(7 * DAY))),
        (on(1, 2), pending(1, sent.plus_millis(DAY))),
    ] {
        w.writes(o.anna, set(thread, reminder));
        assert_eq!(w.reminder(thread), state, "{reminder:?}");
        let summary = w.view(o.carol, thread).item.summary;
        assert_eq!((summary.reminder, summary.reminder_stops), (reminder, ReminderStops::Answer));
    }
    // Fewer days than have passed already: at once.
    let (thread, _) = starts(w, &o, on(30, 1), &[]);
    let from = w.now.plus_millis(DELAY);
    w.mails_go_out();
    w.at(from.plus_millis(10 * DAY));
    w.writes(o.anna, set(thread, on(3, 1)));
    assert_eq!(w.reminder(thread), pending(0, from.plus_millis(3 * DAY)));
    let sent = w.notifier_comes(w.now.plus_millis(1));
    assert!(sent.contains(&(thread, EventKind::ReminderSent { number: 1 })), "{sent:?}");
}

pub fn settings_of_an_archived_thread_count_from_its_reopening(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = starts(w, &o, Reminder::default(), &[]);
    w.writes(o.anna, Command::Archive { thread });
    w.writes(o.anna, set(thread, on(3, 1)));
    assert_eq!(w.reminder(thread), settled(0));
    assert_eq!(w.notifier_comes(w.now.plus_millis(9 * DAY)), []);
    w.writes(o.anna, Command::Reopen { thread });
    assert_eq!(w.reminder(thread), pending(0, w.now.plus_millis(3 * DAY)));
}

pub fn how_far_reminders_are_is_told_with_what_changes_it(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = starts(w, &o, on(3, 1), &[]);
    let told = |w: &World| w.last.clone().unwrap().thread.unwrap().reminder;
    assert_eq!(told(w), Some(w.reminder(thread)));
    w.posts(o.carol, thread, "answer");
    assert_eq!(told(w), Some(settled(0)));
    w.posts(o.carol, thread, "and more");
    assert_eq!(told(w), None, "nothing new");
    w.posts(o.anna, thread, "a question");
    assert_eq!(told(w), Some(w.reminder(thread)));
    remind_once(w, thread);
    assert_eq!(told(w), Some(settled(1)));
    w.reopen();
    assert_eq!(w.reminder(thread), settled(1));
    let (thread, tasks) = starts(w, &o, on(3, 1), &["a"]);
    ticks(w, o.carol, thread, &tasks);
    assert_eq!(told(w), None, "it is not read");
    w.reads_all(o.carol, thread);
    assert_eq!(told(w), Some(settled(0)), "reading is no event, and tells it");
}
