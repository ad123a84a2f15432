//! Clients that say nothing: before they have said who they are, and after.

use crate::raw::Raw;
use crate::wire::{self, FIN, PING, PONG};
use crate::world::{World, now, shared};
use serde_json::json;
use std::time::Duration;
use tidings_protocol::CloseCode;
use tidings_protocol::limits::{AUTHENTICATE_SECONDS, PING_SECONDS, PONG_SECONDS};

/// The longest silence there is.
const SILENCE: Duration = Duration::from_secs(PING_SECONDS + PONG_SECONDS);

/// All three at once, since they take as long as a silence does.
#[tokio::test]
async fn silent_is_closed_with_4009_but_neither_who_answers_pings_nor_who_is_slow() {
    let world = shared().await;
    tokio::join!(silent(&world), quiet(&world), slow(&world));
}

async fn silent(world: &World) {
    let start = now();
    let mut raw = world.enter().await;
    expect_ping(&mut raw).await;
    let pinged = start.elapsed();
    assert!(pinged >= Duration::from_secs(PING_SECONDS), "{pinged:?}");
    raw.expect_close(CloseCode::Silent).await;
    let closed = start.elapsed();
    assert!(closed >= SILENCE, "{closed:?}");
}

async fn quiet(world: &World) {
    let mut raw = world.enter().await;
    expect_ping(&mut raw).await;
    raw.send(wire::frame(FIN | PONG, b"")).await;
    tokio::time::sleep(Duration::from_secs(PONG_SECONDS + 1)).await;
    raw.send(wire::ask(1)).await;
    assert!(raw.reply(1).await["ok"].is_object());
}

/// A frame that takes longer than a silence may, because the line is slow. Until it ends, the
/// client can't answer a ping.
async fn slow(world: &World) {
    let raw = world.enter().await;
    let command = wire::command(1, &json!({ "get_preferences": {} }));
    let bytes = u32::try_from(command.len()).expect("it is short");
    let pause = (SILENCE + Duration::from_secs(1)) / (bytes - 1);
    let (mut reading, _sending) = raw.send_trickle(command, pause);
    assert!(reading.reply(1).await["ok"].is_object());
}

async fn expect_ping(raw: &mut Raw) {
    loop {
        let frame = raw.frame().await.expect("the server pings");
        if frame.first == FIN | PING {
            assert_eq!(frame.payload, b"");
            return;
        }
    }
}

#[tokio::test]
async fn who_does_not_authenticate_in_time_is_closed_with_4003() {
    let world = shared().await;
    let start = now();
    let mut nobody = world.open().await;
    // Being there is not enough.
    nobody.send(wire::frame(FIN | PING, b"I am here")).await;
    let pong = nobody.frame().await.expect("a ping is answered, whoever sends it");
    assert_eq!((pong.first, &pong.payload[..]), (FIN | PONG, &b"I am here"[..]));
    nobody.expect_close(CloseCode::NotAuthenticated).await;
    assert!(start.elapsed() >= Duration::from_secs(AUTHENTICATE_SECONDS), "{:?}", start.elapsed());
}
