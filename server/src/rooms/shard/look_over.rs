//! How live threads stand in the store, for rooms that may have missed something of other nodes.

use super::{Mail, Shard};
use crate::rooms::Rooms;
use std::collections::HashSet;
use tidings_protocol::{FirmId, Receipt, ThreadId};
use tidings_storage::Pulse;
use tokio::sync::oneshot;

impl Rooms {
    /// The threads of a shard that have a room, of these firms or all; and those of which it is not
    /// known yet whose they are.
    pub async fn live(&self, shard: usize, firms: Option<HashSet<FirmId>>) -> Vec<ThreadId> {
        let (threads, live) = oneshot::channel();
        // A shard ends only with the program.
        drop(self.shards[shard].mail.send(Mail::Live { firms, threads }).await);
        live.await.unwrap_or_default()
    }

    /// How threads of a shard stand. What they say may be handed on. Says where somebody has read
    /// further since the last look; then [`Self::all_read`] is to follow.
    pub async fn look_over(&self, shard: usize, pulses: Vec<Pulse>) -> Vec<Pulse> {
        let (read, further) = oneshot::channel();
        drop(self.shards[shard].mail.send(Mail::LookOver { pulses, read }).await);
        further.await.unwrap_or_default()
    }

    /// How far everybody has read a thread, of which `sum` is the sum, or was a moment before. It may
    /// be handed on.
    pub async fn all_read(&self, thread: ThreadId, sum: u64, receipts: Vec<Receipt>) {
        self.send(thread, Mail::Receipts { thread, sum, receipts }).await;
    }
}

impl Shard {
    /// Compares how threads stand with what their rooms were told.
    pub(super) fn on_look_over(
        &mut self,
        mut pulses: Vec<Pulse>,
        read: oneshot::Sender<Vec<Pulse>>,
    ) {
        pulses.retain(|pulse| {
            let (repair, read) = self.hall.look_over(pulse);
            if repair.is_some() {
                self.metrics.look_over_behind_total.inc();
            }
            self.repair(repair);
            read
        });
        // Who no longer waits looks again another time.
        drop(read.send(pulses));
    }
}
