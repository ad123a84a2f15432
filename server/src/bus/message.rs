//! What is said on the bus.

use serde::{Deserialize, Serialize};
use tidings_protocol::{Person, ThreadId};
use tidings_storage::Commit;
use uuid::Uuid;

/// One run of one node: a node that was restarted is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub Uuid);

impl NodeId {
    /// One that no other node has.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

/// What a node tells the others about a firm. Append only: position is the format, and nodes of two
/// versions run side by side while they are restarted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payload {
    /// Something is durable.
    Committed(Commit),
    /// Somebody is writing.
    Typing {
        /// In which thread.
        thread: ThreadId,
        /// Who.
        person: Person,
    },
    /// Who looks at a thread by sockets of the sender: all of it, in place of what it said before.
    Looking {
        /// Which thread.
        thread: ThreadId,
        /// Who, unless they are too many to be named.
        people: Vec<Person>,
        /// How many.
        count: u32,
    },
    /// How many sockets these people have at the sender now.
    Sockets(Vec<(Person, u32)>),
    /// Whoever has something to say of [`Self::Looking`] and [`Self::Sockets`], say it again.
    Ask,
}

impl Payload {
    /// Whether it counts however late it comes: a commit is placed by itself, and a question wants
    /// an answer. All else is how things stand, and void once the sender has said more or is gone.
    pub fn counts_late(&self) -> bool {
        matches!(self, Self::Committed(_) | Self::Ask)
    }
}
