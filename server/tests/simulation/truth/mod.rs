//! The ledger beside the server: what was committed, by whom, and who could see it when, kept in
//! the plainest way there is. Everything that a server says is held against it.

mod answer;
mod commit;
mod deliver;
mod mail;
mod people;
mod remind;

pub(crate) use commit::key_of;
pub(crate) use mail::{Lease, Post};
pub(crate) use people::Standing;

use crate::invariant::{Held, Invariant};
use std::collections::{BTreeMap, BTreeSet};
use tidings_protocol::{
    AccountId, ClientKey, Event, EventKind, FirmId, MessageId, Person, ReminderState, Reply,
    RequestId, Seq, TaskId, ThreadId,
};
use tidings_server::socket::SocketId;
use tidings_storage::Operation;

/// One frame of one connection.
pub(crate) type Attempt = (SocketId, RequestId);

/// An operation on its way to the store.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    /// Who waits for the answer; nobody for a host's changes to the directory.
    pub(crate) attempt: Option<Attempt>,
    pub(crate) operation: Operation,
}

/// All that is known.
#[derive(Default)]
pub(crate) struct Truth {
    /// Operations that the store has done: the order of all things.
    pub(crate) commits: u64,
    pub(crate) threads: BTreeMap<ThreadId, Thread>,
    pub(crate) people: BTreeMap<Person, Standing>,
    /// Who sees a thread: for ever, or until a commit. Who never saw it is not in here.
    sees: BTreeMap<(Person, ThreadId), Option<u64>>,
    keys: BTreeMap<(Person, ClientKey), (ThreadId, Seq)>,
    answers: BTreeMap<(Person, ClientKey), Reply>,
    /// What the store said to a frame: whether it was done.
    attempts: BTreeMap<Attempt, bool>,
    /// The last post of each connection that was done, by thread.
    order: BTreeMap<(SocketId, ThreadId), (RequestId, Seq)>,
    /// Emails.
    pub(crate) post: Post,
}

/// One thread.
pub(crate) struct Thread {
    /// Short, for traces.
    pub(crate) number: usize,
    pub(crate) firm: FirmId,
    pub(crate) account: AccountId,
    pub(crate) log: Vec<Entry>,
    pub(crate) receipts: BTreeMap<Person, Seq>,
    /// By which commit somebody read so far.
    pub(crate) read_by: BTreeMap<(Person, Seq), u64>,
    /// How far its reminders were, since which commit.
    pub(crate) reminders: Vec<(u64, ReminderState)>,
}

/// One event and all that it ever read like.
pub(crate) struct Entry {
    pub(crate) event: Event,
    /// By which commit, and how; the last one is how it reads now.
    pub(crate) versions: Vec<(u64, EventKind)>,
}

impl Entry {
    /// The event as the store has it now.
    pub(crate) fn now(&self) -> Event {
        let kind = self.versions.last().map_or(&self.event.kind, |(_, kind)| kind).clone();
        Event { kind, ..self.event.clone() }
    }

    /// Whether it is a message that was deleted since.
    fn is_taken_back(&self) -> bool {
        let now = self.versions.last().map(|(_, kind)| kind);
        matches!(now, Some(EventKind::MessagePosted { deleted: true, .. }))
    }
}

impl Thread {
    pub(crate) fn head(&self) -> Seq {
        Seq(self.log.len() as u64)
    }

    pub(crate) fn entry(&self, seq: Seq) -> Option<&Entry> {
        self.log.get(usize::try_from(seq.0.checked_sub(1)?).ok()?)
    }

    fn entry_mut(&mut self, seq: Seq) -> Option<&mut Entry> {
        self.log.get_mut(usize::try_from(seq.0.checked_sub(1)?).ok()?)
    }

    pub(crate) fn receipt(&self, person: Person) -> Seq {
        self.receipts.get(&person).copied().unwrap_or_default()
    }

    /// Messages up to a position, counted one by one.
    fn messages_until(&self, seq: Seq) -> u64 {
        let until = self.log.iter().take_while(|entry| entry.event.seq <= seq);
        until.filter(|entry| entry.event.kind.is_message()).count() as u64
    }

    /// Messages after the receipt, counted one by one.
    pub(crate) fn unread(&self, person: Person) -> u64 {
        self.messages_until(self.head()) - self.messages_until(self.receipt(person))
    }

    /// Whether the last word on it is that it is archived.
    pub(crate) fn archived(&self) -> bool {
        let word = |entry: &Entry| match entry.event.kind {
            EventKind::Archived {} => Some(true),
            EventKind::Reopened {} => Some(false),
            _ => None,
        };
        self.log.iter().rev().find_map(word).unwrap_or(false)
    }

    /// Its tasks and whether they are done.
    pub(crate) fn tasks(&self) -> BTreeMap<TaskId, bool> {
        let mut tasks = BTreeMap::new();
        for Entry { event, .. } in &self.log {
            match event.kind {
                EventKind::TaskAdded { .. } => drop(tasks.insert(TaskId(event.seq.0), false)),
                EventKind::TaskTicked { task } => drop(tasks.insert(task, true)),
                EventKind::TaskUnticked { task } => drop(tasks.insert(task, false)),
                EventKind::TaskRemoved { task } => drop(tasks.remove(&task)),
                _ => {}
            }
        }
        tasks
    }
}

/// What messages say after a log: their bodies, none once deleted. Any reader must get the same.
pub(crate) fn bodies<'a>(
    log: impl Iterator<Item = &'a Event>,
) -> BTreeMap<MessageId, Option<String>> {
    let mut bodies = BTreeMap::new();
    let mut gone = BTreeSet::new();
    for event in log {
        match &event.kind {
            EventKind::MessagePosted { body, deleted, .. } => {
                let message = MessageId(event.seq.0);
                bodies.insert(message, (!deleted).then(|| body.clone()));
                gone.extend(deleted.then_some(message));
            }
            // An edit without a body was overtaken by a later event.
            EventKind::MessageEdited { message, body }
                if !body.is_empty() && bodies.contains_key(message) && !gone.contains(message) =>
            {
                bodies.insert(*message, Some(body.clone()));
            }
            EventKind::MessageDeleted { message } => {
                if let Some(body) = bodies.get_mut(message) {
                    *body = None;
                }
                gone.insert(*message);
            }
            _ => {}
        }
    }
    bodies
}

impl Truth {
    /// Its short name in traces.
    pub(crate) fn name(&self, thread: ThreadId) -> String {
        match self.threads.get(&thread) {
            Some(known) => format!("T{}", known.number),
            None => "T?".to_owned(),
        }
    }

    /// Whether the key stands for an event.
    pub(crate) fn knows_key(&self, person: Person, key: ClientKey) -> bool {
        self.keys.contains_key(&(person, key))
    }

    /// Somebody was told what became of a frame that changes something.
    pub(crate) fn told(&self, attempt: Attempt, done: bool) -> Held {
        let stored = self.attempts.get(&attempt).copied();
        if done {
            let what = format_args!("{attempt:?} was acknowledged, and the store has not done it");
            return Invariant::I1.holds(stored == Some(true), what);
        }
        let what = format_args!("{attempt:?} was refused, and the store has done it");
        Invariant::I5.holds(stored != Some(true), what)
    }

    /// A key was answered: the same each time.
    pub(crate) fn told_key(&mut self, person: Person, key: ClientKey, reply: &Reply) -> Held {
        let before = self.answers.entry((person, key)).or_insert_with(|| reply.clone());
        let what = format_args!("{key:?} was answered {before:?}, then {reply:?}");
        Invariant::I2.holds(before == reply, what)
    }
}
