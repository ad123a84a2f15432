//! More than fits: frames, messages and fragments without end are answered with 1009.

use crate::wire::{BINARY, CONTINUATION, FIN, PING, TEXT, frame, header};
use crate::world::{closes, shared};
use tidings_protocol::limits::{FRAME_BYTES_MAX, TOKEN_BYTES_MAX};
use tidings_protocol::{CloseCode, Encoding};

const ERROR: CloseCode = CloseCode::TooBig;

#[tokio::test]
async fn frame_over_the_limit_is_known_by_its_header() {
    for length in [FRAME_BYTES_MAX as u64 + 1, 1 << 32, u64::MAX >> 1, u64::MAX] {
        closes(header(FIN | TEXT, length), ERROR).await;
    }
}

#[tokio::test]
async fn message_over_the_limit_by_its_fragments() {
    let part = vec![b' '; FRAME_BYTES_MAX / 4];
    let mut bytes = frame(TEXT, &part);
    for _ in 0..3 {
        bytes.extend(frame(CONTINUATION, &part));
    }
    bytes.extend(frame(CONTINUATION, b" "));
    closes(bytes, ERROR).await;
}

#[tokio::test]
async fn message_at_the_limit_is_read() {
    let world = shared().await;
    let mut raw = world.enter().await;
    let mut command = br#"{"id": 1, "command": {"get_preferences": {}}}"#.to_vec();
    command.resize(FRAME_BYTES_MAX, b' ');
    raw.send(frame(FIN | TEXT, &command)).await;
    assert!(raw.reply(1).await["ok"].is_object());
}

#[tokio::test]
async fn fragments_of_no_bytes_do_not_go_on_for_ever() {
    let world = shared().await;
    let mut raw = world.enter().await;
    raw.send(frame(TEXT, b"")).await;
    let (mut reading, sending) = raw.send_for_ever(frame(CONTINUATION, b"").repeat(1000));
    let (close, _) = reading.ended().await;
    assert_eq!(close.map(|(code, _)| code), Some(ERROR.code()));
    drop(reading);
    sending.await.expect("sending ends with the connection");
}

#[tokio::test]
async fn a_stranger_may_send_less() {
    let world = shared().await;
    let length = TOKEN_BYTES_MAX as u64 * 2;
    let mut raw = world.open().await;
    raw.send(header(FIN | TEXT, length)).await;
    raw.expect_close(ERROR).await;
}

#[tokio::test]
async fn long_control_frame_is_known_by_its_header_if_longer_than_any_frame() {
    closes(header(FIN | PING, FRAME_BYTES_MAX as u64 + 1), ERROR).await;
}

#[tokio::test]
async fn the_same_in_postcard() {
    let world = shared().await;
    let mut raw = world.enter_over(world.dial().await, Encoding::Postcard).await;
    raw.send(header(FIN | BINARY, FRAME_BYTES_MAX as u64 + 1)).await;
    raw.expect_close(ERROR).await;
}
