//! WebSocket frames as the load tester needs them (RFC 6455, 5.2): it expects whole, unmasked
//! messages, and says so if one is not. A full parser would cost more than the kernel's part of a
//! delivery, and the clients share the machine with what is measured.

use anyhow::{Result, bail};

/// A whole text message.
pub const TEXT: u8 = 0x1;
/// A whole binary message.
pub const BINARY: u8 = 0x2;
/// The end.
pub const CLOSE: u8 = 0x8;
/// A ping.
pub const PING: u8 = 0x9;
/// The answer to one.
pub const PONG: u8 = 0xa;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// In place of a length that does not fit.
const TWO_BYTES_FOLLOW: u8 = 126;
const EIGHT_BYTES_FOLLOW: u8 = 127;

/// Any key will do: no proxy lies between, and the server has to unmask all the same.
const MASK: [u8; 4] = [0x5a, 0x17, 0xc3, 0x88];

/// One message from the server.
pub struct Frame<'a> {
    /// What it is.
    pub opcode: u8,
    /// What it carries.
    pub payload: &'a [u8],
    /// Bytes of the whole frame.
    pub taken: usize,
}

/// The first frame of what was read; none if it is not whole yet.
pub fn first(bytes: &[u8]) -> Result<Option<Frame<'_>>> {
    let [start, length, rest @ ..] = bytes else { return Ok(None) };
    if start & FIN == 0 || length & MASKED != 0 {
        bail!("the server sent a fragmented or masked frame");
    }
    let Some((header, length)) = extent(*length, rest)? else { return Ok(None) };
    let taken = header + length;
    let payload = bytes.get(header..taken);
    Ok(payload.map(|payload| Frame { opcode: start & 0x0f, payload, taken }))
}

/// The payload of a client's first frame, unmasked, and the bytes of the whole frame.
pub fn first_masked(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>> {
    let [_, length, rest @ ..] = bytes else { return Ok(None) };
    if length & MASKED == 0 {
        bail!("the client sent an unmasked frame");
    }
    let Some((header, length)) = extent(length & !MASKED, rest)? else { return Ok(None) };
    let Some(mask) = bytes.get(header..header + 4) else { return Ok(None) };
    let taken = header + 4 + length;
    let payload = bytes.get(header + 4..taken);
    let unmasked =
        |payload: &[u8]| payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m).collect();
    Ok(payload.map(|payload| (unmasked(payload), taken)))
}

/// Bytes of the header without a mask, and of the payload.
fn extent(length: u8, rest: &[u8]) -> Result<Option<(usize, usize)>> {
    Ok(match (length, rest) {
        (TWO_BYTES_FOLLOW, [a, b, ..]) => Some((4, usize::from(u16::from_be_bytes([*a, *b])))),
        (TWO_BYTES_FOLLOW, _) => None,
        (EIGHT_BYTES_FOLLOW, rest) => match rest.first_chunk::<8>() {
            Some(length) => Some((10, usize::try_from(u64::from_be_bytes(*length))?)),
            None => None,
        },
        (length, _) => Some((2, usize::from(length))),
    })
}

/// A client's frame.
pub fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    header(opcode, payload.len(), MASKED, &mut frame);
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A server's frame, for sending what the server would send.
pub fn unmasked(opcode: u8, payload: &[u8]) -> Vec<u8> {
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
    fn what_a_client_masks_is_read_again() {
        for length in [0, 125, 300, 70_000] {
            let payload = vec![7; length];
            let bytes = masked(TEXT, &payload);
            assert!(first_masked(&bytes[..bytes.len() - 1]).unwrap().is_none());
            assert_eq!(first_masked(&bytes).unwrap(), Some((payload, bytes.len())));
        }
    }

    #[test]
    fn fragments_are_not_taken_for_messages() {
        assert!(first(&[TEXT, 1, b'a']).is_err());
    }
}
