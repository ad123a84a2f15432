//! How far a node's numbers go, firm by firm, and where it has to say so once more. Pure.

use lru::LruCache;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tidings_protocol::FirmId;

/// Firms whose numbers are known at most. Of those over it, the one that was quiet for longest is
/// forgotten.
const FIRMS_MAX: usize = 65_536;

/// The numbers of one sender.
pub(super) struct Sent {
    firms: LruCache<FirmId, Numbers>,
    /// Firms that a tail has to be said of; all of them are known.
    tails: HashSet<FirmId>,
    /// The largest number of a firm that was forgotten. Others begin above it, so that none is
    /// taken for an old one.
    floor: u64,
    /// How long a firm is quiet before its tail is said.
    quiet: Duration,
    firms_max: usize,
}

struct Numbers {
    last: u64,
    at: Instant,
    gap: Option<Gap>,
}

/// That something was not said: how far numbers went when it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap(u64);

/// What a message needs to know of its firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// Which firm.
    pub(super) firm: FirmId,
    /// How far its numbers go.
    pub(super) number: u64,
    /// Whether something before it was not said.
    pub(super) gap: Option<Gap>,
}

impl Sent {
    pub(super) fn new(quiet: Duration) -> Self {
        Self {
            firms: LruCache::unbounded(),
            tails: HashSet::new(),
            floor: 0,
            quiet,
            firms_max: FIRMS_MAX,
        }
    }

    /// The number of the next message.
    pub(super) fn next(&mut self, firm: FirmId, now: Instant) -> u64 {
        self.tails.insert(firm);
        if let Some(numbers) = self.firms.get_mut(&firm) {
            numbers.last += 1;
            numbers.at = now;
            return numbers.last;
        }
        let last = self.floor + 1;
        // If any was forgotten, this one may have been, with what was not said of it.
        let gap = (self.floor > 0).then_some(Gap(self.floor));
        self.firms.push(firm, Numbers { last, at: now, gap });
        if self.firms.len() > self.firms_max
            && let Some((forgotten, numbers)) = self.firms.pop_lru()
        {
            self.floor = self.floor.max(numbers.last);
            self.tails.remove(&forgotten);
        }
        last
    }

    /// Something that has its number could not be said, or nobody knows whether it was heard.
    pub(super) fn not_said(&mut self, firm: FirmId) {
        if let Some(numbers) = self.firms.peek_mut(&firm) {
            numbers.gap = Some(Gap(numbers.last));
            self.tails.insert(firm);
        }
    }

    /// Whether the next message of the firm has to say that something is missing before it.
    pub(super) fn gap(&self, firm: FirmId) -> Option<Gap> {
        self.firms.peek(&firm).and_then(|numbers| numbers.gap)
    }

    /// That something is missing was said.
    pub(super) fn gap_said(&mut self, firm: FirmId, said: Gap) {
        if let Some(numbers) = self.firms.peek_mut(&firm)
            && numbers.gap == Some(said)
        {
            numbers.gap = None;
        }
    }

    /// Tails to be said now, `most` at a time: of firms that have been quiet for a while, and of
    /// those that something was not said of.
    pub(super) fn due(&mut self, now: Instant, most: usize) -> Vec<Tail> {
        let mut due = Vec::new();
        for &firm in &self.tails {
            let Some(Numbers { last, at, gap }) = self.firms.peek(&firm) else { continue };
            if gap.is_some() || now.saturating_duration_since(*at) >= self.quiet {
                due.push(Tail { firm, number: *last, gap: *gap });
            }
            if due.len() == most {
                break;
            }
        }
        for tail in &due {
            self.tails.remove(&tail.firm);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;
    use uuid::Uuid;

    const QUIET: Duration = Duration::from_secs(1);

    fn firm(n: u128) -> FirmId {
        FirmId(Uuid::from_u128(n))
    }

    #[test]
    fn each_firm_counts_for_itself() {
        let (mut sent, now) = (Sent::new(QUIET), monotonic());
        assert_eq!((1..=3).map(|_| sent.next(firm(1), now)).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(sent.next(firm(2), now), 1);
    }

    #[test]
    fn a_tail_is_said_once_after_a_quiet_time() {
        let (mut sent, now) = (Sent::new(QUIET), monotonic());
        sent.next(firm(1), now);
        sent.next(firm(1), now + QUIET / 2);
        assert_eq!(sent.due(now + QUIET, 9), []);
        let tail = Tail { firm: firm(1), number: 2, gap: None };
        assert_eq!(sent.due(now + QUIET * 2, 9), [tail]);
        assert_eq!(sent.due(now + QUIET * 3, 9), []);
    }

    #[test]
    fn what_was_not_said_is_told_of_at_once_and_until_it_was_heard() {
        let (mut sent, now) = (Sent::new(QUIET), monotonic());
        sent.next(firm(1), now);
        sent.not_said(firm(1));
        let first = sent.due(now, 9)[0].gap.unwrap();
        sent.next(firm(1), now);
        sent.not_said(firm(1));
        sent.gap_said(firm(1), first);
        let second = sent.gap(firm(1)).expect("the second was not told of yet");
        sent.gap_said(firm(1), second);
        assert_eq!(sent.gap(firm(1)), None);
    }

    #[test]
    fn tails_come_in_bounded_turns() {
        let (mut sent, now) = (Sent::new(QUIET), monotonic());
        for n in 0..5 {
            sent.next(firm(n), now);
        }
        let turns: Vec<_> = (0..4).map(|_| sent.due(now + QUIET, 2).len()).collect();
        assert_eq!(turns, [2, 2, 1, 0]);
    }

    #[test]
    fn a_firm_that_was_forgotten_goes_on_above_with_a_gap() {
        let (mut sent, now) = (Sent { firms_max: 2, ..Sent::new(QUIET) }, monotonic());
        for n in [1, 1, 1, 2, 3] {
            sent.next(firm(n), now);
        }
        assert_eq!((sent.firms.len(), sent.tails.len()), (2, 2));
        assert!(sent.next(firm(1), now) > 3);
        assert!(sent.gap(firm(1)).is_some());
    }
}
