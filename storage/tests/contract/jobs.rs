//! What one node does for all of them: who may, and what is done.

use crate::office::Office;
use crate::world::World;
use tidings_protocol::{FirmId, Revocation, Timestamp, TokenId};
use tidings_storage::{DirectoryChange, Done, Job, Operation};
use uuid::Uuid;

const ONE: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

/// Whether the job was given for so long from now on.
fn claims(w: &mut World, holder: Uuid, millis: i64) -> bool {
    // A batch is a second later than the one before.
    let until = w.now.plus_millis(1_000 + millis);
    match w.one(Operation::Claim { job: Job::Forget, holder, until }) {
        Ok(Done::Claimed(claimed)) => claimed,
        other => panic!("{other:?}"),
    }
}

fn forgets(w: &mut World, limit: u32) -> u64 {
    match w.one(Operation::ForgetRevocations { limit }) {
        Ok(Done::Forgotten(count)) => count,
        other => panic!("{other:?}"),
    }
}

fn revokes(w: &mut World, firm: FirmId, remember_until: Timestamp) -> TokenId {
    let token = TokenId(w.nobody());
    let revocation = Revocation::Token(token);
    w.change(firm, DirectoryChange::Revoke { revocation, remember_until }).unwrap();
    token
}

pub fn a_job_is_of_whoever_claims_it_first(w: &mut World) {
    assert!(claims(w, ONE, 60_000));
    assert_eq!(w.last, None, "there is nothing to tell others");
    assert!(!claims(w, OTHER, 60_000));
    w.reopen();
    assert!(!claims(w, OTHER, 60_000));
}

pub fn a_job_whose_lease_has_run_out_is_free(w: &mut World) {
    assert!(claims(w, ONE, 5_000));
    w.now = w.now.plus_millis(3_999);
    // One millisecond of it is left.
    assert!(!claims(w, OTHER, 5_000));
    w.now = w.now.plus_millis(-999);
    assert!(claims(w, OTHER, 5_000));
    assert!(!claims(w, ONE, 5_000));
}

pub fn a_lease_is_renewed_by_its_holder(w: &mut World) {
    for _ in 0..5 {
        assert!(claims(w, ONE, 1_500));
        assert!(!claims(w, OTHER, 1_500));
    }
}

pub fn a_lease_is_given_back_by_its_holder_alone(w: &mut World) {
    assert!(claims(w, ONE, 60_000));
    assert!(!claims(w, OTHER, -1_000), "nobody gives back what it doesn't hold");
    assert!(!claims(w, OTHER, 60_000));
    assert!(claims(w, ONE, -1_000));
    assert!(claims(w, OTHER, 60_000));
}

pub fn a_job_is_claimed_once_in_a_batch(w: &mut World) {
    let until = w.now.plus_millis(60_000);
    let claim = |holder| Operation::Claim { job: Job::Forget, holder, until };
    let applied = w.apply(vec![claim(OTHER), claim(ONE), claim(OTHER)]);
    let claimed: Vec<_> = applied.into_iter().map(|applied| applied.outcome.unwrap()).collect();
    assert_eq!(claimed, [Done::Claimed(true), Done::Claimed(false), Done::Claimed(true)]);
}

pub fn revocations_are_forgotten_when_their_tokens_have_run_out(w: &mut World) {
    let (ours, theirs) = (Office::new(w), Office::new(w));
    let issued = w.now;
    let soon = w.now.plus_millis(60_000);
    for office in [&ours, &theirs] {
        for later in 0..3 {
            revokes(w, office.firm, soon.plus_millis(later));
        }
    }
    let kept = revokes(w, ours.firm, soon.plus_millis(60_000));
    assert_eq!(forgets(w, 100), 0, "none of them has run out");
    w.now = soon;
    assert_eq!(forgets(w, 4), 4, "no more at a time than was asked for");
    assert_eq!(forgets(w, 100), 2);
    assert_eq!(w.last, None, "there is nothing to tell others");
    assert_eq!(forgets(w, 100), 0);
    assert!(!w.read().token_stands(ours.anna, Some(kept), issued).unwrap());
}
