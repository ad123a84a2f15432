//! The messages that are posted, and how they are known again when they are delivered: by the
//! moment at which they were due, which is in the body, and by a hash of every byte.

use crate::record::{Digest, Micros};
use std::hash::{DefaultHasher, Hasher};
use tidings_protocol::{
    ClientKey, ContactId, Encoding, Event, EventKind, Person, Seq, ServerFrame, ThreadId, Timestamp,
};
use uuid::Uuid;

const STAMP: &str = "due ";
const STAMP_DIGITS: usize = 12;

/// Shortest body, in bytes: the stamp.
pub const BODY_BYTES_MIN: usize = STAMP.len() + STAMP_DIGITS;

/// What fills a body up; every byte is hashed and compared.
const FILLING: &str = " Dear client, please send us the receipts of the last quarter, so that we can \
    file your return in time. Thank you!";

/// A body of so many bytes that says when it was due.
pub fn body(due: Micros, bytes: usize) -> String {
    let mut body = format!("{STAMP}{:0digits$}", due.0, digits = STAMP_DIGITS);
    body.extend(FILLING.chars().cycle().take(bytes.saturating_sub(body.len())));
    body
}

/// When a body was due; none if it is not one of ours.
pub fn due(body: &str) -> Option<Micros> {
    let digits = body.strip_prefix(STAMP)?.get(..STAMP_DIGITS)?;
    digits.parse().ok().map(Micros)
}

/// The hash of a body.
pub fn hash(body: &str) -> u64 {
    hash_bytes(body.as_bytes())
}

/// The hash of all that an event says; the same for both encodings.
pub fn digest(event: &Event) -> Digest {
    let bytes = Encoding::Postcard.encode_server(&ServerFrame::Event(event.clone()));
    Digest(hash_bytes(&bytes))
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// What a server sends when such a message is posted, with made-up ids: for measuring what sending
/// alone costs.
pub fn delivery(encoding: Encoding, bytes: usize) -> Vec<u8> {
    let kind = EventKind::MessagePosted {
        key: ClientKey(Uuid::nil()),
        body: body(Micros(0), bytes),
        edited_ms: None,
        deleted: false,
    };
    encoding.encode_server(&ServerFrame::Event(Event {
        thread: ThreadId(Uuid::nil()),
        seq: Seq(1_000),
        at_ms: Timestamp(1_767_225_600_000),
        actor: Person::Contact(ContactId(Uuid::nil())),
        messages: 1_000,
        kind,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_when_it_was_due() {
        for bytes in [BODY_BYTES_MIN, 200, 5_000] {
            let body = body(Micros(1_234_567), bytes);
            assert_eq!(body.len(), bytes);
            assert_eq!(due(&body), Some(Micros(1_234_567)));
        }
        assert_eq!(due("Please answer."), None);
    }

    #[test]
    fn an_event_is_the_same_in_both_encodings() {
        let read = |encoding: Encoding| match encoding.decode_server(&delivery(encoding, 200)) {
            Ok(ServerFrame::Event(event)) => digest(&event),
            other => panic!("{other:?}"),
        };
        assert_eq!(read(Encoding::Json), read(Encoding::Postcard));
    }
}
