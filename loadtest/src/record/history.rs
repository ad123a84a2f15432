//! What a run has said and heard, in the form that the checker reads. Plain data: filled by the
//! recorder while the run goes on, and by reading everything back from the server at its end.
//!
//! Moments are microseconds after the start of the run. People, threads, devices and posts are
//! named by their place in these lists: millions of records are kept.

use tidings_protocol::{ClientKey, Person, RefusalCode, Seq, ThreadId};

/// Place in [`History::people`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonIx(pub u32);

/// Place in [`History::threads`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadIx(pub u32);

/// Place in [`History::posts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostIx(pub u32);

/// Microseconds after the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u64);

/// A hash of all that an event says, equal in both encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub u64);

/// Everything a run has said and heard.
#[derive(Debug, Default)]
pub struct History {
    /// Who took part.
    pub people: Vec<Person>,
    /// Where.
    pub threads: Vec<ThreadHistory>,
    /// Every message that somebody meant to post, each once, however often it was sent.
    pub posts: Vec<Post>,
    /// Every time a message was sent, in the order of sending.
    pub sends: Vec<Send>,
    /// What each device was sent of each thread that it joined.
    pub seen: Vec<Seen>,
    /// What the server said of somebody's unread messages.
    pub unread_claims: Vec<UnreadClaim>,
    /// Receipts as they came, where one was smaller than an earlier one that the same device knew.
    pub receipts_back: Vec<ReceiptBack>,
    /// Receipts that the server acknowledged: the last of each person in each thread.
    pub receipts_acked: Vec<ReceiptAcked>,
    /// Receipts read from the server at the end.
    pub receipts_final: Vec<ReceiptFinal>,
    /// What devices that were joined at the end had been told of others' receipts.
    pub receipts_known: Vec<ReceiptsKnown>,
    /// Access that was taken away.
    pub access_ends: Vec<AccessEnd>,
    /// What people were told between the end of their access and its return.
    pub while_out: Vec<WhileOut>,
    /// Frames about threads that are none of the run's, or that the device's person never could see.
    pub strays: Vec<Stray>,
}

/// One thread.
#[derive(Debug)]
pub struct ThreadHistory {
    /// Which.
    pub thread: ThreadId,
    /// Who may see it, for the whole run or until an [`AccessEnd`].
    pub people: Vec<PersonIx>,
    /// The log as read back at the end, from event 1 to its head; none if it was not read back.
    pub log: Option<Vec<LogEntry>>,
    /// The digest that the first device to see an event made of it, by position; entry 0 is
    /// event 1. None where nobody saw it.
    pub seen: Vec<Option<SeenEvent>>,
    /// Where a device saw something else under the same position.
    pub disagreements: Vec<Disagreement>,
}

/// An event of the log, read back.
#[derive(Clone, Copy, Debug)]
pub struct LogEntry {
    /// Its position, as the server says it.
    pub seq: Seq,
    /// Who did it; none if nobody of the run.
    pub actor: Option<PersonIx>,
    /// The key of a message.
    pub key: Option<ClientKey>,
    /// The hash of a message's body.
    pub body: Option<u64>,
    /// Messages up to and including it, as the server says it.
    pub messages: u64,
    /// All of it.
    pub digest: Digest,
}

/// What the first device saw at a position.
#[derive(Clone, Copy, Debug)]
pub struct SeenEvent {
    /// All of it.
    pub digest: Digest,
    /// The key of a message.
    pub key: Option<ClientKey>,
}

/// Two devices were told different things of one position.
#[derive(Clone, Copy, Debug)]
pub struct Disagreement {
    /// Where.
    pub seq: Seq,
    /// What the later one was told.
    pub other: SeenEvent,
}

/// One message that somebody meant to post.
#[derive(Clone, Debug)]
pub struct Post {
    /// Whose.
    pub person: PersonIx,
    /// Where.
    pub thread: ThreadIx,
    /// Under which key.
    pub key: ClientKey,
    /// The hash of its body.
    pub body: u64,
    /// When it was first sent.
    pub sent: Micros,
    /// What the server said, the last time that it said something; but a position stays, whatever
    /// is said after it.
    pub answer: Option<Answer>,
    /// How many of its sendings were refused. A message whose every sending was refused must not
    /// appear; one that was also sent without an answer may.
    pub refusals: u32,
    /// An earlier answer that was another position.
    pub other_position: Option<Seq>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Durable, at this position.
    Acked(Seq),
    /// Not done.
    Refused(RefusalCode),
}

