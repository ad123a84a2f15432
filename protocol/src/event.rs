//! What happens in a thread: the entries of its log, exactly as they are stored, sent and read.

use crate::ids::{
    AccountId, ClientKey, MemberId, MessageId, Person, Seq, TaskId, ThreadId, Timestamp,
};
use crate::passable;
use crate::thread::Reminder;
use serde::{Deserialize, Serialize};

/// One entry of a thread's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Whose log.
    pub thread: ThreadId,
    /// Where in it.
    pub seq: Seq,
    /// When it was written.
    pub at_ms: Timestamp,
    /// Who did it.
    pub actor: Person,
    /// Messages posted in the thread up to and including this event. Unread is the difference
    /// between the head's number and that of the last event read.
    pub messages: u64,
    /// What was done. In postcard it travels as a byte string, so that a reader can pass over a
    /// kind that is newer than itself.
    #[serde(with = "passable")]
    #[cfg_attr(feature = "schema", schemars(with = "EventKind"))]
    pub kind: EventKind,
}

/// What an event did. Append only: position is the postcard format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The thread began. Always event 1; its first message is event 2.
    ThreadCreated {
        /// The client it belongs to.
        account: AccountId,
        /// Never empty.
        subject: String,
        /// Reminder settings at the start.
        reminder: Reminder,
    },
    /// Somebody wrote.
    MessagePosted {
        /// The sender's key, by which its other devices know the message they sent.
        key: ClientKey,
        /// Markdown. As it stands now: edits replace it, deleting empties it.
        body: String,
        /// When it was last edited.
        edited_ms: Option<Timestamp>,
        /// Whether its author took it back.
        deleted: bool,
    },
    /// The author changed the body.
    MessageEdited {
        /// Which message.
        message: MessageId,
        /// The new body, until the message is edited again or deleted.
        body: String,
    },
    /// The author took the message back; its body is gone from the log.
    MessageDeleted {
        /// Which message.
        message: MessageId,
    },
    /// A checkbox was added; its id is this event's position.
    TaskAdded {
        /// What is to be done.
        text: String,
        /// The task it stands before; at the end if none.
        before: Option<TaskId>,
    },
    /// A task's text was changed.
    TaskReworded {
        /// Which task.
        task: TaskId,
        /// Its new text.
        text: String,
    },
    /// A task was put elsewhere in the list.
    TaskMoved {
        /// Which task.
        task: TaskId,
        /// The task it stands before now; at the end if none.
        before: Option<TaskId>,
    },
    /// A task was done.
    TaskTicked {
        /// Which task.
        task: TaskId,
    },
    /// A task is open again.
    TaskUnticked {
        /// Which task.
        task: TaskId,
    },
    /// A task was taken away.
    TaskRemoved {
        /// Which task.
        task: TaskId,
    },
    /// A member was called into the thread and may see it from now on.
    MemberMentioned {
        /// Who was called.
        member: MemberId,
        /// The message that did it, if one did.
        message: Option<MessageId>,
    },
    /// The reminder settings changed.
    ReminderSet {
        /// As they are now.
        reminder: Reminder,
    },
    /// The thread was archived.
    Archived {},
    /// The thread was reopened.
    Reopened {},
    /// The client was reminded by email, in the name of the member who acts here.
    ReminderSent {
        /// Which one of its cycle: 1, 2, 3…
        number: u16,
    },
    /// A reminder was due and nobody of the client gets emails: none was sent, none is counted.
    ReminderNotSent {},
    /// The team had the client told of the thread once more, by email.
    Resent {},
    /// Whether emails about the thread show its content was set.
    ContentShown {
        /// None: as the firm has it.
        shown: Option<bool>,
    },
    /// A kind this reader does not know; no log has one. A client passes over it. Stays the last
    /// here: new kinds go before it.
    #[serde(skip)]
    Unknown,
}

impl EventKind {
    /// Every name in JSON, in wire order. What is beyond it is unknown here.
    pub const NAMES: [&'static str; 18] = [
        "thread_created",
        "message_posted",
        "message_edited",
        "message_deleted",
        "task_added",
        "task_reworded",
        "task_moved",
        "task_ticked",
        "task_unticked",
        "task_removed",
        "member_mentioned",
        "reminder_set",
        "archived",
        "reopened",
        "reminder_sent",
        "reminder_not_sent",
        "resent",
        "content_shown",
    ];

    /// Whether it posts a message, and so counts as unread.
    pub fn is_message(&self) -> bool {
        matches!(self, Self::MessagePosted { .. })
    }

    /// Whether it belongs to the history of the tasks.
    pub fn is_task(&self) -> bool {
        matches!(
            self,
            Self::TaskAdded { .. }
                | Self::TaskReworded { .. }
                | Self::TaskMoved { .. }
                | Self::TaskTicked { .. }
                | Self::TaskUnticked { .. }
                | Self::TaskRemoved { .. }
        )
    }
}
