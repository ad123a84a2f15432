//! Messages: posted, edited, taken back; threads: started, archived, reopened, read both ways.

use serde_json::json;
use tidings_protocol::{
    Command, ContactState, Encoding, EventKind, HistoryFrom, MessageId, Page, Person, RefusalCode,
    Reply, Role, Seq, TaskId, ThreadFilter,
};
use tidings_tests::{
    Cast, Firm, Server, history, key, messages, post, start_thread, thread as draft,
};

#[tokio::test]
async fn a_post_is_acknowledged_and_reaches_everybody_in_either_encoding() {
    use Encoding::{Json, Postcard};
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    for (here, there) in [(Json, Postcard), (Postcard, Json)] {
        let mut mia = cast.firm.connect_with(cast.mia, here).await;
        let mut carlos = cast.firm.connect_with(cast.carlos, there).await;
        let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
        carlos.join(thread, None).await;
        mia.join(thread, None).await;
        let seq = mia.written(post(thread, "Grüße 🙂\n* one\n* two")).await;
        let heard = carlos.events_up_to(seq).await;
        assert_eq!(messages(&heard)[1].1, "Grüße 🙂\n* one\n* two");
        assert_eq!(heard.last().map(|event| event.actor), Some(cast.mia));
        assert_eq!(mia.events_up_to(seq).await, heard, "the sender hears what the others hear");
        assert_eq!(history(&mut carlos, thread).await, heard, "and so says the log");
    }
}

#[tokio::test]
async fn the_same_key_is_the_same_message_across_reconnects_and_restarts() {
    let mut server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let start = draft(cast.account, "Taxes", &["one", "two"]);
    let created = mia.done(start.clone()).await;
    let Reply::ThreadCreated { thread, .. } = created else { panic!("{created:?}") };
    let message = post(thread, "once");
    let task = Command::AddTask { thread, key: key(), text: "sign".to_owned(), before: None };
    let first = (mia.done(message.clone()).await, mia.done(task.clone()).await);
    let log = history(&mut mia, thread).await;

    for restart in [false, true] {
        if restart {
            server.kill().await;
            server.start_again().await;
        }
        let mut again = cast.firm.connect_with(cast.mia, Encoding::Postcard).await;
        assert_eq!(again.done(start.clone()).await, created);
        assert_eq!(again.done(message.clone()).await, first.0);
        assert_eq!(again.done(task.clone()).await, first.1);
        assert_eq!(history(&mut again, thread).await, log, "nothing was doubled");
        let Command::PostMessage { key, .. } = &message else { unreachable!() };
        let reuse = Command::AddTask { thread, key: *key, text: "x".to_owned(), before: None };
        assert_eq!(again.refused(reuse).await.code, RefusalCode::KeyReused);
    }
    // A key is its sender's: the same one of another person is another key.
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let seq = carlos.written(message).await;
    assert_eq!(seq, log.last().expect("it has events").seq.next());
}

#[tokio::test]
async fn authors_edit_and_take_back_their_own_messages_only() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    carlos.join(thread, None).await;
    let seq = mia.written(post(thread, "Frist")).await;
    let message = MessageId(seq.0);
    let edit = |body: &str| Command::EditMessage { thread, message, body: body.to_owned() };

    let refusal = carlos.refused(edit("mine now")).await;
    assert_eq!(refusal.code, RefusalCode::NotAllowed);
    let refusal = carlos.refused(Command::DeleteMessage { thread, message }).await;
    assert_eq!(refusal.code, RefusalCode::NotAllowed);

    let edited = mia.written(edit("First")).await;
    let heard = carlos.events_up_to(edited).await.pop().expect("the edit");
    assert_eq!(heard.kind, EventKind::MessageEdited { message, body: "First".to_owned() });
    let log = history(&mut carlos, thread).await;
    assert_eq!(messages(&log)[1].1, "First", "the log shows a message as it stands");

    let deleted = mia.written(Command::DeleteMessage { thread, message }).await;
    let heard = carlos.events_up_to(deleted).await.pop().expect("the deletion");
    assert_eq!(heard.kind, EventKind::MessageDeleted { message });
    let log = history(&mut carlos, thread).await;
    let text = format!("{log:?}");
    assert!(!text.contains("First") && !text.contains("Frist"), "its text is gone: {text}");
    assert_eq!(log.len(), 5, "its place is not");
}

