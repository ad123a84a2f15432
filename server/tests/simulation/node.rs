//! One server of the simulated cluster, as its queues: what a real one has as tasks and channels
//! is here a list from which the scheduler takes the next thing.

use crate::line::Line;
use crate::truth::{Attempt, Submitted};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tidings_protocol::{
    AccountId, Event, FirmId, InboxItem, MemberId, Person, RequestId, Seq, ThreadId,
};
use tidings_server::rooms::Hall;
use tidings_server::session::{Joining, Session};
use tidings_server::socket::SocketId;
use tidings_storage::{Access, Applied, ReadCommit, ThreadCommit};

/// One server.
#[derive(Default)]
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
    /// Mail had to be dropped: rooms compare heads at the next occasion.
    pub(crate) lost: bool,
    /// What rooms want to read.
    pub(crate) wanted: VecDeque<Wanted>,
    /// What feeds have to tell.
    pub(crate) feed: Feed,
    /// How many ends of access its people have felt.
    pub(crate) epoch: u64,
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
    /// What its person may see, once that is known.
    pub(crate) access: Option<Access>,
    /// Threads that the feed need not speak of.
    pub(crate) joined: BTreeSet<ThreadId>,
    pub(crate) joining: Option<Join>,
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

/// What one transaction did.
pub(crate) struct Batch {
    pub(crate) applied: Vec<(Option<Attempt>, Applied)>,
    /// How often access had ended before it.
    pub(crate) before: u64,
    /// And after it.
    pub(crate) after: u64,
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
    /// Read by the epoch that comes with it.
    Repaired(ThreadId, Option<Vec<Event>>, u64),
    Heads(Vec<(ThreadId, Seq)>),
}

/// What rooms want to read.
pub(crate) enum Wanted {
    Events(ThreadId, Seq),
    Heads,
}

/// What feeds have to tell.
#[derive(Default)]
pub(crate) struct Feed {
    pub(crate) threads: BTreeMap<ThreadId, (FirmId, AccountId)>,
    pub(crate) reads: Vec<(ThreadId, ReadCommit)>,
    pub(crate) inbox: Vec<(MemberId, InboxItem)>,
}

impl Feed {
    pub(crate) fn is_empty(&self) -> bool {
        self.threads.is_empty() && self.reads.is_empty() && self.inbox.is_empty()
    }
}

impl Node {
    /// Whether nothing is under way in it.
    pub(crate) fn is_idle(&self) -> bool {
        let connection = |connection: &Connection| {
            connection.joining.is_none()
                && (connection.arrived.is_empty() || connection.line.ending().is_some())
        };
        self.pending.is_empty()
            && self.batches.is_empty()
            && self.mail.is_empty()
            && self.wanted.is_empty()
            && self.feed.is_empty()
            && !self.hall.has_work()
            && self.connections.values().all(connection)
    }
}

impl Connection {
    /// A connection is taken out once it has ended, and not amid a join.
    pub(crate) fn is_over(&self) -> bool {
        (self.deaf || self.line.ending().is_some()) && self.joining.is_none()
    }
}
