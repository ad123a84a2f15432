//! The message that is sent, and how it is known again when it is delivered: by a stamp of when it
//! was sent, and by its bytes.

use crate::clock::now;
use std::time::Instant;
use tidings_protocol::{
    ClientKey, ContactId, Encoding, Event, EventKind, Person, Seq, ServerFrame, ThreadId, Timestamp,
};
use uuid::Uuid;

/// Bytes of every message's body.
pub(crate) const BODY_BYTES: usize = 200;

const STAMP: &[u8] = b"sent:";
const STAMP_DIGITS: usize = 12;
const PADDING_BYTES: usize = BODY_BYTES - STAMP.len() - STAMP_DIGITS;
const PADDING: &[u8; PADDING_BYTES] = &[b'x'; PADDING_BYTES];

/// A body that says when it was sent, in microseconds after `epoch`.
pub(crate) fn body(epoch: Instant) -> String {
    let micros = now().duration_since(epoch).as_micros();
    let padding = "x".repeat(PADDING_BYTES);
    format!("sent:{micros:012}{padding}")
}

/// Finds a body in a frame, checks every byte of it, and says how long it was on its way, in
/// microseconds.
pub(crate) fn age_micros(frame: &[u8], epoch: Instant) -> Option<u32> {
    let at = frame.windows(STAMP.len()).position(|window| window == STAMP)? + STAMP.len();
    let (digits, rest) = frame.get(at..)?.split_at_checked(STAMP_DIGITS)?;
    if rest.first_chunk::<PADDING_BYTES>()? != PADDING {
        return None;
    }
    let sent: u128 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let age = now().duration_since(epoch).as_micros().saturating_sub(sent);
    Some(u32::try_from(age).unwrap_or(u32::MAX))
}

/// What the server sends when such a message is posted, with made-up ids.
pub(crate) fn delivery(encoding: Encoding, thread: ThreadId, seq: u64) -> Vec<u8> {
    let kind = EventKind::MessagePosted {
        key: ClientKey(Uuid::nil()),
        body: body(now()),
        edited_ms: None,
        deleted: false,
    };
    encoding.encode_server(&ServerFrame::Event(Event {
        thread,
        seq: Seq(seq),
        at_ms: Timestamp(1_767_225_600_000),
        actor: Person::Contact(ContactId(Uuid::nil())),
        messages: seq,
        kind,
    }))
}

/// Knows events of one thread by their first bytes.
pub(crate) struct Recogniser {
    encoding: Encoding,
    /// All that comes before the sequence number.
    prefix: Vec<u8>,
}

impl Recogniser {
    pub(crate) fn new(encoding: Encoding, thread: ThreadId) -> Self {
        let [mut prefix, other] = [1, 2].map(|seq| delivery(encoding, thread, seq));
        let same = prefix.iter().zip(&other).take_while(|(a, b)| a == b).count();
        prefix.truncate(same);
        Self { encoding, prefix }
    }

    /// The sequence number, if this is an event of the thread.
    pub(crate) fn seq(&self, payload: &[u8]) -> Option<u64> {
        let rest = payload.strip_prefix(self.prefix.as_slice())?;
        match self.encoding {
            Encoding::Json => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
                Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
            }
            Encoding::Postcard => {
                let end = rest.iter().take(10).position(|byte| byte & 0x80 == 0)?;
                let bits = rest[..=end].iter().rev();
                Some(bits.fold(0, |number, byte| (number << 7) | u64::from(byte & 0x7f)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_are_recognised_in_both_encodings() {
        let (thread, other) = (ThreadId(Uuid::from_u128(7)), ThreadId(Uuid::from_u128(8)));
        for encoding in Encoding::ALL {
            let recogniser = Recogniser::new(encoding, thread);
            for seq in [1, 2, 9, 127, 128, 300, 16_384, 1_000_000] {
                let payload = delivery(encoding, thread, seq);
                assert_eq!(recogniser.seq(&payload), Some(seq), "{encoding:?}");
                assert!(age_micros(&payload, now()).is_some(), "{encoding:?}");
                assert_eq!(recogniser.seq(&delivery(encoding, other, seq)), None);
            }
        }
    }

    #[test]
    fn a_changed_body_is_noticed() {
        let mut payload = delivery(Encoding::Json, ThreadId(Uuid::nil()), 3);
        let at = payload.windows(4).position(|window| window == b"xxxx").unwrap();
        payload[at + 3] = b'y';
        assert_eq!(age_micros(&payload, now()), None);
    }
}
