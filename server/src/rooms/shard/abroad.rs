//! What a shard has to do with other nodes: its rooms hear who looks at their threads there, and
//! the others are told who looks here. A node that is alone does none of it.

use super::Shard;
use crate::bus::Payload;
use crate::rooms::elsewhere::News;
use crate::rooms::looking::Looking;
use tidings_protocol::{FirmId, ThreadId};

/// Threads of which other nodes are told at a time who looks at them. As many as a node has at
/// most have to be told, when the others ask, before these forget what they knew.
const TOLD_PER_TICK: usize = 2_000;

impl Shard {
    /// A room that is opened gets to know who looks at its thread elsewhere. Asked in the name of
    /// somebody's firm: of another one's thread nothing is known there.
    pub(super) fn ask_elsewhere(&mut self, thread: ThreadId, firm: FirmId) {
        if self.bus.is_shared() {
            let others = self.shared.elsewhere.lock().of(firm, thread);
            if !others.is_empty() {
                self.hall.looking_elsewhere(thread, others);
            }
        }
    }

    /// A thread was seen to be the firm's.
    pub(super) fn belongs(&mut self, thread: ThreadId, firm: FirmId) {
        if self.bus.is_shared() {
            self.hall.belongs(thread, firm);
        }
    }

    /// Rooms hear what other nodes have said since the last time.
    pub(super) fn hear_of_others(&mut self) {
        if !self.bus.is_shared() {
            return;
        }
        let News { looking, asked } =
            self.shared.elsewhere.lock().take(|thread| self.hall.has(thread));
        for (thread, others) in looking {
            self.hall.looking_elsewhere(thread, others);
        }
        self.hall.asked(&asked);
    }

    /// Other nodes hear who looks at threads here, as far as that has changed.
    pub(super) fn tell_others(&mut self) {
        for (firm, thread, Looking { people, count }) in self.hall.tell_others(TOLD_PER_TICK) {
            self.bus.publish(firm, Payload::Looking { thread, people, count });
        }
    }
}
