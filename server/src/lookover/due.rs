//! What is to be looked over, and when. Pure. However much may have been missed, it is a flag for
//! each firm, or one for all.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use tidings_protocol::FirmId;

/// While nothing is heard of other nodes, everything is looked over this often.
const EVERY_WHILE_DOWN: Duration = Duration::from_secs(2);

/// And otherwise this often, without feeds: what is missed shows itself, and this is for what may
/// not have been thought of.
const EVERY: Duration = Duration::from_mins(1);

/// For what was missed, the same is looked over this often at most: if something is missed because
/// there is too much to do, looking must not make it more.
const MISSED_EVERY: Duration = Duration::from_secs(1);

/// With so many firms it is everything.
const FIRMS_MAX: usize = 1_024;

/// What is due.
#[derive(Debug)]
pub struct Due {
    missed: Extent,
    /// When firms of which something was missed were looked over, a moment ago.
    lately: HashMap<FirmId, Instant>,
    /// When everything was, for the same reason.
    all_lately: Option<Instant>,
    down: bool,
    /// When everything was looked over last.
    last: Option<Instant>,
}

/// How much is looked over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    All,
    /// What belongs to these firms.
    Firms(HashSet<FirmId>),
}

/// What is looked over now.
#[derive(Debug, PartialEq, Eq)]
pub struct Turn {
    /// How much.
    pub extent: Extent,
    /// Feeds too.
    pub feeds: bool,
}

impl Default for Due {
    fn default() -> Self {
        Self {
            missed: Extent::Firms(HashSet::new()),
            lately: HashMap::new(),
            all_lately: None,
            down: false,
            last: None,
        }
    }
}

impl Due {
    /// Nothing missed yet. Says whether other nodes are heard.
    pub fn new(now: Instant, bus_is_up: bool) -> Self {
        Self { last: Some(now), down: !bus_is_up, ..Self::default() }
    }

    /// Something of a firm may have been missed.
    pub fn firm(&mut self, firm: FirmId) {
        if let Extent::Firms(firms) = &mut self.missed {
            firms.insert(firm);
            if firms.len() > FIRMS_MAX {
                self.missed = Extent::All;
            }
        }
    }

    /// Something of any firm may have been missed.
    pub fn everything(&mut self) {
        self.missed = Extent::All;
    }

    /// What comes by itself comes now.
    pub fn soon(&mut self) {
        self.last = None;
    }

    /// Whether other nodes are heard. While they are not, anything may be missed, and when they are
    /// again, anything was.
    pub fn bus_is(&mut self, up: bool) {
        self.down = !up;
        self.everything();
    }

    /// A turn came to nothing. It does not count, and whoever takes turns waits for a while.
    pub fn again(&mut self, turn: Turn) {
        match turn {
            // It comes again by itself.
            Turn { feeds: false, .. } => self.soon(),
            Turn { extent: Extent::All, .. } => {
                self.all_lately = None;
                self.everything();
            }
            Turn { extent: Extent::Firms(firms), .. } => {
                for firm in firms {
                    self.lately.remove(&firm);
                    self.firm(firm);
                }
            }
        }
    }

    /// When something is due without anything new; at once if there is no reason to wait.
    pub fn next(&self, now: Instant) -> Instant {
        let missed = match &self.missed {
            Extent::All => self.all_lately.map(|last| last + MISSED_EVERY).or(Some(now)),
            Extent::Firms(firms) => firms.iter().map(|firm| self.not_before(*firm, now)).min(),
        };
        let by_itself = self.by_itself(now);
        missed.map_or(by_itself, |missed| missed.min(by_itself))
    }

    /// What is to be looked over now, if anything is.
    pub fn take(&mut self, now: Instant) -> Option<Turn> {
        self.lately.retain(|_, last| now < *last + MISSED_EVERY);
        let all_may = self.all_lately.is_none_or(|last| now >= last + MISSED_EVERY);
        if self.missed == Extent::All && all_may {
            self.missed = Extent::Firms(HashSet::new());
            (self.last, self.all_lately) = (Some(now), Some(now));
            return Some(Turn { extent: Extent::All, feeds: true });
        }
        let due = self.take_firms(now);
        if !due.is_empty() {
            return Some(Turn { extent: Extent::Firms(due), feeds: true });
        }
        if self.by_itself(now) > now {
            return None;
        }
        self.last = Some(now);
        Some(Turn { extent: Extent::All, feeds: self.down })
    }

