//! One server of the simulated cluster, as its queues: what a real one has as tasks and channels
//! is here a list from which the scheduler takes the next thing.

use crate::line::Line;
use crate::truth::{Attempt, Submitted};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;
use tidings_protocol::{
    AccountId, Badges, Event, FirmId, InboxItem, MemberId, NoticeId, Person, Receipt, RequestId,
    Seq, ThreadId, Welcome,
};
use tidings_server::auth::Identity;
use tidings_server::epochs::Epochs;
use tidings_server::lookover::Due;
use tidings_server::rooms::{Hall, Lost, Reminding};
use tidings_server::session::{Joining, Session};
use tidings_server::socket::{SharedFrame, SocketId};
use tidings_storage::{
    Access, Actor, Applied, Epoch, NoticesOf, Pulse, ReadCommit, Sending, ThreadCommit,
};
use uuid::Uuid;

/// One server.
pub(crate) struct Node {
    pub(crate) down: bool,
    pub(crate) hall: Hall<Line>,
    pub(crate) connections: BTreeMap<SocketId, Connection>,
    /// Operations on their way to the store.
    pub(crate) pending: VecDeque<Submitted>,
    /// What the store did, on its way to the dispatch.
    pub(crate) batches: VecDeque<Batch>,
    /// What comes to the rooms.
    pub(crate) mail: VecDeque<Mail>,
    /// What mail was about that had to be dropped.
    pub(crate) lost: Lost,
    /// What rooms want to read.
    pub(crate) wanted: VecDeque<Wanted>,
    /// What feeds have to tell.
    pub(crate) feed: Feed,
    /// Up to where its sockets know of ends of access.
    pub(crate) epochs: Epochs,
    /// What was read, and waits for the sockets it is for to know as much.
    pub(crate) settling: VecDeque<Settling>,
    /// Firms that it hears of.
    pub(crate) watched: BTreeSet<FirmId>,
    /// What is to be looked over.
    pub(crate) due: Due,
    /// What its notifier found to be due, and has not done yet.
    pub(crate) due_work: Vec<Work>,
    /// Mails that its notifier has taken.
    pub(crate) hands: Vec<Hand>,
}

/// The server's side of a connection.
pub(crate) struct Connection {
    pub(crate) line: Line,
    pub(crate) session: Session,
    /// What came in and was not handled.
    pub(crate) arrived: VecDeque<Up>,
    /// The client's end is gone.
    pub(crate) deaf: bool,
    /// Commands at the store.
    pub(crate) at_work: usize,
    /// Whose token is in use, once it is looked at.
    pub(crate) identity: Option<Identity>,
    /// It is on its way in.
    pub(crate) entering: Option<Entering>,
    /// Whether it is counted.
    pub(crate) entered: bool,
    /// What its person may see, once it is in.
    pub(crate) access: Option<Access>,
    /// Up to where ends of access were considered in that.
    pub(crate) epoch: Epoch,
    pub(crate) hearing: Hearing,
    /// Threads that the feed need not speak of.
    pub(crate) joined: BTreeSet<ThreadId>,
    pub(crate) joining: Option<Join>,
}

/// How far a connection is with coming in.
pub(crate) struct Entering {
    pub(crate) id: RequestId,
    pub(crate) stage: Entry,
}

/// What was read of it so far.
pub(crate) enum Entry {
    Nothing,
    /// How often access had ended in its firm.
    At(Epoch),
    /// What its person may see.
    May(Epoch, Access),
    /// It is in, and this is what it will be told.
    Welcome(Box<Welcome>),
}

/// Whether the feed may speak to a connection.
#[derive(Clone, Copy)]
pub(crate) enum Hearing {
    /// Not welcomed; whether there was something to say.
    Quiet { missed: bool },
    /// Welcomed, and told these numbers, and this welcome if nothing since.
    Open { badges: Badges, told: Option<u64> },
}

/// Something that was read, and up to where the sockets it is for have to know.
pub(crate) struct Settling {
    pub(crate) epochs: Vec<(FirmId, Epoch)>,
    pub(crate) then: Then,
}

/// What is done when they do.
pub(crate) enum Then {
    Nothing,
    /// How threads stand, for rooms.
    LookOver(Vec<Pulse>),
    /// How far everybody has read.
    Receipts(ThreadId, u64, Vec<Receipt>),
    /// What feeds tell.
    Tell(Vec<(SocketId, Say)>),
}

/// What a feed tells a connection.
pub(crate) enum Say {
    Frame(SharedFrame),
    Badges(Badges),
    /// If it is new, or even if not.
    Welcome(Access, Box<Welcome>, bool),
}

/// What a client sends.
pub(crate) enum Up {
    /// A message.
    Frame(Vec<u8>),
    /// The answer to a ping.
    Pong,
}

/// A join that is under way; the connection does nothing else meanwhile.
pub(crate) struct Join {
    pub(crate) id: RequestId,
    pub(crate) thread: ThreadId,
    pub(crate) after: Option<Seq>,
    /// How far its answer says that reminders are, once it is read.
    pub(crate) reminder: Reminding,
    pub(crate) stage: Stage,
}

