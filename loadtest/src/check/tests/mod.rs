//! Healthy runs are never accused; each fault that is planted in one is found, and nothing else.

mod doubled;
mod forbidden;
mod healthy;
mod invented;
mod lost;
mod numbers;
mod random;
mod random_faults;
mod reordered;
mod sample;
mod world;

use crate::check::{About, Kind, Verdict, check};
use crate::record::History;

/// Plants a fault in the sample: it is found as this kind, and nothing is found of another. Gives
/// where the first of it is.
fn only(kind: Kind, plant: impl FnOnce(&mut History)) -> About {
    let mut history = sample::sample();
    plant(&mut history);
    let verdict = check(&history);
    for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
        assert_eq!(verdict.examples(other), [], "planted as {}", kind.name());
    }
    assert_found(&verdict, kind);
    verdict.examples(kind)[0].about
}

fn assert_found(verdict: &Verdict, kind: Kind) {
    assert!(verdict.count(kind) > 0, "{} not found", kind.name());
    assert!(!verdict.is_clean());
}
