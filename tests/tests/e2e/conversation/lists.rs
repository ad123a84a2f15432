//! Lists: filters, and pages that neither miss nor repeat.

use std::collections::HashSet;
use tidings_protocol::{
    Command, Page, Refusal, RefusalCode, Reply, Seq, TaskId, ThreadFilter, ThreadId,
};
use tidings_tests::{Cast, Client, Server, post, start_thread, thread as draft};

fn list(filter: ThreadFilter, page: Page) -> Command {
    Command::ListThreads { filter, page }
}

async fn subjects(client: &mut Client, filter: ThreadFilter) -> Vec<String> {
    match client.done(list(filter, Page::default())).await {
        Reply::Threads { items, next: None } => {
            items.into_iter().map(|item| item.summary.subject).collect()
        }
        other => panic!("{other:?} instead of one page of threads"),
    }
}

#[tokio::test]
async fn threads_are_listed_newest_message_first_and_filtered() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let other = cast.firm.account("Other").await;
    let name = "Ivo".to_owned();
    cast.firm.contact(other, &name, tidings_protocol::ContactState::Active).await;
    let mut olga = cast.firm.connect(cast.olga).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let tasks = start_thread(&mut olga, draft(cast.account, "tasks", &["one"])).await;
    let unread = start_thread(&mut olga, draft(cast.account, "unread", &[])).await;
    let archived = start_thread(&mut olga, draft(cast.account, "archived", &[])).await;
    start_thread(&mut olga, draft(other, "other", &[])).await;
    olga.written(Command::Archive { thread: archived }).await;
    olga.done(Command::Follow { thread: archived, following: false }).await;
    carlos.written(post(unread, "an answer")).await;

    let all = ThreadFilter::default;
    let table: [(ThreadFilter, &[&str]); 7] = [
        (all(), &["unread", "other", "archived", "tasks"]),
        (ThreadFilter { account: Some(other), ..all() }, &["other"]),
        (ThreadFilter { archived: Some(true), ..all() }, &["archived"]),
        (ThreadFilter { archived: Some(false), ..all() }, &["unread", "other", "tasks"]),
        (ThreadFilter { unread: true, ..all() }, &["unread"]),
        (ThreadFilter { open_tasks: true, ..all() }, &["tasks"]),
        (ThreadFilter { following: true, ..all() }, &["unread", "other", "tasks"]),
    ];
    for (filter, expected) in table {
        assert_eq!(subjects(&mut olga, filter.clone()).await, expected, "{filter:?}");
    }
    assert_eq!(subjects(&mut carlos, all()).await, ["unread", "archived", "tasks"]);
    carlos.written(Command::TickTask { thread: tasks, task: TaskId(3) }).await;
    let open = ThreadFilter { open_tasks: true, ..all() };
    assert_eq!(subjects(&mut carlos, open).await, [] as [&str; 0]);
}

#[tokio::test]
async fn pages_neither_miss_nor_repeat() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut started = HashSet::new();
    for number in 0..23 {
        let subject = format!("thread {number}");
        started.insert(start_thread(&mut mia, draft(cast.account, &subject, &[])).await);
    }
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let mut listed: Vec<ThreadId> = Vec::new();
    let mut page = Page { cursor: None, limit: Some(5) };
    let mut pages = 0;
    loop {
        let reply = carlos.done(list(ThreadFilter::default(), page.clone())).await;
        let Reply::Threads { items, next } = reply else { panic!("{reply:?}") };
        listed.extend(items.iter().map(|item| item.summary.thread));
        pages += 1;
        match next {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    assert_eq!((pages, listed.len()), (5, 23));
    assert_eq!(listed.into_iter().collect::<HashSet<_>>(), started);

    let forged = Page { cursor: Some("not one of yours".to_owned()), limit: None };
    let Refusal { code, field, .. } = carlos.refused(list(ThreadFilter::default(), forged)).await;
    let expected = (RefusalCode::Invalid, Some("list_threads.page.cursor".to_owned()));
    assert_eq!((code, field), expected);
}

#[tokio::test]
async fn the_welcome_has_the_newest_and_the_badges_agree_with_the_log() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    for number in 0..25 {
        start_thread(&mut mia, draft(cast.account, &format!("thread {number}"), &["do"])).await;
    }
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let welcome = carlos.welcome().await;
    assert_eq!((welcome.threads.len(), welcome.waiting.len()), (20, 20));
    assert_eq!(welcome.threads[0].summary.subject, "thread 24");
    assert_eq!((welcome.person, welcome.account), (cast.carlos, Some(cast.account)));
    assert_eq!(welcome.badges.unread_threads, 25);
    assert_eq!((welcome.badges.unread_messages, welcome.badges.waiting), (25, 25));
    let thread = welcome.threads[0].summary.thread;
    carlos.done(Command::Read { thread, up_to: Seq(2) }).await;
    let mut again = cast.firm.connect(cast.carlos).await;
    let badges = again.welcome().await.badges;
    assert_eq!((badges.unread_threads, badges.unread_messages, badges.waiting), (24, 24, 25));
}

#[tokio::test]
async fn colleagues_and_accounts_are_listed_for_the_pickers() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    cast.firm.account("Zeta").await;
    let mut olga = cast.firm.connect(cast.olga).await;
    let mut noa = cast.firm.connect(cast.noa).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let members = Command::ListMembers { page: Page::default() };
    let reply = noa.done(members.clone()).await;
    let Reply::Members { items, .. } = reply else { panic!("{reply:?}") };
    let names: Vec<&str> = items.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Mia Visser", "Noa Novak", "Olga Owner"]);
    assert_eq!(carlos.refused(members).await.code, RefusalCode::NotAllowed);

    let accounts = Command::ListAccounts { page: Page::default() };
    let expected: [(&mut Client, &[(&str, bool)]); 3] = [
        (&mut olga, &[("Vega", true), ("Zeta", false)]),
        (&mut noa, &[]),
        (&mut carlos, &[("Vega", true)]),
    ];
    for (client, expected) in expected {
        let reply = client.done(accounts.clone()).await;
        let Reply::Accounts { items, .. } = reply else { panic!("{reply:?}") };
        let items: Vec<_> = items.iter().map(|one| (one.name.as_str(), one.reachable)).collect();
        assert_eq!(items, expected);
    }
}
