//! What a client asks for. Order of variants and fields is the postcard format: append only.
//! Bounds are not checked here but by [`crate::Checked`], which everything that acts on a command
//! asks for.

use crate::ids::{
    AccountId, ClientKey, MemberId, MessageId, Person, RequestId, Seq, TaskId, ThreadId,
};
use crate::thread::{KindChannels, Language, QuietHours, Reminder};
use serde::{Deserialize, Serialize};

/// One frame from a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFrame {
    /// Comes back in the one reply. A client that numbers its frames 1, 2, 3… is fine.
    pub id: RequestId,
    /// What to do.
    pub command: Command,
}

/// Everything a client can ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Says who is connected, or, later on, brings a newer token of the same person.
    Authenticate {
        /// A JSON Web Token.
        token: String,
    },
    /// Asks for everything of a thread after a position, then for what happens live.
    Join {
        /// Which thread.
        thread: ThreadId,
        /// The last event the client has. None: it has nothing, and wants the newest page.
        #[serde(default)]
        after: Option<Seq>,
    },
    /// Ends the live stream of a thread.
    Leave {
        /// Which thread.
        thread: ThreadId,
    },
    /// Tells the others in the thread that one is writing.
    Typing {
        /// Which thread, joined.
        thread: ThreadId,
    },
    /// Tells whether this device's user looks at a joined thread; joining says yes.
    Presence {
        /// Which thread, joined.
        thread: ThreadId,
        /// Whether it is on the screen.
        looking: bool,
    },
    /// Starts a thread.
    CreateThread {
        /// For which client.
        account: AccountId,
        /// The sender's key for it; the first message bears it too.
        key: ClientKey,
        /// Empty or absent: the first line of the body.
        #[serde(default)]
        subject: String,
        /// The first message, Markdown.
        body: String,
        /// Texts of tasks, in order. Only the team gives any.
        #[serde(default)]
        tasks: Vec<String>,
        /// Only the team sets it; off if absent.
        #[serde(default)]
        reminder: Option<Reminder>,
        /// Members to mention besides those the body names as `@Name`. Only the team gives any.
        #[serde(default)]
        mentions: Vec<MemberId>,
    },
    /// Posts a message.
    PostMessage {
        /// Where.
        thread: ThreadId,
        /// The sender's key: the same key is the same message.
        key: ClientKey,
        /// Markdown.
        body: String,
        /// As in `create_thread`.
        #[serde(default)]
        mentions: Vec<MemberId>,
    },
    /// Replaces the body of one's own message.
    EditMessage {
        /// Where.
        thread: ThreadId,
        /// Which message.
        message: MessageId,
        /// The new body.
        body: String,
    },
    /// Takes one's own message back.
    DeleteMessage {
        /// Where.
        thread: ThreadId,
        /// Which message.
        message: MessageId,
    },
    /// Says that everything up to a position has been read. Going back changes nothing.
    Read {
        /// Where.
        thread: ThreadId,
        /// The last event read; beyond the head it means the head.
        up_to: Seq,
    },
    /// Adds a task.
    AddTask {
        /// Where.
        thread: ThreadId,
        /// The sender's key: the same key is the same task.
        key: ClientKey,
        /// What is to be done.
        text: String,
        /// The task it stands before; at the end if absent.
        #[serde(default)]
        before: Option<TaskId>,
    },
    /// Changes a task's text.
    RewordTask {
        /// Where.
        thread: ThreadId,
        /// Which task.
        task: TaskId,
        /// The new text.
        text: String,
    },
    /// Puts a task elsewhere in the list.
    MoveTask {
        /// Where.
        thread: ThreadId,
        /// Which task.
        task: TaskId,
        /// The task it is to stand before; at the end if absent.
        #[serde(default)]
        before: Option<TaskId>,
    },
    /// Marks a task done.
    TickTask {
        /// Where.
        thread: ThreadId,
        /// Which task.
        task: TaskId,
    },
    /// Marks a task open.
    UntickTask {
        /// Where.
        thread: ThreadId,
        /// Which task.
        task: TaskId,
    },
    /// Takes a task away.
    RemoveTask {
        /// Where.
        thread: ThreadId,
        /// Which task.
        task: TaskId,
    },
    /// Calls a member into the thread.
    Mention {
        /// Where.
        thread: ThreadId,
        /// Whom.
        member: MemberId,
    },
    /// Archives a thread.
    Archive {
        /// Which thread.
        thread: ThreadId,
    },
    /// Reopens an archived thread.
    Reopen {
        /// Which thread.
        thread: ThreadId,
    },
    /// Follows a thread, or stops following it.
    Follow {
        /// Which thread.
        thread: ThreadId,
        /// Whether to be told.
        following: bool,
    },
    /// Sets the reminders of a thread.
    SetReminder {
        /// Where.
        thread: ThreadId,
        /// The settings.
        reminder: Reminder,
    },
    /// Reads a thread as it stands: summary, tasks, receipts, people. Joins nothing.
    GetThread {
        /// Which thread.
        thread: ThreadId,
    },
    /// Reads a page of a thread's log.
    History {
        /// Which thread.
        thread: ThreadId,
        /// From where, and which way.
        from: HistoryFrom,
        /// Most events of the page, 1 to 100; 50 if absent.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// Lists the threads one may see, the one with the newest message first.
    ListThreads {
        /// Which of them.
        #[serde(default)]
        filter: ThreadFilter,
        /// Which page.
        #[serde(default)]
        page: Page,
    },
    /// Lists the inbox, newest first. Members only.
    ListInbox {
        /// Whether the archived items are wanted instead of the others.
        #[serde(default)]
        archived: bool,
        /// Which page.
        #[serde(default)]
        page: Page,
    },
    /// Puts an inbox item away, or brings it back. Members only.
    ArchiveInboxItem {
        /// The item's thread.
        thread: ThreadId,
        /// Where it is to be.
        archived: bool,
    },
    /// Lists the threads with unread messages or open tasks, newest first. Contacts only.
    WaitingForAction {
        /// Which page.
        #[serde(default)]
        page: Page,
    },
    /// Lists the tasks of all threads one may see, and how far they are.
    TaskProgress {
        /// Of one account only.
        #[serde(default)]
        account: Option<AccountId>,
        /// Which page; items are threads.
        #[serde(default)]
        page: Page,
    },
    /// Reads who did what to a thread's tasks, oldest first.
    TaskHistory {
        /// Which thread.
        thread: ThreadId,
        /// Events after this position; from the start if absent.
        #[serde(default)]
        after: Seq,
        /// Most events of the page, 1 to 100; 50 if absent.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// Reads one's own preferences.
    GetPreferences {},
    /// Changes one's own preferences; what is absent stays.
    SetPreferences {
        /// Language of emails and pages.
        #[serde(default)]
        language: Option<Language>,
        /// IANA name of a time zone.
        #[serde(default)]
        time_zone: Option<String>,
        /// Whether to get emails. Contacts only.
        #[serde(default)]
        notify: Option<bool>,
        /// Where kinds of inbox items go; kinds not named stay. Members only.
        #[serde(default)]
        kinds: Vec<KindChannels>,
        /// When not to get emails.
        #[serde(default)]
        quiet: Option<QuietHours>,
        /// Minutes between two emails, 5 to 10080, or 0 for an email for each thread. Members only.
        #[serde(default)]
        digest_min: Option<u16>,
    },
    /// Lists the team by name, for mentions. Members only.
    ListMembers {
        /// Which page.
        #[serde(default)]
        page: Page,
    },
    /// Lists the accounts one has access to, by name, for new threads.
    ListAccounts {
        /// Which page.
        #[serde(default)]
        page: Page,
    },
    /// Turns Markdown into HTML that is safe to put into a page.
    Render {
        /// Markdown.
        markdown: String,
    },
    /// Has the client told of the thread once more, by email. Team only.
    Resend {
        /// Which thread.
        thread: ThreadId,
        /// The sender's key: the same key is the same deed.
        key: ClientKey,
    },
    /// Stops emails to oneself of what happens in a thread, or starts them again.
    Mute {
        /// Which thread.
        thread: ThreadId,
        /// Whether to get none.
        muted: bool,
    },
    /// Sets whether emails about the thread show its content. Team only.
    ShowContent {
        /// Which thread.
        thread: ThreadId,
        /// None: as the firm has it.
        #[serde(default)]
        shown: Option<bool>,
    },
}

/// Which way history is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HistoryFrom {
    /// Events after this position, oldest first.
    After(Seq),
    /// The events just before this position; also sent oldest first.
    Before(Seq),
    /// The newest events, oldest first.
    End,
}

