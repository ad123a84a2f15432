//! What the server says: the one reply to each command, and what it sends by itself. Order of
//! variants and fields is the postcard format: append only.

use crate::event::Event;
use crate::ids::{AccountId, FirmId, Person, RequestId, Seq, ThreadId, Timestamp};
use crate::refusal::Refusal;
use crate::thread::{
    AccountItem, AccountProgress, Badges, Colleague, InboxItem, Participant, Preferences, Receipt,
    ReminderState, Task, ThreadItem, ThreadProgress, ThreadSummary, WaitingItem,
};
use serde::{Deserialize, Serialize};

/// One frame from the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerFrame {
    /// The first frame once somebody is authenticated; nothing of a thread comes before it.
    Welcome(Box<Welcome>),
    /// The answer to one command.
    Reply {
        /// The command's id.
        id: RequestId,
        /// What became of it.
        outcome: Outcome,
    },
    /// Something happened in a joined thread.
    Event(Event),
    /// What a joining client had missed, in order; live events follow the last page.
    Events {
        /// Which thread.
        thread: ThreadId,
        /// One page, in order.
        events: Vec<Event>,
        /// Whether further pages follow before live events.
        more: bool,
    },
    /// People have read further in a joined thread.
    Receipts {
        /// Which thread.
        thread: ThreadId,
        /// Their latest receipts; who is not named has not moved.
        receipts: Vec<Receipt>,
    },
    /// Somebody else is writing in a joined thread. Holds for 6 seconds.
    Typing {
        /// Which thread.
        thread: ThreadId,
        /// Who.
        person: Person,
    },
    /// Who is looking at a joined thread now. Replaces what was said before.
    Presence {
        /// Which thread.
        thread: ThreadId,
        /// Who, if they are at most 100.
        people: Vec<Person>,
        /// How many.
        count: u32,
    },
    /// Feed: a thread that this person sees, but this connection has not joined, is new or has
    /// changed. Unread is `messages` less the messages read.
    ThreadChanged(ThreadSummary),
    /// Feed: this person has read further, here or on another device.
    ReadChanged {
        /// Which thread.
        thread: ThreadId,
        /// Up to where.
        read: Seq,
        /// Messages up to there.
        messages_read: u64,
    },
    /// Feed: an inbox item is new, has moved up, or was put away or brought back.
    InboxChanged(InboxItem),
    /// Feed: the numbers on the icons have changed.
    BadgesChanged(Badges),
    /// How far the reminders of a joined thread are has changed. Replaces what was said before.
    ReminderChanged {
        /// Which thread.
        thread: ThreadId,
        /// As it is now.
        reminder: ReminderState,
    },
}

/// Who one is and how things stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The firm.
    pub firm: FirmId,
    /// The firm's name.
    pub firm_name: String,
    /// Oneself.
    pub person: Person,
    /// One's own name.
    pub name: String,
    /// For contacts, the account.
    pub account: Option<AccountId>,
    /// When the token runs out; a newer one is brought with `authenticate`.
    pub token_expires_ms: Timestamp,
    /// The server's clock.
    pub now_ms: Timestamp,
    /// The numbers on the icons.
    pub badges: Badges,
    /// The newest threads, at most 20; `list_threads` has the rest.
    pub threads: Vec<ThreadItem>,
    /// The newest inbox items, at most 20; empty for contacts.
    pub inbox: Vec<InboxItem>,
    /// The newest threads that wait for this contact, at most 20; empty for members.
    pub waiting: Vec<WaitingItem>,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done, and durable.
    Ok(Reply),
    /// Not done, nor any part of it.
    Refused(Refusal),
}

/// The answer to a command that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Nothing to tell: leave, typing, presence, follow, mute, `archive_inbox_item`.
    Done {},
    /// authenticate.
    Authenticated {
        /// When the token runs out.
        token_expires_ms: Timestamp,
    },
    /// join.
    Joined(Box<Joined>),
    /// `create_thread`.
    ThreadCreated {
        /// The new thread.
        thread: ThreadId,
        /// Its last event so far.
        head: Seq,
        /// When.
        at_ms: Timestamp,
    },
    /// What posts, edits, deletes, changes tasks, mentions, archives, reopens, resends, or sets
    /// reminders and what emails show: where the event stands in the log. What was so already gives the head and writes nothing.
    Written {
        /// The event's position, and for a message or task its id.
        seq: Seq,
        /// When.
        at_ms: Timestamp,
    },
    /// read.
    ReadUpTo {
        /// Where the receipt stands now.
        seq: Seq,
        /// Messages after it.
        unread: u64,
    },
    /// `get_thread`.
    Thread(Box<ThreadView>),
    /// history, `task_history`.
    History {
        /// In order.
        events: Vec<Event>,
        /// Whether there are more in the direction that was read.
        more: bool,
    },
    /// `list_threads`.
    Threads {
        /// The page.
        items: Vec<ThreadItem>,
        /// The next page, if there is one.
        next: Option<String>,
    },
    /// `list_inbox`.
    Inbox {
        /// The page.
        items: Vec<InboxItem>,
        /// The next page, if there is one.
        next: Option<String>,
    },
    /// `waiting_for_action`.
    Waiting {
        /// The page.
        items: Vec<WaitingItem>,
        /// The next page, if there is one.
        next: Option<String>,
    },
    /// `task_progress`.
    Progress {
        /// Threads with tasks, the one with the newest message first.
        threads: Vec<ThreadProgress>,
        /// Done and total of the accounts that these threads belong to, over all their threads.
        accounts: Vec<AccountProgress>,
        /// The next page, if there is one.
        next: Option<String>,
    },
    /// `get_preferences`, `set_preferences`.
    Preferences(Preferences),
    /// `list_members`.
    Members {
        /// The page.
        items: Vec<Colleague>,
        /// The next page, if there is one.
        next: Option<String>,
    },
    /// `list_accounts`.
    Accounts {
        /// The page.
        items: Vec<AccountItem>,
        /// The next page, if there is one.
        next: Option<String>,
    },
    /// render.
    Rendered {
        /// Sanitised.
        html: String,
    },
}

/// A thread as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ThreadView {
    /// The thread, and how far this person has read it.
    pub item: ThreadItem,
    /// Its tasks, in their order.
    pub tasks: Vec<Task>,
    /// How far everybody has read.
    pub receipts: Vec<Receipt>,
    /// Names of all who have written, acted or been mentioned in it, or are told of it.
    pub participants: Vec<Participant>,
}

/// The answer to `join`. The missed events follow it in `events` frames, then live ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Joined {
    /// The thread as it stands.
    pub view: ThreadView,
    /// The first event that will be sent.
    pub from: Seq,
    /// Whether nothing lies between what the client had and `from`. If false, the client drops
    /// what it had, or fills the hole with `history`.
    pub complete: bool,
    /// Who is looking at it, if they are at most 100.
    pub present: Vec<Person>,
}
