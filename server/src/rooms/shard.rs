//! A shard: the task that owns some of the rooms. Everything that concerns a room comes in as
//! mail, so that rooms need no locks and hear of commits in their order.
//!
//! A large room goes out in slices, so that it does not hold up the small ones beside it; what
//! arrives meanwhile is gathered and goes out together.

use crate::clock::monotonic;
use crate::metrics::Metrics;
use crate::node::Store;
use crate::rooms::room::{Arrival, Attach, Outlet, Room, Seat};
use crate::socket::{Outbound, SharedFrame, SocketId};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tidings_protocol::{Event, Person, Seq, ThreadId};
use tidings_storage::ThreadCommit;
use tokio::sync::{mpsc, oneshot};

/// Mail that may wait. Commits beyond it are dropped, and read from the store once there is time.
pub const MAIL_MAX: usize = 8_192;

/// Mail taken between two rounds of sending.
const MAIL_PER_ROUND: usize = 512;

/// Seats of one room served before the next room gets its turn.
const SEATS_PER_SLICE: usize = 256;

/// Receipts and presence are merged for so long before they are told.
const NEWS_INTERVAL: Duration = Duration::from_millis(200);

/// In a room with more seats than this they are merged for longer: everybody is told of everybody.
const LARGE_ROOM_SEATS: usize = 50;

/// How much longer, in news intervals.
const LARGE_ROOM_INTERVALS: u32 = 10;

/// Events read at a time to fill a gap.
const REPAIR_EVENTS: u32 = 100;

/// What comes to a shard.
pub enum Mail {
    /// A socket is about to read the store and then attach.
    Open {
        /// Which room.
        thread: ThreadId,
        /// Who is looking at it now.
        present: oneshot::Sender<Vec<Person>>,
    },
    /// It won't attach after all.
    GiveUp {
        /// Which room.
        thread: ThreadId,
    },
    /// It has read the store up to `have`.
    Attach {
        /// Which room.
        thread: ThreadId,
        /// The socket.
        seat: Seat<Arc<Outbound>>,
        /// The last event sent to it.
        have: Seq,
        /// Whether it is seated.
        done: oneshot::Sender<Attach>,
    },
    /// A socket leaves.
    Detach {
        /// Which room.
        thread: ThreadId,
        /// The socket.
        socket: SocketId,
    },
    /// Somebody is writing.
    Typing {
        /// Which room.
        thread: ThreadId,
        /// Who.
        person: Person,
    },
    /// A socket's user turned to the thread or away.
    Look {
        /// Which room.
        thread: ThreadId,
        /// The socket.
        socket: SocketId,
        /// Whether the user looks at it.
        looking: bool,
    },
    /// What was committed, in order.
    Committed(Committed),
    /// Part of the log, read to fill a gap; none if the store could not be read.
    Repaired {
        /// Which room.
        thread: ThreadId,
        /// Events after the gap began.
        events: Option<Vec<Event>>,
    },
    /// How far logs reach in the store.
    Heads(Vec<(ThreadId, Seq)>),
}

/// The part of one commit batch that concerns one shard.
pub struct Committed {
    /// What happened, in commit order.
    pub commits: Vec<ThreadCommit>,
    /// Sockets with replies queued but not flushed: reply and event leave in one write.
    pub flush: Vec<Arc<Outbound>>,
    /// When the batch was durable.
    pub at: Instant,
}

impl Outlet for Arc<Outbound> {
    fn id(&self) -> SocketId {
        Outbound::id(self)
    }

    fn queue(&self, frame: &SharedFrame) {
        Outbound::queue(self, frame.bytes(self.encoding()).clone());
    }

    fn flush(&self) {
        Outbound::flush(self);
    }
}

/// The task's state.
pub struct Shard {
    rooms: HashMap<ThreadId, Room<Arc<Outbound>>>,
    /// Rooms with frames to send, in turn.
    ready: VecDeque<ThreadId>,
    /// The same rooms, so that each is there once.
    is_ready: HashSet<ThreadId>,
    /// Rooms with receipts or presence to tell.
    news: HashSet<ThreadId>,
    /// Rooms for which a repair is on its way.
    repairing: HashSet<ThreadId>,
    ticks: u32,
    store: Store,
    own_mail: mpsc::Sender<Mail>,
    lost: Arc<AtomicBool>,
    metrics: Arc<Metrics>,
}

