//! Messages that are frames of RFC 6455 but not of the protocol, and those that are.

use crate::wire::{self, BINARY, FIN, TEXT, frame, text};
use crate::world::{closes, shared};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tidings_protocol::limits::MESSAGE_BODY_BYTES_MAX;
use tidings_protocol::{CloseCode, Encoding};
use tidings_tests::{messages, post, start_thread, thread};

#[tokio::test]
async fn binary_on_a_json_socket_is_closed_with_1003() {
    closes(frame(FIN | BINARY, b"{}"), CloseCode::WrongFrameType).await;
}

#[tokio::test]
async fn text_on_a_postcard_socket_is_closed_with_1003() {
    let world = shared().await;
    let mut raw = world.enter_over(world.dial().await, Encoding::Postcard).await;
    raw.send(frame(FIN | TEXT, b"{}")).await;
    raw.expect_close(CloseCode::WrongFrameType).await;
}

#[tokio::test]
async fn what_has_no_id_is_closed_with_4000() {
    for payload in [
        "",
        "hello",
        "[]",
        "{}",
        "null",
        r#"{"id": 1"#,
        r#"{"id": -1, "command": {"get_preferences": {}}}"#,
        r#"{"id": 4294967296, "command": {"get_preferences": {}}}"#,
        r#"{"id": "1", "command": {"get_preferences": {}}}"#,
        r#"{"command": {"get_preferences": {}}}"#,
    ] {
        closes(text(payload), CloseCode::Malformed).await;
    }
    closes(text("[".repeat(100_000)), CloseCode::Malformed).await;
}

#[tokio::test]
async fn postcard_without_an_id_is_closed_with_4000() {
    let world = shared().await;
    for payload in [&b""[..], &[0xff; 6], &[0x80]] {
        let mut raw = world.enter_over(world.dial().await, Encoding::Postcard).await;
        raw.send(frame(FIN | BINARY, payload)).await;
        raw.expect_close(CloseCode::Malformed).await;
    }
}

#[tokio::test]
async fn wrong_command_with_an_id_is_refused_and_the_connection_survives() {
    let world = shared().await;
    let mut raw = world.enter().await;
    for payload in [
        r#"{"id": 3, "command": {"no_such_command": {}}}"#,
        r#"{"id": 3, "command": {"get_preferences": {"surplus": 1}}}"#,
        r#"{"id": 3, "command": {"post_message": {"thread": "not an id"}}}"#,
        r#"{"id": 3, "command": {"history": {"limit": "ten"}}}"#,
        r#"{"id": 3, "command": 7}"#,
        r#"{"id": 3}"#,
        r#"{"id": 3, "command": {"get_preferences": {}}, "surplus": 1}"#,
    ] {
        raw.send(text(payload)).await;
        let reply = raw.reply(3).await;
        assert_eq!(reply["refused"]["code"], "malformed", "{payload}: {reply}");
        assert!(reply["refused"]["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    raw.send(wire::ask(4)).await;
    assert!(raw.reply(4).await["ok"].is_object());
}

/// All in one write; the ids come back once each, in whatever order.
#[tokio::test]
async fn two_hundred_commands_at_once_get_one_reply_each() {
    let world = shared().await;
    let mut raw = world.enter().await;
    let mut bytes = Vec::new();
    for id in 0..200 {
        let command = match id % 4 {
            0 => json!({ "get_preferences": {} }),
            1 => json!({ "set_preferences": { "language": "nl" } }),
            2 => json!({ "no_such_command": {} }),
            _ => json!({ "render": { "markdown": format!("number {id}") } }),
        };
        bytes.extend(wire::command(id, &command));
    }
    raw.send(bytes).await;
    let mut answered = BTreeSet::new();
    while answered.len() < 200 {
        let frame = raw.frame().await.expect("the connection stays");
        let json = frame.json().unwrap_or_default();
        if let Some(id) = json["reply"]["id"].as_u64() {
            assert!(answered.insert(id), "two replies to {id}");
            let refused = json["reply"]["outcome"]["refused"]["code"].as_str();
            assert_eq!(refused, (id % 4 == 2).then_some("malformed"), "{json}");
        }
    }
    assert_eq!(answered, (0..200).collect());
}

#[tokio::test]
async fn id_that_is_used_again_gets_a_reply_for_each_frame_and_no_more() {
    let world = shared().await;
    let mut raw = world.enter().await;
    raw.send([wire::ask(1), wire::ask(1), wire::ask(1)].concat()).await;
    for _ in 0..3 {
        raw.reply(1).await;
    }
    // Reads come back in order of their being done: a fourth would be seen before this.
    raw.send(wire::ask(2)).await;
    loop {
        let json = raw.frame().await.expect("the connection stays").json().unwrap_or(Value::Null);
        match json["reply"]["id"].as_u64() {
            Some(2) => break,
            Some(id) => panic!("one reply too many to {id}"),
            None => {}
        }
    }
}

#[tokio::test]
async fn longest_message_arrives_unchanged_in_both_encodings() {
    let world = shared().await;
    let pattern = "€ \"quoted\" \\ and\nnewline\t\u{1F600} ";
    let mut body = pattern.repeat(MESSAGE_BODY_BYTES_MAX / pattern.len());
    body.push_str(&"x".repeat(MESSAGE_BODY_BYTES_MAX - body.len()));
    let (firm, cast) = (&world.cast.firm, &world.cast);
    for encoding in Encoding::ALL {
        let mut mia = firm.connect_with(cast.mia, encoding).await;
        let mut json = firm.connect_with(cast.carlos, Encoding::Json).await;
        let mut postcard = firm.connect_with(cast.carlos, Encoding::Postcard).await;
        let thread = start_thread(&mut mia, thread(cast.account, "Long", &[])).await;
        json.join(thread, None).await;
        postcard.join(thread, None).await;
        let seq = mia.written(post(thread, body.as_str())).await;
        for carlos in [&mut json, &mut postcard] {
            let events = carlos.events_up_to(seq).await;
            let arrived = messages(&events).pop().map(|(_, body)| body);
            assert!(arrived.as_deref() == Some(&*body), "not the same in {encoding:?}");
        }
    }
}
