//! A reader of today before frames of tomorrow: it passes over event kinds it does not know, alone
//! and in the middle of a page, in both encodings; and it does not take nonsense for something new.

#![allow(clippy::unwrap_used, reason = "in a test it says enough")]

use tidings_protocol::{Encoding, Event, EventKind, Person, Seq, ServerFrame, ThreadId, Timestamp};
use uuid::Uuid;

fn event(seq: u64, kind: EventKind) -> Event {
    Event {
        thread: ThreadId(Uuid::from_u128(1)),
        seq: Seq(seq),
        at_ms: Timestamp(0),
        actor: Person::Member(tidings_protocol::MemberId(Uuid::from_u128(2))),
        messages: 0,
        kind,
    }
}

fn page(middle: EventKind) -> ServerFrame {
    let kinds = [EventKind::Archived {}, middle, EventKind::Reopened {}];
    ServerFrame::Events {
        thread: ThreadId(Uuid::from_u128(1)),
        events: (1..).zip(kinds).map(|(seq, kind)| event(seq, kind)).collect(),
        more: true,
    }
}

/// A page of JSON whose middle event has this kind.
fn json_page(kind: &str) -> Vec<u8> {
    let marked = Encoding::Json.encode_server(&page(EventKind::Unknown));
    String::from_utf8(marked).unwrap().replace("\"unknown\"", kind).into_bytes()
}

/// A page of postcard whose middle event has these bytes for a kind.
fn postcard_page(kind: &[u8]) -> Vec<u8> {
    let marked = Encoding::Postcard.encode_server(&page(EventKind::Unknown));
    let mark = [5, 0xff, 0xff, 0xff, 0xff, 0x0f];
    let at = marked.windows(mark.len()).position(|window| window == mark).unwrap();
    let mut bytes = marked[..at].to_vec();
    bytes.push(u8::try_from(kind.len()).unwrap());
    bytes.extend_from_slice(kind);
    bytes.extend_from_slice(&marked[at + mark.len()..]);
    bytes
}

#[test]
fn a_newer_kind_is_passed_over_in_the_middle_of_a_page() {
    let expected = Ok(page(EventKind::Unknown));
    for kind in [
        r#"{"document_attached":{"name":"a.pdf","pages":[1,{"x":null}]}}"#,
        r#"{"document_attached":null}"#,
        r#"{"document_attached":{},"and":"more"}"#,
        r#""document_attached""#,
    ] {
        assert_eq!(Encoding::Json.decode_server(&json_page(kind)), expected, "{kind}");
    }
    for kind in [&[18][..], &[18, 1, 2, 3], &[0x80, 1], &[0xff, 0xff, 0xff, 0xff, 0x0f, 9]] {
        assert_eq!(Encoding::Postcard.decode_server(&postcard_page(kind)), expected, "{kind:?}");
    }
}

#[test]
fn a_newer_kind_is_passed_over_alone() {
    let expected = ServerFrame::Event(event(7, EventKind::Unknown));
    for encoding in Encoding::ALL {
        let bytes = encoding.encode_server(&expected);
        assert_eq!(encoding.decode_server(&bytes).as_ref(), Ok(&expected));
    }
}

#[test]
fn fields_appended_to_a_known_kind_are_passed_over() {
    let expected = Ok(page(EventKind::Archived {}));
    let json = json_page(r#"{"archived":{"why":"done"}}"#);
    assert_eq!(Encoding::Json.decode_server(&json), expected);
    assert_eq!(Encoding::Postcard.decode_server(&postcard_page(&[12, 4, b'd'])), expected);
}

#[test]
fn a_known_kind_with_wrong_fields_is_an_error_not_something_new() {
    for kind in [
        r#"{"message_deleted":{}}"#,
        r#"{"message_deleted":{"message":"2"}}"#,
        r#"{"archived":{},"reopened":{}}"#,
        r#""archived""#,
        "{}",
        "7",
        "null",
    ] {
        let error = Encoding::Json.decode_server(&json_page(kind));
        assert!(error.is_err(), "{kind}: {error:?}");
    }
    for kind in [&[][..], &[3], &[0x80], &[0xff, 0xff, 0xff, 0xff, 0x1f]] {
        let error = Encoding::Postcard.decode_server(&postcard_page(kind));
        assert!(error.is_err(), "{kind:?}: {error:?}");
    }
}