impl Shard {
    /// A shard without rooms. `lost` is set by whoever had to drop mail for it.
    pub fn new(
        store: Store,
        own_mail: mpsc::Sender<Mail>,
        lost: Arc<AtomicBool>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            rooms: HashMap::new(),
            ready: VecDeque::new(),
            is_ready: HashSet::new(),
            news: HashSet::new(),
            repairing: HashSet::new(),
            ticks: 0,
            store,
            own_mail,
            lost,
            metrics,
        }
    }

    /// Serves the rooms until the program ends.
    pub async fn run(mut self, mut mail: mpsc::Receiver<Mail>) {
        let mut tick = tokio::time::interval(NEWS_INTERVAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut taken = Vec::with_capacity(MAIL_PER_ROUND);
        loop {
            let idle = self.ready.is_empty();
            tokio::select! {
                biased;
                _ = tick.tick() => self.on_tick(),
                count = mail.recv_many(&mut taken, MAIL_PER_ROUND) => if count == 0 { return },
                () = std::future::ready(()), if !idle => {}
            }
            let mut flush = Vec::new();
            let mut oldest = None;
            for item in taken.drain(..) {
                self.take(item, &mut flush, &mut oldest);
            }
            self.send_round();
            for outbound in flush {
                outbound.flush();
            }
            if let Some(at) = oldest {
                self.metrics.fanout_seconds.observe((monotonic() - at).as_secs_f64());
            }
            if !self.ready.is_empty() {
                tokio::task::yield_now().await;
            }
        }
    }

    fn take(&mut self, mail: Mail, flush: &mut Vec<Arc<Outbound>>, oldest: &mut Option<Instant>) {
        match mail {
            Mail::Committed(committed) => {
                oldest.get_or_insert(committed.at);
                for commit in committed.commits {
                    self.on_commit(commit);
                }
                flush.extend(committed.flush);
            }
            Mail::Open { thread, present } => {
                let room = self.rooms.entry(thread).or_insert_with(|| {
                    self.metrics.rooms.inc();
                    Room::new(thread)
                });
                room.open();
                let (people, _) = room.present();
                if present.send(people).is_err() {
                    room.give_up();
                    self.dispose(thread);
                }
            }
            Mail::GiveUp { thread } => {
                if let Some(room) = self.rooms.get_mut(&thread) {
                    room.give_up();
                }
                self.dispose(thread);
            }
            Mail::Attach { thread, seat, have, done } => self.on_attach(thread, seat, have, done),
            Mail::Detach { thread, socket } => {
                if let Some(room) = self.rooms.get_mut(&thread) {
                    room.detach(socket);
                }
                self.note(thread);
                self.dispose(thread);
            }
            Mail::Typing { thread, person } => {
                if let Some(room) = self.rooms.get_mut(&thread) {
                    room.typing(person);
                }
                self.note(thread);
            }
            Mail::Look { thread, socket, looking } => {
                if let Some(room) = self.rooms.get_mut(&thread) {
                    room.look(socket, looking);
                }
                self.note(thread);
            }
            Mail::Repaired { thread, events } => self.on_repaired(thread, events),
            Mail::Heads(heads) => {
                for (thread, head) in heads {
                    let gap = self.rooms.get_mut(&thread).and_then(|room| room.hear_of(head));
                    if let Some(after) = gap {
                        self.repair(thread, after);
                    }
                }
            }
        }
    }

    fn on_commit(&mut self, commit: ThreadCommit) {
        let thread = commit.thread;
        let Some(room) = self.rooms.get_mut(&thread) else { return };
        // Who posts has read: the event says so, and needs no receipt beside it.
        if let (Some(read), true) = (commit.read, commit.events.is_empty()) {
            room.read(read.person, read.seq);
        }
        let mut gap = None;
        for event in commit.events {
            if let Arrival::Gap { after } = room.arrive(event) {
                gap = gap.or(Some(after));
            }
        }
        if let Some(after) = gap {
            self.repair(thread, after);
        }
        self.note(thread);
    }

    fn on_attach(
        &mut self,
        thread: ThreadId,
        seat: Seat<Arc<Outbound>>,
        have: Seq,
        done: oneshot::Sender<Attach>,
    ) {
        let Some(room) = self.rooms.get_mut(&thread) else { return };
        let socket = seat.outlet.id();
        let attach = room.attach(seat, have);
        if done.send(attach).is_err() {
            // The socket's task is gone, and nobody else would take it out.
            match attach {
                Attach::Live => drop(room.detach(socket)),
                Attach::Behind { .. } => room.give_up(),
            }
            self.dispose(thread);
        }
        self.note(thread);
    }

    /// Reads what a room misses; the answer comes as mail.
    fn repair(&mut self, thread: ThreadId, after: Seq) {
        if !self.repairing.insert(thread) {
            return;
        }
        self.metrics.bus_gaps_total.inc();
        let mail = self.own_mail.clone();
        let asked = self.store.read_then(move |reader| {
            let events = reader.events_after(thread, after, REPAIR_EVENTS).ok();
            // The shard drains its mail without waiting for readers, so this ends.
            drop(mail.blocking_send(Mail::Repaired { thread, events }));
        });
        if asked.is_err() {
            // The next tick asks again.
            self.repairing.remove(&thread);
        }
    }

    fn on_repaired(&mut self, thread: ThreadId, events: Option<Vec<Event>>) {
        self.repairing.remove(&thread);
        let Some(room) = self.rooms.get_mut(&thread) else { return };
        let Some(events) = events else { return };
        let progress = !events.is_empty();
        for event in events {
            room.arrive(event);
        }
        if let (true, true, Some(after)) = (progress, room.is_behind(), room.delivered()) {
            self.repair(thread, after);
        }
        self.note(thread);
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
        if self.rooms.get(&thread).is_some_and(Room::is_empty) {
            self.rooms.remove(&thread);
            self.news.remove(&thread);
            self.metrics.rooms.dec();
        }
    }

    /// One slice of every room that has something to send.
    fn send_round(&mut self) {
        for _ in 0..self.ready.len() {
            let Some(thread) = self.ready.pop_front() else { return };
            self.is_ready.remove(&thread);
            let Some(room) = self.rooms.get_mut(&thread) else { continue };
            let queued = room.run_pass(SEATS_PER_SLICE);
            self.metrics.deliveries_total.inc_by(queued);
            self.note(thread);
        }
    }

    fn on_tick(&mut self) {
        self.ticks = self.ticks.wrapping_add(1);
        let large_too = self.ticks.is_multiple_of(LARGE_ROOM_INTERVALS);
        for thread in std::mem::take(&mut self.news) {
            let Some(room) = self.rooms.get_mut(&thread) else { continue };
            if room.seats() > LARGE_ROOM_SEATS && !large_too {
                self.news.insert(thread);
                continue;
            }
            room.tell_news();
            self.note(thread);
        }
        if large_too {
            self.look_for_gaps();
        }
    }

    /// After mail was dropped, compares every room with the store; asks again where an earlier
    /// repair came to nothing.
    fn look_for_gaps(&mut self) {
        if self.lost.swap(false, Ordering::Relaxed) {
            let threads: Vec<ThreadId> = self.rooms.keys().copied().collect();
            for some in threads.chunks(256) {
                let (threads, mail) = (some.to_vec(), self.own_mail.clone());
                let asked = self.store.read_then(move |reader| {
                    if let Ok(heads) = reader.heads(&threads) {
                        drop(mail.blocking_send(Mail::Heads(heads)));
                    }
                });
                if asked.is_err() {
                    self.lost.store(true, Ordering::Relaxed);
                }
            }
        }
        let behind: Vec<(ThreadId, Seq)> = self
            .rooms
            .iter()
            .filter(|(_, room)| room.is_behind())
            .filter_map(|(thread, room)| Some((*thread, room.delivered()?)))
            .collect();
        for (thread, after) in behind {
            self.repair(thread, after);
        }
    }
}
