//! Archiving and reopening, following, reminder settings.

use crate::office::Office;
use crate::world::{World, post};
use tidings_protocol::{
    Command, MessageId, RefusalCode, Reminder, ReminderStops, Reply, Seq, ThreadFilter,
};

pub fn an_archived_thread_is_read_and_not_written(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["sign"]);
    w.writes(o.anna, Command::Archive { thread });
    let (log, task) = (w.log(o.carol, thread), tasks[0]);
    let (body, message, text) = ("no".to_owned(), MessageId(2), "no".to_owned());
    for command in [
        post(thread, crate::key(1), "no"),
        Command::EditMessage { thread, message, body },
        Command::DeleteMessage { thread, message },
        Command::AddTask { thread, key: crate::key(1), text: text.clone(), before: None },
        Command::RewordTask { thread, task, text },
        Command::MoveTask { thread, task, before: None },
        Command::TickTask { thread, task },
        Command::UntickTask { thread, task },
        Command::RemoveTask { thread, task },
    ] {
        let name = command.name();
        assert_eq!(w.refused(o.anna, command), RefusalCode::Archived, "{name}");
    }
    assert_eq!(w.refused(o.carol, post(thread, crate::key(1), "no")), RefusalCode::Archived);
    assert_eq!(w.log(o.carol, thread), log);
    w.writes(o.anna, Command::Reopen { thread });
    w.posts(o.carol, thread, "yes");
}

pub fn reminders_are_set_in_an_archived_thread_too(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    w.writes(o.anna, Command::Archive { thread });
    let reminder = Reminder { on: true, days: 7, count: 2 };
    w.writes(o.anna, Command::SetReminder { thread, reminder });
    let summary = w.view(o.anna, thread).item.summary;
    assert_eq!((summary.reminder, summary.archived), (reminder, true));
}

pub fn a_message_sent_before_archiving_is_answered_as_before(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let command = post(thread, w.key(), "hello");
    let first = w.does(o.carol, command.clone());
    w.writes(o.anna, Command::Archive { thread });
    assert_eq!(w.does(o.carol, command), first);
}

pub fn archiving_twice_is_once(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    assert_eq!(w.writes(o.anna, Command::Reopen { thread }), Seq(2));
    assert_eq!(w.writes(o.anna, Command::Archive { thread }), Seq(3));
    assert_eq!(w.writes(o.anna, Command::Archive { thread }), Seq(3));
    assert_eq!(w.last, None);
    assert_eq!(w.writes(o.anna, Command::Reopen { thread }), Seq(4));
    assert_eq!(w.log(o.anna, thread).len(), 4);
}

pub fn only_the_team_archives_and_sets_reminders(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    for command in [
        Command::Archive { thread },
        Command::Reopen { thread },
        Command::Follow { thread, following: true },
        Command::SetReminder { thread, reminder: Reminder::default() },
    ] {
        assert_eq!(w.refused(o.carol, command), RefusalCode::NotAllowed);
    }
}

pub fn lists_tell_archived_threads_from_the_others(w: &mut World) {
    let o = Office::new(w);
    let (open, archived) = (w.starts(o.anna, o.acme, "one"), w.starts(o.anna, o.acme, "two"));
    w.writes(o.anna, Command::Archive { thread: archived });
    let table =
        [(None, vec![archived, open]), (Some(true), vec![archived]), (Some(false), vec![open])];
    for (wanted, expected) in table {
        let filter = ThreadFilter { archived: wanted, ..ThreadFilter::default() };
        for who in [o.anna, o.carol, o.owner] {
            let listed: Vec<_> =
                w.threads(who, &filter).iter().map(|item| item.summary.thread).collect();
            assert_eq!(listed, expected);
        }
    }
}

pub fn following_is_ones_own_choice(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let follows = |w: &mut World, who| w.view(who, thread).item.following;
    assert!(follows(w, o.anna), "who starts a thread follows it");
    assert!(!follows(w, o.owner));
    assert_eq!(w.does(o.owner, Command::Follow { thread, following: true }), Reply::Done {});
    w.does(o.anna, Command::Follow { thread, following: false });
    assert!(!follows(w, o.anna) && follows(w, o.owner) && !follows(w, o.carol));
    let filter = ThreadFilter { following: true, ..ThreadFilter::default() };
    assert_eq!(w.threads(o.owner, &filter).len(), 1);
    assert!(w.threads(o.anna, &filter).is_empty());
    let list = Command::ListThreads { filter, page: tidings_protocol::Page::default() };
    assert_eq!(w.refused(o.carol, list), RefusalCode::NotAllowed);
}

pub fn reminder_settings_are_kept_and_shown(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let summary = w.view(o.carol, thread).item.summary;
    assert_eq!(summary.reminder, Reminder::default());
    assert_eq!(summary.reminder_stops, ReminderStops::Off);
    let reminder = Reminder { on: true, days: 7, count: 2 };
    let seq = w.writes(o.anna, Command::SetReminder { thread, reminder });
    assert_eq!(w.writes(o.anna, Command::SetReminder { thread, reminder }), seq);
    let summary = w.view(o.carol, thread).item.summary;
    assert_eq!((summary.reminder, summary.reminder_stops), (reminder, ReminderStops::Answer));
    let text = "sign".to_owned();
    w.does(o.anna, Command::AddTask { thread, key: crate::key(1), text, before: None });
    let stops = w.view(o.carol, thread).item.summary.reminder_stops;
    assert_eq!(stops, ReminderStops::FinishTasksAndRead);
}
