//! Feeds: what concerns a person is told to its sockets without their joining anything. Feeds are
//! state, not history: changes are merged for a moment, and what goes out is how things stand then.

mod due;
mod turns;

use crate::clock::monotonic;
use crate::metrics::Metrics;
use crate::people::{Again, Peer, People};
use crate::settle::Settle;
use crate::socket::SharedFrame;
use crate::store::Store;
use due::Due;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tidings_protocol::{
    AccountId, FirmId, InboxItem, MemberId, Person, ServerFrame, ThreadId, Welcome,
};
use tidings_storage::{AccessChange, Actor, Clock, Commit, ReadCommit, Reader, Unavailable};
use tokio::sync::Notify;
use turns::Turns;

/// What follows a change is merged for so long; the first after a quiet time is told at once.
const MERGE: Duration = Duration::from_millis(250);

/// Numbers on icons are counted over everything a person sees, so less often than that.
const BADGES_EVERY: Duration = Duration::from_secs(2);

/// Threads and people asked for at a time, so that other readers get their turn.
const QUERY_ITEMS: usize = 256;

/// People whose welcomes are read at a time: each is a few lists.
const QUERY_WELCOMES: usize = 16;

/// People whose feeds are read anew in one round, when something may have been missed: however many
/// they are, others get their turn at the store.
const ANEW_PER_ROUND: usize = 32;

/// What waits to be told. Bounded by what exists: a key per thread, person or item.
#[derive(Default)]
struct Pending {
    threads: HashMap<ThreadId, (FirmId, AccountId)>,
    reads: HashMap<(Person, ThreadId), (ReadCommit, Audience)>,
    inbox: HashMap<(MemberId, ThreadId), InboxItem>,
    badges: HashSet<Actor>,
    /// Who is due a welcome.
    welcomes: HashSet<Actor>,
    /// And who is if it says anything new.
    anew: Turns,
}

/// Why somebody is welcomed again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Something is new for sure.
    Due,
    /// Something may be.
    Anew,
}

/// Which of a person's sockets hear of its reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// All: it read on another one.
    All,
    /// Those not in the room, which saw the post that did it.
    NotJoined,
}

/// A cheap handle on the feed of this node.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    people: Arc<People>,
    pending: parking_lot::Mutex<Pending>,
    work: Notify,
}

impl Feed {
    /// Starts the task that tells.
    pub fn start(
        people: &Arc<People>,
        store: &Store,
        settle: &Settle,
        metrics: &Arc<Metrics>,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let shared = Arc::new(Shared {
            people: Arc::clone(people),
            pending: parking_lot::Mutex::default(),
            work: Notify::new(),
        });
        let teller = Teller {
            shared: Arc::clone(&shared),
            store: store.clone(),
            settle: settle.clone(),
            metrics: Arc::clone(metrics),
            clock: Arc::clone(clock),
            due: Due::default(),
        };
        crate::vital::spawn("feed", teller.run());
        Self { shared }
    }

    /// Notes what a commit means to the people connected here.
    pub fn committed(&self, commit: &Commit) {
        let people = &self.shared.people;
        let mut pending = self.shared.pending.lock();
        let firm = commit.firm;
        if let Some(thread) = &commit.thread {
            if !thread.events.is_empty() || thread.reminder.is_some() {
                pending.threads.insert(thread.thread, (firm, thread.account));
            }
            if let Some(read) = thread.read
                && people.is_connected(read.person)
            {
                let posted = thread.events.iter().any(|event| event.actor == read.person);
                let audience = if posted { Audience::NotJoined } else { Audience::All };
                let key = (read.person, thread.thread);
                let entry = pending.reads.entry(key).or_insert((read, audience));
                if audience == Audience::All {
                    entry.1 = audience;
                }
                entry.0 = read;
                // The numbers of who posted are due like those of everybody who sees the thread.
                if !posted {
                    pending.badges.insert(Actor { firm, person: read.person });
                }
            }
        }
        for (member, item) in &commit.inbox {
            let person = Person::Member(*member);
            if people.is_connected(person) {
                pending.inbox.insert((*member, item.thread), item.clone());
                pending.badges.insert(Actor { firm, person });
            }
        }
        for change in &commit.access {
            if let AccessChange::Grew(person) = change
                && people.is_connected(*person)
            {
                pending.welcomes.insert(Actor { firm, person: *person });
            }
        }
        drop(pending);
        self.shared.work.notify_one();
    }

