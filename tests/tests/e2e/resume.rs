//! Clients that lose their connection and take it up again: every event once, in order.

use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidings_protocol::limits::{
    NAME_BYTES_MAX, PAGE_ITEMS_MAX, RESUME_EVENTS_MAX, TASK_TEXT_BYTES_MAX, TASKS_PER_THREAD_MAX,
};
use tidings_protocol::{
    Contact, ContactState, Encoding, Event, Outcome, Person, Reply, Seq, ThreadId,
};
use tidings_tests::{Cast, Client, Server, history, post, start_thread, thread as draft};

/// Posts a number of messages with several under way, and says where the last one stands.
async fn post_many(client: &mut Client, thread: ThreadId, count: u64) -> Seq {
    let mut last = Seq(0);
    let mut posted = 0;
    while posted < count {
        let burst = (count - posted).min(64);
        let mut ids = Vec::new();
        for number in posted..posted + burst {
            ids.push(client.send(post(thread, format!("message {number}"))).await);
        }
        for id in ids {
            match client.reply(id).await {
                Outcome::Ok(Reply::Written { seq, .. }) => last = seq,
                other => panic!("{other:?}"),
            }
        }
        posted += burst;
    }
    last
}

#[tokio::test]
async fn a_client_that_drops_a_hundred_times_sees_every_event_once_and_in_order() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Busy", &[])).await;
    let enough = Arc::new(AtomicBool::new(false));
    let writers = [(cast.mia, Encoding::Json), (cast.olga, Encoding::Postcard)].map(|who| {
        let (firm, enough) = (cast.firm.clone(), Arc::clone(&enough));
        tokio::spawn(async move {
            let mut client = firm.connect_with(who.0, who.1).await;
            let mut last = Seq(0);
            while !enough.load(Ordering::Relaxed) {
                last = post_many(&mut client, thread, 4).await;
            }
            last
        })
    });

    let mut got: Vec<Event> = Vec::new();
    let token = cast.firm.token(cast.carlos).await;
    for drop in 0..100_u64 {
        let encoding = Encoding::ALL[usize::from(drop % 2 == 0)];
        let mut client = Client::connect(server.endpoint(), &token, encoding).await;
        let last = got.last().map(|event| event.seq);
        let joined = client.join(thread, last).await;
        assert!(joined.complete, "drop {drop}: {:?} after {last:?}", joined.from);
        // A different number of events each time, down to none: the connection is lost in the
        // pages, between them and the live ones, and among those.
        for _ in 0..(drop * 7) % 13 {
            got.push(client.event().await);
        }
        got.extend(client.take_events());
    }
    enough.store(true, Ordering::Relaxed);
    let mut head = Seq(0);
    for writer in writers {
        head = head.max(writer.await.expect("a writer has failed"));
    }
    let mut client = Client::connect(server.endpoint(), &token, Encoding::Json).await;
    client.join(thread, got.last().map(|event| event.seq)).await;
    if got.last().is_none_or(|last| last.seq < head) {
        got.extend(client.events_up_to(head).await);
    }
    assert_eq!(got, history(&mut client, thread).await);
    assert!(got.len() > 300, "{} events are too few to prove anything", got.len());
}

#[tokio::test]
async fn who_was_away_for_too_long_gets_the_newest_page_and_reads_the_rest() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Long", &[])).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let first = carlos.join(thread, None).await;
    assert!(first.complete);
    let seen = carlos.events_up_to(Seq(2)).await;
    drop(carlos);

    let head = post_many(&mut mia, thread, RESUME_EVENTS_MAX).await;
    let mut exactly = cast.firm.connect(cast.carlos).await;
    let joined = exactly.join(thread, Some(Seq(2))).await;
    assert_eq!((joined.complete, joined.from), (true, Seq(3)));
    assert_eq!(exactly.events_up_to(head).await.len() as u64, RESUME_EVENTS_MAX);

    let head = post_many(&mut mia, thread, 1).await;
    let mut carlos = cast.firm.connect_with(cast.carlos, Encoding::Postcard).await;
    let joined = carlos.join(thread, Some(Seq(2))).await;
    let page = Seq(head.0 + 1 - u64::from(PAGE_ITEMS_MAX));
    assert_eq!((joined.complete, joined.from), (false, page));
    let newest = carlos.events_up_to(head).await;
    assert_eq!(newest.len() as u64, u64::from(PAGE_ITEMS_MAX));
    let log = history(&mut carlos, thread).await;
    assert_eq!(log.len() as u64, head.0);
    assert_eq!((&log[..2], &log[log.len() - newest.len()..]), (&seen[..], &newest[..]));

    // More than there is: the store may have been restored from an older backup.
    let joined = carlos.join(thread, Some(Seq(head.0 + 7))).await;
    assert_eq!((joined.complete, joined.from), (false, page));
}

#[tokio::test]
async fn joining_again_and_leaving_keep_the_rule_of_seq() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    carlos.join(thread, None).await;
    carlos.events_up_to(Seq(2)).await;
    carlos.join(thread, Some(Seq(1))).await;
    assert_eq!(carlos.event().await.seq, Seq(2));
    carlos.done(tidings_protocol::Command::Leave { thread }).await;
    let missed = mia.written(post(thread, "not live")).await;
    assert_eq!(carlos.take_events(), []);
    carlos.join(thread, Some(Seq(2))).await;
    assert_eq!(carlos.event().await.seq, missed);
}

#[tokio::test]
async fn an_answer_to_a_join_may_be_larger_than_what_else_may_wait() {
    let server = Server::start_with(&[("outbound-bytes", "512KiB")]).await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    // Everything is twice as long in JSON.
    let task = "\"".repeat(TASK_TEXT_BYTES_MAX);
    let tasks = [task.as_str(); TASKS_PER_THREAD_MAX];
    let thread = start_thread(&mut mia, draft(cast.account, "Long", &tasks)).await;
    for number in 0..100 {
        let new = json!({
            "account": cast.account,
            "name": format!("{number}{}", "\"".repeat(NAME_BYTES_MAX - 3)),
            "email": format!("c{number}@mail.example"),
            "state": ContactState::Active,
        });
        let made: Contact = cast.firm.http.post("/v1/contacts", &new).await.expect(201);
        let author = Person::Contact(made.contact);
        let posted = cast.firm.command(author, &post(thread, "Hello")).await;
        assert!(matches!(posted, Outcome::Ok(_)), "{posted:?}");
    }

    let mut carlos = cast.firm.connect(cast.carlos).await;
    let joined = carlos.join(thread, Some(Seq(0))).await;
    let answer = serde_json::to_vec(&joined).unwrap().len();
    assert!(answer > 512 * 1024 / 4, "{answer} bytes say nothing");
    let head = joined.view.item.summary.head;
    assert_eq!(carlos.events_up_to(head).await.last().unwrap().seq, head);
}
