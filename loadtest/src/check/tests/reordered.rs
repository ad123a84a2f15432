//! What is out of order is found.

use super::only;
use super::sample::{
    ANN, BOB_TOO, CAS, FIRST, HEAD, HEAD_TOO, SECOND, entry, events, last_events, log,
};
use crate::check::Kind::Reordered;
use crate::record::{Answer, History};
use tidings_protocol::Seq;

#[test]
fn an_event_that_came_after_a_later_one() {
    let about = only(Reordered, |history| {
        last_events(history, ANN, &[(1, 4), (6, 6), (5, 5), (7, HEAD)]);
    });
    assert_eq!((about.seq, about.device), (Some(Seq(5)), Some(0)));
}

#[test]
fn an_event_that_came_later_than_the_join_after_it() {
    let about = only(Reordered, |history| {
        let steps = &mut history.seen[CAS].steps;
        steps.splice(1..2, [events(1, 3), events(5, 5)]);
        last_events(history, CAS, &[(6, 8), (4, 4), (9, 11)]);
    });
    assert_eq!(about.seq, Some(Seq(4)));
}

#[test]
fn an_event_from_before_what_a_join_promised() {
    let about = only(Reordered, |history| {
        last_events(history, BOB_TOO, &[(7, 8), (5, 5), (9, HEAD_TOO)]);
    });
    assert_eq!(about.seq, Some(Seq(5)));
}

#[test]
fn events_that_came_without_a_join() {
    only(Reordered, |history| {
        history.seen[ANN].joined_at_end = false;
        history.seen[ANN].steps.remove(0);
    });
}

#[test]
fn a_log_that_was_read_back_out_of_order() {
    let about = only(Reordered, |history| log(history).swap(5, 6));
    assert_eq!(about.seq, Some(Seq(6)));
}

#[test]
fn a_position_that_was_read_back_twice() {
    only(Reordered, |history| {
        let again = *entry(history, 6);
        log(history).insert(6, again);
    });
}

#[test]
fn a_message_that_is_elsewhere_than_was_acknowledged() {
    let about = only(Reordered, |history| {
        history.posts[FIRST].answer = Some(Answer::Acked(Seq(1)));
    });
    assert_eq!(about.seq, Some(Seq(1)));
    assert!(about.key.is_some());
}

#[test]
fn a_message_that_was_seen_elsewhere_than_was_acknowledged() {
    only(Reordered, |history| {
        history.threads[0].log = None;
        history.posts[FIRST].answer = Some(Answer::Acked(Seq(1)));
    });
}

/// As if the server had taken the second before the first.
fn swap_first_two(history: &mut History) {
    let answers = (history.posts[FIRST].answer, history.posts[SECOND].answer);
    (history.posts[SECOND].answer, history.posts[FIRST].answer) = answers;
    let (one, two) = (*entry(history, 2), *entry(history, 3));
    let first = entry(history, 2);
    (first.key, first.body) = (two.key, two.body);
    let second = entry(history, 3);
    (second.key, second.body) = (one.key, one.body);
}

#[test]
fn messages_that_stand_against_the_order_of_their_sender() {
    let about = only(Reordered, swap_first_two);
    assert_eq!(about.seq, Some(Seq(2)));
}

#[test]
fn a_message_that_was_refused_at_first_may_stand_later() {
    let mut history = super::sample::sample();
    swap_first_two(&mut history);
    history.posts[FIRST].refusals = 1;
    assert!(crate::check::check(&history).is_clean());
}