    /// A person's socket was welcomed while something changed: all of the person's get another.
    pub fn welcome_again(&self, actor: Actor) {
        self.shared.pending.lock().welcomes.insert(actor);
        self.shared.work.notify_one();
    }

    /// These people may have missed something: their feeds are read anew, in turns.
    pub fn look_over(&self, actors: Vec<Actor>) {
        self.shared.pending.lock().anew.add(actors);
        self.shared.work.notify_one();
    }
}

/// The task's state.
struct Teller {
    shared: Arc<Shared>,
    store: Store,
    settle: Settle,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    /// Whose numbers may have changed since.
    due: Due,
}

impl Teller {
    async fn run(mut self) {
        let mut next_round = monotonic();
        let mut next_badges = next_round;
        loop {
            let news = self.shared.work.notified();
            let quiet = if self.due.is_empty() {
                news.await;
                false
            } else {
                // Either is a reason to go on.
                tokio::time::timeout_at(next_badges.into(), news).await.is_err()
            };
            tokio::time::sleep_until(next_round.into()).await;
            let now = monotonic();
            next_round = now + MERGE;
            let (pending, anew) = self.take();
            self.due.soon(pending.badges);
            let due: Vec<Actor> = pending.welcomes.into_iter().collect();
            self.welcome(&due, Why::Due).await;
            self.welcome(&anew, Why::Anew).await;
            self.tell_threads(pending.threads).await;
            self.tell_reads(pending.reads);
            self.tell_inbox(pending.inbox);
            if now >= next_badges {
                next_badges = now + BADGES_EVERY;
                self.tell_badges(quiet).await;
            }
        }
    }

    /// What is to be told in this round, and who has a turn.
    fn take(&self) -> (Pending, Vec<Actor>) {
        let mut pending = self.shared.pending.lock();
        let mut turns = std::mem::take(&mut pending.anew);
        let anew = turns.take(ANEW_PER_ROUND);
        if !turns.is_empty() {
            self.shared.work.notify_one();
        }
        let taken = std::mem::replace(&mut *pending, Pending { anew: turns, ..Pending::default() });
        (taken, anew)
    }

