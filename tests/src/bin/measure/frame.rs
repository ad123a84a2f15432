//! WebSocket frames as the measuring client needs them (RFC 6455, 5.2): it trusts the server to
//! send whole, unmasked messages, and says so if one is not. A full parser would cost more than
//! the kernel's part of a delivery, and the client shares the machine with what is measured.

use anyhow::{Result, bail};

pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xa;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// In place of a length that does not fit.
const TWO_BYTES_FOLLOW: u8 = 126;
const EIGHT_BYTES_FOLLOW: u8 = 127;

/// Any key will do: no proxy lies between, and the server has to unmask all the same.
const MASK: [u8; 4] = [0x5a, 0x17, 0xc3, 0x88];

/// One message from the server.
pub(crate) struct Frame<'a> {
    pub(crate) opcode: u8,
    pub(crate) payload: &'a [u8],
    /// Bytes of the whole frame.
    pub(crate) taken: usize,
}

/// The first frame of what was read; none if it is not whole yet.
pub(crate) fn first(bytes: &[u8]) -> Result<Option<Frame<'_>>> {
    let [start, length, rest @ ..] = bytes else { return Ok(None) };
    if start & FIN == 0 || length & MASKED != 0 {
        bail!("the server sent a fragmented or masked frame");
    }
    let (header, length) = match (*length, rest) {
        (TWO_BYTES_FOLLOW, [a, b, ..]) => (4, usize::from(u16::from_be_bytes([*a, *b]))),
        (TWO_BYTES_FOLLOW, _) => return Ok(None),
        (EIGHT_BYTES_FOLLOW, rest) => {
            let Some(length) = rest.first_chunk::<8>() else { return Ok(None) };
            (10, usize::try_from(u64::from_be_bytes(*length))?)
        }
        (length, _) => (2, usize::from(length)),
    };
    let taken = header + length;
    let payload = bytes.get(header..taken);
    Ok(payload.map(|payload| Frame { opcode: start & 0x0f, payload, taken }))
}

/// A client's frame.
pub(crate) fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    header(opcode, payload.len(), MASKED, &mut frame);
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A server's frame, for sending what the server would send.
pub(crate) fn unmasked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    header(opcode, payload.len(), 0, &mut frame);
    frame.extend_from_slice(payload);
    frame
}

fn header(opcode: u8, length: usize, mask: u8, to: &mut Vec<u8>) {
    to.push(FIN | opcode);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..=125), _) => to.push(mask | length),
        (_, Ok(length)) => {
            to.push(mask | TWO_BYTES_FOLLOW);
            to.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            to.push(mask | EIGHT_BYTES_FOLLOW);
            to.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_come_back() {
        for length in [0, 1, 125, 126, 300, 65_535, 65_536] {
            let payload = vec![7; length];
            let bytes = unmasked(BINARY, &payload);
            assert!(first(&bytes[..bytes.len() - 1]).unwrap().is_none());
            let frame = first(&bytes).unwrap().unwrap();
            assert_eq!(
                (frame.opcode, frame.payload, frame.taken),
                (BINARY, &payload[..], bytes.len())
            );
        }
    }

    #[test]
    fn fragments_are_not_taken_for_messages() {
        assert!(first(&[TEXT, 1, b'a']).is_err());
    }
}