/// How far it is.
pub(crate) enum Stage {
    /// The room has mail about it.
    Opening,
    /// The room is open; the store is to be asked.
    Opened(Vec<Person>),
    /// What comes next is known.
    Going(Joining),
    /// The room has mail with the seat.
    Attaching(Joining),
}

/// What a notifier may do.
pub(crate) enum Work {
    Look(FirmId, ThreadId),
    Remind(FirmId, ThreadId),
    Mail(NoticesOf),
}

/// A mail that a notifier has taken and not settled.
pub(crate) struct Hand {
    pub(crate) notices: NoticesOf,
    /// By which run of it.
    pub(crate) holder: Uuid,
    pub(crate) mail: NoticeId,
    /// What the mail server said, once it was asked.
    pub(crate) sending: Option<Sending>,
}

/// What one transaction did.
pub(crate) struct Batch {
    pub(crate) applied: Vec<(Option<Attempt>, Applied)>,
}

/// Mail to the rooms.
pub(crate) enum Mail {
    Open(ThreadId, SocketId),
    GiveUp(ThreadId),
    Attach(ThreadId, SocketId, Seq),
    Detach(ThreadId, SocketId),
    Typing(ThreadId, Person),
    Look(ThreadId, SocketId, bool),
    Committed(ThreadCommit),
    /// Read at the epoch that comes with it.
    Repaired(ThreadId, Option<(Vec<Event>, FirmId, Epoch)>),
    LookOver(Vec<Pulse>),
    Receipts(ThreadId, u64, Vec<Receipt>),
}

/// What rooms want to read.
pub(crate) enum Wanted {
    Events(ThreadId, Seq),
    /// Everybody's, since their sum is this now.
    Receipts(ThreadId, u64),
}

/// What feeds have to tell.
#[derive(Default)]
pub(crate) struct Feed {
    pub(crate) threads: BTreeMap<ThreadId, (FirmId, AccountId)>,
    /// And whether it was posting that moved it.
    pub(crate) reads: Vec<(ThreadId, ReadCommit, bool)>,
    pub(crate) inbox: Vec<(MemberId, InboxItem)>,
    pub(crate) badges: BTreeSet<(FirmId, Person)>,
    /// Who is due a welcome.
    pub(crate) welcomes: BTreeSet<(FirmId, Person)>,
    /// And who is if it says anything new.
    pub(crate) anew: BTreeSet<(FirmId, Person)>,
}

impl Feed {
    pub(crate) fn is_empty(&self) -> bool {
        self.threads.is_empty()
            && self.reads.is_empty()
            && self.inbox.is_empty()
            && self.badges.is_empty()
            && self.welcomes.is_empty()
            && self.anew.is_empty()
    }
}

impl Node {
    /// One that has just begun.
    pub(crate) fn new(now: Instant, bus_is_up: bool) -> Self {
        Self {
            down: false,
            hall: Hall::default(),
            connections: BTreeMap::new(),
            pending: VecDeque::new(),
            batches: VecDeque::new(),
            mail: VecDeque::new(),
            lost: Lost::default(),
            wanted: VecDeque::new(),
            feed: Feed::default(),
            epochs: Epochs::default(),
            settling: VecDeque::new(),
            watched: BTreeSet::new(),
            due: Due::new(now, bus_is_up),
            due_work: Vec::new(),
            hands: Vec::new(),
        }
    }

    /// Whether feeds have something to read: one round after the other, as in the server.
    pub(crate) fn feed_can_read(&self) -> bool {
        let telling = |settling: &Settling| matches!(settling.then, Then::Tell(_));
        !self.feed.is_empty() && !self.settling.iter().any(telling)
    }

    /// Whether nothing is under way in it.
    pub(crate) fn is_idle(&self) -> bool {
        let connection = |connection: &Connection| {
            connection.joining.is_none()
                && connection.entering.is_none()
                && (connection.arrived.is_empty() || connection.line.ending().is_some())
        };
        self.pending.is_empty()
            && self.batches.is_empty()
            && self.mail.is_empty()
            && self.wanted.is_empty()
            && self.feed.is_empty()
            && self.settling.is_empty()
            && !self.hall.has_work()
            && self.connections.values().all(connection)
    }
}

impl Connection {
    /// Whether it is in, and was so before an end of access that it has not been looked at since.
    pub(crate) fn is_before(&self, epoch: Epoch) -> bool {
        self.access.is_some() && self.epoch < epoch
    }

    /// Whose it is, once that is known.
    pub(crate) fn actor(&self) -> Option<Actor> {
        self.identity.map(|identity| identity.actor)
    }

    /// The threads that it hears of from their rooms, or may from the next moment on.
    pub(crate) fn live_threads(&self) -> Vec<ThreadId> {
        let joining = self.joining.as_ref().map(|join| join.thread);
        self.joined.iter().copied().chain(joining).collect()
    }

    /// A connection is taken out once it has ended, and not amid a join.
    pub(crate) fn is_over(&self) -> bool {
        (self.deaf || self.line.ending().is_some()) && self.joining.is_none()
    }
}