    /// Asks the store about some firms. Those whom the answer is for know by then of all ends of
    /// access that are older than it.
    async fn read<R: Send + 'static>(
        &self,
        mut firms: Vec<FirmId>,
        question: impl FnOnce(&mut dyn Reader) -> Result<R, Unavailable> + Send + 'static,
    ) -> Result<R, Unavailable> {
        firms.sort_unstable();
        firms.dedup();
        let read = self.store.read(move |reader| {
            let answer = question(reader);
            // After it, so that they are no earlier.
            answer.and_then(|answer| Ok((answer, reader.epochs(&firms)?)))
        });
        let (answer, epochs) = read.await??;
        self.settle.up_to(epochs).await;
        Ok(answer)
    }

    /// What could not be read is told later; changes that came meanwhile stay as they are.
    fn later(&self, note: impl FnOnce(&mut Pending)) {
        note(&mut self.shared.pending.lock());
        self.shared.work.notify_one();
    }

    /// Whoever sees more than before, or missed something before its first welcome, gets a new one:
    /// how everything stands now. So does whoever may have missed something, if it did.
    async fn welcome(&mut self, due: &[Actor], why: Why) {
        for some in due.chunks(QUERY_WELCOMES) {
            let actors = some.to_vec();
            // A node that is alone reads nothing anew.
            let shared = self.shared.people.is_shared();
            let read = self.read(firms(some), move |reader| {
                let mut welcomes = Vec::with_capacity(actors.len());
                for actor in actors {
                    let Some(access) = reader.access(actor)? else { continue };
                    let Some(welcome) = reader.welcome(actor)? else { continue };
                    let digest = shared.then(|| digest(&welcome));
                    let (access, only_news) = (Arc::new(access), why == Why::Anew);
                    welcomes.push((actor, Again { access, welcome, digest, only_news }));
                }
                Ok(welcomes)
            });
            let Ok(welcomes) = read.await else {
                self.later(|pending| match why {
                    Why::Due => pending.welcomes.extend(some),
                    Why::Anew => pending.anew.add(some.iter().copied()),
                });
                continue;
            };
            for (actor, again) in welcomes {
                for peer in self.shared.people.sockets_of(actor.person) {
                    peer.welcome_again(&again, self.clock.now());
                }
            }
        }
    }

    async fn tell_threads(&mut self, threads: HashMap<ThreadId, (FirmId, AccountId)>) {
        let mut listeners: HashMap<ThreadId, Vec<Arc<Peer>>> = HashMap::new();
        for (thread, (firm, account)) in &threads {
            let mut audience = self.shared.people.audience(*firm, *account, *thread);
            audience.retain(|peer| {
                let joined = peer.has_joined(*thread);
                if joined {
                    self.due.joined(peer.actor);
                } else {
                    self.due.soon([peer.actor]);
                }
                !joined
            });
            if !audience.is_empty() {
                listeners.insert(*thread, audience);
            }
        }
        let ids: Vec<ThreadId> = listeners.keys().copied().collect();
        for some in ids.chunks(QUERY_ITEMS) {
            let asked = some.to_vec();
            let firms = some.iter().filter_map(|thread| Some(threads.get(thread)?.0)).collect();
            let Ok(summaries) = self.read(firms, move |reader| reader.summaries(&asked)).await
            else {
                let some = some.iter().filter_map(|thread| threads.get_key_value(thread));
                self.later(|pending| pending.threads.extend(some));
                continue;
            };
            for summary in summaries {
                let listeners = listeners.remove(&summary.thread).unwrap_or_default();
                let frame = SharedFrame::new(ServerFrame::ThreadChanged(summary));
                for peer in listeners {
                    peer.tell(&frame, &self.metrics);
                }
            }
        }
    }

    fn tell_reads(&self, reads: HashMap<(Person, ThreadId), (ReadCommit, Audience)>) {
        for ((person, thread), (read, audience)) in reads {
            let frame = SharedFrame::new(ServerFrame::ReadChanged {
                thread,
                read: read.seq,
                messages_read: read.messages,
            });
            for peer in self.shared.people.sockets_of(person) {
                if audience == Audience::All || !peer.has_joined(thread) {
                    peer.tell(&frame, &self.metrics);
                }
            }
        }
    }

    fn tell_inbox(&self, items: HashMap<(MemberId, ThreadId), InboxItem>) {
        for ((member, _), item) in items {
            let frame = SharedFrame::new(ServerFrame::InboxChanged(item));
            for peer in self.shared.people.sockets_of(Person::Member(member)) {
                peer.tell(&frame, &self.metrics);
            }
        }
    }

    /// Counts for those whose numbers may have changed, and tells them if they have.
    async fn tell_badges(&mut self, quiet: bool) {
        let due = self.due.take(quiet);
        for some in due.chunks(QUERY_ITEMS) {
            let actors = some.to_vec();
            let read = self.read(firms(some), move |reader| {
                let counted = actors.into_iter().map(|actor| Ok((actor, reader.badges(actor)?)));
                counted.collect::<Result<Vec<_>, Unavailable>>()
            });
            let Ok(counted) = read.await else {
                self.due.soon(some.iter().copied());
                continue;
            };
            for (actor, badges) in counted {
                let frame = SharedFrame::new(ServerFrame::BadgesChanged(badges));
                for peer in self.shared.people.sockets_of(actor.person) {
                    peer.tell_badges(badges, &frame, &self.metrics);
                }
            }
        }
    }
}

fn firms(actors: &[Actor]) -> Vec<FirmId> {
    actors.iter().map(|actor| actor.firm).collect()
}

/// By what a welcome is known again, as the store gives it: without a token and a clock.
pub fn digest(welcome: &Welcome) -> u64 {
    let bytes = serde_json::to_vec(welcome).expect("a welcome can always be encoded");
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod told;
