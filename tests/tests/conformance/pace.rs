//! Too fast, too slow, too much: rates, slow readers, threads joined.

use crate::raw::{End, Raw};
use crate::wire;
use crate::world::{World, shared};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tidings_protocol::limits::JOINED_THREADS_MAX;
use tidings_protocol::{CloseCode, Command, Encoding, RefusalCode};
use tidings_tests::{post, start_thread, thread};

/// Commands at once, of which five may be: so many that the last is still too soon when a busy machine
/// has taken a minute over those before it.
const AT_ONCE: u32 = 150;

/// Messages of 60 KiB that no kernel keeps for a client that does not read.
const POSTS_MAX: usize = 1000;

#[tokio::test]
async fn over_the_rate_is_refused_with_a_time_and_who_waits_goes_on() {
    let world = World::with(&[("commands-per-second", "2"), ("commands-burst", "5")]).await;
    let mut raw = world.enter().await;
    raw.send((1..=AT_ONCE).flat_map(wire::ask).collect::<Vec<u8>>()).await;
    let mut refused = BTreeMap::new();
    for _ in 1..=AT_ONCE {
        let reply = raw.next_reply().await;
        let (id, outcome) =
            (reply["id"].as_u64().expect("it names its command"), &reply["outcome"]);
        if outcome["ok"].is_null() {
            assert_eq!(outcome["refused"]["code"], "rate_limited", "{reply}");
            let wait_ms = outcome["refused"]["retry_after_ms"].as_u64();
            refused.insert(id, wait_ms.expect("it says when to go on"));
        }
    }
    assert!(refused.keys().all(|id| *id > 5), "{refused:?}");
    assert!(refused.values().all(|wait_ms| (1..=501).contains(wait_ms)), "{refused:?}");
    let wait_ms = refused.remove(&AT_ONCE.into()).expect("the last was too soon");
    // This is what it asked for.
    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    raw.send(wire::ask(AT_ONCE + 1)).await;
    assert!(raw.reply(AT_ONCE + 1).await["ok"].is_object());
}

#[tokio::test]
async fn who_does_not_listen_to_refusals_is_closed_with_4007() {
    let world = World::with(&[("commands-per-second", "1"), ("commands-burst", "1")]).await;
    let raw = world.enter().await;
    let (mut reading, _sending) = raw.send_beside((0..5_000).flat_map(wire::ask).collect());
    reading.expect_close(CloseCode::RateLimited).await;
}

#[tokio::test]
async fn slow_reader_is_closed_with_4006_and_slows_nobody() {
    let world = World::with(&[("outbound-bytes", "512KiB")]).await;
    let (firm, cast) = (&world.cast.firm, &world.cast);
    let mut mia = firm.connect(cast.mia).await;
    let mut carlos = firm.connect_with(cast.carlos, Encoding::Postcard).await;
    let thread = start_thread(&mut mia, thread(cast.account, "Much", &[])).await;
    carlos.join(thread, None).await;
    let mut slow = Raw::dial_narrow(world.endpoint()).await;
    slow = world.enter_over(slow, Encoding::Json).await;
    slow.send(wire::command(1, &json!({ "join": { "thread": thread } }))).await;
    assert!(slow.reply(1).await["ok"]["joined"].is_object());
    // From here on it does not read. Everything reaches the other at once nevertheless.
    let body = "much to read ".repeat(60 * 1024 / 13);
    let mut posts = 0;
    while world.metric("tidings_queue_overflows_total").await == 0 {
        let seq = mia.written(post(thread, body.as_str())).await;
        carlos.events_up_to(seq).await;
        posts += 1;
        assert!(posts < POSTS_MAX, "it was never cut off");
    }
    let (close, end) = slow.ended().await;
    let expected = (CloseCode::SlowReader.code(), CloseCode::SlowReader.text().to_owned());
    assert_eq!((close, end), (Some(expected), End::Closed));
    let seq = mia.written(post(thread, "Still there?")).await;
    carlos.events_up_to(seq).await;
}

#[tokio::test]
async fn one_thread_too_many_is_refused_and_leaving_makes_room() {
    let world = shared().await;
    let mut mia = world.cast.firm.connect(world.cast.mia).await;
    for number in 0..JOINED_THREADS_MAX {
        let subject = format!("Thread {number}");
        let thread = start_thread(&mut mia, thread(world.cast.account, &subject, &[])).await;
        mia.join(thread, None).await;
    }
    let further = start_thread(&mut mia, thread(world.cast.account, "One more", &[])).await;
    let refusal = mia.refused(Command::Join { thread: further, after: None }).await;
    assert_eq!(refusal.code, RefusalCode::TooMany);
    assert_eq!(refusal.limit, Some(JOINED_THREADS_MAX as u64));
    let joined = start_thread(&mut mia, thread(world.cast.account, "Not joined", &[])).await;
    assert_eq!(mia.refused(Command::Leave { thread: joined }).await.code, RefusalCode::NotJoined);
    let one = mia.take_events().first().expect("joining gave events").thread;
    mia.done(Command::Leave { thread: one }).await;
    mia.join(further, None).await;
}
