//! What nobody did, or did otherwise, is found.

use super::only;
use super::sample::{ANN, HEAD, REFUSED, UNANSWERED, UNANSWERED_AT, entry, last_events};
use super::world::key;
use crate::check::Kind::Invented;
use crate::record::{Digest, Disagreement, PersonIx, SeenEvent, ThreadIx};
use tidings_protocol::Seq;

const AT: u64 = UNANSWERED_AT;

#[test]
fn a_message_in_the_log_that_nobody_posted() {
    let about = only(Invented, |history| entry(history, AT).key = Some(key(1)));
    assert_eq!((about.key, about.seq), (Some(key(1)), Some(Seq(AT))));
}

#[test]
fn a_message_that_was_seen_and_that_nobody_posted() {
    let about = only(Invented, |history| {
        history.threads[0].log = None;
        history.threads[0].seen[4] = Some(SeenEvent { digest: Digest(1), key: Some(key(1)) });
    });
    assert_eq!((about.key, about.seq), (Some(key(1)), Some(Seq(AT))));
}

#[test]
fn another_body_than_was_sent() {
    let about = only(Invented, |history| entry(history, AT).body = Some(1));
    assert!(about.key.is_some() && about.person.is_some());
}

#[test]
fn no_body_at_all() {
    only(Invented, |history| entry(history, AT).body = None);
}

#[test]
fn another_author() {
    only(Invented, |history| entry(history, AT).actor = Some(PersonIx(2)));
}

#[test]
fn an_author_from_outside_the_run() {
    only(Invented, |history| entry(history, AT).actor = None);
}

#[test]
fn a_message_that_was_posted_to_another_thread() {
    only(Invented, |history| history.posts[UNANSWERED].thread = ThreadIx(1));
}

#[test]
fn a_message_that_was_refused() {
    let about = only(Invented, |history| {
        let refused = history.posts[REFUSED].clone();
        let entry = entry(history, AT);
        (entry.key, entry.body) = (Some(refused.key), Some(refused.body));
    });
    assert!(about.key.is_some());
}

#[test]
fn a_message_that_was_refused_and_seen() {
    only(Invented, |history| {
        history.threads[0].log = None;
        let key = Some(history.posts[REFUSED].key);
        history.threads[0].seen[4] = Some(SeenEvent { digest: Digest(1), key });
    });
}

#[test]
fn two_devices_that_were_told_different_things() {
    let about = only(Invented, |history| {
        let other = SeenEvent { digest: Digest(1), key: None };
        history.threads[0].disagreements.push(Disagreement { seq: Seq(6), other });
    });
    assert_eq!(about.seq, Some(Seq(6)));
}

#[test]
fn a_log_that_says_something_else_than_was_seen() {
    let about = only(Invented, |history| entry(history, 6).digest = Digest(1));
    assert_eq!(about.seq, Some(Seq(6)));
}

#[test]
fn an_event_where_none_can_be() {
    let about = only(Invented, |history| last_events(history, ANN, &[(0, HEAD)]));
    assert_eq!(about.seq, Some(Seq(0)));
}
