//! The log of a thread: numbered without gaps, the same for all, each key once.

use crate::office::Office;
use crate::world::{World, create, operation, post};
use tidings_protocol::{
    Command, EventKind, HistoryFrom, RefusalCode, Reply, Seq, ThreadFilter, limits,
};
use tidings_storage::Operation;

pub fn events_are_numbered_from_one_without_gaps(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["one", "two"]);
    w.posts(o.carol, thread, "hello");
    w.writes(o.carol, Command::TickTask { thread, task: tasks[0] });
    w.writes(o.owner, Command::Archive { thread });
    let log = w.log(o.carol, thread);
    let expected: Vec<_> = (1..=log.len() as u64).map(Seq).collect();
    assert_eq!(log.iter().map(|event| event.seq).collect::<Vec<_>>(), expected);
    assert!(matches!(log[0].kind, EventKind::ThreadCreated { .. }));
    assert!(log[1].kind.is_message());
    assert_eq!(log.last().unwrap().kind, EventKind::Archived {});
    assert_eq!(w.view(o.anna, thread).item.summary.head, log.last().unwrap().seq);
}

pub fn all_readers_see_the_same_events_in_the_same_order(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "first");
    for (index, who) in [o.carol, o.owner, o.anna, o.carol].into_iter().enumerate() {
        w.posts(who, thread, &format!("message {index}"));
    }
    let log = w.log(o.anna, thread);
    assert_eq!(w.log(o.carol, thread), log);
    assert_eq!(w.read_elsewhere().events_after(thread, Seq(0), 100).unwrap(), log);
    assert_eq!(w.read_elsewhere().events_after(thread, Seq(3), 2).unwrap(), log[3..5]);
    assert_eq!(w.read_elsewhere().summaries(&[thread]).unwrap()[0].head, Seq(log.len() as u64));
}

pub fn a_commit_tells_exactly_what_was_added_to_the_log(w: &mut World) {
    let o = Office::new(w);
    let command = create(o.acme, w.key(), "hello", &["one", "two"]);
    let Reply::ThreadCreated { thread, head, .. } = w.does(o.anna, command) else { panic!() };
    let told = w.last.clone().unwrap().thread.unwrap();
    assert_eq!(told.events, w.log(o.anna, thread));
    assert_eq!(told.events.last().unwrap().seq, head);
    let seq = w.posts(o.carol, thread, "answer");
    let told = w.last.clone().unwrap();
    assert_eq!(told.firm, o.firm);
    let told = told.thread.unwrap();
    assert_eq!((told.thread, told.account), (thread, o.acme));
    assert_eq!(told.events, w.log(o.anna, thread)[head.0 as usize..]);
    let read = told.read.unwrap();
    assert_eq!((read.person, read.seq, read.messages), (o.carol.person, seq, 2));
}

pub fn a_message_sent_twice_is_one_message_with_the_same_answer(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "first");
    let command = post(thread, w.key(), "hello");
    let first = w.does(o.carol, command.clone());
    w.posts(o.anna, thread, "in between");
    let log = w.log(o.anna, thread);
    assert_eq!(w.does(o.carol, command.clone()), first);
    assert_eq!(w.last, None);
    w.reopen();
    assert_eq!(w.does(o.carol, command), first);
    assert_eq!(w.log(o.anna, thread), log);
}

pub fn a_message_sent_twice_in_one_batch_is_one_message(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "first");
    let command = operation(o.carol, post(thread, crate::key(7), "hello"));
    let applied = w.apply(vec![command.clone(), command]);
    let answers: Vec<_> = applied.iter().map(|a| a.outcome.clone().unwrap()).collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(w.log(o.anna, thread).len(), 3);
}

pub fn a_thread_created_twice_is_one_thread(w: &mut World) {
    let o = Office::new(w);
    let command = create(o.acme, w.key(), "hello", &["one"]);
    let first = w.does(o.anna, command.clone());
    assert_eq!(w.does(o.anna, command.clone()), first);
    w.reopen();
    assert_eq!(w.does(o.anna, command), first);
    assert_eq!(w.threads(o.owner, &ThreadFilter::default()).len(), 1);
}

pub fn a_task_added_twice_is_one_task(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "first");
    let add = |key| Command::AddTask { thread, key, text: "sign".to_owned(), before: None };
    let command = add(w.key());
    let first = w.writes(o.anna, command.clone());
    assert_eq!(w.writes(o.anna, command.clone()), first);
    w.reopen();
    assert_eq!(w.writes(o.anna, command), first);
    assert_eq!(w.view(o.anna, thread).tasks.len(), 1);
}

pub fn a_key_used_for_something_else_is_refused(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "first");
    let other = w.starts(o.anna, o.acme, "other");
    let key = w.key();
    w.does(o.anna, post(thread, key, "hello"));
    let before = (w.log(o.anna, thread), w.log(o.anna, other));
    let task = Command::AddTask { thread, key, text: "sign".to_owned(), before: None };
    for command in [post(other, key, "hello"), task, create(o.acme, key, "hello", &[])] {
        assert_eq!(w.refused(o.anna, command), RefusalCode::KeyReused);
    }
    assert_eq!((w.log(o.anna, thread), w.log(o.anna, other)), before);
    assert_eq!(w.threads(o.anna, &ThreadFilter::default()).len(), 2);
}

pub fn two_people_may_choose_the_same_key(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "first");
    let key = w.key();
    let first = w.writes(o.anna, post(thread, key, "mine"));
    let second = w.writes(o.carol, post(thread, key, "mine too"));
    assert_eq!(second, first.next());
}

