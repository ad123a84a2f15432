//! What is there twice is found.

use super::only;
use super::sample::{ANN, BOB, FIRST, HEAD, UNANSWERED_AT, entry, events, joined, last_events};
use crate::check::Kind::Doubled;
use crate::record::LogEntry;
use tidings_protocol::Seq;

#[test]
fn a_message_that_is_twice_in_the_log() {
    let about = only(Doubled, |history| {
        let LogEntry { actor, key, body, .. } = *entry(history, 2);
        let again = entry(history, UNANSWERED_AT);
        (again.actor, again.key, again.body) = (actor, key, body);
    });
    assert_eq!(about.seq, Some(Seq(UNANSWERED_AT)));
    assert!(about.key.is_some() && about.person.is_some());
}

#[test]
fn a_message_that_was_seen_twice_in_a_thread_that_was_not_read_back() {
    only(Doubled, |history| {
        let thread = &mut history.threads[0];
        thread.log = None;
        thread.seen[4] = thread.seen[1];
    });
}

#[test]
fn a_message_that_was_acknowledged_at_two_positions() {
    let about = only(Doubled, |history| history.posts[FIRST].other_position = Some(Seq(9)));
    assert_eq!(about.seq, Some(Seq(2)));
}

#[test]
fn a_message_that_is_where_it_was_acknowledged_first() {
    only(Doubled, |history| {
        let post = &mut history.posts[FIRST];
        post.other_position = Some(Seq(2));
        post.answer = Some(crate::record::Answer::Acked(Seq(9)));
    });
}

#[test]
fn an_event_that_came_twice_after_one_join() {
    let about = only(Doubled, |history| last_events(history, ANN, &[(1, 7), (7, HEAD)]));
    assert_eq!((about.seq, about.device), (Some(Seq(7)), Some(0)));
}

#[test]
fn events_that_came_twice_some_time_later() {
    let about = only(Doubled, |history| {
        last_events(history, ANN, &[(1, 7), (3, 4), (8, HEAD)]);
    });
    assert_eq!(about.seq, Some(Seq(3)));
}

#[test]
fn an_event_that_the_device_had_said_to_have() {
    let about = only(Doubled, |history| last_events(history, BOB, &[(9, HEAD)]));
    assert_eq!(about.seq, Some(Seq(9)));
}

#[test]
fn events_that_a_join_should_not_have_promised_again() {
    let about = only(Doubled, |history| {
        history.seen[BOB].steps.truncate(2);
        history.seen[BOB].steps.extend([joined(9, 8, true), events(8, HEAD)]);
    });
    assert_eq!(about.seq, Some(Seq(8)));
}

#[test]
fn events_that_a_first_join_should_not_have_brought() {
    only(Doubled, |history| {
        history.seen[ANN].steps = vec![joined(5, 6, true), events(5, HEAD)];
    });
}
