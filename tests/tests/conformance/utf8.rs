//! Text that is not UTF-8: each is answered with 1007.

use crate::wire::{BINARY, CONTINUATION, FIN, TEXT, close, frame, text};
use crate::world::{closes, shared};
use tidings_protocol::{CloseCode, Encoding};

const ERROR: CloseCode = CloseCode::NotUtf8;

#[tokio::test]
async fn wrong_bytes_in_a_whole_message() {
    for bytes in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"ab\xe2\x82"] {
        closes(text(bytes), ERROR).await;
    }
}

#[tokio::test]
async fn wrong_byte_in_a_later_fragment_ends_it_before_the_message_does() {
    closes([frame(TEXT, b"{\"id"), frame(CONTINUATION, b"\":\xff")].concat(), ERROR).await;
}

#[tokio::test]
async fn message_that_ends_within_a_character() {
    let half = "€".as_bytes().split_at(2).0;
    closes([frame(TEXT, half), frame(FIN | CONTINUATION, b"")].concat(), ERROR).await;
}

#[tokio::test]
async fn wrong_bytes_in_a_close_reason() {
    closes(close(1000, b"bye \xff"), ERROR).await;
}

#[tokio::test]
async fn character_split_over_fragments_is_right() {
    let world = shared().await;
    let mut raw = world.enter().await;
    let command = r#"{"id": 7, "command": {"render": {"markdown": "€"}}}"#;
    let at = command.find('€').expect("it is there") + 1;
    raw.send(frame(TEXT, &command.as_bytes()[..at])).await;
    raw.send(frame(FIN | CONTINUATION, &command.as_bytes()[at..])).await;
    let reply = raw.reply(7).await;
    assert_eq!(reply["ok"]["rendered"]["html"], "<p>€</p>\n");
}

/// A string of postcard is text as well, but the frame around it is not: the field is what is wrong.
#[tokio::test]
async fn wrong_bytes_in_a_binary_message_are_a_malformed_command() {
    let world = shared().await;
    let mut raw = world.enter_over(world.dial().await, Encoding::Postcard).await;
    raw.send(frame(FIN | BINARY, &[7, 33, 2, 0xc0, 0xaf])).await;
    loop {
        let frame = raw.frame().await.expect("the connection survives");
        assert_eq!(frame.first, FIN | BINARY);
        // reply, id 7, refused, malformed
        if frame.payload.starts_with(&[1, 7, 1, 0]) {
            break;
        }
    }
}
