//! Receipts that went back and numbers of messages that are wrong are found.

use super::only;
use super::sample::{HEAD, entry, sample};
use crate::check::Kind::{Receipt, Unread};
use crate::check::check;
use crate::record::{History, PersonIx, ReceiptBack, ReceiptFinal, ReceiptsKnown, ThreadIx};
use tidings_protocol::Seq;

#[test]
fn a_receipt_that_went_back() {
    let about = only(Receipt, |history| {
        let (person, thread) = (PersonIx(1), ThreadIx(0));
        let back = ReceiptBack { person, thread, before: Seq(5), after: Seq(4) };
        history.receipts_back.push(back);
    });
    assert_eq!(about.seq, Some(Seq(4)));
    assert!(about.thread.is_some() && about.person.is_some());
}

#[test]
fn a_receipt_that_was_acknowledged_further_than_it_is() {
    let about = only(Receipt, |history| history.receipts_final[0].seq.0 -= 1);
    assert_eq!(about.seq, Some(Seq(10)));
}

#[test]
fn a_receipt_that_was_acknowledged_and_is_gone() {
    only(Receipt, |history| {
        history.receipts_final.remove(0);
    });
}

/// What Cas' device in the first thread knew of the others' receipts.
fn known(history: &mut History, behind: u64) {
    let (thread, person) = (ThreadIx(0), PersonIx(2));
    history.access_ends.clear();
    let finals = history.receipts_final.iter().filter(|one| one.thread == thread);
    let furthest = finals.map(|one| (one.person, Seq(one.seq.0 - behind))).collect();
    history.receipts_known.push(ReceiptsKnown { person, device: 9, thread, furthest });
}

#[test]
fn a_receipt_that_a_joined_device_was_not_told_of() {
    let mut history = sample();
    // Everybody has written something later, but for one who only reads.
    history.receipts_final.push(ReceiptFinal {
        person: PersonIx(3),
        thread: ThreadIx(0),
        seq: Seq(HEAD),
    });
    history.people.push(history.people[0]);
    known(&mut history, 0);
    assert!(check(&history).is_clean());
    history.receipts_known.clear();
    known(&mut history, 1);
    let verdict = check(&history);
    assert_eq!(verdict.count(Receipt), 1);
    assert_eq!(verdict.examples(Receipt)[0].about.device, Some(9));
}

#[test]
fn a_receipt_beyond_the_log() {
    only(Receipt, |history| history.receipts_final[0].seq = Seq(HEAD + 1));
}

#[test]
fn a_number_of_messages_that_the_log_has_not() {
    let about = only(Unread, |history| history.unread_claims[0].messages += 1);
    assert_eq!(about.seq, Some(Seq(10)));
    assert!(about.thread.is_some() && about.person.is_some());
}

#[test]
fn too_many_unread() {
    only(Unread, |history| history.unread_claims[0].unread += 1);
}

#[test]
fn too_few_unread() {
    only(Unread, |history| history.unread_claims[0].unread -= 1);
}

#[test]
fn unread_that_forgets_what_was_read() {
    only(Unread, |history| {
        let claim = history.unread_claims.last_mut().expect("the sample has some");
        assert!(claim.read > Seq(0));
        claim.unread = claim.messages;
    });
}

#[test]
fn a_head_beyond_the_log() {
    let about = only(Unread, |history| history.unread_claims[0].head = Seq(HEAD + 1));
    assert_eq!(about.seq, Some(Seq(HEAD + 1)));
}

#[test]
fn an_event_that_counts_the_messages_wrong() {
    let about = only(Unread, |history| entry(history, 6).messages += 1);
    assert_eq!(about.seq, Some(Seq(6)));
}

#[test]
fn a_log_that_counts_the_messages_wrong_from_the_start() {
    only(Unread, |history| {
        for seq in 1..=HEAD {
            entry(history, seq).messages += 3;
        }
    });
}