    /// Firms that need not wait any longer.
    fn take_firms(&mut self, now: Instant) -> HashSet<FirmId> {
        let Extent::Firms(firms) = &self.missed else { return HashSet::new() };
        let (due, wait): (HashSet<_>, _) =
            firms.iter().partition(|firm| self.not_before(**firm, now) <= now);
        self.missed = Extent::Firms(wait);
        self.lately.extend(due.iter().map(|firm| (*firm, now)));
        due
    }

    fn not_before(&self, firm: FirmId, now: Instant) -> Instant {
        let last = self.lately.get(&firm).copied().max(self.all_lately);
        last.map_or(now, |last| last + MISSED_EVERY)
    }

    fn by_itself(&self, now: Instant) -> Instant {
        let every = if self.down { EVERY_WHILE_DOWN } else { EVERY };
        self.last.map_or(now, |last| last + every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn firm(number: usize) -> FirmId {
        FirmId(Uuid::from_u128(number as u128))
    }

    fn all(feeds: bool) -> Turn {
        Turn { extent: Extent::All, feeds }
    }

    #[expect(clippy::disallowed_methods, reason = "any moment will do as the first")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn what_may_have_been_missed_is_merged_until_it_is_looked_over() {
        let now = start();
        let mut due = Due::new(now, true);
        assert_eq!(due.take(now), None);
        due.firm(firm(1));
        due.firm(firm(2));
        due.firm(firm(1));
        assert_eq!(due.next(now), now);
        let extent = Extent::Firms(HashSet::from([firm(1), firm(2)]));
        assert_eq!(due.take(now), Some(Turn { extent, feeds: true }));
        assert_eq!(due.take(now), None);
        (0..=FIRMS_MAX).for_each(|number| due.firm(firm(number)));
        assert_eq!(due.take(now), Some(all(true)));
    }

    #[test]
    fn what_is_missed_again_at_once_waits_and_nothing_else_does() {
        let now = start();
        let mut due = Due::new(now, true);
        let one = |number| {
            Some(Turn { extent: Extent::Firms(HashSet::from([firm(number)])), feeds: true })
        };
        due.firm(firm(1));
        assert_eq!(due.take(now), one(1));
        due.firm(firm(1));
        due.firm(firm(2));
        assert_eq!((due.next(now), due.take(now)), (now, one(2)));
        assert_eq!((due.next(now), due.take(now)), (now + MISSED_EVERY, None));
        assert_eq!(due.take(now + MISSED_EVERY), one(1));
        let later = now + MISSED_EVERY * 2;
        due.everything();
        assert_eq!(due.take(later), Some(all(true)));
        due.everything();
        assert_eq!((due.next(later), due.take(later)), (later + MISSED_EVERY, None));
        assert_eq!(due.take(later + MISSED_EVERY), Some(all(true)));
        due.firm(firm(1));
        assert_eq!(due.take(later + MISSED_EVERY), None, "it was just looked over with all");
        assert_eq!(due.take(later + MISSED_EVERY * 2), one(1));
    }

    #[test]
    fn while_the_bus_is_down_all_is_looked_over_often_and_once_when_it_is_up() {
        let now = start();
        let mut due = Due::new(now, true);
        assert_eq!(due.next(now), now + EVERY);
        due.bus_is(false);
        assert_eq!(due.take(now), Some(all(true)));
        assert_eq!(due.take(now), None);
        assert_eq!(due.next(now), now + EVERY_WHILE_DOWN);
        assert_eq!(due.take(now + EVERY_WHILE_DOWN), Some(all(true)));
        due.bus_is(true);
        let up = now + EVERY_WHILE_DOWN;
        assert_eq!(due.take(up), Some(all(true)));
        assert_eq!(due.take(up + EVERY_WHILE_DOWN), None);
        assert_eq!(due.take(up + EVERY), Some(all(false)));
    }

    #[test]
    fn when_a_node_has_left_all_is_looked_over_but_feeds() {
        let now = start();
        let mut due = Due::new(now, true);
        due.soon();
        assert_eq!((due.next(now), due.take(now)), (now, Some(all(false))));
        assert_eq!(due.take(now), None);
    }

    #[test]
    fn what_could_not_be_read_is_due_again() {
        let now = start();
        let mut due = Due::new(now, true);
        due.firm(firm(1));
        let turn = due.take(now).unwrap();
        due.again(turn);
        due.firm(firm(2));
        let extent = Extent::Firms(HashSet::from([firm(1), firm(2)]));
        assert_eq!(due.take(now), Some(Turn { extent, feeds: true }));
        let net = due.take(now + EVERY).unwrap();
        due.again(net);
        assert_eq!(due.take(now + EVERY), Some(all(false)));
    }
}
