//! Who is told of what: mentions, the inbox, waiting for action, following, preferences.

use tidings_protocol::{
    Channels, Command, Encoding, InboxItem, InboxKind, KindChannels, Language, Page, RefusalCode,
    Reply, Seq, ServerFrame, TaskId, ThreadId,
};
use tidings_tests::{Cast, Client, Server, member_id, post, start_thread, thread as draft};

fn inbox(archived: bool) -> Command {
    Command::ListInbox { archived, page: Page::default() }
}

async fn items(client: &mut Client, archived: bool) -> Vec<InboxItem> {
    match client.done(inbox(archived)).await {
        Reply::Inbox { items, .. } => items,
        other => panic!("{other:?} instead of `inbox`"),
    }
}

fn raised(thread: ThreadId) -> impl Fn(&ServerFrame) -> Option<InboxItem> {
    move |frame| match frame {
        ServerFrame::InboxChanged(item) if item.thread == thread => Some(item.clone()),
        _ => None,
    }
}

#[tokio::test]
async fn a_mention_gives_access_to_the_thread_and_raises_the_inbox() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut noa = cast.firm.connect_with(cast.noa, Encoding::Postcard).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let other = start_thread(&mut mia, draft(cast.account, "Other", &[])).await;
    let join = Command::Join { thread, after: None };
    assert_eq!(noa.refused(join).await.code, RefusalCode::NotFound);

    let seq = mia.written(post(thread, "what does @Noa Novak say?")).await;
    let item = noa.frame("the inbox item", raised(thread)).await;
    assert_eq!((item.kind, item.actor, item.seq), (InboxKind::Mentioned, cast.mia, seq));
    noa.frame("the thread in the feed", |frame| match frame {
        ServerFrame::ThreadChanged(summary) => (summary.thread == thread).then_some(()),
        _ => None,
    })
    .await;
    noa.join(thread, None).await;
    let answer = noa.written(post(thread, "this")).await;
    noa.events_up_to(answer).await;
    // The thread, never the account.
    let join = Command::Join { thread: other, after: None };
    assert_eq!(noa.refused(join).await.code, RefusalCode::NotFound);
    let refusal = noa.refused(draft(cast.account, "Mine", &[])).await;
    assert_eq!(refusal.code, RefusalCode::NotFound);

    let mut carlos = cast.firm.connect(cast.carlos).await;
    let member = member_id(cast.olga);
    let refusal = carlos.refused(Command::Mention { thread, member }).await;
    assert_eq!(refusal.code, RefusalCode::NotAllowed);
}

#[tokio::test]
async fn the_inbox_has_one_item_a_thread_which_is_put_away_and_comes_back() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let second = start_thread(&mut mia, draft(cast.account, "Second", &[])).await;
    assert_eq!(items(&mut mia, false).await, [], "nobody is told of their own doing");

    carlos.written(post(thread, "one")).await;
    carlos.written(post(second, "two")).await;
    let seq = carlos.written(post(thread, "three")).await;
    let listed = items(&mut mia, false).await;
    let threads: Vec<ThreadId> = listed.iter().map(|item| item.thread).collect();
    assert_eq!(threads, [thread, second], "one item a thread, the newest first");
    assert_eq!((listed[0].kind, listed[0].seq), (InboxKind::ContactAnswered, seq));

    let away = Command::ArchiveInboxItem { thread, archived: true };
    assert_eq!(mia.done(away).await, Reply::Done {});
    assert_eq!(items(&mut mia, false).await, listed[1..]);
    assert_eq!(items(&mut mia, true).await.len(), 1);
    carlos.written(post(thread, "four")).await;
    assert_eq!(items(&mut mia, false).await[0].thread, thread, "an answer brings it back");
    assert_eq!(carlos.refused(inbox(false)).await.code, RefusalCode::NotAllowed);
}

#[tokio::test]
async fn the_owner_hears_of_what_nobody_follows() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut olga = cast.firm.connect(cast.olga).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut carlos, draft(cast.account, "Help", &[])).await;
    let item = olga.frame("the new thread", raised(thread)).await;
    assert_eq!(item.kind, InboxKind::ThreadStarted);

    mia.done(Command::Follow { thread, following: true }).await;
    carlos.written(post(thread, "hello?")).await;
    let item = mia.frame("the answer", raised(thread)).await;
    assert_eq!(item.kind, InboxKind::ContactAnswered);
    mia.done(Command::Follow { thread, following: false }).await;
    let seq = carlos.written(post(thread, "anybody?")).await;
    assert_eq!(items(&mut mia, false).await[0].seq, item.seq, "who does not follow is not told");
    assert_eq!(items(&mut olga, false).await[0].seq, seq, "so the owner is");
}

#[tokio::test]
async fn what_waits_for_a_contact_is_unread_messages_and_open_tasks() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &["sign"])).await;
    let waiting = Command::WaitingForAction { page: Page::default() };
    let steps = [
        (None, Some((1, 1))),
        (Some(Command::Read { thread, up_to: Seq(9) }), Some((0, 1))),
        (Some(Command::TickTask { thread, task: TaskId(3) }), None),
        (Some(Command::UntickTask { thread, task: TaskId(3) }), Some((0, 1))),
    ];
    for (step, expected) in steps {
        if let Some(command) = step {
            carlos.done(command).await;
        }
        let reply = carlos.done(waiting.clone()).await;
        let Reply::Waiting { items, next: None } = reply else { panic!("{reply:?}") };
        let found = items.first().map(|item| (item.unread, item.open_tasks));
        assert_eq!(found, expected);
    }
    assert_eq!(mia.refused(waiting).await.code, RefusalCode::NotAllowed);
}

#[tokio::test]
async fn preferences_are_kept_and_decide_over_the_inbox() {
    let mut server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let nowhere = Channels { inbox: false, email: true };
    let change = Command::SetPreferences {
        language: Some(Language::Nl),
        time_zone: Some("Europe/Amsterdam".to_owned()),
        notify: None,
        kinds: vec![KindChannels { kind: InboxKind::ContactAnswered, channels: nowhere }],
        quiet: None,
        digest_min: None,
    };
    let reply = mia.done(change).await;
    let Reply::Preferences(preferences) = &reply else { panic!("{reply:?}") };
    assert_eq!((preferences.language, preferences.kinds.len()), (Language::Nl, 7));
    assert_eq!(preferences.kinds[1].channels, nowhere);

    server.kill().await;
    server.start_again().await;
    let mut mia = cast.firm.connect(cast.mia).await;
    assert_eq!(mia.done(Command::GetPreferences {}).await, reply);
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    carlos.written(post(thread, "answer")).await;
    assert_eq!(items(&mut mia, false).await, [], "an answer goes to no inbox of hers");
    let wrong = Command::SetPreferences {
        language: None,
        time_zone: Some("half past two".to_owned()),
        notify: None,
        kinds: Vec::new(),
        quiet: None,
        digest_min: None,
    };
    let refusal = mia.refused(wrong).await;
    assert_eq!(refusal.field.as_deref(), Some("set_preferences.time_zone"));
}
