//! Runs in which all went well.

use super::sample::{ANN, CAS, HEAD, events, joined, sample};
use crate::check::{Examined, Kind, Verdict, check};
use crate::record::{History, Stray};
use tidings_protocol::{Seq, ThreadId};
use uuid::Uuid;

fn assert_clean(history: &History) -> Verdict {
    let verdict = check(history);
    assert_eq!(verdict.proof().examples, [] as [String; 0]);
    assert!(verdict.is_clean());
    verdict
}

#[test]
fn a_healthy_run_is_not_accused_and_was_looked_at() {
    let history = sample();
    let verdict = assert_clean(&history);
    let events = history.threads.iter().flat_map(|thread| &thread.log).map(Vec::len).sum::<usize>();
    assert_eq!((verdict.examined.threads, verdict.examined.events), (2, events as u64));
    assert_eq!((verdict.examined.acks, verdict.examined.unread_numbers), (19, 7));
    assert_eq!(verdict.examined.deliveries, 57);
}

#[test]
fn nothing_said_and_nothing_heard_is_nothing_examined() {
    let verdict = assert_clean(&History::default());
    assert_eq!(verdict.examined, Examined::default());
}

#[test]
fn threads_that_were_not_read_back_are_not_accused() {
    let mut history = sample();
    for thread in &mut history.threads {
        thread.log = None;
    }
    assert_eq!(assert_clean(&history).examined, Examined::default());
}

#[test]
fn what_a_join_repeats_on_purpose_is_no_duplicate() {
    let mut history = sample();
    let steps = &mut history.seen[ANN].steps;
    steps.extend([joined(4, 5, true), events(5, HEAD)]);
    assert_clean(&history);
}

#[test]
fn a_hole_that_a_later_join_fills_is_not_lost() {
    let mut history = sample();
    history.seen[ANN].steps =
        vec![joined(0, 1, true), events(1, 3), events(5, 6), joined(3, 4, true), events(4, HEAD)];
    assert_clean(&history);
}

#[test]
fn a_device_that_starts_later_need_not_have_what_was_before() {
    let mut history = sample();
    let late = vec![joined(10, 11, true), events(11, HEAD)];
    history.seen[ANN].steps.clone_from(&late);
    assert_clean(&history);
}

#[test]
fn who_lost_access_need_not_have_the_end() {
    let mut history = sample();
    history.seen[CAS].joined_at_end = true;
    assert_clean(&history);
}

#[test]
fn a_report_names_every_kind_and_keeps_few_examples() {
    let mut history = sample();
    let person = history.seen[ANN].person;
    let stray = Stray { person, thread: ThreadId(Uuid::from_u128(9)), seq: Some(Seq(4)) };
    history.strays = vec![stray; 50];
    let proof = check(&history).proof();
    let names: Vec<&str> = proof.found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, Kind::ALL.map(Kind::name));
    assert!(proof.found.contains(&("forbidden".to_owned(), 50)));
    assert_eq!(proof.examples.len(), 20);
    assert_eq!(
        proof.examples[0],
        "forbidden: was told of a thread that it could never see \
         (thread 00000000-0000-0000-0000-000000000009, event 4, \
         member:00000000-0000-0000-0000-000000000000)"
    );
}
