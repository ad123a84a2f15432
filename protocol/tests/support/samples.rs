//! One value of every variant that travels, with the values that are easy to get wrong: an option
//! that is there and one that is not, text beyond ASCII, numbers that need more than one byte.

use tidings_protocol::{
    AccountId, AccountItem, AccountProgress, Badges, Channels, ClientFrame, ClientKey, Colleague,
    Command, ContactId, Done, Event, EventKind, FirmId, HistoryFrom, InboxItem, InboxKind, Joined,
    KindChannels, Language, MemberId, MessageId, Outcome, Page, Participant, Person, Preferences,
    QuietHours, Receipt, Refusal, RefusalCode, Reminder, ReminderState, ReminderStops, Reply,
    RequestId, Seq, ServerFrame, Task, TaskId, ThreadFilter, ThreadId, ThreadItem, ThreadProgress,
    ThreadSummary, ThreadView, Timestamp, WaitingItem, Welcome,
};

const AT: Timestamp = Timestamp(1_767_225_600_000);

const REMINDED: ReminderState = ReminderState { pending: true, sent: 300, next_ms: Some(AT) };

const REMINDER: Reminder = Reminder { on: true, days: 3, count: 1 };

/// An id that shows in a dump which noun it names.
fn id<T: std::str::FromStr>(letter: char) -> T {
    let text = format!("{letter}0000000-0000-4000-8000-000000000001");
    text.parse().unwrap_or_else(|_| panic!("{text} is no uuid"))
}

fn account() -> AccountId {
    id('a')
}

fn key() -> ClientKey {
    id('b')
}

fn carlos() -> Person {
    Person::Contact(id::<ContactId>('c'))
}

fn thread() -> ThreadId {
    id('d')
}

fn mia_id() -> MemberId {
    id('e')
}

fn mia() -> Person {
    Person::Member(mia_id())
}

fn page() -> Page {
    Page { cursor: Some("bmV4dA".to_owned()), limit: Some(20) }
}

/// A client frame for every command, in wire order.
pub(crate) fn commands() -> Vec<ClientFrame> {
    let mut all = thread_commands();
    all.extend(other_commands());
    let ids = (1..).step_by(100).map(RequestId);
    ids.zip(all).map(|(id, command)| ClientFrame { id, command }).collect()
}

fn thread_commands() -> Vec<Command> {
    let (thread, task, message) = (thread(), TaskId(3), MessageId(2));
    vec![
        Command::Authenticate { token: "eyJ.eyJ.c2ln".to_owned() },
        Command::Join { thread, after: Some(Seq(300)) },
        Command::Leave { thread },
        Command::Typing { thread },
        Command::Presence { thread, looking: true },
        Command::CreateThread {
            account: account(),
            key: key(),
            subject: "Annual accounts".to_owned(),
            body: "We are missing *two* things.".to_owned(),
            tasks: vec!["Send the bank statements".to_owned(), "Sign the letter".to_owned()],
            reminder: Some(REMINDER),
            mentions: vec![mia_id()],
        },
        Command::PostMessage {
            thread, key: key(), body: "Grüße 👋".to_owned(), mentions: vec![]
        },
        Command::EditMessage { thread, message, body: "Corrected".to_owned() },
        Command::DeleteMessage { thread, message },
        Command::Read { thread, up_to: Seq(u64::MAX) },
        Command::AddTask { thread, key: key(), text: "Sign".to_owned(), before: None },
        Command::RewordTask { thread, task, text: "Sign twice".to_owned() },
        Command::MoveTask { thread, task, before: Some(TaskId(4)) },
        Command::TickTask { thread, task },
        Command::UntickTask { thread, task },
        Command::RemoveTask { thread, task },
        Command::Mention { thread, member: mia_id() },
        Command::Archive { thread },
        Command::Reopen { thread },
        Command::Follow { thread, following: false },
        Command::SetReminder { thread, reminder: REMINDER },
    ]
}

