//! Which other nodes live. Pure.

use super::message::NodeId;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Nodes that are known at most, those that are gone included.
const NODES_MAX: usize = 4_096;

/// How long it is known of a node that it is gone, in case that it was only cut off.
const GONE_KNOWN: Duration = Duration::from_mins(10);

/// The nodes that were heard of.
pub(super) struct Alive {
    nodes: HashMap<NodeId, Life>,
    /// After which silence a node is gone.
    silence: Duration,
    /// When silence began to count: not while we ourselves hear nothing.
    listening: Option<Instant>,
    looked: Option<Instant>,
}

enum Life {
    Heard(Instant),
    Gone(Instant),
}

impl Alive {
    pub(super) fn new(silence: Duration) -> Self {
        Self { nodes: HashMap::new(), silence, listening: None, looked: None }
    }

    /// From now on silence says something.
    pub(super) fn listen(&mut self, now: Instant) {
        self.listening = Some(now);
        self.looked = Some(now);
    }

    /// From now on silence says nothing.
    pub(super) fn stop_listening(&mut self) {
        self.listening = None;
    }

    /// A node said that it lives. Whether it was taken for gone.
    pub(super) fn heard(&mut self, node: NodeId, now: Instant) -> bool {
        if self.nodes.len() >= NODES_MAX && !self.nodes.contains_key(&node) {
            return false;
        }
        matches!(self.nodes.insert(node, Life::Heard(now)), Some(Life::Gone(_)))
    }

    /// A node said something else. False if it is taken for gone: that was said before, or there is
    /// more to ask it once it says that it lives.
    pub(super) fn met(&mut self, node: NodeId, now: Instant) -> bool {
        if let Some(life) = self.nodes.get(&node) {
            return matches!(life, Life::Heard(_));
        }
        if self.nodes.len() < NODES_MAX {
            self.nodes.insert(node, Life::Heard(now));
        }
        true
    }

    /// Whether any node lives, as far as is known.
    pub(super) fn is_any(&self) -> bool {
        self.nodes.values().any(|life| matches!(life, Life::Heard(_)))
    }

    /// A node said that it ends. Whether that is news.
    pub(super) fn goodbye(&mut self, node: NodeId, now: Instant) -> bool {
        let known = self.nodes.contains_key(&node);
        if known || self.nodes.len() < NODES_MAX {
            return !matches!(self.nodes.insert(node, Life::Gone(now)), Some(Life::Gone(_)));
        }
        true
    }

    /// The nodes that are gone since this was last asked, to be asked each second or so.
    pub(super) fn silent(&mut self, now: Instant) -> Vec<NodeId> {
        self.nodes.retain(|_, life| match life {
            Life::Gone(at) => now.saturating_duration_since(*at) < GONE_KNOWN,
            Life::Heard(_) => true,
        });
        let late = |since: Instant| now.saturating_duration_since(since) > self.silence / 2;
        if self.looked.replace(now).is_some_and(late) && self.listening.is_some() {
            // It was us who slept: what others said meanwhile is still to be heard.
            self.listening = Some(now);
        }
        let Some(listening) = self.listening else { return Vec::new() };
        let mut gone = Vec::new();
        for (node, life) in &mut self.nodes {
            if let Life::Heard(at) = life
                && now.saturating_duration_since(listening.max(*at)) >= self.silence
            {
                *life = Life::Gone(now);
                gone.push(*node);
            }
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;
    use uuid::Uuid;

    const A: NodeId = NodeId(Uuid::from_u128(1));
    const B: NodeId = NodeId(Uuid::from_u128(2));
    const SECOND: Duration = Duration::from_secs(1);

    /// Looks each second from `from` to `to`; when who was gone.
    fn watch(alive: &mut Alive, start: Instant, from: u32, to: u32) -> Vec<(u32, NodeId)> {
        let look = |second: u32| {
            let gone = alive.silent(start + SECOND * second);
            gone.into_iter().map(move |node| (second, node)).collect::<Vec<_>>()
        };
        (from..=to).flat_map(look).collect()
    }

    fn alive(start: Instant) -> Alive {
        let mut alive = Alive::new(SECOND * 4);
        alive.listen(start);
        alive
    }

    #[test]
    fn who_is_silent_is_gone_once() {
        let start = monotonic();
        let mut alive = alive(start);
        alive.heard(A, start);
        alive.heard(B, start + SECOND * 2);
        assert_eq!(watch(&mut alive, start, 1, 9), [(4, A), (6, B)]);
    }

    #[test]
    fn goodbye_is_gone_at_once_and_who_comes_back_is_noticed() {
        let start = monotonic();
        let mut alive = alive(start);
        assert!(!alive.heard(A, start));
        assert!(alive.goodbye(A, start));
        assert!(!alive.goodbye(A, start));
        assert_eq!(watch(&mut alive, start, 1, 9), []);
        assert!(alive.heard(A, start + SECOND * 9));
        assert!(!alive.heard(A, start + SECOND * 9));
    }

    #[test]
    fn who_said_anything_is_known_and_missed_when_it_is_silent() {
        let start = monotonic();
        let mut alive = alive(start);
        assert!(!alive.is_any());
        assert!(alive.met(A, start));
        assert!(alive.is_any() && alive.met(A, start + SECOND * 3));
        assert_eq!(watch(&mut alive, start, 1, 9), [(4, A)]);
        assert!(!alive.met(A, start + SECOND * 9) && !alive.is_any());
        assert!(alive.heard(A, start + SECOND * 9));
        assert!(alive.met(A, start + SECOND * 9));
    }

    #[test]
    fn silence_counts_only_while_we_listen_ourselves() {
        let start = monotonic();
        let mut alive = alive(start);
        alive.heard(A, start);
        alive.stop_listening();
        assert_eq!(watch(&mut alive, start, 1, 20), []);
        alive.listen(start + SECOND * 20);
        assert_eq!(watch(&mut alive, start, 21, 30), [(24, A)]);
    }

    #[test]
    fn who_slept_does_not_take_the_others_for_gone() {
        let start = monotonic();
        let mut alive = alive(start);
        alive.heard(A, start);
        assert_eq!(watch(&mut alive, start, 100, 103), []);
        assert_eq!(watch(&mut alive, start, 104, 110), [(104, A)]);
    }

    #[test]
    fn however_many_they_are_bounded() {
        let start = monotonic();
        let mut alive = alive(start);
        for n in 0..=NODES_MAX {
            alive.heard(NodeId(Uuid::from_u128(n as u128)), start);
        }
        assert_eq!(alive.nodes.len(), NODES_MAX);
    }
}
