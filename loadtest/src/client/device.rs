//! A device of a person: keeps one connection up, comes back when it is lost, and then has what it
//! missed. What it says is in `act`, what it hears in `hear`.

mod act;
mod hear;

use crate::client::Told;
use crate::client::link::{End, Link, Route};
use crate::meter::Kind;
use crate::record::{Micros, PersonIx, PostIx, ReceiptsKnown, SeenIx, ThreadIx};
use crate::world::{Manners, World};
use anyhow::Result;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;
use tidings_protocol::{
    ClientKey, CloseCode, Command, Person, Reconnect, RequestId, Seq, ThreadId,
};

/// What a device does by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Habit {
    /// Nothing.
    #[default]
    Quiet,
    /// Posts again whenever one of its posts is acknowledged: a closed loop.
    PostOnAck,
    /// Posts again whenever it has received one of its own messages.
    PostOnDelivery,
}

/// Where a device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has no connection, or is not welcomed yet.
    Away,
    /// It is welcomed.
    Up,
    /// It won't come back.
    Over,
}

/// A device.
pub struct Device {
    world: Rc<World>,
    /// Which of the run's devices.
    index: u32,
    /// Whose.
    person: PersonIx,
    who: Person,
    token: RefCell<String>,
    nodes: Rc<[SocketAddr]>,
    /// Which of the nodes it turns to; to the next one whenever it comes back.
    node: Cell<usize>,
    route: Route,
    /// Bytes a second that it reads; none: all that comes.
    pace: Cell<Option<u32>>,
    state: Cell<State>,
    link: RefCell<Option<Rc<Link>>>,
    next_id: Cell<u32>,
    asked: RefCell<HashMap<RequestId, Asked>>,
    seats: RefCell<Vec<Seat>>,
    /// Messages that wait for a connection.
    unsent: RefCell<VecDeque<Draft>>,
    /// Messages that were put off, and will be sent again.
    waiting: Cell<u32>,
    habit: Cell<Habit>,
    /// Its own messages that it has not received yet, while its habit asks for them.
    awaited: RefCell<Vec<ClientKey>>,
    /// The receipts it was told of, if it is one of those that watch them.
    receipts: Option<RefCell<HashMap<(ThreadIx, PersonIx), KnownReceipt>>>,
    began: Cell<Micros>,
    lost: Cell<Option<Micros>>,
    was_up: Cell<bool>,
    stopping: Cell<bool>,
    /// Its person's access ends: it is owed nothing any more, and does not come back.
    dismissed: Cell<bool>,
}

/// A thread that a device has joined, or will when it is up.
struct Seat {
    id: ThreadId,
    thread: ThreadIx,
    seen: SeenIx,
    /// The last event it has; none before the first join.
    last: Option<Seq>,
    /// The head that it must reach to have caught up, and since when it tries.
    until: Option<(Seq, Micros)>,
    joined: bool,
}

/// A receipt as a device knows it.
#[derive(Clone, Copy, Default)]
struct KnownReceipt {
    /// The furthest it was ever told.
    furthest: Seq,
    /// What `receipts` frames have said since it last joined. What a join says may be ahead of a frame
    /// that comes after it, so frames are held against frames alone.
    by_frame: Seq,
}

/// A message to be sent, again with the same key if need be.
#[derive(Clone, Copy)]
struct Draft {
    post: PostIx,
    thread: ThreadId,
    key: ClientKey,
    due: Micros,
}

/// A command without an answer yet.
enum Asked {
    Authenticate,
    Join {
        thread: ThreadId,
        after: Option<Seq>,
        began: Micros,
    },
    Post(Draft),
    /// It must be refused.
    Bad(PostIx),
    Read {
        thread: ThreadIx,
    },
    Other {
        name: &'static str,
    },
}

/// What a device is made of.
pub struct NewDevice {
    /// Which of the run's devices.
    pub index: u32,
    /// Whose.
    pub person: PersonIx,
    /// The same in the protocol's words.
    pub who: Person,
    /// A token of that person.
    pub token: String,
    /// Where to connect: to one of them after the other.
    pub nodes: Rc<[SocketAddr]>,
    /// How.
    pub route: Route,
    /// Whether it remembers receipts, to notice one that goes back.
    pub watches_receipts: bool,
}

