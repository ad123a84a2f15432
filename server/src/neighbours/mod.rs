//! What nodes tell each other of their own accord and store nowhere: who writes, who looks at a
//! thread, how many sockets a person has. Rooms and people know how it stands; this is the task
//! that keeps it so.
//!
//! Dispatch hands on what is heard, and never waits here. What others are told is merged and paced,
//! so that a herd that comes back makes a few messages and not one each.

mod answering;
mod asking;
mod sockets;

use crate::bus::{Bus, Heard, NodeId, Payload};
use crate::clock::monotonic;
use crate::people::People;
use crate::rooms::{Looking, Rooms};
use answering::Answering;
use asking::{Asking, Forget};
use parking_lot::Mutex;
use sockets::Sockets;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidings_protocol::{FirmId, Person, ThreadId};
use tokio::sync::Notify;

/// Least time between two rounds of telling others.
const ROUND_EVERY: Duration = Duration::from_millis(50);

/// Longest time between two rounds: what is forgotten or closed after a while, is then.
const ROUND_AT_LEAST_EVERY: Duration = Duration::from_millis(500);

/// Firms asked for in a round. All of a node's are asked for when the bus was away.
const FIRMS_ASKED: usize = 50;

/// People of whose sockets is told in a round, mostly in fewer messages.
const PEOPLE_TOLD: usize = 1_000;

/// How often others are told that somebody is still writing.
const TYPING_EVERY: Duration = Duration::from_secs(1);

/// People of whom it is told that they write, in that time.
const TYPING_MAX: usize = 5_000;

/// A cheap handle. A node that is alone has no neighbours, and does nothing here.
#[derive(Clone)]
pub struct Neighbours {
    shared: Option<Arc<Shared>>,
}

struct Shared {
    bus: Bus,
    rooms: Rooms,
    people: Arc<People>,
    sockets: Sockets,
    work: Mutex<Work>,
    /// There is something to do.
    wake: Notify,
}

#[derive(Default)]
struct Work {
    asking: Asking,
    answering: Answering,
    /// Of whom it was told that they write, and since when that is noted.
    typing: HashSet<(Person, ThreadId)>,
    typing_since: Option<Instant>,
}

impl Neighbours {
    /// Starts the task, if there may be other nodes. A person may have so many sockets over all.
    pub fn start(bus: &Bus, rooms: &Rooms, people: &Arc<People>, sockets_max: usize) -> Self {
        if !bus.is_shared() {
            return Self { shared: None };
        }
        let shared = Arc::new(Shared {
            bus: bus.clone(),
            rooms: rooms.clone(),
            people: Arc::clone(people),
            sockets: Sockets::new(people, sockets_max),
            work: Mutex::default(),
            wake: Notify::new(),
        });
        crate::vital::spawn("neighbours", Arc::clone(&shared).run());
        Self { shared: Some(shared) }
    }

    /// Somebody is writing here: tells the others, now and then.
    pub fn typing(&self, firm: FirmId, thread: ThreadId, person: Person) {
        let Some(shared) = &self.shared else { return };
        if shared.work.lock().may_tell_typing(thread, person, monotonic()) {
            shared.bus.publish(firm, Payload::Typing { thread, person });
        }
    }

    /// How many sockets a person has by other nodes, as far as those have said.
    pub fn sockets_elsewhere(&self, firm: FirmId, person: Person) -> usize {
        self.shared.as_ref().map_or(0, |shared| shared.sockets.elsewhere(firm, person))
    }

    /// A person has more sockets here, or fewer: tells the others.
    pub fn sockets_changed(&self, firm: FirmId, person: Person) {
        if let Some(shared) = &self.shared {
            shared.sockets.changed(firm, person);
        }
    }

    /// Something was heard. What is committed is dispatch's own affair.
    pub fn hear(&self, heard: &Heard) {
        let Some(shared) = &self.shared else { return };
        match heard {
            Heard::Payload { from, firm, payload } => shared.hear(*from, *firm, payload),
            Heard::Watching(firm) | Heard::Missed { firm, .. } => {
                shared.work.lock().missed(*firm);
                shared.wake.notify_one();
            }
            Heard::Unwatched(firm) => {
                let now = monotonic();
                shared.rooms.forget_firm(*firm, now);
                shared.sockets.forget_firm(*firm, now);
            }
            Heard::Gone(node) | Heard::Left(node) => {
                shared.rooms.forget_node(*node);
                shared.sockets.forget_node(*node);
            }
            Heard::Down => shared.work.lock().asking.down(monotonic()),
            Heard::Up => {
                let firms = shared.firms();
                shared.work.lock().up(&firms);
                shared.wake.notify_one();
            }
        }
    }
}

