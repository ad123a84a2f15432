//! What a thread looks like from outside its log: summaries for lists, tasks, receipts, inbox
//! items. All of it is derived from the log and can be asked for again at any time.

use crate::ids::{AccountId, MemberId, Person, Seq, TaskId, ThreadId, Timestamp};
use crate::limits::{REMINDER_COUNT_MAX, REMINDER_DAYS_MAX};
use serde::{Deserialize, Serialize};

macro_rules! shapes {
    ($($item:item)*) => {$(
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case", deny_unknown_fields)]
        $item
    )*};
}
pub(crate) use shapes;

shapes! {
    /// A thread as a list shows it; the same for everybody who sees the thread.
    pub struct ThreadSummary {
        /// Which thread.
        pub thread: ThreadId,
        /// The client it belongs to.
        pub account: AccountId,
        /// Never empty: the first line of the first message when none was given.
        pub subject: String,
        /// Who started it.
        pub creator: Person,
        /// When it was started.
        pub created_ms: Timestamp,
        /// Its last event.
        pub head: Seq,
        /// Messages posted so far, deleted ones included.
        pub messages: u64,
        /// When the last message was posted.
        pub last_ms: Timestamp,
        /// Who posted the last message.
        pub last_author: Person,
        /// The beginning of the last message, at most 160 bytes; empty once it is deleted.
        pub excerpt: String,
        /// Archived threads can be read, not posted to.
        pub archived: bool,
        /// Tasks not done.
        pub tasks_open: u32,
        /// Tasks, done or not.
        pub tasks_total: u32,
        /// Reminder settings, as the team sees them.
        pub reminder: Reminder,
        /// What a client does to stop the reminders, as contacts see it.
        pub reminder_stops: ReminderStops,
        /// How far the reminders are.
        pub reminder_state: ReminderState,
        /// By which waiting-for-action is ordered: when the last message was posted, or when the team
        /// had it sent once more, if that was later.
        pub waiting_ms: Timestamp,
        /// Whether emails about it show its content; none: as the firm has it.
        pub show_content: Option<bool>,
    }

    /// A thread in the list of one person.
    pub struct ThreadItem {
        /// The thread.
        pub summary: ThreadSummary,
        /// The last event this person has read; 0 for none.
        pub read: Seq,
        /// Messages after `read`.
        pub unread: u64,
        /// Whether this member is told of what happens in the thread; `false` for contacts.
        pub following: bool,
        /// Whether this person gets no emails of what happens in it.
        pub muted: bool,
    }

    /// A checkbox of a thread.
    pub struct Task {
        /// Which task.
        pub task: TaskId,
        /// What is to be done.
        pub text: String,
        /// Who ticked it and when, if it is done.
        pub done: Option<Done>,
    }

    /// A tick.
    pub struct Done {
        /// Whose.
        pub by: Person,
        /// When.
        pub at_ms: Timestamp,
    }

    /// How far one person has read. It only ever moves forward.
    pub struct Receipt {
        /// Who has read.
        pub person: Person,
        /// The last event read.
        pub seq: Seq,
    }

    /// Somebody who takes part in a thread, by name.
    pub struct Participant {
        /// Who.
        pub person: Person,
        /// The name to show.
        pub name: String,
    }

    /// What stops the reminders of a thread, in the client's words.
    pub enum ReminderStops {
        /// No reminders are set.
        Off,
        /// Answer the last message.
        Answer,
        /// Finish the tasks and read everything.
        FinishTasksAndRead,
    }

    /// How far the reminders of a thread are.
    #[derive(Copy, Default)]
    pub struct ReminderState {
        /// Whether one is to be sent as things stand.
        pub pending: bool,
        /// How many of this cycle were sent.
        pub sent: u16,
        /// When the next one is due, if one is pending.
        pub next_ms: Option<Timestamp>,
    }

    /// Hours of the day in which a person gets no emails, in its time zone. From after to before
    /// midnight they go over it.
    #[derive(Copy, Default)]
    pub struct QuietHours {
        /// Minute of the day at which they begin, 0 to 1439.
        pub from_min: u16,
        /// Minute of the day at which they end; the same as `from_min`: there are none.
        pub to_min: u16,
    }

    /// Why a thread is in somebody's inbox.
    #[derive(Copy, PartialOrd, Ord, Hash)]
    pub enum InboxKind {
        /// A contact started it.
        ThreadStarted,
        /// A contact answered.
        ContactAnswered,
        /// A contact ticked or unticked a task.
        TasksChanged,
        /// The last open task was done.
        AllTasksCompleted,
        /// A colleague answered in a thread one follows.
        ColleagueAnswered,
        /// One was mentioned.
        Mentioned,
        /// An email to somebody of the client could not be delivered; the actor is whom it was for.
        DeliveryFailed,
    }

    /// The one item that a thread has in a member's inbox, about the latest thing that raised it.
    pub struct InboxItem {
        /// Which thread.
        pub thread: ThreadId,
        /// The client it belongs to.
        pub account: AccountId,
        /// The thread's subject.
        pub subject: String,
        /// What raised it last.
        pub kind: InboxKind,
        /// Who did that.
        pub actor: Person,
        /// The event that raised it.
        pub seq: Seq,
        /// When.
        pub at_ms: Timestamp,
        /// Put away by its owner; the next event that raises it brings it back.
        pub archived: bool,
    }

    /// A thread in a contact's waiting-for-action.
    pub struct WaitingItem {
        /// The thread.
        pub summary: ThreadSummary,
        /// Messages not yet read.
        pub unread: u64,
        /// Why it waits: unread messages, open tasks, or both.
        pub open_tasks: u32,
    }

    /// Numbers on a person's icons.
    #[derive(Copy, Default)]
    pub struct Badges {
        /// Threads with unread messages, archived ones included.
        pub unread_threads: u64,
        /// Unread messages over all threads.
        pub unread_messages: u64,
        /// Items in the inbox that are not archived; 0 for contacts.
        pub inbox: u64,
        /// Threads waiting for this contact; 0 for members.
        pub waiting: u64,
    }

    /// Tasks of one thread in the progress view.
    pub struct ThreadProgress {
        /// Which thread.
        pub thread: ThreadId,
        /// The client it belongs to.
        pub account: AccountId,
        /// The thread's subject.
        pub subject: String,
        /// Tasks done.
        pub done: u32,
        /// Tasks in all.
        pub total: u32,
        /// The tasks, in their order.
        pub tasks: Vec<Task>,
    }

    /// Tasks over all visible threads of one account.
    pub struct AccountProgress {
        /// Which account.
        pub account: AccountId,
        /// Tasks done.
        pub done: u64,
        /// Tasks in all.
        pub total: u64,
    }

    /// Where one kind of inbox item goes.
    #[derive(Copy)]
    pub struct Channels {
        /// Shown in the inbox.
        pub inbox: bool,
        /// Sent by email.
        pub email: bool,
    }

    /// One line of a member's preferences.
    #[derive(Copy)]
    pub struct KindChannels {
        /// What happened.
        pub kind: InboxKind,
        /// Where it goes.
        pub channels: Channels,
    }

    /// What a person has chosen.
    pub struct Preferences {
        /// Language of emails and pages.
        pub language: Language,
        /// IANA name, such as `Europe/Amsterdam`.
        pub time_zone: String,
        /// For contacts: whether they get emails. Members choose by kind; theirs is always `true`.
        pub notify: bool,
        /// For members: one line for each kind, in the order of the kinds. Empty for contacts.
        pub kinds: Vec<KindChannels>,
        /// When not to get emails.
        pub quiet: QuietHours,
        /// For members: minutes between two emails, each about all that happened meanwhile; 0: an
        /// email for each thread, soon.
        pub digest_min: u16,
    }

    /// Languages that emails and pages are written in.
    #[derive(Copy, Default)]
    pub enum Language {
        /// English.
        #[default]
        En,
        /// Dutch.
        Nl,
        /// French.
        Fr,
        /// German.
        De,
        /// Spanish.
        Es,
    }

    /// When and how often a client that does not react is reminded.
    #[derive(Copy)]
    pub struct Reminder {
        /// Whether reminders are sent at all.
        pub on: bool,
        /// Days until the next one, 1 to 365; 3 if it does not say.
        #[serde(default = "Reminder::days_meant")]
        pub days: u16,
        /// Reminders in one cycle, 1 to 20; one if it does not say.
        #[serde(default = "Reminder::count_meant")]
        pub count: u16,
    }

    /// A colleague as the picker of mentions shows it.
    pub struct Colleague {
        /// Who.
        pub member: MemberId,
        /// The name to show, and to write after `@`.
        pub name: String,
    }

    /// An account as the picker for a new thread shows it.
    pub struct AccountItem {
        /// Which account.
        pub account: AccountId,
        /// The client's name.
        pub name: String,
        /// Whether anybody there can be reached by chat: it has an active contact.
        pub reachable: bool,
    }
}

impl Default for Reminder {
    /// Off; three days and one reminder once switched on.
    fn default() -> Self {
        Self { on: false, days: 3, count: 1 }
    }
}

impl Reminder {
    fn days_meant() -> u16 {
        Self::default().days
    }

    fn count_meant() -> u16 {
        Self::default().count
    }
}

impl ReminderStops {
    /// What contacts are told, from the settings and the thread's tasks.
    pub fn of(reminder: Reminder, tasks_total: u32) -> Self {
        match (reminder.on, tasks_total) {
            (false, _) => Self::Off,
            (true, 0) => Self::Answer,
            (true, _) => Self::FinishTasksAndRead,
        }
    }
}

impl InboxKind {
    /// Every kind, in wire order.
    pub const ALL: [Self; 7] = [
        Self::ThreadStarted,
        Self::ContactAnswered,
        Self::TasksChanged,
        Self::AllTasksCompleted,
        Self::ColleagueAnswered,
        Self::Mentioned,
        Self::DeliveryFailed,
    ];
}

const _: () = assert!(REMINDER_DAYS_MAX >= 3 && REMINDER_COUNT_MAX >= 1);
