//! A room: the joined sockets of one live thread, and the order in which they hear of it. Pure:
//! it knows no clock, store or socket, so that it can be simulated.
//!
//! **Invariant:** on one seat positions only ever go up by one. A room takes an arriving event as
//! the next, a duplicate or a sign of a gap; a gap is read from the store.

mod abroad;
mod reminding;

use crate::rooms::looking::Looking;
use crate::socket::{Batch, SharedFrame, SocketId};
use abroad::Abroad;
pub use reminding::Reminding;
use reminding::{Place, Reminded};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tidings_protocol::{Event, EventKind, Person, Receipt, Seq, ServerFrame, ThreadId};

/// Events a room remembers while sockets are joining; who needs older ones reads the store.
const RECENT_EVENTS_MAX: usize = 64;

/// Bytes of their text that it remembers at most, but for the last one.
const RECENT_BYTES_MAX: usize = 64 * 1024;

/// Seats whose sockets are fetched into the processor's cache at a time, since a thousand sends push
/// each other out of it: so the cache misses are waited for together, instead of one in each send.
const SEATS_FETCHED: usize = 16;

/// How a room knows a socket.
pub trait Outlet {
    /// Which socket.
    fn id(&self) -> SocketId;
    /// Queues a frame. Never blocks.
    fn queue(&self, frame: &SharedFrame);
    /// Sends what is queued, as far as it goes without blocking.
    fn flush(&self);
    /// Will be sent to soon.
    fn fetch(&self) {}
    /// The same as queueing each of these and flushing.
    fn send(&self, batch: &Batch) {
        batch.frames().iter().for_each(|frame| self.queue(frame));
        self.flush();
    }
}

/// One joined socket.
#[derive(Debug)]
pub struct Seat<O> {
    /// The socket.
    pub outlet: O,
    /// Whose it is.
    pub person: Person,
    /// Whether its user looks at the thread.
    pub looking: bool,
    /// How far the thread's reminders were, as it was told on joining.
    pub reminder: Reminding,
}

struct Seated<O> {
    outlet: O,
    person: Person,
    looking: bool,
    /// The last event queued to it.
    last: Seq,
    /// It is told of reminders after this.
    reminded: Place,
}

/// The live side of one thread.
pub struct Room<O> {
    thread: ThreadId,
    /// The last event taken; none before the first event or seat.
    delivered: Option<Seq>,
    /// The newest position heard of, taken or not.
    heard: Seq,
    recent: VecDeque<(Seq, Arc<SharedFrame>)>,
    /// Bytes of their text.
    recent_bytes: usize,
    seats: Vec<Seated<O>>,
    /// Frames for the next pass.
    waiting: Vec<Outgoing>,
    pass: Option<Pass>,
    /// Receipts to be told, and the furthest that were.
    receipts: BTreeMap<Person, Seq>,
    told: BTreeMap<Person, Seq>,
    /// Those that went to every seat while somebody was joining, who may have read the store before.
    told_meanwhile: BTreeMap<Person, Seq>,
    reminded: Reminded,
    presence_changed: bool,
    /// Sockets that are joining and not seated yet.
    joining: u32,
    /// What it shares with other nodes, if there are any.
    abroad: Option<Box<Abroad>>,
}

/// A frame on its way to all seats.
struct Outgoing {
    frame: Arc<SharedFrame>,
    /// For events: seats that have it already are passed over.
    seq: Option<Seq>,
    /// For the state of reminders: seats that were told a later one are passed over.
    reminder: Option<Place>,
    /// Whose sockets don't get it.
    except: Option<Person>,
}

/// One round over all seats, done in slices.
struct Pass {
    frames: Vec<Outgoing>,
    /// The same frames for the seats that get all of them, which are nearly all seats.
    batch: Batch,
    /// The first and the last of the events among them.
    events: Option<(Seq, Seq)>,
    /// The first state of reminders among them.
    reminder: Option<Place>,
    /// Whether some of them are not for everybody.
    exceptions: bool,
    next: usize,
}

