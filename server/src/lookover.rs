//! Looking over what is live: when something that other nodes committed may have been missed, how
//! things stand in the store is compared with what was told here.
//!
//! First how often access has ended, then how far logs and receipts reach of every thread that has
//! a room, and then, in turns, what everybody's feed says. What is found is made up for by those
//! whose it is: dispatch, rooms, feed. A node that is alone misses nothing, and does none of it.

mod due;

pub use due::{Due, Extent, Turn};

use crate::clock::monotonic;
use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::people::People;
use crate::rooms::Rooms;
use crate::settle::Settle;
use crate::store::Store;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tidings_protocol::{FirmId, ThreadId};
use tidings_storage::{Epoch, Pulse, Unavailable};
use tokio::sync::Notify;

/// Threads or firms asked for at a time, so that other readers get their turn.
const QUERY_ITEMS: usize = 256;

/// Threads of which everybody's receipts are read at a time: each has up to hundreds.
const QUERY_RECEIPTS: usize = 16;

/// Turns are so far apart at least: what comes meanwhile is looked over together.
const APART: Duration = Duration::from_millis(100);

/// When the store did not answer, it is asked again after this.
const AGAIN: Duration = Duration::from_secs(2);

/// A cheap handle by which to say what may have been missed.
#[derive(Clone)]
pub struct LookOver {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    due: Mutex<Due>,
    wake: Notify,
}

/// What is looked over, and by what means.
pub struct Scope {
    /// Who is connected.
    pub people: Arc<People>,
    /// The live threads.
    pub rooms: Rooms,
    /// What people are told without joining anything.
    pub feed: Feed,
    /// What is so.
    pub store: Store,
    /// For what was read to be handed on.
    pub settle: Settle,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl LookOver {
    /// Of a node that is alone: nothing is ever looked over.
    pub fn never() -> Self {
        Self { shared: Arc::default() }
    }

    /// Starts the task that looks.
    pub fn start(scope: Scope, bus_is_up: bool) -> Self {
        let shared = Arc::new(Shared {
            due: Mutex::new(Due::new(monotonic(), bus_is_up)),
            ..Shared::default()
        });
        let looker = Looker { shared: Arc::clone(&shared), scope };
        crate::vital::spawn("look-over", looker.run());
        Self { shared }
    }

    /// Something of a firm may have been missed.
    pub fn firm(&self, firm: FirmId) {
        self.note(|due| due.firm(firm));
    }

    /// Something of any firm may have been missed.
    pub fn everything(&self) {
        self.note(Due::everything);
    }

    /// What is looked over now and then anyway is looked over now.
    pub fn soon(&self) {
        self.note(Due::soon);
    }

    /// Whether other nodes are heard.
    pub fn bus_is(&self, up: bool) {
        self.note(|due| due.bus_is(up));
    }

    fn note(&self, note: impl FnOnce(&mut Due)) {
        note(&mut self.shared.due.lock());
        self.shared.wake.notify_one();
    }
}

struct Looker {
    shared: Arc<Shared>,
    scope: Scope,
}

impl Looker {
    async fn run(self) {
        let mut not_before = monotonic();
        loop {
            let next = self.shared.due.lock().next(monotonic());
            let woken = self.shared.wake.notified();
            // Either is a reason to look.
            drop(tokio::time::timeout_at(next.max(not_before).into(), woken).await);
            tokio::time::sleep_until(not_before.into()).await;
            let taken = self.shared.due.lock().take(monotonic());
            let Some(turn) = taken else { continue };
            let done = self.look(&turn).await;
            not_before = monotonic() + if done.is_ok() { APART } else { AGAIN };
            if done.is_err() {
                self.shared.due.lock().again(turn);
            }
        }
    }

    async fn look(&self, turn: &Turn) -> Result<(), Unavailable> {
        self.scope.metrics.look_overs_total.inc();
        let firms = match &turn.extent {
            Extent::All => None,
            Extent::Firms(firms) => Some(firms),
        };
        self.access(firms).await?;
        for shard in 0..self.scope.rooms.shards() {
            for some in self.scope.rooms.live(shard, firms.cloned()).await.chunks(QUERY_ITEMS) {
                let pulses = self.pulses(some.to_vec()).await?;
                let read = self.scope.rooms.look_over(shard, pulses).await;
                for some in read.chunks(QUERY_RECEIPTS) {
                    self.receipts(some.to_vec()).await?;
                }
            }
        }
        if turn.feeds {
            self.scope.feed.look_over(self.scope.people.actors(firms));
        }
        Ok(())
    }

    /// Sockets that have joined nothing lose their access as well.
    async fn access(&self, among: Option<&HashSet<FirmId>>) -> Result<(), Unavailable> {
        let mut firms = self.scope.people.firms();
        firms.retain(|firm| among.is_none_or(|among| among.contains(firm)));
        for some in firms.chunks(QUERY_ITEMS) {
            let known =
                some.iter().filter_map(|firm| Some((*firm, self.scope.people.known(*firm)?)));
            let known: HashMap<FirmId, Epoch> = known.collect();
            let some = some.to_vec();
            let epochs = self.scope.store.read(move |reader| reader.epochs(&some)).await??;
            for (firm, now) in &epochs {
                if let Some(before) = known.get(firm).filter(|before| now < before) {
                    self.scope.settle.gone_back(*firm, *before);
                }
            }
            self.scope.settle.up_to(epochs).await;
        }
        Ok(())
    }

    /// Rooms hear how far everybody has read.
    async fn receipts(&self, pulses: Vec<Pulse>) -> Result<(), Unavailable> {
        let read = self.scope.store.read(move |reader| {
            let threads: Vec<ThreadId> = pulses.iter().map(|pulse| pulse.thread).collect();
            let receipts =
                pulses.into_iter().map(|pulse| Ok((pulse, reader.receipts(pulse.thread)?)));
            let receipts = receipts.collect::<Result<Vec<_>, Unavailable>>()?;
            // After them, so that no end of access is later.
            Ok((receipts, reader.pulses(&threads)?))
        });
        let (receipts, now) = read.await.and_then(|read| read)?;
        self.scope.settle.up_to(epochs_of(&now)).await;
        for (pulse, receipts) in receipts {
            self.scope.rooms.all_read(pulse.thread, pulse.read, receipts).await;
        }
        Ok(())
    }

    /// How threads stand; what comes of it may be handed on.
    async fn pulses(&self, threads: Vec<ThreadId>) -> Result<Vec<Pulse>, Unavailable> {
        let pulses = self.scope.store.read(move |reader| reader.pulses(&threads)).await??;
        self.scope.settle.up_to(epochs_of(&pulses)).await;
        Ok(pulses)
    }
}

/// Each firm once: the pulses are of one moment.
fn epochs_of(pulses: &[Pulse]) -> Vec<(FirmId, Epoch)> {
    let epochs: HashSet<_> = pulses.iter().map(|pulse| (pulse.firm, pulse.epoch)).collect();
    epochs.into_iter().collect()
}
