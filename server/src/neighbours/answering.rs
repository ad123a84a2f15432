//! When a node says again all that only it knows of a firm: because another one asks, or because
//! their questions may not have come here. Pure.
//!
//! The answer is for all nodes, so however many ask, it is given now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tidings_protocol::FirmId;

/// A firm is answered for at most so often. Whoever asks meanwhile has the next answer.
const ANSWER_EVERY: Duration = Duration::from_secs(1);

/// What is to be said again. Bounded by the firms that are heard of here.
#[derive(Debug, Default)]
pub(super) struct Answering {
    wanted: BTreeSet<FirmId>,
    /// When it was, of firms that were answered for a moment ago.
    answered: BTreeMap<FirmId, Instant>,
}

impl Answering {
    /// Somebody asks, or may have asked, for a firm.
    pub(super) fn want(&mut self, firm: FirmId) {
        self.wanted.insert(firm);
    }

    /// Somebody may have asked for any of these.
    pub(super) fn want_all(&mut self, firms: impl IntoIterator<Item = FirmId>) {
        self.wanted.extend(firms);
    }

    /// The firms to answer for now. They count as answered for.
    pub(super) fn take(&mut self, now: Instant) -> BTreeSet<FirmId> {
        self.answered.retain(|_, at| now < *at + ANSWER_EVERY);
        let wanted = std::mem::take(&mut self.wanted).into_iter();
        let due;
        (self.wanted, due) = wanted.partition(|firm| self.answered.contains_key(firm));
        self.answered.extend(due.iter().map(|firm: &FirmId| (*firm, now)));
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const FIRM: FirmId = FirmId(Uuid::from_u128(1));
    const OTHER: FirmId = FirmId(Uuid::from_u128(2));

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any moment will do as the first")]
    fn a_firm_is_answered_for_now_and_then_and_after_the_last_question() {
        let (mut answering, start) = (Answering::default(), Instant::now());
        answering.want(FIRM);
        answering.want(FIRM);
        assert_eq!(answering.take(start), [FIRM].into());
        assert_eq!(answering.take(start), [].into());
        answering.want_all([FIRM, OTHER]);
        assert_eq!(answering.take(start + ANSWER_EVERY / 2), [OTHER].into());
        assert_eq!(answering.take(start + ANSWER_EVERY), [FIRM].into());
        assert_eq!(answering.take(start + ANSWER_EVERY * 9), [].into());
        assert!(answering.answered.is_empty());
    }
}
