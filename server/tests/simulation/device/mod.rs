//! A client on one device, written by the protocol document: it keeps what it was sent of each
//! thread, resumes where it was, and sends again what was not answered.

mod act;
mod hear;
mod replica;

pub(crate) use hear::Heard;
pub(crate) use replica::{Phase, Replica};

use crate::line::Line;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tidings_protocol::{Badges, Command, Encoding, ReminderState, RequestId, Seq, ThreadId};
use tidings_server::socket::SocketId;
use tidings_storage::Actor;

/// Keyed commands that a device remembers to repeat for no reason.
const DONE_MAX: usize = 8;

/// One device.
pub(crate) struct Device {
    pub(crate) number: usize,
    pub(crate) actor: Actor,
    pub(crate) encoding: Encoding,
    pub(crate) link: Option<Link>,
    /// It takes nothing off the network.
    pub(crate) stalled: bool,
    /// Threads it has heard of.
    pub(crate) known: BTreeSet<ThreadId>,
    pub(crate) replicas: BTreeMap<ThreadId, Replica>,
    /// How it was told that threads stand, by its feed or by their rooms.
    pub(crate) told: BTreeMap<ThreadId, Told>,
    /// The numbers on its icons.
    pub(crate) badges: Option<Badges>,
    /// Keyed commands without a final answer, in their order.
    unanswered: VecDeque<Command>,
    /// The last keyed ones that were done.
    done: VecDeque<Command>,
    next_id: u32,
    bodies: u32,
}

/// How a thread stands for a device.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    pub(crate) head: Seq,
    /// How far its person has read.
    pub(crate) read: Seq,
    /// How far its reminders are.
    pub(crate) reminder: ReminderState,
}

/// Its end of a connection.
pub(crate) struct Link {
    pub(crate) node: usize,
    pub(crate) socket: SocketId,
    pub(crate) line: Line,
    /// It was greeted.
    pub(crate) welcomed: bool,
    /// Since which commit its token is void.
    pub(crate) void: Option<u64>,
    /// Bytes of a frame that is not whole yet.
    half: Vec<u8>,
    /// Commands without a reply.
    asked: BTreeMap<RequestId, Command>,
}

impl Link {
    pub(crate) fn new(node: usize, socket: SocketId, line: Line) -> Self {
        let (half, asked) = (Vec::new(), BTreeMap::new());
        Self { node, socket, line, welcomed: false, void: None, half, asked }
    }
}

impl Device {
    pub(crate) fn new(number: usize, actor: Actor, encoding: Encoding) -> Self {
        Self {
            number,
            actor,
            encoding,
            link: None,
            stalled: false,
            known: BTreeSet::new(),
            replicas: BTreeMap::new(),
            told: BTreeMap::new(),
            badges: None,
            unanswered: VecDeque::new(),
            done: VecDeque::new(),
            next_id: 0,
            bodies: 0,
        }
    }

    /// The connection is over, with or without a word.
    pub(crate) fn unlink(&mut self) -> Option<Link> {
        for replica in self.replicas.values_mut() {
            replica.unlink();
        }
        self.link.take()
    }

    /// It was told how far a thread goes, or how far it has read it; or the news is old.
    pub(super) fn stands(&mut self, thread: ThreadId, head: Seq, read: Seq) {
        let told = self.told.entry(thread).or_default();
        told.head = told.head.max(head);
        told.read = told.read.max(read);
    }

    /// Whether everything that it sent with a key has its answer.
    pub(crate) fn is_answered(&self) -> bool {
        self.unanswered.is_empty()
    }

    /// Whether it waits for any reply.
    pub(crate) fn waits(&self) -> bool {
        self.link.as_ref().is_some_and(|link| !link.asked.is_empty())
    }

    /// A keyed command has its last word.
    fn settle(&mut self, command: &Command, done: bool) {
        self.unanswered.retain(|other| other != command);
        if done {
            if self.done.len() == DONE_MAX {
                self.done.pop_front();
            }
            self.done.push_back(command.clone());
        }
    }
}