impl Pass {
    fn new(frames: Vec<Outgoing>) -> Self {
        let mut seqs = frames.iter().filter_map(|outgoing| outgoing.seq);
        let first = seqs.next();
        let events = first.map(|first| (first, seqs.next_back().unwrap_or(first)));
        let batch = Batch::new(frames.iter().map(|o| Arc::clone(&o.frame)).collect());
        let reminder = frames.iter().find_map(|outgoing| outgoing.reminder);
        let exceptions = frames.iter().any(|outgoing| outgoing.except.is_some());
        Self { frames, batch, events, reminder, exceptions, next: 0 }
    }
}

/// How an arriving event stands to what was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The next one: it goes out.
    Next,
    /// Known already.
    Duplicate,
    /// Something is missing: read the store after this position.
    Gap {
        /// The last event there is no doubt about.
        after: Seq,
    },
}

fn receipts_frame(thread: ThreadId, receipts: &BTreeMap<Person, Seq>) -> ServerFrame {
    let receipts = receipts.iter().map(|(person, seq)| Receipt { person: *person, seq: *seq });
    ServerFrame::Receipts { thread, receipts: receipts.collect() }
}

/// Pure: what an arriving position means to whoever has everything up to `delivered`.
pub fn classify(delivered: Option<Seq>, arriving: Seq) -> Arrival {
    match delivered {
        None => Arrival::Next,
        Some(last) if arriving == last.next() => Arrival::Next,
        Some(last) if arriving <= last => Arrival::Duplicate,
        Some(last) => Arrival::Gap { after: last },
    }
}

/// What became of an attempt to be seated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attach {
    /// Seated: everything after what it had is queued, and live events follow.
    Live,
    /// The room no longer remembers far enough back: read the store up to here and try again.
    Behind {
        /// The last event that went out.
        delivered: Seq,
    },
}

impl<O: Outlet> Room<O> {
    /// An empty room.
    pub fn new(thread: ThreadId) -> Self {
        Self {
            thread,
            delivered: None,
            heard: Seq(0),
            recent: VecDeque::new(),
            recent_bytes: 0,
            seats: Vec::new(),
            waiting: Vec::new(),
            pass: None,
            receipts: BTreeMap::new(),
            told: BTreeMap::new(),
            told_meanwhile: BTreeMap::new(),
            reminded: Reminded::default(),
            presence_changed: false,
            joining: 0,
            abroad: None,
        }
    }

    /// From now on the room keeps what arrives, for a socket that will read the store and then
    /// attach. Every opening is ended by [`Self::attach`] that answers live, or [`Self::give_up`].
    pub fn open(&mut self) {
        self.joining += 1;
    }

    /// The socket that was joining won't.
    pub fn give_up(&mut self) {
        self.one_joining_less();
    }

    /// A socket is not joining any more. What was remembered for the last one is forgotten: kept in
    /// every room, it is far more than what all their sockets keep.
    fn one_joining_less(&mut self) {
        self.joining -= 1;
        if self.joining == 0 {
            self.recent = VecDeque::new();
            self.recent_bytes = 0;
            self.told_meanwhile = BTreeMap::new();
        }
    }

