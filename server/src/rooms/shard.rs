//! A shard: the task that owns some of the rooms. Everything that concerns a room comes in as
//! mail, so that rooms need no locks and hear of commits in their order.
//!
//! The `hall` decides; this reads the store, the clock and the mail for it. A large room goes out
//! in slices, so that it does not hold up the small ones beside it; what arrives meanwhile is
//! gathered and goes out together.

mod abroad;
mod look_over;

use crate::bus::Bus;
use crate::clock::monotonic;
use crate::metrics::Metrics;
use crate::rooms::elsewhere::Elsewhere;
use crate::rooms::hall::{Hall, Repair};
use crate::rooms::lost::Lost;
use crate::rooms::room::{Attach, Outlet, Seat};
use crate::settle::Settle;
use crate::socket::{Batch, Outbound, SharedFrame, SocketId};
use crate::store::Store;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidings_protocol::{Event, FirmId, Person, Receipt, Seq, ThreadId};
use tidings_storage::{Epoch, Pulse, Reader, ThreadCommit, Unavailable};
use tokio::sync::{mpsc, oneshot};

/// Mail that may wait. Commits beyond it are dropped, and read from the store once there is time.
pub(super) const MAIL_MAX: usize = 8_192;

/// Mail taken between two rounds of sending.
const MAIL_PER_ROUND: usize = 512;

/// Receipts and presence are merged for so long before they are told.
const NEWS_INTERVAL: Duration = Duration::from_millis(200);

/// Events read at a time to fill a gap.
const REPAIR_EVENTS: u32 = 100;

/// What comes to a shard.
pub enum Mail {
    /// A socket is about to read the store and then attach.
    Open {
        /// Which room.
        thread: ThreadId,
        /// The firm of who asks; whether the thread is the firm's is yet to be seen.
        firm: FirmId,
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
        /// Whose thread it is.
        firm: FirmId,
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
        /// What was read.
        found: Option<Found>,
    },
    /// Somebody wants to know which threads are live.
    Live {
        /// Of these firms, or all.
        firms: Option<HashSet<FirmId>>,
        /// The answer.
        threads: oneshot::Sender<Vec<ThreadId>>,
    },
    /// How threads stand in the store.
    LookOver {
        /// Each.
        pulses: Vec<Pulse>,
        /// Where somebody has read further since the last look.
        read: oneshot::Sender<Vec<Pulse>>,
    },
    /// How far everybody has read a thread.
    Receipts {
        /// Which room.
        thread: ThreadId,
        /// The sum when it was found to be another one than before.
        sum: u64,
        /// Everybody's.
        receipts: Vec<Receipt>,
    },
}

/// Part of a log.
pub struct Found {
    /// Events after the gap began.
    pub events: Vec<Event>,
    /// Whose they are; none if the thread does not exist.
    pub of: Option<(FirmId, Epoch)>,
}

impl Found {
    /// Reads what follows a position, and then how often access had ended by then: texts of old
    /// events may have been changed after an end of which nothing was heard here yet.
    fn read(reader: &mut dyn Reader, thread: ThreadId, after: Seq) -> Result<Self, Unavailable> {
        let events = reader.events_after(thread, after, REPAIR_EVENTS)?;
        let pulses = reader.pulses(&[thread])?;
        Ok(Self { events, of: pulses.first().map(|pulse| (pulse.firm, pulse.epoch)) })
    }
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

    fn fetch(&self) {
        Outbound::fetch(self);
    }

    fn send(&self, batch: &Batch) {
        Outbound::send_batch(self, batch);
    }
}

/// The task's state.
pub(super) struct Shard {
    hall: Hall<Arc<Outbound>>,
    own_mail: mpsc::Sender<Mail>,
    shared: Shared,
    store: Store,
    bus: Bus,
    settle: Settle,
    metrics: Arc<Metrics>,
}

/// By what means a shard does its work.
pub(super) struct Means {
    /// What rooms miss is read here.
    pub(super) store: Store,
    /// The other nodes.
    pub(super) bus: Bus,
    /// Whether what was read may be handed on.
    pub(super) settle: Settle,
    /// What is counted.
    pub(super) metrics: Arc<Metrics>,
}

/// What others write and a shard reads, besides its mail.
#[derive(Clone, Default)]
pub(super) struct Shared {
    /// What mail was about that had to be dropped.
    pub(super) lost: Arc<Mutex<Lost>>,
    /// Who looks at threads by other nodes.
    pub(super) elsewhere: Arc<Mutex<Elsewhere>>,
}

impl Shard {
    /// A shard without rooms.
    pub(super) fn new(means: Means, own_mail: mpsc::Sender<Mail>, shared: Shared) -> Self {
        let Means { store, bus, settle, metrics } = means;
        Self { hall: Hall::default(), own_mail, shared, store, bus, settle, metrics }
    }

