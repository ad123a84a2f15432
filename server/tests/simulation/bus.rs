//! A bus between nodes that loses, doubles, delays and reorders. It is a hint: what it says is
//! durable already, and who misses something reads the store.
//!
//! One thing it can't be a hint about is access that ended. So every message, like everything a
//! node reads from the store to hand it to others, carries the store's **epoch**: how often access
//! had ended by then. A node that is behind it asks the store first what its own people may still
//! see. That is the rule which makes I7 hold on any bus.

use crate::chance::Chance;
use tidings_storage::Commit;

/// What one node tells the others of one commit.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) commit: Commit,
    /// How often access had ended, this commit included.
    pub(crate) epoch: u64,
}

/// Messages under way.
pub(crate) struct Bus {
    pub(crate) up: bool,
    lost_percent: u32,
    doubled_percent: u32,
    flying: Vec<(usize, Message)>,
}

/// Messages that may be under way; more are lost, as on any bus with bounds.
const FLYING_MAX: usize = 200;

impl Bus {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let lost_percent = chance.pick(&[0, 3, 30]).unwrap_or(0);
        let doubled_percent = chance.pick(&[0, 3, 30]).unwrap_or(0);
        Self { up: true, lost_percent, doubled_percent, flying: Vec::new() }
    }

    /// Sends to a node, perhaps.
    pub(crate) fn publish(&mut self, to: usize, message: &Message, chance: &mut Chance) {
        if !self.up || chance.percent(self.lost_percent) || self.flying.len() >= FLYING_MAX {
            return;
        }
        self.flying.push((to, message.clone()));
        if chance.percent(self.doubled_percent) {
            self.flying.push((to, message.clone()));
        }
    }

    /// Some message arrives: mostly one of the oldest, now and then any.
    pub(crate) fn arrive(&mut self, chance: &mut Chance) -> Option<(usize, Message)> {
        let among = if chance.percent(70) { 2 } else { self.flying.len() };
        let at = chance.below(among.min(self.flying.len()));
        (at < self.flying.len()).then(|| self.flying.remove(at))
    }

    /// From now on nothing is lost or doubled.
    pub(crate) fn heal(&mut self) {
        self.up = true;
        self.lost_percent = 0;
        self.doubled_percent = 0;
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.flying.is_empty()
    }
}
