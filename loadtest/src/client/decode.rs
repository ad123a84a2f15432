//! Reads what the server sends. In a large thread thousands of sockets get the same bytes: they are
//! decoded once, and then known again by comparing every byte, which costs a twentieth.

use crate::client::message;
use crate::record::{Digest, Micros};
use anyhow::{Result, anyhow};
use std::rc::Rc;
use tidings_protocol::{ClientKey, Encoding, Event, EventKind, Seq, ServerFrame, ThreadId};

/// Frames kept. More than threads with something under way, less than a cache's worth of memory.
const SLOTS: usize = 4_096;

/// Thread and position are in these first bytes of an event, in both encodings.
const TELLING_BYTES: usize = 160;

/// Larger frames are pages, for one socket alone.
const SHARED_BYTES_MAX: usize = 16 * 1024;

/// What came.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// A live event.
    Event(Told),
    /// Anything else.
    Frame(Rc<ServerFrame>),
}

/// What there is to know of an event.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Whose log.
    pub thread: ThreadId,
    /// Where in it.
    pub seq: Seq,
    /// All that it says.
    pub digest: Digest,
    /// The key of a message.
    pub key: Option<ClientKey>,
    /// When the message was due, if it is one of ours.
    pub due: Option<Micros>,
}

impl Told {
    /// Of an event.
    pub fn of(event: &Event) -> Self {
        let (key, due) = match &event.kind {
            EventKind::MessagePosted { key, body, .. } => (Some(*key), message::due(body)),
            _ => (None, None),
        };
        let digest = message::digest(event);
        Self { thread: event.thread, seq: event.seq, digest, key, due }
    }
}

struct Slot {
    payload: Box<[u8]>,
    incoming: Incoming,
}

/// Decodes frames, and remembers those that others get too.
pub struct Decoder {
    slots: Vec<Option<Slot>>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| None).collect() }
    }
}

impl Decoder {
    /// What a payload says.
    pub fn decode(&mut self, encoding: Encoding, payload: &[u8]) -> Result<Incoming> {
        let slot = &mut self.slots[slot_of(payload)];
        if let Some(known) = slot
            && *known.payload == *payload
        {
            return Ok(known.incoming.clone());
        }
        let frame = encoding
            .decode_server(payload)
            .map_err(|error| anyhow!("a frame that can't be read: {error}"))?;
        let incoming = match frame {
            ServerFrame::Event(event) => Incoming::Event(Told::of(&event)),
            frame => Incoming::Frame(Rc::new(frame)),
        };
        if is_shared(&incoming) && payload.len() <= SHARED_BYTES_MAX {
            *slot = Some(Slot { payload: payload.into(), incoming: incoming.clone() });
        }
        Ok(incoming)
    }
}

fn is_shared(incoming: &Incoming) -> bool {
    match incoming {
        Incoming::Event(_) => true,
        Incoming::Frame(frame) => matches!(
            **frame,
            ServerFrame::Receipts { .. }
                | ServerFrame::Typing { .. }
                | ServerFrame::Presence { .. }
                | ServerFrame::ThreadChanged(_)
        ),
    }
}

/// Only picks the slot; the bytes decide.
fn slot_of(payload: &[u8]) -> usize {
    let (words, _) = payload[..payload.len().min(TELLING_BYTES)].as_chunks::<8>();
    let mixed = words.iter().fold(payload.len() as u64, |mixed, word| {
        (mixed ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    });
    usize::try_from(mixed >> 40).unwrap_or(0) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_is_never_taken_for_a_known_frame() {
        for encoding in Encoding::ALL {
            let mut decoder = Decoder::default();
            let payload = message::delivery(encoding, 200);
            let digest = |incoming| match incoming {
                Incoming::Event(told) => told.digest,
                Incoming::Frame(frame) => panic!("{frame:?}"),
            };
            let first = digest(decoder.decode(encoding, &payload).unwrap());
            assert_eq!(digest(decoder.decode(encoding, &payload).unwrap()), first);
            let at = payload.windows(4).position(|window| window == b"Dear").unwrap();
            let mut changed = payload;
            changed[at + 1] = b'E';
            assert_ne!(digest(decoder.decode(encoding, &changed).unwrap()), first);
        }
    }
}