#[tokio::test]
async fn an_archived_thread_is_read_and_takes_no_posts_until_it_is_reopened() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &["sign"])).await;
    carlos.join(thread, None).await;
    let refusal = carlos.refused(Command::Archive { thread }).await;
    assert_eq!(refusal.code, RefusalCode::NotAllowed);

    let archived = mia.written(Command::Archive { thread }).await;
    assert_eq!(mia.written(Command::Archive { thread }).await, archived, "twice is once");
    let last = carlos.events_up_to(archived).await.pop();
    assert_eq!(last.map(|event| event.kind), Some(EventKind::Archived {}));
    let task = TaskId(3);
    for refused in [post(thread, "still?"), Command::TickTask { thread, task }] {
        assert_eq!(carlos.refused(refused.clone()).await.code, RefusalCode::Archived);
        assert_eq!(mia.refused(refused).await.code, RefusalCode::Archived);
    }
    assert_eq!(history(&mut carlos, thread).await.len(), 4, "and nothing was half done");

    let reopened = mia.written(Command::Reopen { thread }).await;
    let posted = carlos.written(post(thread, "now")).await;
    assert_eq!((reopened, posted), (archived.next(), archived.next().next()));
}

#[tokio::test]
async fn contacts_start_threads_unless_the_firm_says_no() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut carlos, draft(cast.account, "Question", &[])).await;
    let with_tasks = draft(cast.account, "Question", &["for you"]);
    let refusal = carlos.refused(with_tasks).await;
    assert_eq!(
        (refusal.code, refusal.field.as_deref()),
        (RefusalCode::NotAllowed, Some("create_thread.tasks"))
    );

    let change = json!({ "contacts_may_start": false });
    assert_eq!(cast.firm.http.patch("/v1/firm", &change).await.status, 200);
    let refusal = carlos.refused(draft(cast.account, "Another", &[])).await;
    assert_eq!(refusal.code, RefusalCode::NotAllowed);
    carlos.written(post(thread, "then I answer")).await;
}

#[tokio::test]
async fn a_chat_to_an_account_that_nobody_reads_is_refused_and_leaves_nothing() {
    let server = Server::start().await;
    let firm = Firm::create(&server, "Visser & Co").await;
    let olga = Person::Member(firm.member("Olga", Role::Owner).await);
    let account = firm.account("Silent").await;
    let contact = firm.contact(account, "Ivo", ContactState::Invited).await;
    let mut olga_client = firm.connect(olga).await;
    let start = draft(account, "Hello?", &[]);
    let refusal = olga_client.refused(start.clone()).await;
    assert_eq!(refusal.code, RefusalCode::NoActiveContact);
    let list = Command::ListThreads { filter: ThreadFilter::default(), page: Page::default() };
    let nothing = Reply::Threads { items: Vec::new(), next: None };
    assert_eq!(olga_client.done(list).await, nothing);

    let ivo = Person::Contact(contact);
    firm.patch(ivo, &json!({ "state": "active" })).await;
    let thread = start_thread(&mut olga_client, start).await;
    firm.patch(ivo, &json!({ "state": "none" })).await;
    let refusal = olga_client.refused(post(thread, "Still there?")).await;
    assert_eq!(refusal.code, RefusalCode::NoActiveContact);
}

#[tokio::test]
async fn history_is_read_both_ways_and_from_the_end() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Long", &[])).await;
    for number in 3..=25 {
        mia.written(post(thread, format!("message {number}"))).await;
    }
    let mut carlos = cast.firm.connect_with(cast.carlos, Encoding::Postcard).await;
    let table = [
        (HistoryFrom::After(Seq(0)), Some(10), 1..=10, true),
        (HistoryFrom::After(Seq(10)), Some(15), 11..=25, false),
        (HistoryFrom::Before(Seq(11)), Some(4), 7..=10, true),
        (HistoryFrom::Before(Seq(4)), None, 1..=3, false),
        (HistoryFrom::End, Some(3), 23..=25, true),
        (HistoryFrom::End, None, 1..=25, false),
    ];
    for (from, limit, expected, expected_more) in table {
        let reply = carlos.done(Command::History { thread, from, limit }).await;
        let Reply::History { events, more } = reply else { panic!("{reply:?}") };
        let seqs: Vec<u64> = events.iter().map(|event| event.seq.0).collect();
        assert_eq!((seqs, more), (expected.collect(), expected_more), "{from:?} {limit:?}");
    }
    let beyond = Command::History { thread, from: HistoryFrom::After(Seq(25)), limit: None };
    let nothing = Reply::History { events: Vec::new(), more: false };
    assert_eq!(carlos.done(beyond).await, nothing);
}
