//! A notice, its person and its firm, for the tests.

use tidings_protocol::{
    Answers, ContactId, FirmId, NoticeId, NoticeKind, Person, ThreadId, Timestamp,
};
use tidings_storage::{Actor, NoticeFacts};
use uuid::Uuid;

/// When the tests take place.
pub(super) const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub(super) fn notice() -> NoticeId {
    NoticeId(Uuid::from_u128(0x0191_2345_6789_7abc_8def_0123_4567_89ab))
}

/// Of a contact whose firm takes answers.
pub(super) fn facts() -> NoticeFacts {
    NoticeFacts {
        actor: Actor {
            firm: FirmId(Uuid::from_u128(1)),
            person: Person::Contact(ContactId(Uuid::from_u128(2))),
        },
        thread: Some(ThreadId(Uuid::from_u128(3))),
        kind: NoticeKind::Activity,
        created: NOW.plus_millis(-120_000),
        mailed: Some(NOW.plus_millis(-60_000)),
        used: false,
        attempts: 1,
        email: "ann@client.example".to_owned(),
        answers: Answers::Deliver,
    }
}
