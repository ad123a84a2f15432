//! The progress view.

use crate::office::{Office, member};
use crate::world::World;
use tidings_protocol::{AccountId, AccountProgress, Command, Page, Reply, ThreadProgress, limits};
use tidings_storage::Actor;

type View = (Vec<ThreadProgress>, Vec<AccountProgress>);

fn progress(w: &mut World, who: Actor, account: Option<AccountId>) -> View {
    match w.does(who, Command::TaskProgress { account, page: Page::default() }) {
        Reply::Progress { threads, accounts, .. } => (threads, accounts),
        other => panic!("{other:?}"),
    }
}

pub fn tasks_are_listed_over_all_threads_one_sees(w: &mut World) {
    let o = Office::new(w);
    w.starts(o.anna, o.acme, "without tasks");
    let (first, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b", "c"]);
    let (second, _) = w.starts_with_tasks(o.anna, o.acme, &["d"]);
    let (third, _) = w.starts_with_tasks(o.owner, o.beta, &["e"]);
    w.does(o.carol, Command::TickTask { thread: first, task: tasks[0] });
    let (threads, accounts) = progress(w, o.owner, None);
    let shown: Vec<_> = threads.iter().map(|t| (t.thread, t.done, t.total)).collect();
    assert_eq!(shown, [(third, 0, 1), (second, 0, 1), (first, 1, 3)]);
    assert_eq!(threads[2].tasks, w.view(o.carol, first).tasks);
    let total = |account, done, total| AccountProgress { account, done, total };
    assert_eq!(accounts, [total(o.beta, 0, 1), total(o.acme, 1, 4)]);
    for who in [o.anna, o.carol] {
        let (threads, accounts) = progress(w, who, None);
        assert_eq!(threads.len(), 2);
        assert_eq!(accounts, [total(o.acme, 1, 4)]);
    }
    assert_eq!(progress(w, o.owner, Some(o.beta)).1, [total(o.beta, 0, 1)]);
    for (who, account) in [(o.anna, o.beta), (o.carol, o.beta), (o.bob, o.acme)] {
        assert_eq!(progress(w, who, Some(account)), (Vec::new(), Vec::new()));
    }
}

pub fn totals_of_an_account_count_only_threads_one_sees(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = w.starts_with_tasks(o.anna, o.acme, &["a", "b"]);
    w.starts_with_tasks(o.anna, o.acme, &["c"]);
    w.does(o.anna, Command::Mention { thread, member: member(o.bob) });
    for account in [None, Some(o.acme)] {
        let (threads, accounts) = progress(w, o.bob, account);
        assert_eq!(threads.len(), 1);
        assert_eq!(accounts, [AccountProgress { account: o.acme, done: 0, total: 2 }]);
    }
}

pub fn a_page_of_progress_is_bounded_in_bytes_and_complete_with_the_next(w: &mut World) {
    let o = Office::new(w);
    let long = "x".repeat(limits::TASK_TEXT_BYTES_MAX);
    let tasks = vec![long.as_str(); limits::TASKS_PER_THREAD_MAX];
    let mut expected: Vec<_> =
        (0..12).map(|_| w.starts_with_tasks(o.anna, o.acme, &tasks).0).collect();
    expected.reverse();
    let (mut seen, mut page) = (Vec::new(), Page::default());
    loop {
        let command = Command::TaskProgress { account: None, page: page.clone() };
        let Reply::Progress { threads, next, accounts } = w.does(o.carol, command) else {
            panic!()
        };
        let bytes: usize = threads.iter().flat_map(|t| &t.tasks).map(|task| task.text.len()).sum();
        assert!(bytes <= limits::PAGE_BYTES_MAX);
        assert_eq!(accounts[0].total, 12 * limits::TASKS_PER_THREAD_MAX as u64);
        seen.extend(threads.into_iter().map(|thread| thread.thread));
        page.cursor = next;
        if page.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
}
