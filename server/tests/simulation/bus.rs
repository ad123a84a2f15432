//! A bus between nodes that loses, doubles, delays and reorders. It is a hint: what it says is
//! durable already, and who misses something reads the store.
//!
//! As the real one it says when something may have been missed, some time later: a message lost, a
//! node gone, a firm heard of from now on.

use crate::chance::Chance;
use std::collections::BTreeSet;
use tidings_protocol::FirmId;
use tidings_storage::Commit;

/// What one node hears of others.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// What another one has committed.
    Committed(Box<Commit>),
    /// From now on all of a firm is heard.
    Watching(FirmId),
    /// Something of a firm was missed.
    Missed(FirmId),
    /// A node is gone.
    Gone,
    /// A node said goodbye.
    Left,
}

/// Messages under way.
pub(crate) struct Bus {
    pub(crate) up: bool,
    lost_percent: u32,
    doubled_percent: u32,
    flying: Vec<(usize, Heard)>,
    /// Of what nodes will hear that they have missed it.
    missed: BTreeSet<(usize, FirmId)>,
}

/// Messages that may be under way; more are lost, as on any bus with bounds.
const FLYING_MAX: usize = 200;

impl Bus {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let lost_percent = chance.pick(&[0, 3, 30]).unwrap_or(0);
        let doubled_percent = chance.pick(&[0, 3, 30]).unwrap_or(0);
        let (flying, missed) = (Vec::new(), BTreeSet::new());
        Self { up: true, lost_percent, doubled_percent, flying, missed }
    }

    /// Tells a node of a commit, perhaps. While the bus is down nobody will hear that something was
    /// lost: all look at the store when it is up.
    pub(crate) fn publish(&mut self, to: usize, commit: &Commit, chance: &mut Chance) {
        if !self.up {
            return;
        }
        if chance.percent(self.lost_percent) || self.flying.len() >= FLYING_MAX {
            self.missed.insert((to, commit.firm));
            return;
        }
        let copies = if chance.percent(self.doubled_percent) { 2 } else { 1 };
        for _ in 0..copies {
            self.flying.push((to, Heard::Committed(Box::new(commit.clone()))));
        }
    }

    /// Tells a node what the bus itself has to say. That is not lost, but may be late.
    pub(crate) fn say(&mut self, to: usize, heard: Heard) {
        if self.up {
            self.flying.push((to, heard));
        }
    }

    /// Some message arrives: mostly one of the oldest, now and then any.
    pub(crate) fn arrive(&mut self, chance: &mut Chance) -> Option<(usize, Heard)> {
        if self.flying.is_empty() || chance.percent(20) {
            let missed = self.missed.pop_first();
            if let Some((to, firm)) = missed {
                return Some((to, Heard::Missed(firm)));
            }
        }
        let among = if chance.percent(70) { 2 } else { self.flying.len() };
        let at = chance.below(among.min(self.flying.len()));
        (at < self.flying.len()).then(|| self.flying.remove(at))
    }

    /// From now on nothing is lost or doubled.
    pub(crate) fn heal(&mut self) {
        self.lost_percent = 0;
        self.doubled_percent = 0;
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.flying.is_empty() && self.missed.is_empty()
    }
}
