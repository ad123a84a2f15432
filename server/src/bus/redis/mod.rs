//! The bus over Redis: two connections (or two to each node of a cluster), each with a task that opens
//! it, looks after it, and opens it anew on the slightest doubt.
//!
//! What Redis promises here is little: a message goes to those who are subscribed at the moment, or
//! to nobody. So every subscription is confirmed by name before it counts, both connections are
//! asked every second whether they still live, and whoever was not subscribed for a moment is told
//! that anything may have been missed. The crate's own ways to reconnect are not used: they
//! subscribe again without looking at the answers.

mod backoff;
mod ears;
mod link;
mod publisher;
mod slots;
mod subscriber;

use super::Heard;
use super::Times;
use super::alive::Alive;
use super::inbox::Inbox;
use super::message::NodeId;
use super::outgoing::Outgoing;
use super::url::RedisUrl;
use super::watching::Watching;
use crate::metrics::Metrics;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidings_protocol::FirmId;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

/// What the tasks and the handles share.
pub(super) struct Shared {
    pub(super) node: NodeId,
    pub(super) url: RedisUrl,
    pub(super) times: Times,
    pub(super) metrics: Arc<Metrics>,
    pub(super) outgoing: Outgoing,
    pub(super) watching: Watching,
    pub(super) inbox: Inbox,
    pub(super) alive: Mutex<Alive>,
    /// Whether all that is watched is heard of.
    pub(super) hears: AtomicBool,
    /// That the node is about to end.
    pub(super) parting: Notify,
    /// That it has said goodbye.
    pub(super) parted: Notify,
}

impl Shared {
    pub(super) fn new(url: RedisUrl, times: Times, metrics: Arc<Metrics>) -> Self {
        let node = NodeId::random();
        Self {
            node,
            outgoing: Outgoing::new(node, times.tail),
            watching: Watching::new(times.linger),
            inbox: Inbox::default(),
            alive: Mutex::new(Alive::new(times.silence)),
            hears: AtomicBool::new(false),
            parting: Notify::new(),
            parted: Notify::new(),
            url,
            times,
            metrics,
        }
    }

    /// Whether both connections are up.
    pub(super) fn is_up(&self) -> bool {
        self.hears.load(Ordering::Acquire) && self.outgoing.is_open()
    }

    /// Counts it.
    fn note_up(&self) {
        self.metrics.bus_up.set(i64::from(self.is_up()));
    }
}

/// Starts the tasks.
pub(super) fn start(shared: &Arc<Shared>, heard: mpsc::Sender<Heard>) {
    use crate::vital;
    vital::spawn("bus publisher", publisher::run(Arc::clone(shared)));
    vital::spawn("bus subscriber", subscriber::run(Arc::clone(shared)));
    vital::spawn("bus ears", ears::run(Arc::clone(shared), heard));
}

/// A channel, by what is said on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    /// That nodes live.
    Nodes,
    /// All about a firm.
    Firm(FirmId),
}

const NODES: &str = "nodes";

impl Channel {
    /// Its name in Redis.
    fn name(self, prefix: &str) -> String {
        match self {
            Self::Nodes => format!("{prefix}:{NODES}"),
            Self::Firm(FirmId(firm)) => format!("{prefix}:{firm}"),
        }
    }

    fn of_name(prefix: &str, name: &[u8]) -> Option<Self> {
        let name = name.strip_prefix(prefix.as_bytes())?.strip_prefix(b":")?;
        if name == NODES.as_bytes() {
            return Some(Self::Nodes);
        }
        Uuid::try_parse_ascii(name).ok().map(|firm| Self::Firm(FirmId(firm)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_known_by_their_names() {
        for channel in [Channel::Nodes, Channel::Firm(FirmId(Uuid::from_u128(5)))] {
            let name = channel.name("a:b");
            assert_eq!(Channel::of_name("a:b", name.as_bytes()), Some(channel));
            assert_eq!(Channel::of_name("a", name.as_bytes()), None);
        }
        assert_eq!(Channel::Nodes.name("tidings"), "tidings:nodes");
    }
}
