//! Frames that break RFC 6455: each is answered with 1002.

use crate::wire::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, close, frame};
use crate::world::closes;
use tidings_protocol::CloseCode;

const ERROR: CloseCode = CloseCode::ProtocolError;

#[tokio::test]
async fn unmasked_frame() {
    closes([&[FIN | TEXT, 2][..], b"{}"].concat(), ERROR).await;
}

#[tokio::test]
async fn unmasked_control_frame() {
    closes([FIN | PING, 0], ERROR).await;
}

#[tokio::test]
async fn reserved_bits() {
    for bit in [0x10, 0x20, 0x40, 0x70] {
        closes(frame(FIN | bit | TEXT, b"{}"), ERROR).await;
        closes(frame(FIN | bit | PING, b""), ERROR).await;
    }
}

#[tokio::test]
async fn reserved_opcodes() {
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        closes(frame(FIN | opcode, b""), ERROR).await;
        closes(frame(FIN | opcode, b"with a payload"), ERROR).await;
    }
}

#[tokio::test]
async fn fragmented_control_frame() {
    for opcode in [PING, PONG, CLOSE] {
        closes(frame(opcode, b""), ERROR).await;
    }
}

#[tokio::test]
async fn control_frame_of_more_than_125_bytes() {
    for opcode in [PING, PONG, CLOSE] {
        closes(frame(FIN | opcode, &[b'x'; 126]), ERROR).await;
    }
}

#[tokio::test]
async fn continuation_of_nothing() {
    for first in [CONTINUATION, FIN | CONTINUATION] {
        closes(frame(first, b"{}"), ERROR).await;
    }
}

#[tokio::test]
async fn new_message_amid_fragments() {
    for opcode in [TEXT, BINARY] {
        closes([frame(TEXT, b"{"), frame(FIN | opcode, b"}")].concat(), ERROR).await;
    }
}

#[tokio::test]
async fn close_frame_with_one_byte() {
    closes(frame(FIN | CLOSE, &[3]), ERROR).await;
}

/// The answer to a close frame, so its reason is not from the table of ours.
#[tokio::test]
async fn close_codes_that_must_not_be_sent() {
    let world = crate::world::shared().await;
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        let mut raw = world.enter().await;
        raw.send(close(code, b"")).await;
        let (answer, end) = raw.ended().await;
        assert_eq!(answer.map(|(code, _)| code), Some(1002), "to {code}");
        assert_eq!(end, crate::raw::End::Closed);
    }
}