impl Device {
    /// Starts a device, which connects and stays connected. Must run in a `LocalSet`.
    pub fn start(world: &Rc<World>, new: NewDevice) -> Rc<Self> {
        let device = Rc::new(Self {
            world: Rc::clone(world),
            index: new.index,
            person: new.person,
            who: new.who,
            token: RefCell::new(new.token),
            nodes: new.nodes,
            node: Cell::new(new.index as usize),
            route: new.route,
            pace: Cell::new(None),
            state: Cell::new(State::Away),
            link: RefCell::default(),
            next_id: Cell::new(1),
            asked: RefCell::default(),
            seats: RefCell::default(),
            unsent: RefCell::default(),
            waiting: Cell::new(0),
            habit: Cell::default(),
            awaited: RefCell::default(),
            receipts: new.watches_receipts.then(RefCell::default),
            began: Cell::new(world.clock.now()),
            lost: Cell::new(None),
            was_up: Cell::new(false),
            stopping: Cell::new(false),
            dismissed: Cell::new(false),
        });
        tokio::task::spawn_local(Rc::clone(&device).live());
        device
    }

    /// Whose it is.
    pub fn person(&self) -> PersonIx {
        self.person
    }

    /// Whether it is connected and welcomed.
    pub fn is_up(&self) -> bool {
        self.state.get() == State::Up
    }

    /// Whether it is connected, joined everywhere it wants to be, and has everything it was
    /// promised and an answer to everything it has said.
    pub fn is_at_rest(&self) -> bool {
        let settled = |seat: &Seat| seat.joined && seat.until.is_none();
        self.state.get() == State::Over
            // Whose access has ended is owed nothing any more, not even an answer.
            || self.dismissed.get()
            || (self.is_up()
                && self.waiting.get() == 0
                && self.asked.borrow().is_empty()
                && self.unsent.borrow().is_empty()
                && self.seats.borrow().iter().all(settled))
    }

    /// Its person's access is about to end. If it comes back, it does with another device.
    pub fn dismiss(&self) {
        self.dismissed.set(true);
    }

    /// Whether its person's access has ended since it came.
    pub fn is_dismissed(&self) -> bool {
        self.dismissed.get()
    }

    /// From now on it reads so many bytes a second; none: all that comes.
    pub fn read_at(&self, pace: Option<u32>) {
        self.pace.set(pace);
        if let Some(link) = self.link.borrow().as_ref() {
            link.read_at(pace);
        }
    }

    /// The last event it has of the `place`th thread that it joined.
    pub fn last(&self, place: usize) -> Option<Seq> {
        self.seats.borrow().get(place).and_then(|seat| seat.last)
    }

    /// Says for the record in which threads it is joined, with everything at rest.
    pub fn record_end(&self) {
        let up = self.is_up();
        for seat in self.seats.borrow().iter() {
            self.world.recorder().at_end(seat.seen, up && seat.joined);
            if let (Some(known), true) = (&self.receipts, up && seat.joined) {
                let (person, device, thread) = (self.person, self.index, seat.thread);
                let known = known.borrow();
                let here = known.iter().filter(|((of, _), _)| *of == thread);
                let furthest = here.map(|((_, person), known)| (*person, known.furthest)).collect();
                let known = ReceiptsKnown { person, device, thread, furthest };
                self.world.recorder().receipts_known(known);
            }
        }
    }

    /// Connects, over and over, until it is told to stop or that coming back is of no use.
    async fn live(self: Rc<Self>) {
        let mut attempts = 0;
        loop {
            let end = self.connection().await;
            attempts = if self.was_up.get() { 0 } else { attempts + 1 };
            let again = self.went(end);
            if !again || self.stopping.get() {
                return self.state.set(State::Over);
            }
            let Manners { backoff, backoff_max, .. } = self.world.manners;
            let longest = backoff.saturating_mul(1 << attempts.min(8)).min(backoff_max);
            // Full jitter: who was dropped together does not come back together.
            tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
            if self.stopping.get() {
                return self.state.set(State::Over);
            }
            self.began.set(self.world.clock.now());
            self.node.set(self.node.get() + 1);
        }
    }

