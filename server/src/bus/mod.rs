//! The bus: what nodes tell each other, so that a message that one of them has stored reaches the
//! sockets of all.
//!
//! Contract: the bus is a **hint**. What it carries is durable already or not worth keeping, and it
//! may be lost, doubled, late or out of order: rooms check positions and read the store where
//! something is missing, and [`Heard`] says when something may be. Nobody ever waits for it.
//!
//! It is split by firm: a node hears of the firms that it watches, and pays nothing for others.
//!
//! ```text
//! publish ─▶ outgoing ─▶ publisher ─▶ Redis ─▶ subscriber ─▶ inbox ─▶ ears ─▶ Heard
//!              sent                                 alive             received
//! ```
//!
//! A message has a number, counted by its sender firm by firm: that something is missing is seen by
//! the next one, or by the tail that is said after the last.

mod alive;
mod inbox;
mod message;
mod outgoing;
mod received;
mod redis;
mod sent;
mod url;
mod watching;
mod wire;

pub use message::{NodeId, Payload};
pub use url::{BusUrl, RedisUrl};

use self::redis::Shared;
use crate::clock::monotonic;
use crate::metrics::Metrics;
use std::sync::Arc;
use std::time::Duration;
use tidings_protocol::FirmId;
use tokio::sync::mpsc;

/// What waits to be heard at most. More waits in the inbox, as bytes.
const HEARD_MAX: usize = 256;

/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// A cheap handle on the bus.
#[derive(Clone)]
pub struct Bus {
    node: NodeId,
    shared: Option<Arc<Shared>>,
}

/// How long things take on the bus. All nodes have the same; tests can't wait for so long.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Between two signs of life.
    pub beat: Duration,
    /// After which silence a node is gone.
    pub silence: Duration,
    /// Within which Redis answers, or the connection is given up.
    pub deadline: Duration,
    /// How long nothing is said about a firm, before it is said once more how much there was.
    pub tail: Duration,
    /// How long a firm is watched on after its last socket.
    pub linger: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(1),
            silence: Duration::from_secs(4),
            deadline: Duration::from_millis(1_500),
            tail: Duration::from_secs(1),
            linger: Duration::from_mins(1),
        }
    }
}

/// What a node hears.
#[derive(Debug)]
pub enum Heard {
    /// Another node says something about a firm that is watched here.
    Payload {
        /// Who says it.
        from: NodeId,
        /// Of which firm.
        firm: FirmId,
        /// What.
        payload: Payload,
    },
    /// From now on all that is said about the firm is heard; what was said before may have been
    /// missed.
    Watching(FirmId),
    /// Nothing is heard of the firm any more.
    Unwatched(FirmId),
    /// Something that a node said about a firm was missed.
    Missed {
        /// Who said it.
        from: NodeId,
        /// Of which firm.
        firm: FirmId,
    },
    /// A node was silent for too long: what only it knew is void, and of what it committed last
    /// nobody may have been told.
    Gone(NodeId),
    /// A node said goodbye, after all else that it had to say.
    Left(NodeId),
    /// The bus is away: nothing is heard until it is up again.
    Down,
    /// The bus is back, and every firm is watched again; all of them may have been missed.
    Up,
}

impl Bus {
    /// Opens what the operator wants, inside a runtime. That Redis is away is no error: the bus is
    /// down until it is there.
    pub fn start(
        url: &BusUrl,
        times: Times,
        metrics: &Arc<Metrics>,
    ) -> (Self, mpsc::Receiver<Heard>) {
        let BusUrl::Redis(url) = url else {
            metrics.bus_up.set(1);
            return Self::alone();
        };
        let (to, heard) = mpsc::channel(HEARD_MAX);
        let shared = Arc::new(Shared::new(url.clone(), times, Arc::clone(metrics)));
        redis::start(&shared, to);
        (Self { node: shared.node, shared: Some(shared) }, heard)
    }

    /// A node that is the only one: there is nobody to tell, and nothing to hear.
    pub fn alone() -> (Self, mpsc::Receiver<Heard>) {
        let (_, heard) = mpsc::channel(HEARD_MAX);
        (Self { node: NodeId::random(), shared: None }, heard)
    }

    /// This node, in this run of it.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Whether there may be other nodes.
    pub fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Whether what is said now is heard by the others, and the other way round; a node that is
    /// alone always is.
    pub fn is_up(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.is_up())
    }

    /// Whether no other node is heard of, though it would be if it used the same bus.
    pub fn hears_nobody(&self) -> bool {
        let nobody = |shared: &Arc<Shared>| shared.is_up() && !shared.alive.lock().is_any();
        self.shared.as_ref().is_none_or(nobody)
    }

    /// Tells the other nodes. Never waits: if the bus is away or does not keep up, it is lost, and
    /// the others see that something is missing.
    pub fn publish(&self, firm: FirmId, payload: Payload) {
        if let Some(shared) = &self.shared
            && !shared.outgoing.publish(firm, payload)
        {
            shared.metrics.bus_dropped_total.inc();
        }
    }

    /// Hears of a firm from now on: [`Heard::Watching`] says when. Once for each socket of it.
    pub fn watch(&self, firm: FirmId) {
        if let Some(shared) = &self.shared {
            shared.watching.watch(firm);
        }
    }

    /// The opposite of one [`Self::watch`]. The firm is heard of for a while longer, since its
    /// people mostly come back.
    pub fn unwatch(&self, firm: FirmId) {
        if let Some(shared) = &self.shared {
            shared.watching.unwatch(firm, monotonic());
        }
    }

    /// Says what still waits, and that this node ends: nothing is said after it. Takes half a
    /// second at most.
    pub async fn goodbye(&self) {
        if let Some(shared) = &self.shared {
            shared.parting.notify_one();
            // Without it, the others notice by our silence.
            drop(tokio::time::timeout(GOODBYE, shared.parted.notified()).await);
        }
    }
}
