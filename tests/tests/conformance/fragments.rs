//! Messages in pieces: as frames, as bytes, and with control frames between them.

use crate::wire::{self, CONTINUATION, FIN, PING, PONG, TEXT, frame};
use crate::world::{handshake, shared};
use serde_json::json;

const COMMAND: &[u8] = br#"{"id": 5, "command": {"get_preferences": {}}}"#;

#[tokio::test]
async fn command_in_fragments_is_read_with_empty_ones_among_them() {
    let world = shared().await;
    let mut raw = world.enter().await;
    let mut bytes = frame(TEXT, b"");
    for byte in COMMAND {
        bytes.extend(frame(CONTINUATION, &[*byte]));
        bytes.extend(frame(CONTINUATION, b""));
    }
    bytes.extend(frame(FIN | CONTINUATION, b""));
    raw.send(bytes).await;
    assert!(raw.reply(5).await["ok"].is_object());
}

#[tokio::test]
async fn ping_between_fragments_is_answered_before_the_message_ends() {
    let world = shared().await;
    let mut raw = world.enter().await;
    let (start, end) = COMMAND.split_at(10);
    for payload in [&b""[..], b"now", &[0xff; 125]] {
        raw.send([frame(TEXT, start), frame(FIN | PING, payload)].concat()).await;
        let pong = loop {
            let frame = raw.frame().await.expect("the connection stays");
            if frame.first == FIN | PONG {
                break frame;
            }
            assert!(frame.json().is_some_and(|json| json["reply"].is_null()), "{frame:?}");
        };
        assert_eq!(pong.payload, payload);
        raw.send(frame(FIN | CONTINUATION, end)).await;
        assert!(raw.reply(5).await["ok"].is_object());
    }
}

#[tokio::test]
async fn one_byte_at_a_time_from_the_handshake_on() {
    let world = shared().await;
    let mut raw = world.dial().await;
    let handshake = handshake(&format!("Authorization: Bearer {}\r\n", world.token));
    raw.send_slowly(handshake.as_bytes()).await;
    assert_eq!(raw.head().await.status, 101);
    raw.welcome().await;
    let markdown = "a line of text ".repeat(20);
    raw.send_slowly(&wire::command(9, &json!({ "render": { "markdown": markdown } }))).await;
    assert!(raw.reply(9).await["ok"]["rendered"].is_object());
}

#[tokio::test]
async fn first_frames_right_behind_the_handshake_are_read() {
    let world = shared().await;
    let mut raw = world.dial().await;
    let mut bytes = handshake("").into_bytes();
    bytes.extend(wire::authenticate(1, &world.token));
    bytes.extend(wire::ask(2));
    raw.send(bytes).await;
    assert_eq!(raw.head().await.status, 101);
    // The reply to the first may come before or after the welcome, that to the second after both.
    assert!(raw.reply(2).await["ok"].is_object());
}

#[tokio::test]
async fn long_command_behind_the_handshake_is_read_whole() {
    let world = shared().await;
    let mut raw = world.dial().await;
    let markdown = "x".repeat(60_000);
    let mut bytes = handshake(&format!("Authorization: Bearer {}\r\n", world.token)).into_bytes();
    bytes.extend(wire::command(1, &json!({ "render": { "markdown": markdown } })));
    raw.send(bytes).await;
    assert_eq!(raw.head().await.status, 101);
    assert_eq!(raw.reply(1).await["ok"]["rendered"]["html"], format!("<p>{markdown}</p>\n"));
}