fn other_commands() -> Vec<Command> {
    let thread = thread();
    vec![
        Command::GetThread { thread },
        Command::History { thread, from: HistoryFrom::Before(Seq(300)), limit: Some(100) },
        Command::ListThreads {
            filter: ThreadFilter {
                account: Some(account()),
                archived: Some(false),
                unread: true,
                open_tasks: false,
                following: true,
            },
            page: page(),
        },
        Command::ListInbox { archived: false, page: Page::default() },
        Command::ArchiveInboxItem { thread, archived: true },
        Command::WaitingForAction { page: Page::default() },
        Command::TaskProgress { account: None, page: page() },
        Command::TaskHistory { thread, after: Seq(0), limit: None },
        Command::GetPreferences {},
        Command::SetPreferences {
            language: Some(Language::Nl),
            time_zone: Some("Europe/Amsterdam".to_owned()),
            notify: None,
            kinds: vec![kind_channels(InboxKind::Mentioned)],
            quiet: Some(QuietHours { from_min: 1_320, to_min: 420 }),
            digest_min: Some(60),
        },
        Command::ListMembers { page: Page::default() },
        Command::ListAccounts { page: Page::default() },
        Command::Render { markdown: "**bold**".to_owned() },
        Command::Resend { thread, key: key() },
        Command::Mute { thread, muted: true },
        Command::ShowContent { thread, shown: Some(true) },
    ]
}

/// The other ways of history, which `commands` has no room for.
pub(crate) fn histories() -> Vec<ClientFrame> {
    [HistoryFrom::After(Seq(0)), HistoryFrom::Before(Seq(300)), HistoryFrom::End]
        .into_iter()
        .map(|from| Command::History { thread: thread(), from, limit: None })
        .map(|command| ClientFrame { id: RequestId(u32::MAX), command })
        .collect()
}

fn kind_channels(kind: InboxKind) -> KindChannels {
    KindChannels { kind, channels: Channels { inbox: true, email: false } }
}

fn event(seq: u64, kind: EventKind) -> Event {
    Event { thread: thread(), seq: Seq(seq), at_ms: AT, actor: mia(), messages: 1, kind }
}

/// An `event` frame for every kind, in wire order.
pub(crate) fn events() -> Vec<ServerFrame> {
    let (task, message) = (TaskId(3), MessageId(2));
    let kinds = [
        EventKind::ThreadCreated {
            account: account(),
            subject: "Annual accounts".to_owned(),
            reminder: REMINDER,
        },
        posted(),
        EventKind::MessageEdited { message, body: "Corrected".to_owned() },
        EventKind::MessageDeleted { message },
        EventKind::TaskAdded { text: "Sign".to_owned(), before: Some(task) },
        EventKind::TaskReworded { task, text: "Sign twice".to_owned() },
        EventKind::TaskMoved { task, before: None },
        EventKind::TaskTicked { task },
        EventKind::TaskUnticked { task },
        EventKind::TaskRemoved { task },
        EventKind::MemberMentioned { member: mia_id(), message: Some(message) },
        EventKind::ReminderSet { reminder: Reminder::default() },
        EventKind::Archived {},
        EventKind::Reopened {},
        EventKind::ReminderSent { number: 300 },
        EventKind::ReminderNotSent {},
        EventKind::Resent {},
        EventKind::ContentShown { shown: None },
    ];
    (1..).zip(kinds).map(|(seq, kind)| ServerFrame::Event(event(seq, kind))).collect()
}

fn posted() -> EventKind {
    EventKind::MessagePosted {
        key: key(),
        body: "Grüße 👋".to_owned(),
        edited_ms: Some(Timestamp(-1)),
        deleted: false,
    }
}

fn summary() -> ThreadSummary {
    ThreadSummary {
        thread: thread(),
        account: account(),
        subject: "Annual accounts".to_owned(),
        creator: mia(),
        created_ms: AT,
        head: Seq(300),
        messages: 200,
        last_ms: AT.plus_millis(5),
        last_author: carlos(),
        excerpt: "Grüße 👋".to_owned(),
        archived: false,
        tasks_open: 1,
        tasks_total: 2,
        reminder: REMINDER,
        reminder_stops: ReminderStops::FinishTasksAndRead,
        reminder_state: REMINDED,
        waiting_ms: AT.plus_millis(6),
        show_content: Some(false),
    }
}

fn item() -> ThreadItem {
    ThreadItem { summary: summary(), read: Seq(299), unread: 1, following: true, muted: true }
}

fn tasks() -> Vec<Task> {
    vec![
        Task { task: TaskId(3), text: "Sign".to_owned(), done: None },
        Task {
            task: TaskId(4),
            text: "Send".to_owned(),
            done: Some(Done { by: carlos(), at_ms: AT }),
        },
    ]
}

fn view() -> ThreadView {
    ThreadView {
        item: item(),
        tasks: tasks(),
        receipts: vec![Receipt { person: carlos(), seq: Seq(300) }],
        participants: vec![Participant { person: mia(), name: "Mia Visser".to_owned() }],
    }
}

fn inbox_item() -> InboxItem {
    InboxItem {
        thread: thread(),
        account: account(),
        subject: "Annual accounts".to_owned(),
        kind: InboxKind::ContactAnswered,
        actor: carlos(),
        seq: Seq(300),
        at_ms: AT,
        archived: false,
    }
}