    /// Whether nobody needs the room.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.joining == 0
    }

    /// Sockets joined.
    pub fn seats(&self) -> usize {
        self.seats.len()
    }

    /// Whether the store holds, or may hold, events that were not delivered here.
    pub fn is_behind(&self) -> bool {
        self.delivered.is_some_and(|delivered| self.heard > delivered)
    }

    /// The newest position heard of. What a repair reads beyond it may have been committed after
    /// an end of access that is still on its way here, and waits for its own commit to be heard of.
    pub fn heard(&self) -> Seq {
        self.heard
    }

    /// The last event taken.
    pub fn delivered(&self) -> Option<Seq> {
        self.delivered
    }

    /// Somebody says that the log reaches this far. If that is news, the answer is where to read
    /// from.
    pub fn hear_of(&mut self, head: Seq) -> Option<Seq> {
        self.heard = self.heard.max(head);
        self.delivered.filter(|delivered| *delivered < head)
    }

    /// Takes an event, in whatever order and however often it comes.
    pub fn arrive(&mut self, event: Event) -> Arrival {
        let seq = event.seq;
        self.heard = self.heard.max(seq);
        let arrival = classify(self.delivered, seq);
        if arrival == Arrival::Next {
            self.delivered = Some(seq);
            let frame = Arc::new(SharedFrame::new(ServerFrame::Event(event)));
            if self.joining > 0 {
                self.remember(seq, &frame);
            }
            self.waiting.push(Outgoing { frame, seq: Some(seq), reminder: None, except: None });
        }
        arrival
    }

    fn remember(&mut self, seq: Seq, frame: &Arc<SharedFrame>) {
        self.recent_bytes += text_bytes(frame);
        self.recent.push_back((seq, Arc::clone(frame)));
        while self.recent.len() > RECENT_EVENTS_MAX
            || (self.recent_bytes > RECENT_BYTES_MAX && self.recent.len() > 1)
        {
            let Some((_, oldest)) = self.recent.pop_front() else { return };
            self.recent_bytes -= text_bytes(&oldest);
        }
    }

    /// Seats a socket that has everything up to `have`, read from the store after the room was
    /// opened for it.
    pub fn attach(&mut self, seat: Seat<O>, have: Seq) -> Attach {
        let delivered = *self.delivered.get_or_insert(have);
        let remembered_from = self.recent.front().map_or(delivered.next(), |(seq, _)| *seq);
        if have.next() < remembered_from {
            return Attach::Behind { delivered };
        }
        let mut last = have;
        for (seq, frame) in self.recent.iter().filter(|(seq, _)| *seq > have) {
            seat.outlet.queue(frame);
            last = *seq;
        }
        if !self.told_meanwhile.is_empty() {
            let frame = receipts_frame(self.thread, &self.told_meanwhile);
            seat.outlet.queue(&Arc::new(SharedFrame::new(frame)));
        }
        let Seat { outlet, person, looking, reminder } = seat;
        let reminded = self.seat_reminded(&outlet, reminder);
        outlet.flush();
        self.one_joining_less();
        self.presence_changed |= looking;
        self.seats.push(Seated { outlet, person, looking, last, reminded });
        Attach::Live
    }

    /// Takes a socket out. Says whether it was there.
    pub fn detach(&mut self, id: SocketId) -> bool {
        let Some(at) = self.seats.iter().position(|seated| seated.outlet.id() == id) else {
            return false;
        };
        self.presence_changed |= self.seats[at].looking;
        match &mut self.pass {
            // Seats before `next` have had the pass's frames; keep them before it.
            Some(pass) if at < pass.next => {
                pass.next -= 1;
                self.seats.swap(at, pass.next);
                self.seats.swap_remove(pass.next);
            }
            _ => drop(self.seats.swap_remove(at)),
        }
        true
    }

    /// Somebody has read further. What comes late or twice, by another node or of a look at the
    /// store, is not told: it was, or more.
    pub fn read(&mut self, person: Person, seq: Seq) {
        if self.told.get(&person).is_some_and(|told| seq <= *told) {
            return;
        }
        let known = self.receipts.entry(person).or_default();
        *known = (*known).max(seq);
    }

    /// Somebody is writing: everybody else is told.
    pub fn typing(&mut self, person: Person) {
        let frame = ServerFrame::Typing { thread: self.thread, person };
        self.broadcast(frame, Some(person));
    }

    /// A socket's user turned to the thread, or away.
    pub fn look(&mut self, id: SocketId, looking: bool) {
        if let Some(seated) = self.seats.iter_mut().find(|seated| seated.outlet.id() == id) {
            self.presence_changed |= seated.looking != looking;
            seated.looking = looking;
        }
    }

    /// Whether receipts, reminders or presence wait to be told.
    pub fn has_news(&self) -> bool {
        !self.receipts.is_empty() || self.reminded.is_due() || self.presence_changed
    }

    /// Puts what was merged since the last time (receipts, reminders, presence) into the next pass. Says
    /// whether who is looking was a part of it.
    pub fn tell_news(&mut self) -> bool {
        if !self.receipts.is_empty() {
            let receipts = std::mem::take(&mut self.receipts);
            self.told.extend(&receipts);
            self.broadcast(receipts_frame(self.thread, &receipts), None);
        }
        self.tell_reminder();
        let looked = std::mem::take(&mut self.presence_changed);
        if looked {
            let Looking { people, count } = self.present();
            self.broadcast(ServerFrame::Presence { thread: self.thread, people, count }, None);
        }
        looked
    }

    fn broadcast(&mut self, frame: ServerFrame, except: Option<Person>) {
        let frame = Arc::new(SharedFrame::new(frame));
        self.waiting.push(Outgoing { frame, seq: None, reminder: None, except });
    }

    /// Whether frames wait for seats.
    pub fn has_work(&self) -> bool {
        self.pass.is_some() || !self.waiting.is_empty()
    }

    /// Goes over at most `seats_max` seats, queueing to each all that waits and flushing once.
    /// What arrives meanwhile waits for the next round and then goes out together. Says how many
    /// frames were queued.
    pub fn run_pass(&mut self, seats_max: usize) -> u64 {
        let mut pass = match self.pass.take() {
            Some(pass) => pass,
            None if self.waiting.is_empty() => return 0,
            None => Pass::new(std::mem::take(&mut self.waiting)),
        };
        let end = self.seats.len().min(pass.next.saturating_add(seats_max));
        let mut queued = 0;
        for some in self.seats[pass.next..end].chunks_mut(SEATS_FETCHED) {
            for seated in &*some {
                seated.outlet.fetch();
            }
            for seated in some {
                queued += seated.take(&pass);
            }
        }
        pass.next = end;
        if end < self.seats.len() {
            self.pass = Some(pass);
        } else if self.joining > 0 {
            self.remember_receipts(&pass);
        }
        queued
    }

    /// Whoever is seated from now on does not get what this pass has told everybody. What a later pass
    /// tells comes to it by that one, and no step back in between.
    fn remember_receipts(&mut self, pass: &Pass) {
        for outgoing in &pass.frames {
            if let ServerFrame::Receipts { receipts, .. } = outgoing.frame.get() {
                self.told_meanwhile.extend(receipts.iter().map(|told| (told.person, told.seq)));
            }
        }
    }
}

