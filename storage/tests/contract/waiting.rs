//! Waiting-for-action.

use crate::office::Office;
use crate::world::{World, create};
use tidings_protocol::{Command, Page, RefusalCode, Reply, Seq, ThreadId};

fn order(w: &mut World, o: &Office) -> Vec<ThreadId> {
    let waiting = w.waiting(o.carol);
    assert_eq!(w.badges(o.carol).waiting, waiting.len() as u64);
    let threads: Vec<_> = waiting.into_iter().map(|item| item.summary.thread).collect();
    let welcome = w.read().welcome(o.carol).unwrap().unwrap();
    let shown: Vec<_> = welcome.waiting.into_iter().map(|item| item.summary.thread).collect();
    assert_eq!(shown, threads);
    threads
}

pub fn a_thread_waits_until_it_is_read_and_its_tasks_are_done(w: &mut World) {
    let o = Office::new(w);
    let message = w.starts(o.anna, o.acme, "read me");
    let command = create(o.acme, w.key(), "sign", &["sign"]);
    let Reply::ThreadCreated { thread: tasks, .. } = w.does(o.anna, command) else { panic!() };
    w.starts(o.carol, o.acme, "mine");
    w.starts(o.owner, o.beta, "of others");
    assert_eq!(order(w, &o), [tasks, message]);
    for thread in [message, tasks] {
        w.does(o.carol, Command::Read { thread, up_to: Seq(99) });
    }
    assert_eq!(order(w, &o), [tasks]);
    let item = w.waiting(o.carol).remove(0);
    assert_eq!((item.unread, item.open_tasks), (0, 1));
    let task = w.view(o.carol, tasks).tasks[0].task;
    w.does(o.carol, Command::TickTask { thread: tasks, task });
    assert!(order(w, &o).is_empty());
    w.does(o.anna, Command::UntickTask { thread: tasks, task });
    w.posts(o.anna, message, "once more");
    assert_eq!(order(w, &o), [message, tasks]);
}

pub fn archived_threads_do_not_wait(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = w.starts_with_tasks(o.anna, o.acme, &["sign"]);
    w.does(o.anna, Command::Archive { thread });
    assert!(order(w, &o).is_empty());
    w.does(o.anna, Command::Reopen { thread });
    assert_eq!(order(w, &o), [thread]);
}

pub fn each_contact_has_its_own(w: &mut World) {
    let o = Office::new(w);
    let eve = w.contact(o.firm, o.acme, "Eve");
    let thread = w.starts(o.anna, o.acme, "hello");
    w.does(eve, Command::Read { thread, up_to: Seq(2) });
    assert!(w.waiting(eve).is_empty());
    assert_eq!(w.waiting(o.carol).len(), 1);
}

pub fn members_have_none(w: &mut World) {
    let o = Office::new(w);
    let command = Command::WaitingForAction { page: Page::default() };
    assert_eq!(w.refused(o.anna, command), RefusalCode::NotAllowed);
    assert_eq!(w.badges(o.anna).waiting, 0);
}
