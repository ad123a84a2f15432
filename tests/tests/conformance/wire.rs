//! Frames by hand, right and wrong (RFC 6455, 5.2).

use serde_json::{Value, json};

pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xa;
pub(crate) const FIN: u8 = 0x80;

const MASKED: u8 = 0x80;
/// Lengths that stand for a length of two or of eight bytes behind them.
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A masked frame: its first byte (FIN, reserved bits, opcode) and its payload.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len() as u64);
    bytes.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// The header of a masked frame, whose payload may come or not.
pub(crate) fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => bytes.push(MASKED | short),
        (_, Ok(middle)) => {
            bytes.push(MASKED | TWO_BYTES);
            bytes.extend(middle.to_be_bytes());
        }
        _ => {
            bytes.push(MASKED | EIGHT_BYTES);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(KEY);
    bytes
}

/// A whole text message.
pub(crate) fn text(payload: impl AsRef<[u8]>) -> Vec<u8> {
    frame(FIN | TEXT, payload.as_ref())
}

/// A client frame in JSON.
pub(crate) fn command(id: u32, command: &Value) -> Vec<u8> {
    text(json!({ "id": id, "command": command }).to_string())
}

/// The least that can be asked.
pub(crate) fn ask(id: u32) -> Vec<u8> {
    command(id, &json!({ "get_preferences": {} }))
}

/// The first frame of a client that brings its token in it.
pub(crate) fn authenticate(id: u32, token: &str) -> Vec<u8> {
    command(id, &json!({ "authenticate": { "token": token } }))
}

/// A close frame.
pub(crate) fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), reason].concat())
}