/// Which threads a list has. All conditions hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ThreadFilter {
    /// Of one account only.
    pub account: Option<AccountId>,
    /// Only archived ones, or only the others; both if absent.
    pub archived: Option<bool>,
    /// Only those with unread messages.
    pub unread: bool,
    /// Only those with open tasks.
    pub open_tasks: bool,
    /// Only those one follows. Members only.
    pub following: bool,
}

/// Which page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Page {
    /// From the page before; absent for the first.
    pub cursor: Option<String>,
    /// Most items, 1 to 100; 50 if absent.
    pub limit: Option<u32>,
}

/// A command over HTTP: `POST /v1/commands`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CommandRequest {
    /// In whose name; needed with an API key, refused with a person's token.
    #[serde(default)]
    pub actor: Option<Person>,
    /// What to do.
    pub command: Command,
}

impl Command {
    /// The thread it is about, if it is about one.
    pub fn thread(&self) -> Option<ThreadId> {
        use Command as C;
        match self {
            C::Join { thread, .. }
            | C::Leave { thread }
            | C::Typing { thread }
            | C::Presence { thread, .. }
            | C::PostMessage { thread, .. }
            | C::EditMessage { thread, .. }
            | C::DeleteMessage { thread, .. }
            | C::Read { thread, .. }
            | C::AddTask { thread, .. }
            | C::RewordTask { thread, .. }
            | C::MoveTask { thread, .. }
            | C::TickTask { thread, .. }
            | C::UntickTask { thread, .. }
            | C::RemoveTask { thread, .. }
            | C::Mention { thread, .. }
            | C::Archive { thread }
            | C::Reopen { thread }
            | C::Follow { thread, .. }
            | C::SetReminder { thread, .. }
            | C::Resend { thread, .. }
            | C::Mute { thread, .. }
            | C::ShowContent { thread, .. }
            | C::GetThread { thread }
            | C::History { thread, .. }
            | C::ArchiveInboxItem { thread, .. }
            | C::TaskHistory { thread, .. } => Some(*thread),
            C::Authenticate { .. }
            | C::CreateThread { .. }
            | C::ListThreads { .. }
            | C::ListInbox { .. }
            | C::WaitingForAction { .. }
            | C::TaskProgress { .. }
            | C::GetPreferences {}
            | C::SetPreferences { .. }
            | C::ListMembers { .. }
            | C::ListAccounts { .. }
            | C::Render { .. } => None,
        }
    }

