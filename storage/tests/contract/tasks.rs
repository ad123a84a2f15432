//! Tasks.

use crate::office::Office;
use crate::world::World;
use tidings_protocol::{
    Command, EventKind, InboxKind, RefusalCode, Reply, Seq, TaskId, ThreadId, limits,
};
use tidings_storage::Actor;

fn texts(w: &mut World, who: Actor, thread: ThreadId) -> String {
    let tasks = w.view(who, thread).tasks;
    tasks.into_iter().map(|task| task.text).collect::<Vec<_>>().join(" ")
}

fn add(w: &mut World, who: Actor, thread: ThreadId, text: &str, before: Option<TaskId>) -> TaskId {
    let command = Command::AddTask { thread, key: w.key(), text: text.to_owned(), before };
    TaskId(w.writes(who, command).0)
}

pub fn tasks_stand_in_the_order_the_team_gives_them(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b", "c"]);
    let task = add(w, o.anna, thread, "d", None);
    add(w, o.anna, thread, "e", Some(tasks[0]));
    add(w, o.owner, thread, "f", Some(tasks[1]));
    assert_eq!(texts(w, o.carol, thread), "e a f b c d");
    w.writes(o.anna, Command::MoveTask { thread, task, before: Some(tasks[1]) });
    assert_eq!(texts(w, o.carol, thread), "e a f d b c");
    w.writes(o.anna, Command::MoveTask { thread, task: tasks[0], before: None });
    assert_eq!(texts(w, o.carol, thread), "e f d b c a");
    let text = "B".to_owned();
    w.writes(o.anna, Command::RewordTask { thread, task: tasks[1], text });
    w.writes(o.anna, Command::RemoveTask { thread, task: tasks[2] });
    assert_eq!(texts(w, o.carol, thread), "e f d B a");
    w.reopen();
    assert_eq!(texts(w, o.carol, thread), "e f d B a");
}

pub fn tasks_moved_again_and_again_keep_their_order(w: &mut World) {
    let o = Office::new(w);
    let (thread, mut order) = w.starts_with_tasks(o.anna, o.acme, &["a", "b", "c", "d"]);
    for _ in 0..70 {
        // Always into the same gap, where positions would run out.
        let task = order.remove(3);
        w.writes(o.anna, Command::MoveTask { thread, task, before: Some(order[1]) });
        order.insert(1, task);
    }
    let shown: Vec<_> = w.view(o.carol, thread).tasks.iter().map(|task| task.task).collect();
    assert_eq!(shown, order);
}

pub fn a_task_added_after_others_were_removed_stands_at_its_place(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b", "c", "d"]);
    for task in &tasks[..2] {
        w.writes(o.anna, Command::RemoveTask { thread, task: *task });
    }
    let last = add(w, o.anna, thread, "e", None);
    assert_eq!(texts(w, o.carol, thread), "c d e");
    add(w, o.anna, thread, "f", Some(last));
    assert_eq!(texts(w, o.carol, thread), "c d f e");
    w.writes(o.anna, Command::MoveTask { thread, task: tasks[3], before: None });
    assert_eq!(texts(w, o.carol, thread), "c f e d");
}

pub fn a_tick_says_who_and_when(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b"]);
    w.writes(o.carol, Command::TickTask { thread, task: tasks[1] });
    let now = w.now;
    let view = w.view(o.anna, thread);
    let done = view.tasks[1].done.clone().unwrap();
    assert_eq!((done.by, done.at_ms), (o.carol.person, now));
    assert_eq!(view.tasks[0].done, None);
    assert_eq!((view.item.summary.tasks_open, view.item.summary.tasks_total), (1, 2));
    w.writes(o.anna, Command::UntickTask { thread, task: tasks[1] });
    let view = w.view(o.carol, thread);
    assert_eq!(view.tasks[1].done, None);
    assert_eq!((view.item.summary.tasks_open, view.item.summary.tasks_total), (2, 2));
}

pub fn what_is_so_already_writes_nothing(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b"]);
    let task = tasks[0];
    let head = w.view(o.anna, thread).item.summary.head;
    let text = "a".to_owned();
    for command in
        [Command::UntickTask { thread, task }, Command::RewordTask { thread, task, text }]
    {
        assert_eq!(w.writes(o.anna, command), head);
        assert_eq!(w.last, None);
    }
    let ticked = w.writes(o.carol, Command::TickTask { thread, task });
    assert_eq!(w.writes(o.anna, Command::TickTask { thread, task }), ticked);
    let done = w.view(o.anna, thread).tasks[0].done.clone().unwrap();
    assert_eq!(done.by, o.carol.person, "the first tick counts");
}