pub fn what_is_refused_leaves_nothing(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["one"]);
    let message = tidings_protocol::MessageId(2);
    let text = "no".to_owned();
    let before = (w.log(o.owner, thread), w.view(o.owner, thread), w.inbox(o.owner));
    let (first, second) = (w.key(), w.key());
    let nothing = tidings_protocol::TaskId(99);
    for (who, command) in [
        (o.bob, post(thread, first, "no")),
        (o.dave, post(thread, first, "no")),
        (o.carol, Command::EditMessage { thread, message, body: text.clone() }),
        (o.carol, Command::DeleteMessage { thread, message }),
        (o.carol, Command::AddTask { thread, key: second, text: text.clone(), before: None }),
        (o.carol, Command::RemoveTask { thread, task: tasks[0] }),
        (o.anna, Command::TickTask { thread, task: nothing }),
        (o.anna, Command::AddTask { thread, key: second, text, before: Some(nothing) }),
        (o.carol, Command::Archive { thread }),
        (o.bob, Command::Read { thread, up_to: Seq(2) }),
        (o.bob, create(o.acme, second, "no", &[])),
    ] {
        w.refused(who, command);
    }
    assert_eq!((w.log(o.owner, thread), w.view(o.owner, thread), w.inbox(o.owner)), before);
    assert_eq!(w.threads(o.owner, &ThreadFilter::default()).len(), 1);
    // The key of what was refused is free.
    w.does(o.anna, post(thread, first, "yes"));
}

pub fn a_batch_does_everything_but_what_is_refused(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "first");
    let mut batch: Vec<Operation> = Vec::new();
    for (who, body) in [(o.anna, "one"), (o.bob, "refused"), (o.carol, "two")] {
        let command = post(thread, w.key(), body);
        batch.push(operation(who, command));
    }
    let applied = w.apply(batch);
    assert_eq!(applied[1].outcome.as_ref().unwrap_err().code, RefusalCode::NotFound);
    assert_eq!(applied[1].commit, None);
    for (index, seq) in [(0, 3), (2, 4)] {
        let told = applied[index].commit.as_ref().unwrap().thread.as_ref().unwrap();
        assert_eq!(told.events.len(), 1);
        assert_eq!(told.events[0].seq, Seq(seq));
    }
    assert_eq!(w.log(o.anna, thread).len(), 4);
}

pub fn what_a_batch_creates_can_be_used_within_it(w: &mut World) {
    let o = Office::new(w);
    let (one, two) = (w.starts(o.anna, o.acme, "one"), w.starts(o.anna, o.acme, "two"));
    let mut batch = Vec::new();
    for index in 0..20 {
        let command = post(if index % 2 == 0 { one } else { two }, w.key(), "hello");
        batch.push(operation(if index % 3 == 0 { o.anna } else { o.carol }, command));
    }
    assert!(w.apply(batch).iter().all(|applied| applied.outcome.is_ok()));
    for thread in [one, two] {
        let log = w.log(o.carol, thread);
        assert_eq!(log.len(), 12);
        assert!(log.iter().zip(1..).all(|(event, seq)| event.seq == Seq(seq)));
        assert_eq!(log.last().unwrap().messages, 11);
    }
}

pub fn an_empty_subject_becomes_the_first_line(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "Your tax return\n\nPlease look at it.");
    assert_eq!(w.view(o.carol, thread).item.summary.subject, "Your tax return");
}

pub fn history_is_read_both_ways(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "first");
    for index in 0..8 {
        w.posts(o.anna, thread, &format!("message {index}"));
    }
    let log = w.log(o.anna, thread);
    assert_eq!(log.len(), 10);
    let table = [
        (HistoryFrom::After(Seq(0)), 0..4, true),
        (HistoryFrom::After(Seq(5)), 5..9, true),
        (HistoryFrom::After(Seq(6)), 6..10, false),
        (HistoryFrom::After(Seq(10)), 10..10, false),
        (HistoryFrom::After(Seq(u64::MAX)), 10..10, false),
        (HistoryFrom::Before(Seq(8)), 3..7, true),
        (HistoryFrom::Before(Seq(5)), 0..4, false),
        (HistoryFrom::Before(Seq(3)), 0..2, false),
        (HistoryFrom::Before(Seq(0)), 0..0, false),
        (HistoryFrom::Before(Seq(u64::MAX)), 6..10, true),
        (HistoryFrom::End, 6..10, true),
    ];
    for (from, range, expected) in table {
        let command = Command::History { thread, from, limit: Some(4) };
        let Reply::History { events, more } = w.does(o.carol, command) else { panic!() };
        assert_eq!(events, log[range], "{from:?}");
        assert_eq!(more, expected, "{from:?}");
    }
}

pub fn a_page_of_history_is_bounded_in_bytes(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "first");
    let long = "x".repeat(limits::MESSAGE_BODY_BYTES_MAX);
    for _ in 0..6 {
        w.posts(o.anna, thread, &long);
    }
    for from in [HistoryFrom::After(Seq(2)), HistoryFrom::End] {
        let command = Command::History { thread, from, limit: None };
        let Reply::History { events, more } = w.does(o.carol, command) else { panic!() };
        assert!(more && (1..=4).contains(&events.len()), "{} events", events.len());
    }
    assert_eq!(w.log(o.carol, thread).len(), 8);
}

pub fn everything_is_there_after_reopening(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = w.starts_with_tasks(o.anna, o.acme, &["one"]);
    w.posts(o.carol, thread, "hello @Bob");
    let before: Vec<_> = o.people().map(|who| w.read().welcome(who).unwrap()).into();
    let log = w.log(o.anna, thread);
    w.reopen();
    assert_eq!(o.people().map(|who| w.read().welcome(who).unwrap()).to_vec(), before);
    assert_eq!(w.log(o.anna, thread), log);
    assert_eq!(w.posts(o.anna, thread, "on we go"), log.last().unwrap().seq.next());
}
