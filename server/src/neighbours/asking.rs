//! When other nodes are asked again what only they know, and when what they said before no longer
//! counts. Pure.
//!
//! Whatever may have been missed of a firm, all of the firm is asked for: that is little, and one
//! rule. What nobody has said again a while after was not so any more. Whoever has a reason to ask
//! has one to say its own again, too: see `answering`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tidings_protocol::FirmId;

/// A firm is asked for at most so often, however much is missed.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What was said before the question counts for so long: an answer waits for its turn at the
/// other node and on the bus, and a busy node has much to say. While the bus is away, everything
/// counts for so long.
pub(super) const DOUBT: Duration = Duration::from_secs(6);

/// What is to be asked and what is in doubt. Bounded by the firms served here.
#[derive(Debug, Default)]
pub(super) struct Asking {
    wanted: BTreeSet<FirmId>,
    /// Firms that were asked for and in which something is in doubt.
    asked: BTreeMap<FirmId, Asked>,
    /// Since when the bus is away, until everything was forgotten for it.
    away: Option<Instant>,
}

/// When a firm was asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// What was said earlier than this is in doubt first.
    first: Instant,
    last: Instant,
}

/// What was said before that moment, and not again, no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forget {
    /// Of a firm.
    Firm(FirmId, Instant),
    /// Of all, whenever it was said.
    All,
}

impl Asking {
    /// Something of the firm may have been missed.
    pub(super) fn want(&mut self, firm: FirmId) {
        self.wanted.insert(firm);
    }

    /// The bus is away.
    pub(super) fn down(&mut self, now: Instant) {
        self.away.get_or_insert(now);
        self.wanted.clear();
        self.asked.clear();
    }

    /// The bus is back, and these firms are served here.
    pub(super) fn up(&mut self, firms: impl IntoIterator<Item = FirmId>) {
        self.away = None;
        self.wanted.extend(firms);
    }

    /// Which firms to ask for now, so many at most. They count as asked for.
    pub(super) fn ask(&mut self, firms_max: usize, now: Instant) -> Vec<FirmId> {
        let wanted = self.wanted.iter().copied();
        let firms: Vec<FirmId> =
            wanted.filter(|firm| self.may_ask(*firm, now)).take(firms_max).collect();
        for firm in &firms {
            self.wanted.remove(firm);
            // What is in doubt already does not get more time: it was asked for and not said.
            self.asked.entry(*firm).or_insert(Asked { first: now, last: now }).last = now;
        }
        firms
    }

    /// What is to be forgotten now.
    pub(super) fn forget(&mut self, now: Instant) -> Vec<Forget> {
        if self.away.is_some_and(|since| now >= since + DOUBT) {
            self.away = None;
            return vec![Forget::All];
        }
        let mut forget = Vec::new();
        self.asked.retain(|firm, Asked { first, last }| {
            if now < *first + DOUBT {
                return true;
            }
            forget.push(Forget::Firm(*firm, *first));
            let again = last > first;
            *first = *last;
            again
        });
        forget
    }

    /// Whether firms could be asked for at once.
    pub(super) fn asks_more(&self, now: Instant) -> bool {
        self.wanted.iter().any(|firm| self.may_ask(*firm, now))
    }

    fn may_ask(&self, firm: FirmId, now: Instant) -> bool {
        self.asked.get(&firm).is_none_or(|one| now >= one.last + ASK_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const FIRM: FirmId = FirmId(Uuid::from_u128(1));
    const OTHER: FirmId = FirmId(Uuid::from_u128(2));
    const MOMENT: Duration = Duration::from_millis(1);

    #[expect(clippy::disallowed_methods, reason = "any moment will do as the first")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn what_is_not_said_again_after_a_question_is_forgotten_after_a_while() {
        let (mut asking, start) = (Asking::default(), start());
        asking.want(FIRM);
        asking.want(OTHER);
        assert_eq!(asking.ask(1, start), [FIRM], "so many at a time");
        let later = start + MOMENT;
        assert_eq!(asking.ask(1, later), [OTHER]);
        assert_eq!(asking.forget(later), []);
        assert_eq!(asking.forget(start + DOUBT), [Forget::Firm(FIRM, start)]);
        assert_eq!(asking.forget(later + DOUBT), [Forget::Firm(OTHER, later)]);
        assert!(asking.asked.is_empty() && !asking.asks_more(later + DOUBT));
    }

    #[test]
    fn a_firm_of_which_much_is_missed_is_asked_for_now_and_then() {
        let (mut asking, start) = (Asking::default(), start());
        asking.want(FIRM);
        assert_eq!(asking.ask(9, start), [FIRM]);
        asking.want(FIRM);
        assert_eq!(asking.ask(9, start + ASK_EVERY / 2), []);
        let again = start + ASK_EVERY;
        assert_eq!(asking.ask(9, again), [FIRM]);
        // Both questions put in doubt what was said before them.
        assert_eq!(asking.forget(start + DOUBT), [Forget::Firm(FIRM, start)]);
        assert_eq!(asking.forget(start + DOUBT), []);
        assert_eq!(asking.forget(again + DOUBT), [Forget::Firm(FIRM, again)]);
        assert!(asking.asked.is_empty());
    }

    #[test]
    fn while_the_bus_is_away_everything_is_forgotten_but_not_at_once() {
        let (mut asking, start) = (Asking::default(), start());
        asking.want(FIRM);
        asking.down(start);
        asking.down(start + DOUBT / 2);
        assert_eq!(asking.ask(9, start), [], "nobody would hear it");
        assert_eq!(asking.forget(start + DOUBT / 2), []);
        assert_eq!(asking.forget(start + DOUBT), [Forget::All]);
        // Back in time, what is known is only asked for again.
        asking.down(start);
        asking.up([FIRM]);
        assert_eq!(asking.forget(start + DOUBT), []);
        assert_eq!(asking.ask(9, start + DOUBT), [FIRM]);
    }
}
