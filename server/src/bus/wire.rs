//! What goes over the wire: a head that every version can read, and behind it a body that a newer
//! version may have changed. Both are postcard.

use super::message::{NodeId, Payload};
use serde::{Deserialize, Serialize};

/// Of the body. Nodes of another version take what they cannot read for missed, and look into the
/// store.
const VERSION: u8 = 2;

/// What comes before every body. It never changes: a node has to know whose message it could not
/// read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    version: u8,
    /// Who says it.
    pub(super) from: NodeId,
    /// The how manieth message of the sender about the firm it is; with [`Said::Tail`], how many
    /// there were. What a sender could not say counts too.
    pub(super) number: u64,
    /// The sender could not say something before this, and does not know whether those who hear it
    /// for the first time were to hear that.
    pub(super) gap: bool,
}

impl Head {
    pub(super) fn new(from: NodeId, number: u64, gap: bool) -> Self {
        Self { version: VERSION, from, number, gap }
    }
}

/// A message on a firm's channel. Append only.
#[derive(Serialize, Deserialize)]
enum Body {
    Payload(Payload),
    Tail,
}

/// A message on the nodes' channel. Append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Note {
    /// The node lives.
    Alive,
    /// It is about to end, and has nothing to say any more.
    Goodbye,
}

/// What was received about a firm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Something to be handed on.
    Payload(Payload),
    /// How far the sender's numbers go.
    Tail,
    /// Something that this version can't read.
    Unreadable,
}

/// A payload as bytes, once for all who hear it.
pub(super) fn body(payload: Payload) -> Option<Vec<u8>> {
    postcard::to_stdvec(&Body::Payload(payload)).ok()
}

/// [`Said::Tail`] as bytes.
pub(super) fn tail() -> Vec<u8> {
    postcard::to_stdvec(&Body::Tail).expect("a variant without fields can be written")
}

/// A note as a whole message.
pub(super) fn note(from: NodeId, note: Note) -> Vec<u8> {
    let body = postcard::to_stdvec(&note).expect("a variant without fields can be written");
    message(&Head::new(from, 0, false), &body)
}

/// A message of both parts.
pub(super) fn message(head: &Head, body: &[u8]) -> Vec<u8> {
    let message = Vec::with_capacity(size_of::<Head>() + body.len());
    let mut message =
        postcard::to_extend(head, message).expect("a vector takes all that is written");
    message.extend_from_slice(body);
    message
}

/// The message that somebody else has made; `None` if it is none of ours at all.
pub(super) fn read(message: &[u8]) -> Option<(Head, Said)> {
    let (head, body) = postcard::take_from_bytes::<Head>(message).ok()?;
    let said = match whole::<Body>(&head, body) {
        Some(Body::Payload(payload)) => Said::Payload(payload),
        Some(Body::Tail) => Said::Tail,
        None => Said::Unreadable,
    };
    Some((head, said))
}

/// Who says it, without looking at what.
pub(super) fn read_head(message: &[u8]) -> Option<Head> {
    postcard::take_from_bytes(message).ok().map(|(head, _)| head)
}

/// A note. Any that can't be read still shows that its sender lives.
pub(super) fn read_note(message: &[u8]) -> Option<(NodeId, Note)> {
    let (head, body) = postcard::take_from_bytes::<Head>(message).ok()?;
    Some((head.from, whole(&head, body).unwrap_or(Note::Alive)))
}

fn whole<'a, T: Deserialize<'a>>(head: &Head, body: &'a [u8]) -> Option<T> {
    let (read, rest) = postcard::take_from_bytes(body).ok()?;
    (head.version == VERSION && rest.is_empty()).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::{AccountId, FirmId, ReminderState, Seq, ThreadId, Timestamp};
    use tidings_storage::{Commit, Epoch, ThreadCommit};
    use uuid::Uuid;

    const FROM: NodeId = NodeId(Uuid::from_u128(7));

    fn ask() -> Vec<u8> {
        body(Payload::Ask).unwrap()
    }

    #[test]
    fn what_was_written_is_read() {
        let head = Head::new(FROM, 300, true);
        let said = Said::Payload(Payload::Ask);
        assert_eq!(read(&message(&head, &ask())), Some((head, said)));
        assert_eq!(read(&message(&head, &tail())), Some((head, Said::Tail)));
        assert_eq!(read_note(&note(FROM, Note::Goodbye)), Some((FROM, Note::Goodbye)));
    }

    #[test]
    fn a_commit_that_only_tells_of_reminders_is_read_as_it_was_written() {
        let next_ms = Some(Timestamp(9));
        let thread = ThreadCommit {
            thread: ThreadId(FROM.0),
            account: AccountId(FROM.0),
            head: Seq(5),
            events: Vec::new(),
            read: None,
            reminder: Some(ReminderState { pending: true, sent: 1, next_ms }),
        };
        let (epoch, thread) = (Epoch(2), Some(thread));
        let (firm, inbox, access) = (FirmId(FROM.0), Vec::new(), Vec::new());
        let said = Payload::Committed(Commit { firm, epoch, thread, inbox, access });
        let head = Head::new(FROM, 1, false);
        let written = message(&head, &body(said.clone()).unwrap());
        assert_eq!(read(&written), Some((head, Said::Payload(said))));
    }

    #[test]
    fn the_head_is_read_whatever_is_behind_it() {
        let head = Head::new(FROM, 2, false);
        let newer = Head { version: VERSION + 1, ..head };
        let longer = [ask(), vec![0]].concat();
        for (head, body) in [(newer, ask()), (head, vec![99]), (head, vec![]), (head, longer)] {
            assert_eq!(read(&message(&head, &body)), Some((head, Said::Unreadable)));
        }
        assert_eq!(read_note(&message(&newer, &[99])), Some((FROM, Note::Alive)));
    }

    #[test]
    fn what_is_none_of_ours_is_nothing() {
        for bytes in [&b""[..], b"hello", &[1; 16]] {
            assert_eq!(read(bytes), None);
        }
    }

    #[test]
    fn the_head_is_the_same_for_ever() {
        let mut written = vec![VERSION, 16];
        written.extend_from_slice(FROM.0.as_bytes());
        written.extend_from_slice(&[0xac, 0x02, 1]);
        assert_eq!(message(&Head::new(FROM, 300, true), &[]), written);
    }
}