    /// One connection, from its start to its end.
    async fn connection(self: &Rc<Self>) -> Result<End> {
        self.was_up.set(false);
        let (link, behind) = match self.open().await {
            Ok(opened) => opened,
            Err(error) => {
                self.unless_stopping(|world| world.unreachable(&error));
                return Ok(End::Unopened);
            }
        };
        *self.link.borrow_mut() = Some(Rc::clone(&link));
        let token = self.token.borrow().clone();
        self.ask(Command::Authenticate { token }, Asked::Authenticate);
        link.read(behind, |payload| self.hear(payload)).await
    }

    async fn open(&self) -> Result<(Rc<Link>, Vec<u8>)> {
        self.renew().await?;
        let number = self.world.connection_number();
        let node = self.nodes[self.node.get() % self.nodes.len()];
        Link::open(&self.route, node, number, self.pace.get()).await
    }

    /// Tidies up after a connection. Says whether to come back.
    fn went(self: &Rc<Self>, end: Result<End>) -> bool {
        self.link.borrow_mut().take();
        if self.state.replace(State::Away) == State::Up {
            self.world.count(|counts| counts.connected -= 1);
            // A second loss on the way back does not make it shorter.
            self.lost.set(self.lost.get().or(Some(self.world.clock.now())));
        }
        for seat in self.seats.borrow_mut().iter_mut() {
            self.world.count(|counts| counts.joined -= u64::from(seat.joined));
            (seat.joined, seat.until) = (false, None);
        }
        self.keep_drafts();
        // Whose access has ended can't come back.
        if self.dismissed.get() {
            return false;
        }
        match end {
            Ok(End::Cut | End::Unopened) => true,
            Ok(End::Lost) => {
                self.unless_stopping(|world| world.count(|counts| counts.closed_by_server += 1));
                true
            }
            Ok(End::Closed(code)) => self.closed(code),
            Err(error) => {
                self.unless_stopping(|world| world.fail(format!("a connection failed: {error:#}")));
                true
            }
        }
    }

    fn unless_stopping(&self, then: impl FnOnce(&World)) {
        if !self.stopping.get() {
            then(&self.world);
        }
    }

    /// What a close code says of coming back.
    fn closed(&self, code: Option<u16>) -> bool {
        self.unless_stopping(|world| world.count(|counts| counts.closed_by_server += 1));
        let known = CloseCode::ALL.iter().find(|known| Some(known.code()) == code);
        match known.map(|known| known.reconnect()) {
            Some(Reconnect::Yes) | None => true,
            Some(Reconnect::No) => {
                self.unless_stopping(|world| {
                    world.fail(format!("a connection was closed for good, with {code:?}"));
                });
                false
            }
            Some(Reconnect::WithNewToken) => {
                self.token.borrow_mut().clear();
                true
            }
        }
    }

    /// Unanswered messages are sent again, in their order, with their keys.
    fn keep_drafts(&self) {
        let mut asked: Vec<(RequestId, Asked)> = self.asked.borrow_mut().drain().collect();
        asked.sort_unstable_by_key(|(id, _)| *id);
        let mut unsent = self.unsent.borrow_mut();
        for (_, asked) in asked.into_iter().rev() {
            if let Asked::Post(draft) = asked {
                unsent.push_front(draft);
            }
        }
    }

    /// A new token, if the last one was refused.
    async fn renew(&self) -> Result<()> {
        if self.token.borrow().is_empty() {
            let token = self.world.token_of(self.who).await?;
            *self.token.borrow_mut() = token;
        }
        Ok(())
    }

    fn took(&self, kind: Kind, due: Micros) {
        self.world.took(kind, due, self.world.clock.now());
    }

    fn told(&self, seat: &mut Seat, told: &Told) {
        seat.last = Some(told.seq);
        self.world.recorder().event(seat.seen, told);
    }
}