pub fn contacts_tick_and_the_team_manages(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a"]);
    let (task, key, text) = (tasks[0], w.key(), "no".to_owned());
    for command in [
        Command::AddTask { thread, key, text: text.clone(), before: None },
        Command::RewordTask { thread, task, text },
        Command::MoveTask { thread, task, before: None },
        Command::RemoveTask { thread, task },
    ] {
        assert_eq!(w.refused(o.carol, command), RefusalCode::NotAllowed);
    }
    let command = crate::world::create(o.acme, key, "hello", &["no"]);
    assert_eq!(w.refused(o.carol, command), RefusalCode::NotAllowed);
    w.writes(o.carol, Command::TickTask { thread, task });
    w.writes(o.carol, Command::UntickTask { thread, task });
}

pub fn a_removed_task_is_gone(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b"]);
    let task = tasks[0];
    w.writes(o.anna, Command::RemoveTask { thread, task });
    let text = "no".to_owned();
    for command in [
        Command::RemoveTask { thread, task },
        Command::TickTask { thread, task },
        Command::UntickTask { thread, task },
        Command::RewordTask { thread, task, text },
        Command::MoveTask { thread, task, before: None },
        Command::MoveTask { thread, task: tasks[1], before: Some(task) },
    ] {
        assert_eq!(w.refused(o.anna, command), RefusalCode::NotFound);
    }
    let summary = w.view(o.anna, thread).item.summary;
    assert_eq!((summary.tasks_open, summary.tasks_total), (1, 1));
}

pub fn a_thread_has_a_bounded_number_of_tasks(w: &mut World) {
    let o = Office::new(w);
    let many = vec!["task"; limits::TASKS_PER_THREAD_MAX];
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &many);
    let key = w.key();
    let command = Command::AddTask { thread, key, text: "one more".to_owned(), before: None };
    let refusal = w.act(o.anna, command.clone()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::TooMany);
    assert_eq!(refusal.limit, Some(limits::TASKS_PER_THREAD_MAX as u64));
    w.writes(o.anna, Command::RemoveTask { thread, task: tasks[7] });
    w.writes(o.anna, command);
}

pub fn completing_the_last_open_task_is_told_once(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b"]);
    let kinds = |w: &mut World| w.inbox(o.anna).iter().map(|item| item.kind).collect::<Vec<_>>();
    w.writes(o.carol, Command::TickTask { thread, task: tasks[0] });
    assert_eq!(kinds(w), [InboxKind::TasksChanged]);
    w.writes(o.carol, Command::TickTask { thread, task: tasks[1] });
    assert_eq!(kinds(w), [InboxKind::AllTasksCompleted]);
    let told = w.last.clone().unwrap().inbox;
    assert_eq!(told.len(), 1);
    w.writes(o.carol, Command::TickTask { thread, task: tasks[1] });
    assert_eq!(w.last, None);
    w.writes(o.carol, Command::UntickTask { thread, task: tasks[1] });
    assert_eq!(kinds(w), [InboxKind::TasksChanged]);
}

pub fn the_history_of_tasks_has_nothing_else(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b"]);
    w.posts(o.carol, thread, "hello");
    w.writes(o.carol, Command::TickTask { thread, task: tasks[0] });
    w.posts(o.anna, thread, "thanks");
    w.writes(o.anna, Command::RemoveTask { thread, task: tasks[1] });
    let mut expected = w.log(o.anna, thread);
    expected.retain(|event| event.kind.is_task());
    let (mut all, mut after) = (Vec::new(), Seq(0));
    loop {
        let command = Command::TaskHistory { thread, after, limit: Some(2) };
        let Reply::History { events, more } = w.does(o.carol, command) else { panic!() };
        assert!(events.len() <= 2);
        all.extend(events);
        after = all.last().unwrap().seq;
        if !more {
            break;
        }
    }
    assert_eq!(all, expected);
    assert_eq!(all[2].kind, EventKind::TaskTicked { task: tasks[0] });
    assert_eq!(all[2].actor, o.carol.person);
}
