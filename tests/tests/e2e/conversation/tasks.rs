//! Tasks: the checkboxes of a thread, their progress and their history.

use tidings_protocol::{
    Command, Encoding, EventKind, InboxKind, Page, RefusalCode, Reply, Seq, ServerFrame, Task,
    TaskId, ThreadId,
};
use tidings_tests::{Cast, Client, Server, key, start_thread, thread as draft};

async fn tasks(client: &mut Client, thread: ThreadId) -> Vec<Task> {
    match client.done(Command::GetThread { thread }).await {
        Reply::Thread(view) => view.tasks,
        other => panic!("{other:?} instead of `thread`"),
    }
}

#[tokio::test]
async fn tasks_change_live_for_everybody_with_who_and_when() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect_with(cast.carlos, Encoding::Postcard).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &["scan", "sign"])).await;
    let (scan, sign) = (TaskId(3), TaskId(4));
    carlos.join(thread, None).await;
    let text = |text: &str| text.to_owned();
    let add = Command::AddTask { thread, key: key(), text: text("count"), before: Some(scan) };
    let count = TaskId(mia.written(add).await.0);
    mia.written(Command::RewordTask { thread, task: scan, text: text("scan it all") }).await;
    mia.written(Command::MoveTask { thread, task: scan, before: None }).await;
    let ticked = carlos.written(Command::TickTask { thread, task: sign }).await;
    assert_eq!(carlos.written(Command::TickTask { thread, task: sign }).await, ticked);
    mia.written(Command::TickTask { thread, task: count }).await;
    mia.written(Command::UntickTask { thread, task: count }).await;
    let last = mia.written(Command::RemoveTask { thread, task: count }).await;

    let heard = carlos.events_up_to(last).await;
    let kinds: Vec<EventKind> = heard[4..].iter().map(|event| event.kind.clone()).collect();
    let expected = [
        EventKind::TaskAdded { text: text("count"), before: Some(scan) },
        EventKind::TaskReworded { task: scan, text: text("scan it all") },
        EventKind::TaskMoved { task: scan, before: None },
        EventKind::TaskTicked { task: sign },
        EventKind::TaskTicked { task: count },
        EventKind::TaskUnticked { task: count },
        EventKind::TaskRemoved { task: count },
    ];
    assert_eq!(kinds, expected);

    let now = tasks(&mut carlos, thread).await;
    let texts: Vec<&str> = now.iter().map(|task| task.text.as_str()).collect();
    assert_eq!(texts, ["sign", "scan it all"]);
    let done = now[0].done.as_ref().expect("it was ticked");
    let tick = heard.iter().find(|event| event.seq == ticked).expect("the tick");
    assert_eq!((done.by, done.at_ms), (cast.carlos, tick.at_ms));

    let history = Command::TaskHistory { thread, after: Seq(0), limit: None };
    let reply = carlos.done(history).await;
    let Reply::History { events, more } = reply else { panic!("{reply:?}") };
    assert!(!more);
    assert_eq!(events, heard[2..], "the history of the tasks is that part of the log");
}

#[tokio::test]
async fn contacts_tick_but_do_not_manage_tasks() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &["scan"])).await;
    let (task, text) = (TaskId(3), "mine".to_owned());
    for command in [
        Command::AddTask { thread, key: key(), text: text.clone(), before: None },
        Command::RewordTask { thread, task, text },
        Command::MoveTask { thread, task, before: None },
        Command::RemoveTask { thread, task },
    ] {
        assert_eq!(carlos.refused(command).await.code, RefusalCode::NotAllowed);
    }
    let unknown = carlos.refused(Command::TickTask { thread, task: TaskId(2) }).await;
    assert_eq!(
        (unknown.code, unknown.field.as_deref()),
        (RefusalCode::NotFound, Some("tick_task.task"))
    );
    assert_eq!(tasks(&mut carlos, thread).await.len(), 1);
}

#[tokio::test]
async fn completing_the_last_task_is_told_once_and_progress_adds_up() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let first = start_thread(&mut mia, draft(cast.account, "First", &["a", "b"])).await;
    let second = start_thread(&mut mia, draft(cast.account, "Second", &["c"])).await;
    start_thread(&mut mia, draft(cast.account, "Without", &[])).await;
    let progress = Command::TaskProgress { account: Some(cast.account), page: Page::default() };
    for (thread, task, done) in [(first, 3, 1), (first, 4, 2), (second, 3, 3)] {
        carlos.written(Command::TickTask { thread, task: TaskId(task) }).await;
        let reply = carlos.done(progress.clone()).await;
        let Reply::Progress { threads, accounts, next: None } = reply else { panic!("{reply:?}") };
        assert_eq!((accounts[0].done, accounts[0].total), (done, 3));
        let sums = threads.iter().map(|one| (u64::from(one.done), u64::from(one.total)));
        assert_eq!(sums.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1)), (done, 3));
        assert_eq!(threads[0].subject, "Second", "the one with the newest message first");
    }
    for thread in [first, second] {
        let all_done = |frame: &ServerFrame| match frame {
            ServerFrame::InboxChanged(item) if item.thread == thread => {
                (item.kind == InboxKind::AllTasksCompleted).then_some(item.actor)
            }
            _ => None,
        };
        assert_eq!(mia.frame("all tasks completed", all_done).await, cast.carlos);
    }
}
