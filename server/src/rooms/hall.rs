//! The rooms of one shard and what they need done: which have something to send, which miss part
//! of the log. Pure, like the rooms themselves: `shard` reads the store and the clock for it.
//!
//! **Invariant:** nothing here depends on the order of a hash map, so that a seed replays exactly.

mod abroad;
mod look_over;

use crate::rooms::room::{Arrival, Attach, Outlet, Reminding, Room, Seat};
use crate::socket::SocketId;
use abroad::ToTell;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use tidings_protocol::{Event, Person, Seq, ThreadId};
use tidings_storage::ThreadCommit;

/// Seats of one room served before the next room gets its turn.
const SEATS_PER_SLICE: usize = 256;

/// In a room with more seats than this news are merged for longer: everybody is told of everybody.
const LARGE_ROOM_SEATS: usize = 50;

/// How much longer, in ticks. Gaps are looked for as often.
const LARGE_ROOM_TICKS: u32 = 10;

/// Part of a log that a room misses: read the store, and say what it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Which room.
    pub thread: ThreadId,
    /// The last event there is no doubt about.
    pub after: Seq,
}

/// Rooms by their threads.
pub struct Hall<O> {
    rooms: HashMap<ThreadId, Room<O>>,
    /// Rooms with frames to send, in turn.
    ready: VecDeque<ThreadId>,
    /// The same rooms, so that each is there once.
    is_ready: HashSet<ThreadId>,
    /// Rooms with receipts, reminders or presence to tell.
    news: BTreeSet<ThreadId>,
    /// Rooms for which a repair is on its way.
    repairing: HashSet<ThreadId>,
    /// Rooms whose repair could not be asked for, or came too early.
    again: BTreeSet<ThreadId>,
    /// The sum of the receipts of each room when it was looked over last.
    read: HashMap<ThreadId, u64>,
    /// Rooms whose presence other nodes are to be told.
    to_tell: ToTell,
    ticks: u32,
}

impl<O> Default for Hall<O> {
    fn default() -> Self {
        Self {
            rooms: HashMap::new(),
            ready: VecDeque::new(),
            is_ready: HashSet::new(),
            news: BTreeSet::new(),
            repairing: HashSet::new(),
            again: BTreeSet::new(),
            read: HashMap::new(),
            to_tell: ToTell::default(),
            ticks: 0,
        }
    }
}