    /// The name it has in JSON.
    pub fn name(&self) -> &'static str {
        use Command as C;
        match self {
            C::Authenticate { .. } => "authenticate",
            C::Join { .. } => "join",
            C::Leave { .. } => "leave",
            C::Typing { .. } => "typing",
            C::Presence { .. } => "presence",
            C::CreateThread { .. } => "create_thread",
            C::PostMessage { .. } => "post_message",
            C::EditMessage { .. } => "edit_message",
            C::DeleteMessage { .. } => "delete_message",
            C::Read { .. } => "read",
            C::AddTask { .. } => "add_task",
            C::RewordTask { .. } => "reword_task",
            C::MoveTask { .. } => "move_task",
            C::TickTask { .. } => "tick_task",
            C::UntickTask { .. } => "untick_task",
            C::RemoveTask { .. } => "remove_task",
            C::Mention { .. } => "mention",
            C::Archive { .. } => "archive",
            C::Reopen { .. } => "reopen",
            C::Follow { .. } => "follow",
            C::SetReminder { .. } => "set_reminder",
            C::GetThread { .. } => "get_thread",
            C::History { .. } => "history",
            C::ListThreads { .. } => "list_threads",
            C::ListInbox { .. } => "list_inbox",
            C::ArchiveInboxItem { .. } => "archive_inbox_item",
            C::WaitingForAction { .. } => "waiting_for_action",
            C::TaskProgress { .. } => "task_progress",
            C::TaskHistory { .. } => "task_history",
            C::GetPreferences {} => "get_preferences",
            C::SetPreferences { .. } => "set_preferences",
            C::ListMembers { .. } => "list_members",
            C::ListAccounts { .. } => "list_accounts",
            C::Render { .. } => "render",
            C::Resend { .. } => "resend",
            C::Mute { .. } => "mute",
            C::ShowContent { .. } => "show_content",
        }
    }

    /// Every name, in wire order. The test matrix of the whole product is generated from it.
    pub const NAMES: [&'static str; 37] = [
        "authenticate",
        "join",
        "leave",
        "typing",
        "presence",
        "create_thread",
        "post_message",
        "edit_message",
        "delete_message",
        "read",
        "add_task",
        "reword_task",
        "move_task",
        "tick_task",
        "untick_task",
        "remove_task",
        "mention",
        "archive",
        "reopen",
        "follow",
        "set_reminder",
        "get_thread",
        "history",
        "list_threads",
        "list_inbox",
        "archive_inbox_item",
        "waiting_for_action",
        "task_progress",
        "task_history",
        "get_preferences",
        "set_preferences",
        "list_members",
        "list_accounts",
        "render",
        "resend",
        "mute",
        "show_content",
    ];
}
