//! What reached somebody who may not see it is found.

use super::only;
use super::sample::{
    AFTER_END_AT, ANN_TOO, CAS, FIRST, FIRST_AT, HEAD, joined, last_events, sample,
};
use crate::check::Kind::Forbidden;
use crate::check::check;
use crate::record::{AccessEnd, History, Micros, PersonIx, Seen, Stray, ThreadIx, WhileOut};
use tidings_protocol::{Seq, ThreadId};
use uuid::Uuid;

#[test]
fn events_to_somebody_who_is_not_of_the_thread() {
    let about = only(Forbidden, |history| {
        history.threads[1].people.pop();
    });
    assert_eq!((about.seq, about.device), (Some(Seq(1)), Some(4)));
}

#[test]
fn a_join_by_somebody_who_is_not_of_the_thread() {
    let about = only(Forbidden, |history| {
        let (person, device, steps) = (PersonIx(2), 9, vec![joined(11, 12, true)]);
        let outsider = Seen { person, device, steps, ..history.seen[ANN_TOO].clone() };
        history.seen.push(outsider);
    });
    assert_eq!((about.seq, about.device), (None, Some(9)));
}

#[test]
fn a_message_that_was_posted_after_the_end_of_access() {
    let about = only(Forbidden, |history| last_events(history, CAS, &[(6, AFTER_END_AT)]));
    assert_eq!((about.seq, about.device), (Some(Seq(AFTER_END_AT)), Some(2)));
    assert!(about.key.is_some() && about.person.is_some());
}

#[test]
fn a_message_after_the_end_of_access_in_a_thread_that_was_not_read_back() {
    only(Forbidden, |history| {
        history.threads[0].log = None;
        last_events(history, CAS, &[(6, AFTER_END_AT)]);
    });
}

#[test]
fn each_message_after_the_end_of_access_counts() {
    let mut history = sample();
    last_events(&mut history, CAS, &[(6, HEAD)]);
    assert_eq!(check(&history).count(Forbidden), 2);
}

#[test]
fn access_that_ended_twice_ended_the_first_time() {
    let about = only(Forbidden, |history| {
        let mut again = history.access_ends[0];
        again.at.0 += 1_000_000_000;
        history.access_ends.push(again);
        last_events(history, CAS, &[(6, AFTER_END_AT)]);
    });
    assert_eq!(about.seq, Some(Seq(AFTER_END_AT)));
}

#[test]
fn a_frame_about_a_thread_of_others() {
    let thread = ThreadId(Uuid::from_u128(9));
    let about = only(Forbidden, |history| {
        history.strays.push(Stray { person: PersonIx(1), thread, seq: None });
    });
    assert_eq!((about.thread, about.seq), (Some(thread), None));
    assert!(about.person.is_some());
}

/// Bob, from after the first message on.
fn out(history: &mut History, seq: u64, event: bool) {
    let since = history.posts[FIRST].sent;
    let (person, thread) = (PersonIx(1), ThreadIx(0));
    let until = Some(Micros(since.0 + 1));
    history.access_ends.push(AccessEnd { person, at: since, until });
    history.while_out.push(WhileOut { person, thread, seq: Seq(seq), event, since });
}

#[test]
fn a_message_that_was_posted_while_access_was_away() {
    for event in [true, false] {
        let about = only(Forbidden, |history| out(history, AFTER_END_AT, event));
        assert_eq!(about.seq, Some(Seq(AFTER_END_AT)));
        assert_eq!(about.person, Some(sample().people[1]));
    }
}

#[test]
fn what_was_on_its_way_when_access_ended_is_no_fault() {
    let mut history = sample();
    out(&mut history, FIRST_AT, true);
    out(&mut history, FIRST_AT, false);
    assert!(check(&history).is_clean());
}