impl<O: Outlet> Hall<O> {
    /// How many rooms there are.
    pub fn len(&self) -> usize {
        self.rooms.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// The threads that have a room, in the order of their ids.
    pub fn threads(&self) -> Vec<ThreadId> {
        let mut threads: Vec<ThreadId> = self.rooms.keys().copied().collect();
        threads.sort_unstable();
        threads
    }

    /// A socket is about to read the store and then attach.
    pub fn open(&mut self, thread: ThreadId) {
        self.rooms.entry(thread).or_insert_with(|| Room::new(thread)).open();
    }

    /// Who is looking at a thread, if they are few.
    pub fn few_present(&self, thread: ThreadId) -> Vec<Person> {
        self.rooms.get(&thread).map(Room::few_present).unwrap_or_default()
    }

    /// It won't attach after all.
    pub fn give_up(&mut self, thread: ThreadId) {
        if let Some(room) = self.rooms.get_mut(&thread) {
            room.give_up();
        }
        self.dispose(thread);
    }

    /// Seats a socket that has read the store up to `have`. None if the room was never opened.
    pub fn attach(&mut self, thread: ThreadId, seat: Seat<O>, have: Seq) -> Option<Attach> {
        let attach = self.rooms.get_mut(&thread)?.attach(seat, have);
        self.note(thread);
        Some(attach)
    }

    /// A socket leaves.
    pub fn detach(&mut self, thread: ThreadId, socket: SocketId) {
        if let Some(room) = self.rooms.get_mut(&thread) {
            room.detach(socket);
        }
        self.note(thread);
        self.dispose(thread);
    }

    /// Somebody is writing.
    pub fn typing(&mut self, thread: ThreadId, person: Person) {
        if let Some(room) = self.rooms.get_mut(&thread) {
            room.typing(person);
        }
        self.note(thread);
    }

    /// A socket's user turned to the thread, or away.
    pub fn look(&mut self, thread: ThreadId, socket: SocketId, looking: bool) {
        if let Some(room) = self.rooms.get_mut(&thread) {
            room.look(socket, looking);
        }
        self.note(thread);
    }

    /// Somebody has read further.
    pub fn read(&mut self, thread: ThreadId, person: Person, seq: Seq) {
        if let Some(room) = self.rooms.get_mut(&thread) {
            room.read(person, seq);
        }
        self.note(thread);
    }

    /// How far a thread's reminders are.
    pub fn remind(&mut self, thread: ThreadId, now: Reminding) {
        if let Some(room) = self.rooms.get_mut(&thread) {
            room.remind(now);
        }
        self.note(thread);
    }

    /// Something was committed.
    #[must_use]
    pub fn committed(&mut self, commit: ThreadCommit) -> Option<Repair> {
        let thread = commit.thread;
        let room = self.rooms.get_mut(&thread)?;
        // Who posts has read: the event says so, and needs no receipt beside it.
        if let (Some(read), true) = (commit.read, commit.events.is_empty()) {
            room.read(read.person, read.seq);
        }
        if let Some(state) = commit.reminder {
            room.remind(Reminding { head: commit.head, state });
        }
        let mut gap = None;
        for event in commit.events {
            if let Arrival::Gap { after } = room.arrive(event) {
                gap = gap.or(Some(after));
            }
        }
        self.note(thread);
        self.repair(thread, gap?)
    }

    /// What was read to repair a room; none if the store could not be read.
    #[must_use]
    pub fn repaired(&mut self, thread: ThreadId, events: Option<Vec<Event>>) -> Option<Repair> {
        self.repairing.remove(&thread);
        let room = self.rooms.get_mut(&thread)?;
        let events = events?;
        let progress = !events.is_empty();
        let heard = room.heard();
        for event in events.into_iter().take_while(|event| event.seq <= heard) {
            room.arrive(event);
        }
        let after = room.delivered().filter(|_| progress && room.is_behind());
        self.note(thread);
        self.repair(thread, after?)
    }

    /// A repair could not be asked for, or not be used yet; the next tick asks again.
    pub fn not_repaired(&mut self, thread: ThreadId) {
        self.repairing.remove(&thread);
        self.again.insert(thread);
    }

    /// How far a log reaches in the store.
    #[must_use]
    pub fn hear_of(&mut self, thread: ThreadId, head: Seq) -> Option<Repair> {
        let after = self.rooms.get_mut(&thread)?.hear_of(head)?;
        self.repair(thread, after)
    }

    /// Called every news interval. Says what is to be read, now and then.
    #[must_use]
    pub fn tick(&mut self) -> Vec<Repair> {
        self.ticks = self.ticks.wrapping_add(1);
        let large_too = self.looks_for_gaps();
        for thread in std::mem::take(&mut self.news) {
            let Some(room) = self.rooms.get_mut(&thread) else { continue };
            if room.seats() > LARGE_ROOM_SEATS && !large_too {
                self.news.insert(thread);
                continue;
            }
            if room.tell_news() {
                self.to_tell.note(thread, room);
            }
            self.note(thread);
        }
        let again = std::mem::take(&mut self.again);
        if large_too {
            return self.behind();
        }
        let behind = again.into_iter().filter_map(|thread| {
            let room = self.rooms.get(&thread).filter(|room| room.is_behind())?;
            Some((thread, room.delivered()?))
        });
        let behind: Vec<(ThreadId, Seq)> = behind.collect();
        behind.into_iter().filter_map(|(thread, after)| self.repair(thread, after)).collect()
    }

    /// Whether the last tick was one of those that look for gaps.
    pub fn looks_for_gaps(&self) -> bool {
        self.ticks.is_multiple_of(LARGE_ROOM_TICKS)
    }

    /// Asks again where an earlier repair came to nothing.
    fn behind(&mut self) -> Vec<Repair> {
        let behind = self.rooms.iter().filter(|(_, room)| room.is_behind());
        let mut behind: Vec<(ThreadId, Seq)> =
            behind.filter_map(|(thread, room)| Some((*thread, room.delivered()?))).collect();
        behind.sort_unstable();
        behind.into_iter().filter_map(|(thread, after)| self.repair(thread, after)).collect()
    }

    fn repair(&mut self, thread: ThreadId, after: Seq) -> Option<Repair> {
        self.repairing.insert(thread).then_some(Repair { thread, after })
    }

    /// Whether any room has something to send.
    pub fn has_work(&self) -> bool {
        !self.ready.is_empty()
    }

    /// One slice of every room that has something to send. Says how many frames were queued.
    pub fn send_round(&mut self) -> u64 {
        let mut queued = 0;
        for _ in 0..self.ready.len() {
            let Some(thread) = self.ready.pop_front() else { break };
            self.is_ready.remove(&thread);
            let Some(room) = self.rooms.get_mut(&thread) else { continue };
            queued += room.run_pass(SEATS_PER_SLICE);
            self.note(thread);
        }
        queued
    }

    /// Puts a room where its work is seen.
    fn note(&mut self, thread: ThreadId) {
        let Some(room) = self.rooms.get(&thread) else { return };
        if room.has_work() && self.is_ready.insert(thread) {
            self.ready.push_back(thread);
        }
        if room.has_news() {
            self.news.insert(thread);
        }
    }

    fn dispose(&mut self, thread: ThreadId) {
        if self.rooms.get(&thread).is_some_and(Room::is_empty)
            && let Some(room) = self.rooms.remove(&thread)
        {
            self.to_tell.left(thread, &room);
            self.news.remove(&thread);
            self.read.remove(&thread);
        }
    }
}

#[cfg(test)]
mod tests;