    /// Serves the rooms until the program ends.
    pub(super) async fn run(mut self, mut mail: mpsc::Receiver<Mail>) {
        let mut tick = tokio::time::interval(NEWS_INTERVAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut taken = Vec::with_capacity(MAIL_PER_ROUND);
        // The first commit of which not every seat has heard.
        let mut oldest = None;
        loop {
            let idle = !self.hall.has_work();
            tokio::select! {
                biased;
                _ = tick.tick() => self.on_tick(),
                count = mail.recv_many(&mut taken, MAIL_PER_ROUND) => if count == 0 { return },
                () = std::future::ready(()), if !idle => {}
            }
            let mut flush = Vec::new();
            let rooms = self.hall.len();
            for item in taken.drain(..) {
                self.take(item, &mut flush, &mut oldest);
            }
            self.count_rooms(rooms);
            self.metrics.deliveries_total.inc_by(self.hall.send_round());
            for outbound in flush {
                outbound.flush();
            }
            if self.hall.has_work() {
                tokio::task::yield_now().await;
            } else if let Some(at) = oldest.take() {
                self.metrics.fanout_seconds.observe((monotonic() - at).as_secs_f64());
            }
        }
    }

    /// The gauge is every shard's, so only what has changed is added to it.
    fn count_rooms(&self, before: usize) {
        let change = self.hall.len().cast_signed() - before.cast_signed();
        self.metrics.rooms.inc_by(i64::try_from(change).unwrap_or(0));
    }

    fn take(&mut self, mail: Mail, flush: &mut Vec<Arc<Outbound>>, oldest: &mut Option<Instant>) {
        match mail {
            Mail::Committed(committed) => {
                oldest.get_or_insert(committed.at);
                for commit in committed.commits {
                    let repair = self.hall.committed(commit);
                    self.repair(repair);
                }
                flush.extend(committed.flush);
            }
            Mail::Open { thread, firm, present } => self.on_open(thread, firm, present),
            Mail::GiveUp { thread } => self.hall.give_up(thread),
            Mail::Attach { thread, firm, seat, have, done } => {
                self.belongs(thread, firm);
                self.on_attach(thread, seat, have, done);
            }
            Mail::Detach { thread, socket } => self.hall.detach(thread, socket),
            Mail::Typing { thread, person } => self.hall.typing(thread, person),
            Mail::Look { thread, socket, looking } => self.hall.look(thread, socket, looking),
            Mail::Repaired { thread, found } => self.on_repaired(thread, found),
            Mail::Live { firms, threads } => {
                // Who no longer waits does not look.
                drop(threads.send(self.hall.threads_of(firms.as_ref())));
            }
            Mail::LookOver { pulses, read } => self.on_look_over(pulses, read),
            Mail::Receipts { thread, sum, receipts } => self.hall.all_read(thread, sum, receipts),
        }
    }

    fn on_open(&mut self, thread: ThreadId, firm: FirmId, present: oneshot::Sender<Vec<Person>>) {
        self.hall.open(thread);
        self.ask_elsewhere(thread, firm);
        if present.send(self.hall.few_present(thread)).is_err() {
            self.hall.give_up(thread);
        }
    }

    fn on_attach(
        &mut self,
        thread: ThreadId,
        seat: Seat<Arc<Outbound>>,
        have: Seq,
        done: oneshot::Sender<Attach>,
    ) {
        let socket = seat.outlet.id();
        let Some(attach) = self.hall.attach(thread, seat, have) else { return };
        if done.send(attach).is_err() {
            // The socket's task is gone, and nobody else would take it out.
            match attach {
                Attach::Live => self.hall.detach(thread, socket),
                Attach::Behind { .. } => self.hall.give_up(thread),
            }
        }
    }

    /// Reads what a room misses; the answer comes as mail.
    fn repair(&mut self, repair: impl IntoIterator<Item = Repair>) {
        for Repair { thread, after } in repair {
            self.metrics.bus_gaps_total.inc();
            let mail = self.own_mail.clone();
            let asked = self.store.read_then(move |reader| {
                let found = Found::read(reader, thread, after).ok();
                // The shard drains its mail without waiting for readers, so this ends.
                drop(mail.blocking_send(Mail::Repaired { thread, found }));
            });
            if asked.is_err() {
                self.hall.not_repaired(thread);
            }
        }
    }

    fn on_repaired(&mut self, thread: ThreadId, found: Option<Found>) {
        if let Some((firm, epoch)) = found.as_ref().and_then(|found| found.of)
            && !self.settle.knows(firm, epoch)
        {
            // Not before everybody here knows who may still hear of it.
            return self.hall.not_repaired(thread);
        }
        let repair = self.hall.repaired(thread, found.map(|found| found.events));
        self.repair(repair);
    }

    fn on_tick(&mut self) {
        self.hear_of_others();
        let repairs = self.hall.tick();
        self.repair(repairs);
        self.tell_others();
        let lost = std::mem::take(&mut *self.shared.lost.lock());
        for (thread, head) in lost.heads() {
            let repair = self.hall.hear_of(thread, head);
            self.repair(repair);
        }
        for (thread, person, seq) in lost.receipts() {
            self.hall.read(thread, person, seq);
        }
        for (thread, now) in lost.reminders() {
            self.hall.remind(thread, now);
        }
    }
}
