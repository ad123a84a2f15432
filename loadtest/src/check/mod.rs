//! Holds what a run has said and heard against what the product promises. Pure: takes a history,
//! gives a verdict; what was recorded, and how the verdict is shown, is the business of others.
//!
//! Each file asks one question, over the whole run. What devices were sent is kept in intervals
//! and judged in intervals, so that millions of deliveries take no longer than their connections.

mod about;
mod access;
mod acks;
mod content;
mod devices;
mod facts;
mod keys;
mod log;
mod receipts;
mod senders;
mod span;
mod unread;
mod verdict;
mod walk;

#[cfg(test)]
mod tests;

pub use about::{About, Violation};
pub use verdict::{EXAMPLES_MAX, Examined, Kind, Verdict};

use crate::record::History;
use facts::Facts;

/// Judges a run.
///
/// A thread whose log was not read back is checked for what needs no log: that devices were told
/// the same, in order, without holes, and nothing that nobody posted.
pub fn check(history: &History) -> Verdict {
    let facts = Facts::of(history);
    let mut verdict = Verdict::default();
    log::check(&facts, &mut verdict);
    let places = keys::check(&facts, &mut verdict);
    acks::check(&facts, &places, &mut verdict);
    senders::check(&facts, &mut verdict);
    content::check(&facts, &mut verdict);
    devices::check(&facts, &mut verdict);
    access::check(&facts, &places, &mut verdict);
    receipts::check(&facts, &mut verdict);
    unread::check(&facts, &mut verdict);
    verdict
}
