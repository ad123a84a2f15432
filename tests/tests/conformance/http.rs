//! HTTP that is too long, too slow or no HTTP.

use crate::identity::Noise;
use crate::raw::End;
use crate::wire;
use crate::world::{World, handshake, now};
use std::fmt::Write as _;
use std::time::Duration;
use tidings_tests::within;

const HEADER_TIME: Duration = Duration::from_millis(500);
const BODY_BYTES: usize = 256 * 1024;

/// One that loses patience soon.
async fn strict() -> World {
    World::with(&[
        ("header-time", "500ms"),
        ("header-bytes", "8KiB"),
        ("body-time", "500ms"),
        ("body-bytes", "256KiB"),
    ])
    .await
}

fn post_head(world: &World, length: &str) -> String {
    format!(
        "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {}\r\n{length}\r\n\r\n",
        world.token
    )
}

#[tokio::test]
async fn half_sent_handshake_is_not_waited_for() {
    let world = strict().await;
    let whole = handshake("");
    for half in [&whole[..0], &whole[..1], &whole[..100], &whole[..whole.len() - 2]] {
        let start = now();
        let mut raw = world.dial().await;
        raw.send(half).await;
        // It may be told why or not; what counts is that it ends.
        within("the connection to be ended", raw.drain()).await;
        assert!(start.elapsed() >= HEADER_TIME, "{:?}", start.elapsed());
    }
}

/// Each byte in time does not make a handshake in time.
#[tokio::test]
async fn headers_that_trickle_in_are_not_waited_for() {
    let world = strict().await;
    let raw = world.dial().await;
    let (mut reading, sending) = raw.send_trickle(handshake("").into_bytes(), HEADER_TIME / 4);
    within("the connection to be ended", reading.drain()).await;
    sending.abort();
}

#[tokio::test]
async fn headers_that_are_too_long_are_refused_with_431() {
    let world = strict().await;
    let mut raw = world.dial().await;
    raw.send(handshake(&format!("X-Long: {}\r\n", "x".repeat(20_000)))).await;
    assert_eq!(raw.head().await.status, 431);
    raw.drain().await;
}

#[tokio::test]
async fn headers_that_are_too_many_are_refused_with_431() {
    let world = strict().await;
    let mut many = String::new();
    for number in 0..200 {
        let _ = write!(many, "X-{number}: 1\r\n");
    }
    let mut raw = world.dial().await;
    raw.send(handshake(&many)).await;
    assert_eq!(raw.head().await.status, 431);
    raw.drain().await;
}

#[tokio::test]
async fn headers_without_end_end_the_connection() {
    let world = strict().await;
    let mut raw = world.dial().await;
    raw.send("GET /v1/ws HTTP/1.1\r\n").await;
    let (mut reading, sending) = raw.send_for_ever(b"X-Flood: 1\r\n".repeat(100));
    within("the connection to be ended", reading.drain()).await;
    drop(reading);
    within("sending to fail", sending).await.expect("sending ends with the connection");
}

#[tokio::test]
async fn body_over_the_limit_is_refused_with_413_by_its_length_or_as_it_comes() {
    let world = strict().await;
    let mut raw = world.dial().await;
    raw.send(post_head(&world, &format!("Content-Length: {}", BODY_BYTES + 1))).await;
    assert_eq!(raw.head().await.status, 413);

    let raw = world.dial().await;
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    let request = post_head(&world, "Transfer-Encoding: chunked") + &chunk.repeat(20);
    let (mut reading, _sending) = raw.send_beside(request.into_bytes());
    assert_eq!(reading.head().await.status, 413);
}

#[tokio::test]
async fn body_that_does_not_come_is_refused_with_408() {
    let world = strict().await;
    for (length, start) in
        [("Content-Length: 100", "{"), ("Transfer-Encoding: chunked", "1\r\n{\r\n")]
    {
        let mut raw = world.dial().await;
        raw.send(post_head(&world, length) + start).await;
        assert_eq!(raw.head().await.status, 408, "{length}");
        raw.drain().await;
    }
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_refused() {
    let world = strict().await;
    for lengths in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: five",
        "Content-Length: -1",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
    ] {
        let mut raw = world.dial().await;
        raw.send(post_head(&world, lengths)).await;
        raw.send("0\r\n\r\n").await;
        let status = raw.head().await.status;
        assert!((400..500).contains(&status), "{lengths}: {status}");
    }
}

/// TLS, a WebSocket frame, noise: an answer or none, but an end.
#[tokio::test]
async fn garbage_instead_of_a_handshake_ends_the_connection() {
    let world = strict().await;
    let mut noise = Noise(7);
    let tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec();
    let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let mut garbage = vec![tls, http2, wire::ask(1), b"\r\n".repeat(1000), vec![0; 1000]];
    garbage.extend((0..10).map(|round| noise.bytes(1 + round * 100)));
    for bytes in garbage {
        let mut raw = world.dial().await;
        raw.send(&bytes).await;
        let answer = within("the connection to be ended", raw.drain()).await.0;
        let text = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
}

#[tokio::test]
async fn connections_over_the_limit_are_told_so_and_let_in_when_one_leaves() {
    let world = World::with(&[("connections", "3")]).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(world.enter().await);
    }
    let mut raw = world.dial().await;
    raw.send(handshake("")).await;
    let head = raw.head().await;
    assert_eq!(head.status, 503);
    assert_eq!(head.header("retry-after"), Some("2"));
    let (body, end) = raw.drain().await;
    let length = head.header("content-length").and_then(|text| text.parse().ok());
    assert_eq!((Some(body.len()), end), (length, End::Closed));
    let body: serde_json::Value = serde_json::from_slice(&body).expect("a problem document");
    assert_eq!(body["code"], "unavailable");
    // Those inside do not notice, and one that leaves makes room.
    for raw in &mut open {
        raw.send(wire::ask(1)).await;
        raw.reply(1).await;
    }
    open.pop();
    let let_in = async {
        loop {
            let mut raw = world.dial().await;
            raw.send(handshake("")).await;
            if raw.head().await.status == 101 {
                break;
            }
        }
    };
    within("a place to be free", let_in).await;
}
