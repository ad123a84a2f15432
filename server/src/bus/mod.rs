//! The bus: what nodes tell each other, so that a message that one of them has stored reaches the
//! sockets of all.
//!
//! Contract: the bus is a **hint**. What it carries is durable already or not worth keeping, and it
//! may be lost, doubled, late or out of order: rooms check positions and read the store where
//! something is missing, and [`Heard`] says when something may be. Nobody ever waits for it.
//!
//! It is split by firm: a node hears of the firms that it watches, and pays nothing for others.

mod message;

pub use message::{NodeId, Payload};

use tidings_protocol::FirmId;
use tokio::sync::mpsc;

/// What waits to be heard at most.
const HEARD_MAX: usize = 4_096;

/// A cheap handle on the bus.
#[derive(Clone)]
pub struct Bus {
    node: NodeId,
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
    /// Something that a node said about a firm was missed.
    Missed {
        /// Who said it.
        from: NodeId,
        /// Of which firm.
        firm: FirmId,
    },
    /// A node is gone or was silent for too long: what only it knew is void, and of what it
    /// committed last nobody may have been told.
    Gone(NodeId),
    /// The bus is away: nothing is heard until it is up again.
    Down,
    /// The bus is back, and every firm is watched again; all of them may have been missed.
    Up,
}

impl Bus {
    /// A node that is the only one: there is nobody to tell, and nothing to hear.
    pub fn alone() -> (Self, mpsc::Receiver<Heard>) {
        let (_, heard) = mpsc::channel(HEARD_MAX);
        (Self { node: NodeId::random() }, heard)
    }

    /// This node, in this run of it.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Whether there may be other nodes.
    pub fn is_shared(&self) -> bool {
        false
    }

    /// Whether what is said now is heard by the others; a node that is alone always is.
    pub fn is_up(&self) -> bool {
        true
    }

    /// Tells the other nodes. Never waits: if the bus is away or does not keep up, it is lost, and
    /// the others see that something is missing.
    pub fn publish(&self, firm: FirmId, payload: Payload) {
        let _ = (firm, payload);
    }

    /// Hears of a firm from now on: [`Heard::Watching`] says when. Once for each socket of it.
    pub fn watch(&self, firm: FirmId) {
        let _ = firm;
    }

    /// The opposite of one [`Self::watch`]. The firm is heard of for a while longer, since its
    /// people mostly come back.
    pub fn unwatch(&self, firm: FirmId) {
        let _ = firm;
    }
}
