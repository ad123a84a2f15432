//! Which numbers were heard, of whom and of which firm; so that what was lost on the way is
//! noticed. Pure.

use super::message::NodeId;
use super::wire::Head;
use std::collections::HashMap;
use tidings_protocol::FirmId;

/// Senders of one firm that are known at most: far more than there are nodes, since one that ends
/// is forgotten.
const SENDERS_MAX: usize = 4_096;

/// The numbers that were heard of each firm that is watched.
#[derive(Default)]
pub(super) struct Received {
    firms: HashMap<FirmId, HashMap<NodeId, u64>>,
}

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// Nothing is missing before it, as far as can be known.
    Next,
    /// Something before it was missed.
    Jump,
    /// The sender has said more since; or this twice.
    Late,
    /// The firm is not watched.
    Unwatched,
}

impl Received {
    /// Begins anew with a firm.
    pub(super) fn watch(&mut self, firm: FirmId) {
        self.firms.insert(firm, HashMap::new());
    }

    /// Forgets a firm.
    pub(super) fn unwatch(&mut self, firm: FirmId) {
        self.firms.remove(&firm);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.firms.clear();
    }

    /// Forgets a sender.
    pub(super) fn forget(&mut self, node: NodeId) {
        for senders in self.firms.values_mut() {
            senders.remove(&node);
        }
    }

    /// A message that has a number of its own.
    pub(super) fn message(&mut self, firm: FirmId, head: &Head) -> Number {
        let last = self.firms.get(&firm).and_then(|senders| senders.get(&head.from)).copied();
        match self.hear(firm, head, head.number.saturating_sub(1)) {
            Number::Next if last.is_some_and(|last| head.number <= last) => Number::Late,
            number => number,
        }
    }

    /// A message that says how far numbers go.
    pub(super) fn tail(&mut self, firm: FirmId, head: &Head) -> Number {
        self.hear(firm, head, head.number)
    }

    /// `before` is how far one must have heard so that nothing is missing.
    fn hear(&mut self, firm: FirmId, head: &Head, before: u64) -> Number {
        let Some(senders) = self.firms.get_mut(&firm) else { return Number::Unwatched };
        if let Some(last) = senders.get_mut(&head.from) {
            let jump = before > *last;
            *last = head.number.max(*last);
            return if jump { Number::Jump } else { Number::Next };
        }
        // What it said before the firm was watched was covered when that began, unless it says
        // itself that something got lost.
        if senders.len() >= SENDERS_MAX {
            senders.clear();
        }
        senders.insert(head.from, head.number);
        if head.gap { Number::Jump } else { Number::Next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const A: NodeId = NodeId(Uuid::from_u128(1));
    const B: NodeId = NodeId(Uuid::from_u128(2));
    const FIRM: FirmId = FirmId(Uuid::from_u128(3));

    fn received() -> Received {
        let mut received = Received::default();
        received.watch(FIRM);
        received
    }

    /// Hears messages (`n`), tails (`-n`), and says where something was missing.
    fn jumps(received: &mut Received, numbers: &[i64]) -> Vec<i64> {
        let mut jump = |number: &i64| {
            let head = Head::new(A, number.unsigned_abs(), false);
            let number = if *number < 0 {
                received.tail(FIRM, &head)
            } else {
                received.message(FIRM, &head)
            };
            number == Number::Jump
        };
        numbers.iter().copied().filter(|number| jump(number)).collect()
    }

    #[test]
    fn a_gap_is_noticed_once_and_neither_first_nor_old_messages_are_one() {
        for (numbers, expected) in [
            (&[1, 2, 3][..], &[][..]),
            (&[17, 18], &[]),
            (&[1, 3, 4], &[3]),
            (&[1, 2, 2, 1, 3], &[]),
            (&[1, 5, 3, 6], &[5]),
            (&[1, -1, 2], &[]),
            (&[1, -2, 3], &[-2]),
            (&[-7, 8], &[]),
            (&[3, -2, 4], &[]),
        ] {
            assert_eq!(jumps(&mut received(), numbers), expected, "{numbers:?}");
        }
    }

    #[test]
    fn what_comes_late_or_twice_is_known_as_that() {
        let mut received = received();
        let heard =
            [1, 2, 2, 5, 4, 6].map(|number| received.message(FIRM, &Head::new(A, number, false)));
        assert_eq!(
            heard,
            [Number::Next, Number::Next, Number::Late, Number::Jump, Number::Late, Number::Next]
        );
    }

    #[test]
    fn a_gap_that_a_new_sender_tells_of_is_one() {
        let mut received = received();
        let head = Head::new(B, 5, true);
        assert_eq!(received.message(FIRM, &head), Number::Jump);
        assert_eq!(received.message(FIRM, &Head::new(B, 6, true)), Number::Next);
    }

    #[test]
    fn who_was_forgotten_is_new_and_what_is_not_watched_is_nothing() {
        let mut received = received();
        assert!(jumps(&mut received, &[1]).is_empty());
        received.forget(A);
        assert!(jumps(&mut received, &[9]).is_empty());
        received.unwatch(FIRM);
        assert_eq!(received.message(FIRM, &Head::new(A, 99, true)), Number::Unwatched);
    }
}
