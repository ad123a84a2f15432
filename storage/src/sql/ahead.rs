//! What was read for a batch before it began, at once, by a database to which every question is a
//! journey. Whoever could change it is locked out until the batch ends. The others read when they
//! come to it, and have nothing in here.

use std::collections::{HashMap, HashSet};
use tidings_protocol::{ClientKey, Person, Seq, ThreadId, Timestamp};
use uuid::Uuid;

/// An event that was found by its key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed {
    pub(crate) thread: i64,
    pub(crate) seq: Seq,
    pub(crate) kind: i64,
    pub(crate) at: Timestamp,
}

/// Whether a key was used.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    /// For this event.
    By(Keyed),
    /// Not yet.
    Free,
    /// It was not looked up.
    Unknown,
}

/// What is known for the time of a batch.
#[derive(Default)]
pub(crate) struct Ahead {
    keys: HashMap<(Uuid, Uuid), Option<Keyed>>,
    numbers: Vec<i64>,
    messages: HashMap<(ThreadId, Seq), u64>,
    missing: HashSet<ThreadId>,
}

impl Ahead {
    /// Keys were looked up, by actor: these were not used.
    pub(crate) fn free_keys(&mut self, keys: impl IntoIterator<Item = (Uuid, Uuid)>) {
        self.keys.extend(keys.into_iter().map(|key| (key, None)));
    }

    /// An actor has used a key.
    pub(crate) fn used_key(&mut self, actor: Uuid, key: Uuid, event: Keyed) {
        self.keys.insert((actor, key), Some(event));
    }

    /// Numbers for threads that will be started.
    pub(crate) fn numbers(&mut self, numbers: Vec<i64>) {
        self.numbers = numbers;
    }

    /// Messages in a thread up to and including an event.
    pub(crate) fn messages(&mut self, thread: ThreadId, seq: Seq, messages: u64) {
        self.messages.insert((thread, seq), messages);
    }

    /// There are no such threads.
    pub(crate) fn missing(&mut self, threads: impl IntoIterator<Item = ThreadId>) {
        self.missing.extend(threads);
    }

    pub(super) fn use_of(&self, actor: Person, key: ClientKey) -> Use {
        match self.keys.get(&(actor.uuid(), key.0)) {
            Some(Some(event)) => Use::By(*event),
            Some(None) => Use::Free,
            None => Use::Unknown,
        }
    }

    /// A key that was free has been used by this batch.
    pub(super) fn use_here(&mut self, actor: Person, key: ClientKey, event: Keyed) {
        if let Some(free) = self.keys.get_mut(&(actor.uuid(), key.0)) {
            *free = Some(event);
        }
    }

    pub(super) fn is_missing(&self, thread: ThreadId) -> bool {
        self.missing.contains(&thread)
    }

    pub(super) fn number(&mut self) -> Option<i64> {
        self.numbers.pop()
    }

    pub(super) fn messages_at(&self, thread: ThreadId, seq: Seq) -> Option<u64> {
        self.messages.get(&(thread, seq)).copied()
    }
}
