//! Rooms: who is joined to which live thread on this node, and what they are sent.
//!
//! `room` decides, and `hall` for many rooms; `shard` carries out, and makes up for what was `lost`;
//! who is `looking` at a thread `elsewhere` is told by other nodes; [`Rooms`] is the handle that
//! everybody else has.

mod elsewhere;
mod hall;
mod looking;
mod lost;
mod room;
mod shard;

pub use hall::{Hall, Repair};
pub use looking::Looking;
pub use lost::Lost;
pub use room::{Arrival, Attach, Outlet, Reminding, Room, Seat, classify};
pub use shard::{Committed, Found, Mail};

use crate::bus::Bus;
use crate::metrics::Metrics;
use crate::settle::Settle;
use crate::store::Store;
use shard::{MAIL_MAX, Means, Shard, Shared};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tidings_protocol::ThreadId;
use tokio::sync::mpsc;

/// A cheap handle on all rooms of this node.
#[derive(Clone)]
pub struct Rooms {
    shards: Arc<[Handle]>,
}

struct Handle {
    mail: mpsc::Sender<Mail>,
    shared: Shared,
}

impl Rooms {
    /// Starts so many shards.
    pub fn start(
        shards: usize,
        store: &Store,
        bus: &Bus,
        settle: &Settle,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let shards = (0..shards.max(1))
            .map(|_| {
                let (mail, inbox) = mpsc::channel(MAIL_MAX);
                let both = Shared::default();
                let means = Means {
                    store: store.clone(),
                    bus: bus.clone(),
                    settle: settle.clone(),
                    metrics: Arc::clone(metrics),
                };
                let shard = Shard::new(means, mail.clone(), both.clone());
                crate::vital::spawn("shard", shard.run(inbox));
                Handle { mail, shared: both }
            })
            .collect();
        Self { shards }
    }

    /// How many shards there are.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Which shard has the thread's room.
    pub fn shard_of(&self, thread: ThreadId) -> usize {
        let mut hasher = DefaultHasher::new();
        thread.hash(&mut hasher);
        usize::try_from(hasher.finish() % self.shards.len() as u64).unwrap_or(0)
    }

    /// Sends mail about one thread, waiting if there is much.
    pub async fn send(&self, thread: ThreadId, mail: Mail) {
        // A shard ends only with the program.
        drop(self.shards[self.shard_of(thread)].mail.send(mail).await);
    }

    /// Tells a shard what was committed. Never waits: what it can't take now it will read from
    /// the store.
    pub fn committed(&self, shard: usize, committed: Committed) {
        let handle = &self.shards[shard];
        if let Err(full) = handle.mail.try_send(Mail::Committed(committed))
            && let Mail::Committed(committed) = full.into_inner()
        {
            handle.shared.lost.lock().note(&committed.commits);
            committed.flush.iter().for_each(Outlet::flush);
        }
    }
}
