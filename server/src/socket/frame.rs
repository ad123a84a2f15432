//! WebSocket frames made once: header and payload in one buffer that every recipient shares.
//! Server frames are never masked (RFC 6455, 5.1) and never fragmented.

use bytes::Bytes;
use std::sync::OnceLock;
use tidings_protocol::{CloseCode, Encoding, ServerFrame};

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;

/// An empty ping (RFC 6455, 5.5.2).
pub const PING: &[u8] = &[FIN | 0x9, 0];

/// Room for the longest header of an unmasked frame.
const HEADER_BYTES_MAX: usize = 10;

/// Most frames fit in this; longer ones cost an allocation or two more.
const FRAME_BYTES_USUAL: usize = 512;

/// A frame for many sockets: encoded when the first socket of each encoding needs it.
#[derive(Debug)]
pub struct SharedFrame {
    frame: ServerFrame,
    json: OnceLock<Bytes>,
    postcard: OnceLock<Bytes>,
}

impl SharedFrame {
    /// Nothing is encoded yet.
    pub fn new(frame: ServerFrame) -> Self {
        Self { frame, json: OnceLock::new(), postcard: OnceLock::new() }
    }

    /// What it says.
    pub fn get(&self) -> &ServerFrame {
        &self.frame
    }

    /// The bytes for sockets of that encoding.
    pub fn bytes(&self, encoding: Encoding) -> &Bytes {
        let cell = match encoding {
            Encoding::Json => &self.json,
            Encoding::Postcard => &self.postcard,
        };
        cell.get_or_init(|| encode(encoding, &self.frame))
    }
}

/// A server frame as a WebSocket frame, for one socket.
pub fn encode(encoding: Encoding, frame: &ServerFrame) -> Bytes {
    encode_by(encoding, |buffer| encoding.encode_server_into(frame, buffer))
}

/// A WebSocket frame of what `put` appends in that encoding.
pub fn encode_by(encoding: Encoding, put: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let opcode = match encoding {
        Encoding::Json => TEXT,
        Encoding::Postcard => BINARY,
    };
    let mut buffer = Vec::with_capacity(FRAME_BYTES_USUAL);
    buffer.resize(HEADER_BYTES_MAX, 0);
    put(&mut buffer);
    let payload_bytes = buffer.len() - HEADER_BYTES_MAX;
    let start = put_header(&mut buffer[..HEADER_BYTES_MAX], opcode, payload_bytes);
    Bytes::from(buffer).slice(start..)
}

/// Writes the header so that it ends where `space` ends; says where it begins.
fn put_header(space: &mut [u8], opcode: u8, payload_bytes: usize) -> usize {
    let mut header = [0; HEADER_BYTES_MAX];
    header[0] = FIN | opcode;
    let used = match payload_bytes {
        0..=125 => {
            header[1] = u8::try_from(payload_bytes).unwrap_or(125);
            2
        }
        126..=0xffff => {
            header[1] = 126;
            let length = u16::try_from(payload_bytes).unwrap_or(u16::MAX);
            header[2..4].copy_from_slice(&length.to_be_bytes());
            4
        }
        _ => {
            header[1] = 127;
            header[2..10].copy_from_slice(&(payload_bytes as u64).to_be_bytes());
            10
        }
    };
    let start = space.len() - used;
    space[start..].copy_from_slice(&header[..used]);
    start
}

/// A close frame with code and reason (RFC 6455, 5.5.1).
pub(super) fn close(code: CloseCode) -> Bytes {
    let text = code.text().as_bytes();
    let mut frame = Vec::with_capacity(4 + text.len());
    frame.push(FIN | CLOSE);
    // Reasons come from one table, all of them short enough for a control frame.
    frame.push(u8::try_from(2 + text.len()).unwrap_or(2));
    frame.extend_from_slice(&code.code().to_be_bytes());
    frame.extend_from_slice(text);
    Bytes::from(frame)
}

/// The answer to a client's close frame: its code again (RFC 6455, 5.5.1), if it gave one.
pub(super) fn close_answer(code: Option<u16>) -> Bytes {
    let code = code.map(u16::to_be_bytes);
    let payload = code.as_ref().map_or(&[][..], |bytes| &bytes[..]);
    let header = [FIN | CLOSE, if payload.is_empty() { 0 } else { 2 }];
    Bytes::from([&header, payload].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_has_the_shortest_length_form() {
        for (bytes, expected) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65535, vec![0x81, 126, 0xff, 0xff]),
            (65536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut space = [0; HEADER_BYTES_MAX];
            let start = put_header(&mut space, TEXT, bytes);
            assert_eq!(space[start..], expected, "{bytes} bytes");
        }
    }

    #[test]
    fn close_is_answered_with_its_code() {
        assert_eq!(close_answer(None)[..], [0x88, 0]);
        assert_eq!(close_answer(Some(4999))[..], [0x88, 2, 0x13, 0x87]);
    }

    #[test]
    fn every_close_reason_fits_a_control_frame() {
        for code in CloseCode::ALL {
            let frame = close(*code);
            assert!(frame.len() <= 2 + 125 && usize::from(frame[1]) == frame.len() - 2, "{code:?}");
        }
    }
}
