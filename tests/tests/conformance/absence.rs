//! Clients that say nothing: before they have said who they are, and after.

use crate::wire::{self, FIN, PING, PONG};
use crate::world::{now, shared};
use std::time::Duration;
use tidings_protocol::CloseCode;
use tidings_protocol::limits::{AUTHENTICATE_SECONDS, PING_SECONDS, PONG_SECONDS};

#[tokio::test]
async fn who_does_not_answer_a_ping_is_closed_with_4009_and_who_does_stays() {
    let world = shared().await;
    let start = now();
    let (mut silent, mut quiet) = (world.enter().await, world.enter().await);
    for raw in [&mut silent, &mut quiet] {
        loop {
            let frame = raw.frame().await.expect("the server pings");
            if frame.first == FIN | PING {
                assert_eq!(frame.payload, b"");
                break;
            }
        }
    }
    assert!(start.elapsed() >= Duration::from_secs(PING_SECONDS), "{:?}", start.elapsed());
    quiet.send(wire::frame(FIN | PONG, b"")).await;
    silent.expect_close(CloseCode::Silent).await;
    let silence = Duration::from_secs(PING_SECONDS + PONG_SECONDS);
    assert!(start.elapsed() >= silence, "{:?}", start.elapsed());
    quiet.send(wire::ask(1)).await;
    assert!(quiet.reply(1).await["ok"].is_object());
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
