//! What is missing is found missing.

use super::only;
use super::sample::{ANN, BOB, BOB_TOO, FIRST, HEAD, HEAD_TOO, events, joined, last_events, log};
use super::world::key;
use crate::check::Kind::Lost;
use crate::record::{Answer, Post, Step};
use tidings_protocol::Seq;

#[test]
fn an_acknowledged_message_that_the_log_has_not() {
    let about = only(Lost, |history| {
        let answer = Some(Answer::Acked(Seq(6)));
        history.posts.push(Post { key: key(1), answer, ..history.posts[FIRST].clone() });
    });
    assert_eq!((about.key, about.seq), (Some(key(1)), Some(Seq(6))));
    assert!(about.thread.is_some() && about.person.is_some());
}

#[test]
fn a_gap_in_the_log() {
    let about = only(Lost, |history| {
        log(history).remove(5);
    });
    assert_eq!(about.seq, Some(Seq(6)));
}

#[test]
fn a_log_that_begins_too_late() {
    let about = only(Lost, |history| {
        log(history).remove(0);
    });
    assert_eq!(about.seq, Some(Seq(1)));
}

#[test]
fn an_event_that_was_seen_and_is_not_in_the_log() {
    let about = only(Lost, |history| {
        log(history).pop();
    });
    assert_eq!(about.seq, Some(Seq(HEAD)));
}

#[test]
fn an_event_far_beyond_the_log() {
    let about = only(Lost, |history| {
        history.seen[ANN].steps.push(events(9_000_000, 9_000_001));
    });
    assert_eq!((about.seq, about.device), (Some(Seq(9_000_001)), Some(0)));
}

#[test]
fn the_last_position_that_there_can_be() {
    only(Lost, |history| history.seen[ANN].steps.push(events(u64::MAX, u64::MAX)));
}

#[test]
fn a_hole_that_nothing_fills() {
    let about = only(Lost, |history| last_events(history, ANN, &[(1, 4), (6, HEAD)]));
    assert_eq!((about.seq, about.device), (Some(Seq(5)), Some(0)));
}

#[test]
fn a_hole_that_a_later_join_passes_over() {
    let about = only(Lost, |history| {
        let steps = &mut history.seen[BOB].steps;
        steps.splice(1..2, [events(1, 7), events(9, 9)]);
    });
    assert_eq!(about.seq, Some(Seq(8)));
}

#[test]
fn a_hole_in_what_a_device_dropped_later() {
    let about = only(Lost, |history| history.seen[BOB_TOO].steps[1] = events(2, 2));
    assert_eq!(about.seq, Some(Seq(1)));
}

#[test]
fn a_join_that_does_not_join_up_with_what_was_had() {
    let about = only(Lost, |history| {
        history.seen[BOB].steps.truncate(2);
        history.seen[BOB].steps.extend([joined(9, 11, true), events(11, HEAD)]);
    });
    assert_eq!(about.seq, Some(Seq(10)));
}

#[test]
fn a_join_that_does_not_join_up_with_what_was_asked() {
    only(Lost, |history| {
        history.seen[BOB].steps.truncate(2);
        history.seen[BOB].steps.extend([joined(5, 8, true), events(8, HEAD)]);
    });
}

#[test]
fn a_join_after_what_was_never_had() {
    only(Lost, |history| {
        history.seen[BOB].steps.truncate(2);
        history.seen[BOB].steps.extend([joined(12, 13, true), events(13, HEAD)]);
    });
}

#[test]
fn a_first_join_that_leaves_out_the_beginning_in_silence() {
    let about = only(Lost, |history| {
        let from = Seq(3);
        let first = Step::Joined { after: None, from, complete: true };
        history.seen[ANN].steps = vec![first, events(3, HEAD)];
    });
    assert_eq!(about.seq, Some(Seq(1)));
}

#[test]
fn the_first_event_that_a_join_promised() {
    let about = only(Lost, |history| last_events(history, BOB_TOO, &[(8, HEAD_TOO)]));
    assert_eq!(about.seq, Some(Seq(7)));
}

#[test]
fn the_last_event_on_a_device_that_was_joined_at_the_end() {
    let about = only(Lost, |history| last_events(history, ANN, &[(1, HEAD - 1)]));
    assert_eq!((about.seq, about.device), (Some(Seq(HEAD)), Some(0)));
}

#[test]
fn everything_after_a_join() {
    let about = only(Lost, |history| last_events(history, BOB, &[]));
    assert_eq!(about.seq, Some(Seq(10)));
}

#[test]
fn everything_on_a_device_that_was_joined_at_the_end() {
    only(Lost, |history| history.seen[ANN].steps.clear());
}

#[test]
fn what_a_join_passes_over_by_promising_more_than_there_is() {
    only(Lost, |history| {
        last_events(history, BOB_TOO, &[]);
        history.seen[BOB_TOO].steps[2] = joined(2, HEAD_TOO + 2, false);
    });
}

#[test]
fn what_others_saw_of_a_thread_that_was_not_read_back() {
    let about = only(Lost, |history| {
        history.threads[0].log = None;
        last_events(history, ANN, &[(1, HEAD - 1)]);
    });
    assert_eq!(about.seq, Some(Seq(HEAD)));
}