/// One sending of a message.
#[derive(Clone, Copy, Debug)]
pub struct Send {
    /// Which message.
    pub post: PostIx,
    /// On which connection; connections of the run are numbered.
    pub connection: u32,
}

/// What one device was sent of one thread, over all its connections.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Whose device.
    pub person: PersonIx,
    /// Which of the run's devices.
    pub device: u32,
    /// Which thread.
    pub thread: ThreadIx,
    /// What came, in order.
    pub steps: Vec<Step>,
    /// Whether it was joined when the run was over and everything had come to rest: then it must
    /// have the whole log.
    pub joined_at_end: bool,
}

/// One step of a device's life in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It joined, having everything up to `after`, and was told that events come from `from` on.
    Joined {
        /// The last event it had; none if it asked for the newest page.
        after: Option<Seq>,
        /// The first event it was promised.
        from: Seq,
        /// Whether nothing lies between, as the server says.
        complete: bool,
    },
    /// Events without a gap.
    Events {
        /// The first.
        first: Seq,
        /// The last.
        last: Seq,
    },
}

/// The server told somebody how many messages it has not read.
#[derive(Clone, Copy, Debug)]
pub struct UnreadClaim {
    /// Whom.
    pub person: PersonIx,
    /// Where.
    pub thread: ThreadIx,
    /// The thread's last event, as it was said.
    pub head: Seq,
    /// Messages in all, as it was said.
    pub messages: u64,
    /// The last event read, as it was said.
    pub read: Seq,
    /// Messages not read, as it was said.
    pub unread: u64,
}

/// A receipt went back.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptBack {
    /// Whose receipt.
    pub person: PersonIx,
    /// Where.
    pub thread: ThreadIx,
    /// What the device had been told before.
    pub before: Seq,
    /// What it was told then.
    pub after: Seq,
}

/// A receipt that the server acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptAcked {
    /// Whose.
    pub person: PersonIx,
    /// Where.
    pub thread: ThreadIx,
    /// The furthest position.
    pub seq: Seq,
}

/// A receipt at the end.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptFinal {
    /// Whose.
    pub person: PersonIx,
    /// Where.
    pub thread: ThreadIx,
    /// The position.
    pub seq: Seq,
}

/// What a device knew of others' receipts in a thread when everything was at rest.
#[derive(Clone, Debug)]
pub struct ReceiptsKnown {
    /// Whose device.
    pub person: PersonIx,
    /// Which of the run's devices.
    pub device: u32,
    /// In which thread.
    pub thread: ThreadIx,
    /// The furthest it was told of each; nothing: before the first event.
    pub furthest: Vec<(PersonIx, Seq)>,
}

/// Somebody may see nothing any more.
#[derive(Clone, Copy, Debug)]
pub struct AccessEnd {
    /// Who.
    pub person: PersonIx,
    /// When the server had confirmed it. What was posted later must never reach this person.
    pub at: Micros,
    /// When it was about to be given back; none: it was not.
    pub until: Option<Micros>,
}

/// Somebody without access was told of something. It may have been on its way.
#[derive(Clone, Copy, Debug)]
pub struct WhileOut {
    /// Who.
    pub person: PersonIx,
    /// In which thread.
    pub thread: ThreadIx,
    /// Of which position.
    pub seq: Seq,
    /// Whether it was the event itself, not just how far the thread goes.
    pub event: bool,
    /// When the server had confirmed that access has ended.
    pub since: Micros,
}

/// A frame that should not have come.
#[derive(Clone, Copy, Debug)]
pub struct Stray {
    /// To whose device.
    pub person: PersonIx,
    /// About which thread.
    pub thread: ThreadId,
    /// Its position, if it was an event.
    pub seq: Option<Seq>,
}
