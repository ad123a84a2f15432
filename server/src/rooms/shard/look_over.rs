//! How live threads stand in the store, for rooms that may have missed something of other nodes.

use super::{AllRead, Mail, Shard};
use crate::rooms::Rooms;
use std::collections::HashSet;
use tidings_protocol::{FirmId, ThreadId};
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

    /// How threads of a shard stand. What they say may be handed on.
    pub async fn look_over(&self, shard: usize, pulses: Vec<Pulse>) {
        drop(self.shards[shard].mail.send(Mail::LookOver(pulses)).await);
    }
}

impl Shard {
    /// Compares how threads stand with what their rooms were told.
    pub(super) fn on_look_over(&mut self, pulses: &[Pulse]) {
        for pulse in pulses {
            let (repair, receipts) = self.hall.look_over(pulse);
            if repair.is_some() {
                self.metrics.look_over_behind_total.inc();
            }
            self.repair(repair);
            if receipts {
                self.read_receipts(pulse.thread, pulse.read);
            }
        }
    }

    /// How far everybody has read, unless somebody here may not hear of it any more: then the next
    /// look does it again.
    pub(super) fn on_receipts(&mut self, AllRead { thread, of, sum, receipts }: AllRead) {
        let (firm, epoch) = of;
        if self.settle.knows(firm, epoch) {
            self.hall.all_read(thread, sum, receipts);
        }
    }

    /// Reads how far everybody has read, of which `sum` is the sum at least. If that fails, the next
    /// look does it again.
    fn read_receipts(&self, thread: ThreadId, sum: u64) {
        let mail = self.own_mail.clone();
        let asked = self.store.read_then(move |reader| {
            // How often access had ended is read after them, as with repairs.
            if let Ok(receipts) = reader.receipts(thread)
                && let Ok(pulses) = reader.pulses(&[thread])
                && let Some(Pulse { firm, epoch, .. }) = pulses.first().copied()
            {
                // As there: this ends.
                let all_read = AllRead { thread, of: (firm, epoch), sum, receipts };
                drop(mail.blocking_send(Mail::Receipts(all_read)));
            }
        });
        // Too much else is asked for: the next look finds the same.
        drop(asked);
    }
}
