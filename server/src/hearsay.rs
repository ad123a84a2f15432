//! What other nodes say of things that are theirs to know and are stored nowhere: who looks at a
//! thread there, how many sockets a person has there. Pure.
//!
//! Each node says the whole truth about a thing whenever it changes, and nothing about what is
//! nothing. Since what it says may be lost, everything of a firm is asked for again when that may
//! have happened; what nobody says again by then is forgotten. So nothing stays for ever that is
//! not so any more, and what stays is not gone for a moment either.

use crate::bus::NodeId;
use std::collections::BTreeMap;
use std::time::Instant;
use tidings_protocol::FirmId;

/// What nodes say of things of the kind `K`. Bounded by what exists: an entry a thing and node.
#[derive(Debug)]
pub struct Hearsay<K, V> {
    of_firm: BTreeMap<FirmId, Things<K, V>>,
}

type Things<K, V> = BTreeMap<K, Vec<Said<V>>>;

#[derive(Debug)]
struct Said<V> {
    by: NodeId,
    at: Instant,
    what: V,
}

impl<K, V> Default for Hearsay<K, V> {
    fn default() -> Self {
        Self { of_firm: BTreeMap::new() }
    }
}

impl<K: Copy + Ord, V: PartialEq> Hearsay<K, V> {
    /// A node says how a thing is now; none: there is nothing to say of it any more. True if it
    /// said something else before.
    pub fn hear(
        &mut self,
        by: NodeId,
        firm: FirmId,
        thing: K,
        what: Option<V>,
        now: Instant,
    ) -> bool {
        let things = self.of_firm.entry(firm).or_default();
        // Mostly one other node has something to say.
        let all = things.entry(thing).or_insert_with(|| Vec::with_capacity(1));
        let known = all.iter().position(|said| said.by == by);
        let changed = match (known, what) {
            (Some(at), Some(what)) => {
                let said = &mut all[at];
                said.at = now;
                let before = std::mem::replace(&mut said.what, what);
                before != said.what
            }
            (Some(at), None) => {
                all.swap_remove(at);
                true
            }
            (None, Some(what)) => {
                all.push(Said { by, at: now, what });
                true
            }
            (None, None) => false,
        };
        if all.is_empty() {
            things.remove(&thing);
        }
        if things.is_empty() {
            self.of_firm.remove(&firm);
        }
        changed
    }

    /// What is said of a thing, and by whom.
    pub fn of(&self, firm: FirmId, thing: K) -> impl Iterator<Item = (NodeId, &V)> {
        let all = self.of_firm.get(&firm).and_then(|things| things.get(&thing));
        all.map_or(&[][..], Vec::as_slice).iter().map(|said| (said.by, &said.what))
    }

    /// Whether nobody says anything.
    pub fn is_empty(&self) -> bool {
        self.of_firm.is_empty()
    }

    /// A node is gone. Says of which things that changes something.
    pub fn forget_node(&mut self, node: NodeId) -> Vec<(FirmId, K)> {
        let mut changed = Vec::new();
        self.of_firm.retain(|firm, things| {
            keep(*firm, things, |said| said.by != node, &mut changed);
            !things.is_empty()
        });
        changed
    }

    /// Forgets what was said of a firm before a moment and not again since. Says of which things
    /// that changes something.
    pub fn forget_firm(&mut self, firm: FirmId, before: Instant) -> Vec<(FirmId, K)> {
        let mut changed = Vec::new();
        if let Some(things) = self.of_firm.get_mut(&firm) {
            keep(firm, things, |said| said.at >= before, &mut changed);
            if things.is_empty() {
                self.of_firm.remove(&firm);
            }
        }
        changed
    }

    /// Forgets everything. Says of which things that changes something.
    pub fn forget_all(&mut self) -> Vec<(FirmId, K)> {
        let all = std::mem::take(&mut self.of_firm).into_iter();
        all.flat_map(|(firm, things)| things.into_keys().map(move |thing| (firm, thing))).collect()
    }
}

/// Keeps what `stays`, and notes of which things something did not.
fn keep<K: Copy + Ord, V>(
    firm: FirmId,
    things: &mut Things<K, V>,
    stays: impl Fn(&Said<V>) -> bool,
    changed: &mut Vec<(FirmId, K)>,
) {
    things.retain(|thing, all| {
        let before = all.len();
        all.retain(&stays);
        if all.len() < before {
            changed.push((firm, *thing));
        }
        !all.is_empty()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use uuid::Uuid;

    const FIRM: FirmId = FirmId(Uuid::from_u128(1));
    const OTHER: FirmId = FirmId(Uuid::from_u128(2));

    fn node(number: u128) -> NodeId {
        NodeId(Uuid::from_u128(number))
    }

    fn said(hearsay: &Hearsay<u8, u32>, firm: FirmId, thing: u8) -> Vec<(NodeId, u32)> {
        hearsay.of(firm, thing).map(|(by, what)| (by, *what)).collect()
    }

    #[expect(clippy::disallowed_methods, reason = "any moment will do as the first")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn each_node_says_the_whole_truth_about_a_thing() {
        let (mut hearsay, now) = (Hearsay::default(), start());
        assert!(hearsay.hear(node(1), FIRM, 7, Some(2), now));
        assert!(!hearsay.hear(node(1), FIRM, 7, Some(2), now), "no news");
        assert!(hearsay.hear(node(2), FIRM, 7, Some(5), now));
        assert!(hearsay.hear(node(1), FIRM, 7, Some(3), now));
        assert_eq!(said(&hearsay, FIRM, 7), [(node(1), 3), (node(2), 5)]);
        assert!(said(&hearsay, OTHER, 7).is_empty());
        assert!(hearsay.hear(node(1), FIRM, 7, None, now));
        assert!(!hearsay.hear(node(1), FIRM, 7, None, now));
        assert!(hearsay.hear(node(2), FIRM, 7, None, now));
        assert!(hearsay.is_empty(), "nothing is left of what is nothing");
    }

    #[test]
    fn a_node_that_is_gone_takes_with_it_what_only_it_knew() {
        let (mut hearsay, now) = (Hearsay::default(), start());
        hearsay.hear(node(1), FIRM, 7, Some(1), now);
        hearsay.hear(node(2), FIRM, 7, Some(2), now);
        hearsay.hear(node(2), FIRM, 8, Some(3), now);
        hearsay.hear(node(1), OTHER, 9, Some(4), now);
        assert_eq!(hearsay.forget_node(node(1)), [(FIRM, 7), (OTHER, 9)]);
        assert_eq!(hearsay.forget_node(node(1)), []);
        assert_eq!(said(&hearsay, FIRM, 7), [(node(2), 2)]);
        assert_eq!(hearsay.forget_all(), [(FIRM, 7), (FIRM, 8)]);
        assert!(hearsay.is_empty());
    }

    #[test]
    fn what_is_not_said_again_is_forgotten() {
        let (mut hearsay, start) = (Hearsay::default(), start());
        hearsay.hear(node(1), FIRM, 7, Some(1), start);
        hearsay.hear(node(1), FIRM, 8, Some(1), start);
        hearsay.hear(node(1), OTHER, 9, Some(1), start);
        let asked = start + Duration::from_secs(1);
        assert!(!hearsay.hear(node(1), FIRM, 7, Some(1), asked), "as it was");
        assert_eq!(hearsay.forget_firm(FIRM, asked), [(FIRM, 8)]);
        assert_eq!(said(&hearsay, FIRM, 7), [(node(1), 1)]);
        assert_eq!(said(&hearsay, OTHER, 9), [(node(1), 1)], "another firm was not asked for");
    }
}
