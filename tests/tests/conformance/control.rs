//! Control frames: pings and closes.

use crate::raw::End;
use crate::wire::{self, CLOSE, FIN, PING, PONG, close, frame};
use crate::world::shared;
use serde_json::json;
use tidings_protocol::CloseCode;

#[tokio::test]
async fn pongs_carry_what_the_pings_did_in_their_order() {
    let world = shared().await;
    let mut raw = world.enter().await;
    let payloads: Vec<Vec<u8>> = (0..20).map(|number| vec![number; usize::from(number)]).collect();
    raw.send(payloads.iter().flat_map(|p| frame(FIN | PING, p)).collect::<Vec<u8>>()).await;
    let mut pongs = Vec::new();
    while pongs.len() < payloads.len() {
        let frame = raw.frame().await.expect("the connection stays");
        if frame.first == FIN | PONG {
            pongs.push(frame.payload);
        }
    }
    assert_eq!(pongs, payloads);
}

#[tokio::test]
async fn pong_that_nobody_asked_for_is_ignored() {
    let world = shared().await;
    let mut raw = world.enter().await;
    raw.send([frame(FIN | PONG, b"unasked"), wire::ask(1)].concat()).await;
    assert!(raw.reply(1).await["ok"].is_object());
}

#[tokio::test]
async fn flood_of_control_frames_is_closed_with_1008() {
    let world = shared().await;
    for opcode in [PING, PONG] {
        let raw = world.enter().await;
        let (mut reading, _sending) = raw.send_beside(frame(FIN | opcode, b"flood").repeat(5000));
        reading.expect_close(CloseCode::TooManyControlFrames).await;
    }
    let raw = world.open().await;
    let (mut reading, _sending) = raw.send_beside(frame(FIN | PING, b"").repeat(5000));
    reading.expect_close(CloseCode::TooManyControlFrames).await;
}

#[tokio::test]
async fn close_is_answered_with_its_code_and_the_connection_ended() {
    let world = shared().await;
    for code in [1000, 1001, 1002, 1003, 1007, 1011, 3000, 3999, 4000, 4999] {
        let mut raw = world.enter().await;
        raw.send(close(code, b"good-bye")).await;
        let (answer, end) = raw.ended().await;
        assert_eq!((answer.map(|(code, _)| code), end), (Some(code), End::Closed));
    }
}

#[tokio::test]
async fn close_without_a_code_is_answered_without_one() {
    let world = shared().await;
    let mut raw = world.enter().await;
    raw.send(frame(FIN | CLOSE, b"")).await;
    let frame = loop {
        let frame = raw.frame().await.expect("a close frame comes");
        if frame.first == FIN | CLOSE {
            break frame;
        }
    };
    assert_eq!(frame.payload, b"");
    assert_eq!(raw.frame().await, Err(End::Closed));
}

/// RFC 6455, 5.5.1: what comes after a close frame is ignored, whatever it is.
#[tokio::test]
async fn data_after_a_close_frame_is_ignored() {
    let world = shared().await;
    for after in [wire::ask(1), vec![FIN | PING, 0], wire::text(b"\xff"), vec![0xff; 1000]] {
        let mut raw = world.enter().await;
        raw.send([close(1000, b""), after].concat()).await;
        let (answer, end) = raw.ended().await;
        assert_eq!((answer, end), (Some((1000, String::new())), End::Closed));
    }
}

/// [`crate::raw::Raw::ended`] checks that nothing follows the answer.
#[tokio::test]
async fn nothing_follows_the_answer_to_a_close_not_even_replies() {
    let world = shared().await;
    for _ in 0..10 {
        let raw = world.enter().await;
        let mut bytes = Vec::new();
        for id in 1..=40 {
            bytes.extend(wire::command(id, &json!({ "list_threads": {} })));
        }
        bytes.extend(close(1000, b""));
        let (mut reading, _sending) = raw.send_beside(bytes);
        let (answer, end) = reading.ended().await;
        assert_eq!((answer.map(|(code, _)| code), end), (Some(1000), End::Closed));
    }
}