/// What makes an event large.
fn text_bytes(frame: &SharedFrame) -> usize {
    match frame.get() {
        ServerFrame::Event(event) => match &event.kind {
            EventKind::MessagePosted { body, .. } | EventKind::MessageEdited { body, .. } => {
                body.len()
            }
            _ => 0,
        },
        _ => 0,
    }
}

impl<O: Outlet> Seated<O> {
    fn take(&mut self, pass: &Pass) -> u64 {
        let has_some = pass.events.is_some_and(|(first, _)| first <= self.last);
        let was_told = pass.reminder.is_some_and(|first| first <= self.reminded);
        if has_some || was_told || pass.exceptions {
            return self.choose(&pass.frames);
        }
        if let Some((_, last)) = pass.events {
            self.last = last;
        }
        self.outlet.send(&pass.batch);
        pass.batch.frames().len() as u64
    }

    /// Takes what it has not got and what is not for others only.
    fn choose(&mut self, frames: &[Outgoing]) -> u64 {
        let mut queued = 0;
        for outgoing in frames {
            if outgoing.except == Some(self.person) {
                continue;
            }
            if outgoing.reminder.is_some_and(|place| place <= self.reminded) {
                continue;
            }
            if let Some(seq) = outgoing.seq {
                if seq <= self.last {
                    continue;
                }
                self.last = seq;
            }
            self.outlet.queue(&outgoing.frame);
            queued += 1;
        }
        self.outlet.flush();
        queued
    }
}

#[cfg(test)]
pub(super) mod tests;