impl Shared {
    fn hear(&self, from: NodeId, firm: FirmId, payload: &Payload) {
        match payload {
            Payload::Committed(_) => {}
            Payload::Typing { thread, person } => self.rooms.typing_elsewhere(*thread, *person),
            Payload::Looking { thread, people, count } => {
                let looking = Looking { people: people.clone(), count: *count };
                self.rooms.looking_elsewhere(from, firm, *thread, looking, monotonic());
            }
            Payload::Sockets(counts) => {
                self.sockets.hear(from, firm, counts, monotonic());
            }
            Payload::Ask => {
                self.work.lock().answering.want(firm);
                self.wake.notify_one();
            }
        }
    }

    /// Firms that have somebody connected here.
    fn firms(&self) -> BTreeSet<FirmId> {
        self.people.everybody().into_iter().map(|peer| peer.actor.firm).collect()
    }

    async fn run(self: Arc<Self>) {
        let mut tick = tokio::time::interval(ROUND_AT_LEAST_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = self.wake.notified() => {}
                () = self.sockets.news() => {}
            }
            self.round(monotonic());
            tokio::time::sleep(ROUND_EVERY).await;
        }
    }

    fn round(&self, now: Instant) {
        let (ask, forget, answer) = {
            let mut work = self.work.lock();
            let ask = work.asking.ask(FIRMS_ASKED, now);
            (ask, work.asking.forget(now), work.answering.take(now))
        };
        for firm in ask {
            self.bus.publish(firm, Payload::Ask);
        }
        for forget in forget {
            match forget {
                Forget::Firm(firm, before) => {
                    self.rooms.forget_firm(firm, before);
                    self.sockets.forget_firm(firm, before);
                }
                Forget::All => {
                    self.rooms.forget_others();
                    self.sockets.forget_all();
                }
            }
        }
        if !answer.is_empty() {
            self.rooms.asked_who_looks(&answer);
            self.sockets.asked(&answer);
        }
        let (news, more) = self.sockets.take_news(PEOPLE_TOLD);
        for (firm, counts) in news {
            self.bus.publish(firm, Payload::Sockets(counts));
        }
        if more || self.work.lock().asking.asks_more(now) {
            self.wake.notify_one();
        }
        self.sockets.close_excess(self.bus.node(), now);
    }
}

impl Work {
    /// Something that other nodes said of a firm was missed, since it was lost or nobody listened
    /// here yet: they are asked, and since it may have been a question, it is answered as well.
    fn missed(&mut self, firm: FirmId) {
        self.asking.want(firm);
        self.answering.want(firm);
    }

    /// The bus is back, and these firms are served here. Of them anything may have been missed.
    fn up(&mut self, firms: &BTreeSet<FirmId>) {
        self.asking.up(firms.iter().copied());
        self.answering.want_all(firms.iter().copied());
    }

    /// Whether others are to be told that somebody writes: not if they were a moment ago. Of whom
    /// beyond the bound nothing is told: it is a hint, and shown to few at a time.
    fn may_tell_typing(&mut self, thread: ThreadId, person: Person, now: Instant) -> bool {
        let since = *self.typing_since.get_or_insert(now);
        if now >= since + TYPING_EVERY {
            self.typing.clear();
            self.typing_since = Some(now);
        }
        self.typing.len() < TYPING_MAX && self.typing.insert((person, thread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::MemberId;
    use uuid::Uuid;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any moment will do as the first")]
    fn what_was_missed_may_have_been_a_question() {
        let (mut work, start) = (Work::default(), Instant::now());
        let firm = FirmId(Uuid::from_u128(1));
        work.missed(firm);
        assert_eq!(work.asking.ask(9, start), [firm]);
        assert_eq!(work.answering.take(start), [firm].into());
        let (mut work, firms) = (Work::default(), [firm].into());
        work.up(&firms);
        assert_eq!(work.asking.ask(9, start), [firm]);
        assert_eq!(work.answering.take(start), firms);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any moment will do as the first")]
    fn that_somebody_writes_is_told_now_and_then() {
        let (mut work, start) = (Work::default(), Instant::now());
        let thread = |n| ThreadId(Uuid::from_u128(n));
        let person = |n| Person::Member(MemberId(Uuid::from_u128(n)));
        assert!(work.may_tell_typing(thread(1), person(1), start));
        assert!(!work.may_tell_typing(thread(1), person(1), start + TYPING_EVERY / 2));
        assert!(work.may_tell_typing(thread(2), person(1), start + TYPING_EVERY / 2));
        assert!(work.may_tell_typing(thread(1), person(2), start + TYPING_EVERY / 2));
        assert!(work.may_tell_typing(thread(1), person(1), start + TYPING_EVERY));
        let told = (10..).map(|n| work.may_tell_typing(thread(n), person(1), start));
        assert_eq!(told.take(TYPING_MAX + 5).filter(|told| *told).count(), TYPING_MAX - 1);
    }
}