fn waiting() -> WaitingItem {
    WaitingItem { summary: summary(), unread: 0, open_tasks: 1 }
}

fn badges() -> Badges {
    Badges { unread_threads: 1, unread_messages: 200, inbox: 3, waiting: 0 }
}

/// A `reply` frame for every reply, in wire order.
pub(crate) fn replies() -> Vec<ServerFrame> {
    let next = Some("bmV4dA".to_owned());
    let replies = [
        Reply::Done {},
        Reply::Authenticated { token_expires_ms: AT },
        Reply::Joined(Box::new(Joined {
            view: view(),
            from: Seq(301),
            complete: true,
            present: vec![mia(), carlos()],
        })),
        Reply::ThreadCreated { thread: thread(), head: Seq(4), at_ms: AT },
        Reply::Written { seq: Seq(128), at_ms: AT },
        Reply::ReadUpTo { seq: Seq(300), unread: 0 },
        Reply::Thread(Box::new(view())),
        Reply::History { events: vec![event(2, posted())], more: true },
        Reply::Threads { items: vec![item()], next: next.clone() },
        Reply::Inbox { items: vec![inbox_item()], next: next.clone() },
        Reply::Waiting { items: vec![waiting()], next: None },
        progress(next.clone()),
        Reply::Preferences(Preferences {
            language: Language::Es,
            time_zone: "UTC".to_owned(),
            notify: true,
            kinds: InboxKind::ALL.map(kind_channels).to_vec(),
            quiet: QuietHours::default(),
            digest_min: 1_440,
        }),
        Reply::Members {
            items: vec![Colleague { member: mia_id(), name: "Mia Visser".to_owned() }],
            next: None,
        },
        Reply::Accounts {
            items: vec![AccountItem {
                account: account(),
                name: "Vega S.L.".to_owned(),
                reachable: true,
            }],
            next,
        },
        Reply::Rendered { html: "<p><strong>bold</strong></p>".to_owned() },
    ];
    replies.into_iter().map(|reply| answer(Outcome::Ok(reply))).collect()
}

fn progress(next: Option<String>) -> Reply {
    Reply::Progress {
        threads: vec![ThreadProgress {
            thread: thread(),
            account: account(),
            subject: "Annual accounts".to_owned(),
            done: 1,
            total: 2,
            tasks: tasks(),
        }],
        accounts: vec![AccountProgress { account: account(), done: 1, total: 2 }],
        next,
    }
}

fn answer(outcome: Outcome) -> ServerFrame {
    ServerFrame::Reply { id: RequestId(201), outcome }
}

/// A `reply` frame for every refusal code, in wire order; the last one with everything set.
pub(crate) fn refusals() -> Vec<ServerFrame> {
    let bare = RefusalCode::ALL.iter().map(|code| Refusal::new(*code));
    let full = Refusal::new(RefusalCode::Invalid)
        .because("201 bytes long; at most 200")
        .at("create_thread.subject")
        .limit(200)
        .retry_after_ms(1500);
    bare.chain([full]).map(|refusal| answer(Outcome::Refused(refusal))).collect()
}

/// Every server frame, in wire order.
pub(crate) fn frames() -> Vec<ServerFrame> {
    let thread = thread();
    vec![
        ServerFrame::Welcome(Box::new(Welcome {
            firm: id::<FirmId>('f'),
            firm_name: "Visser & Co".to_owned(),
            person: carlos(),
            name: "Carlos Vega".to_owned(),
            account: Some(account()),
            token_expires_ms: AT.plus_millis(3_600_000),
            now_ms: AT,
            badges: badges(),
            threads: vec![item()],
            inbox: vec![inbox_item()],
            waiting: vec![waiting()],
        })),
        answer(Outcome::Ok(Reply::Done {})),
        ServerFrame::Event(event(2, posted())),
        ServerFrame::Events {
            thread,
            events: vec![event(2, posted()), event(3, EventKind::Archived {})],
            more: false,
        },
        ServerFrame::Receipts { thread, receipts: vec![Receipt { person: mia(), seq: Seq(128) }] },
        ServerFrame::Typing { thread, person: carlos() },
        ServerFrame::Presence { thread, people: vec![mia(), carlos()], count: 2 },
        ServerFrame::ThreadChanged(summary()),
        ServerFrame::ReadChanged { thread, read: Seq(300), messages_read: 200 },
        ServerFrame::InboxChanged(inbox_item()),
        ServerFrame::BadgesChanged(badges()),
        ServerFrame::ReminderChanged { thread, reminder: REMINDED },
    ]
}
