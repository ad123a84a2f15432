//! Who looks at threads by sockets of other nodes, as those say; for rooms that are here and for
//! rooms that may be opened yet.
//!
//! Dispatch writes it and shards read it, each its own: so nothing that is said is lost to a full
//! mailbox, and a room that is opened has it at once.

use crate::bus::NodeId;
use crate::hearsay::Hearsay;
use crate::rooms::looking::Looking;
use crate::rooms::{Mail, Rooms};
use std::collections::BTreeSet;
use std::time::Instant;
use tidings_protocol::{FirmId, Person, ThreadId};

/// What a shard is to know of other nodes.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    looking: Hearsay<ThreadId, Looking>,
    /// Of which threads rooms have not heard yet.
    changed: BTreeSet<(FirmId, ThreadId)>,
    /// Firms of which other nodes want to know who looks here.
    asked: BTreeSet<FirmId>,
}

/// What rooms have to hear of.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Who looks at threads elsewhere now.
    pub(super) looking: Vec<(ThreadId, Looking)>,
    /// Firms of which other nodes want to know who looks here.
    pub(super) asked: BTreeSet<FirmId>,
}

impl Elsewhere {
    /// Who looks at a thread by any other node.
    pub(super) fn of(&self, firm: FirmId, thread: ThreadId) -> Looking {
        let all = self.looking.of(firm, thread);
        all.fold(Looking::default(), |sum, (_, looking)| sum.and(looking))
    }

    /// What has changed since the last time, of threads whose rooms are here.
    pub(super) fn take(&mut self, is_here: impl Fn(ThreadId) -> bool) -> News {
        let changed = std::mem::take(&mut self.changed).into_iter();
        let here = changed.filter(|(_, thread)| is_here(*thread));
        News {
            looking: here.map(|(firm, thread)| (thread, self.of(firm, thread))).collect(),
            asked: std::mem::take(&mut self.asked),
        }
    }

    fn hear(&mut self, from: NodeId, firm: FirmId, thread: ThreadId, is: Looking, now: Instant) {
        let is = Some(is).filter(|looking| !looking.is_empty());
        if self.looking.hear(from, firm, thread, is, now) {
            self.changed.insert((firm, thread));
        }
    }
}

impl Rooms {
    /// Another node says who looks at a thread there.
    pub fn looking_elsewhere(
        &self,
        from: NodeId,
        firm: FirmId,
        thread: ThreadId,
        looking: Looking,
        now: Instant,
    ) {
        let shard = &self.shards[self.shard_of(thread)];
        shard.shared.elsewhere.lock().hear(from, firm, thread, looking, now);
    }

    /// Somebody is writing at another node. Not told if there is too much else to tell.
    pub fn typing_elsewhere(&self, thread: ThreadId, person: Person) {
        let shard = &self.shards[self.shard_of(thread)];
        drop(shard.mail.try_send(Mail::Typing { thread, person }));
    }

    /// Other nodes want to know who looks at the threads of these firms here.
    pub fn asked_who_looks(&self, firms: &BTreeSet<FirmId>) {
        for shard in self.shards.iter() {
            shard.shared.elsewhere.lock().asked.extend(firms);
        }
    }

    /// A node is gone, and who looked by it with it.
    pub fn forget_node(&self, node: NodeId) {
        self.forget(|looking| looking.forget_node(node));
    }

    /// Forgets who looks at the threads of a firm elsewhere, as far as nobody has said it since.
    pub fn forget_firm(&self, firm: FirmId, before: Instant) {
        self.forget(|looking| looking.forget_firm(firm, before));
    }

    /// Forgets who looks elsewhere.
    pub fn forget_others(&self) {
        self.forget(Hearsay::forget_all);
    }

    fn forget(&self, forget: impl Fn(&mut Hearsay<ThreadId, Looking>) -> Vec<(FirmId, ThreadId)>) {
        for shard in self.shards.iter() {
            let mut elsewhere = shard.shared.elsewhere.lock();
            let changed = forget(&mut elsewhere.looking);
            elsewhere.changed.extend(changed);
        }
    }
}
