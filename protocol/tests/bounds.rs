//! `Checked` takes what is just within each bound and refuses what is just beyond it, naming the
//! field and the limit.

#![allow(clippy::unwrap_used, reason = "in a test it says enough")]

use tidings_protocol::limits as max;
use tidings_protocol::{
    AccountId, Bounded, Channels, Checked, ClientKey, Command, ContactPatch, FirmPatch, InboxKind,
    KindChannels, MailPatch, MemberId, NewApiKey, Page, QuietHours, Refusal, RefusalCode, Reminder,
    Seq, TaskId, ThreadFilter, ThreadId,
};
use uuid::Uuid;

const THREAD: ThreadId = ThreadId(Uuid::from_u128(1));
const KEY: ClientKey = ClientKey(Uuid::from_u128(2));

/// A field of a command, how to fill it with so much, and how much it takes.
struct Bound {
    field: &'static str,
    least: u64,
    most: u64,
    make: fn(u64) -> Command,
}

fn text(length: u64) -> String {
    "x".repeat(usize::try_from(length).unwrap())
}

fn number(value: u64) -> u32 {
    u32::try_from(value).unwrap()
}

/// `create_thread` with something in some of its fields.
#[derive(Default)]
struct Create {
    subject: String,
    body: Option<String>,
    tasks: Vec<String>,
    reminder: Option<Reminder>,
    mentions: Vec<MemberId>,
}

impl From<Create> for Command {
    fn from(with: Create) -> Self {
        Self::CreateThread {
            account: AccountId(Uuid::from_u128(3)),
            key: KEY,
            subject: with.subject,
            body: with.body.unwrap_or_else(|| text(1)),
            tasks: with.tasks,
            reminder: with.reminder,
            mentions: with.mentions,
        }
    }
}

fn mentions(count: u64) -> Vec<MemberId> {
    vec![MemberId(Uuid::nil()); usize::try_from(count).unwrap()]
}

fn reminder(days: u64, count: u64) -> Reminder {
    Reminder { on: false, days: days.try_into().unwrap(), count: count.try_into().unwrap() }
}

fn limited(value: u64) -> Page {
    Page { cursor: None, limit: Some(number(value)) }
}

fn at(length: u64) -> Page {
    Page { cursor: Some(text(length)), limit: None }
}

const BODY: u64 = max::MESSAGE_BODY_BYTES_MAX as u64;
const TASK: u64 = max::TASK_TEXT_BYTES_MAX as u64;
const ITEMS: u64 = max::PAGE_ITEMS_MAX as u64;
const CURSOR: u64 = max::CURSOR_BYTES_MAX as u64;
const MENTIONS: u64 = max::MENTIONS_PER_MESSAGE_MAX as u64;

fn bound(field: &'static str, least: u64, most: u64, make: fn(u64) -> Command) -> Bound {
    Bound { field, least, most, make }
}

fn bounds() -> Vec<Bound> {
    let mut all = texts();
    all.extend(numbers());
    all.extend(pages());
    all
}

fn texts() -> Vec<Bound> {
    let subject = max::SUBJECT_BYTES_MAX as u64;
    let tasks = max::TASKS_PER_THREAD_MAX as u64;
    vec![
        bound("authenticate.token", 1, max::TOKEN_BYTES_MAX as u64, |n| Command::Authenticate {
            token: text(n),
        }),
        bound("create_thread.subject", 0, subject, |n| {
            Create { subject: text(n), ..Create::default() }.into()
        }),
        bound("create_thread.body", 1, BODY, |n| {
            Create { body: Some(text(n)), ..Create::default() }.into()
        }),
        bound("create_thread.tasks[1]", 1, TASK, |n| {
            Create { tasks: vec![text(1), text(n)], ..Create::default() }.into()
        }),
        bound("create_thread.tasks", 0, tasks, |n| {
            Create { tasks: vec![text(1); usize::try_from(n).unwrap()], ..Create::default() }.into()
        }),
        bound("post_message.body", 1, BODY, |n| Command::PostMessage {
            thread: THREAD,
            key: KEY,
            body: text(n),
            mentions: vec![],
        }),
        bound("edit_message.body", 1, BODY, |n| Command::EditMessage {
            thread: THREAD,
            message: tidings_protocol::MessageId(2),
            body: text(n),
        }),
        bound("add_task.text", 1, TASK, |n| Command::AddTask {
            thread: THREAD,
            key: KEY,
            text: text(n),
            before: None,
        }),
        bound("reword_task.text", 1, TASK, |n| Command::RewordTask {
            thread: THREAD,
            task: TaskId(2),
            text: text(n),
        }),
        bound("set_preferences.time_zone", 1, max::NAME_BYTES_MAX as u64, |n| preferences(n, 0)),
        bound("render.markdown", 0, max::RENDER_BYTES_MAX as u64, |n| Command::Render {
            markdown: text(n),
        }),
    ]
}

fn preferences(zone: u64, kinds: u64) -> Command {
    let channels = Channels { inbox: true, email: true };
    let kind = KindChannels { kind: InboxKind::Mentioned, channels };
    Command::SetPreferences {
        language: None,
        time_zone: Some(text(zone)),
        notify: None,
        kinds: vec![kind; usize::try_from(kinds).unwrap()],
        quiet: None,
        digest_min: None,
    }
}

fn hours(from: u64, to: u64, digest: u64) -> Command {
    let minutes = |n| u16::try_from(n).unwrap();
    Command::SetPreferences {
        language: None,
        time_zone: None,
        notify: None,
        kinds: vec![],
        quiet: Some(QuietHours { from_min: minutes(from), to_min: minutes(to) }),
        digest_min: Some(minutes(digest)),
    }
}

fn numbers() -> Vec<Bound> {
    let (days, count) = (max::REMINDER_DAYS_MAX.into(), max::REMINDER_COUNT_MAX.into());
    vec![
        bound("create_thread.mentions", 0, MENTIONS, |n| {
            Create { mentions: mentions(n), ..Create::default() }.into()
        }),
        bound("create_thread.reminder.days", 1, days, |n| {
            Create { reminder: Some(reminder(n, 1)), ..Create::default() }.into()
        }),
        bound("create_thread.reminder.count", 1, count, |n| {
            Create { reminder: Some(reminder(1, n)), ..Create::default() }.into()
        }),
        bound("set_reminder.reminder.days", 1, days, |n| Command::SetReminder {
            thread: THREAD,
            reminder: reminder(n, 1),
        }),
        bound("set_reminder.reminder.count", 1, count, |n| Command::SetReminder {
            thread: THREAD,
            reminder: reminder(1, n),
        }),
        bound("post_message.mentions", 0, MENTIONS, |n| Command::PostMessage {
            thread: THREAD,
            key: KEY,
            body: text(1),
            mentions: mentions(n),
        }),
        bound("set_preferences.kinds", 0, 7, |n| preferences(1, n)),
        bound("set_preferences.quiet.from_min", 0, 1_439, |n| hours(n, 0, 0)),
        bound("set_preferences.quiet.to_min", 0, 1_439, |n| hours(0, n, 0)),
        bound("set_preferences.digest_min", 5, 10_080, |n| hours(0, 0, n)),
        bound("history.limit", 1, ITEMS, |n| Command::History {
            thread: THREAD,
            from: tidings_protocol::HistoryFrom::End,
            limit: Some(number(n)),
        }),
        bound("task_history.limit", 1, ITEMS, |n| Command::TaskHistory {
            thread: THREAD,
            after: Seq(0),
            limit: Some(number(n)),
        }),
    ]
}

fn pages() -> Vec<Bound> {
    fn threads(page: Page) -> Command {
        Command::ListThreads { filter: ThreadFilter::default(), page }
    }
    fn inbox(page: Page) -> Command {
        Command::ListInbox { archived: false, page }
    }
    fn progress(page: Page) -> Command {
        Command::TaskProgress { account: None, page }
    }
    vec![
        bound("list_threads.page.limit", 1, ITEMS, |n| threads(limited(n))),
        bound("list_threads.page.cursor", 0, CURSOR, |n| threads(at(n))),
        bound("list_inbox.page.limit", 1, ITEMS, |n| inbox(limited(n))),
        bound("list_inbox.page.cursor", 0, CURSOR, |n| inbox(at(n))),
        bound("waiting_for_action.page.limit", 1, ITEMS, |n| Command::WaitingForAction {
            page: limited(n),
        }),
        bound("task_progress.page.limit", 1, ITEMS, |n| progress(limited(n))),
        bound("task_progress.page.cursor", 0, CURSOR, |n| progress(at(n))),
        bound("list_members.page.limit", 1, ITEMS, |n| Command::ListMembers { page: limited(n) }),
        bound("list_accounts.page.limit", 1, ITEMS, |n| Command::ListAccounts { page: limited(n) }),
    ]
}

#[test]
fn every_bound_is_kept_exactly() {
    for Bound { field, least, most, make } in bounds() {
        for within in [least, most] {
            let command = make(within);
            assert_eq!(Checked::try_from(command.clone()).unwrap().into_inner(), command);
        }
        refused(make(most + 1), field, most);
        if let Some(below) = least.checked_sub(1) {
            refused(make(below), field, least);
        }
    }
}

fn refused(command: Command, field: &str, limit: u64) {
    let refusal = Checked::try_from(command).expect_err(field);
    assert_eq!(refusal.code, RefusalCode::Invalid);
    assert_eq!(refusal.field.as_deref(), Some(field));
    assert_eq!(refusal.limit, Some(limit), "{field}");
    assert!(!refusal.message.is_empty() && refusal.message.len() < 100);
}

#[test]
fn bytes_are_counted_not_characters() {
    let most = max::TASK_TEXT_BYTES_MAX;
    let reword = |text| Command::RewordTask { thread: THREAD, task: TaskId(2), text };
    assert!(Checked::try_from(reword("é".repeat(most / 2))).is_ok());
    refused(reword("é".repeat(most / 2 + 1)), "reword_task.text", most as u64);
}

#[test]
fn white_space_alone_says_nothing() {
    for text in [" ", "\n\t", "\u{a0}\u{2003}"] {
        let command = Command::EditMessage {
            thread: THREAD,
            message: tidings_protocol::MessageId(2),
            body: text.to_owned(),
        };
        refused(command, "edit_message.body", 1);
    }
}

#[test]
fn a_subject_is_one_line() {
    let command: Command = Create { subject: "two\nlines".to_owned(), ..Create::default() }.into();
    let refusal = Checked::try_from(command).unwrap_err();
    assert_eq!(refusal.field.as_deref(), Some("create_thread.subject"));
}

#[test]
fn absent_limits_are_within_bounds() {
    let command = Command::ListMembers { page: Page::default() };
    assert_eq!(Checked::try_from(command.clone()).unwrap().get(), &command);
}

#[test]
fn directory_bodies_are_bounded_too() {
    fn field(refused: Result<(), Refusal>) -> Option<String> {
        refused.unwrap_err().field
    }
    let name = |bytes| FirmPatch { name: Some("x".repeat(bytes)), ..FirmPatch::default() };
    assert_eq!(name(max::NAME_BYTES_MAX).check(), Ok(()));
    assert_eq!(field(name(max::NAME_BYTES_MAX + 1).check()).as_deref(), Some("name"));
    assert_eq!(field(NewApiKey { label: "a\nb".into() }.check()).as_deref(), Some("label"));
    let email = |email: &str| ContactPatch { email: Some(email.into()), ..Default::default() };
    assert_eq!(email("mia@visser.example").check(), Ok(()));
    let local = |bytes| format!("{}@b", "a".repeat(bytes));
    let (full, long) = (local(max::EMAIL_LOCAL_BYTES_MAX), local(max::EMAIL_LOCAL_BYTES_MAX + 1));
    let far = format!("a@{}b", "b.".repeat(max::EMAIL_BYTES_MAX / 2 - 1));
    let limit = |address: &str| email(address).check().err().and_then(|refusal| refusal.limit);
    assert_eq!(limit(&long), Some(max::EMAIL_LOCAL_BYTES_MAX as u64));
    assert_eq!(
        (far.len(), limit(&far)),
        (max::EMAIL_BYTES_MAX + 1, Some(max::EMAIL_BYTES_MAX as u64))
    );
    for good in ["a.b+c@d", "mia@bücher.example", "o'neil@x-y.example", &full] {
        assert_eq!(email(good).check(), Ok(()), "{good}");
    }
    let bad =
        ["", "mia", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "a,b@c", "a@c..d", "a@-c.d", ".a@b"];
    for bad in bad.into_iter().chain(["a@[127.0.0.1]", "a..b@c", "a(b)@c", long.as_str()]) {
        assert_eq!(field(email(bad).check()).as_deref(), Some("email"), "{bad}");
    }
}

#[test]
fn what_stands_in_emails_is_bounded() {
    let refused = |mail: MailPatch| {
        let patch = FirmPatch { mail, ..FirmPatch::default() };
        patch.check().err().and_then(|refusal| refusal.field)
    };
    let text = |text: &str| Some(text.to_owned());
    let portal = |url: &str| refused(MailPatch { portal_url: text(url), ..MailPatch::default() });
    let logo = |url: &str| refused(MailPatch { logo_url: text(url), ..MailPatch::default() });
    let colour = |hex: &str| refused(MailPatch { colour: text(hex), ..MailPatch::default() });
    let footer = |foot: &str| refused(MailPatch { footer: text(foot), ..MailPatch::default() });
    let delay = |s| refused(MailPatch { delay_s: Some(s), ..MailPatch::default() });
    assert_eq!(delay(max::MAIL_DELAY_SECONDS_MAX), None);
    assert_eq!(delay(max::MAIL_DELAY_SECONDS_MAX + 1).as_deref(), Some("mail.delay_s"));
    for good in ["", "https://portal.example/t/{thread}", "http://localhost:3000/?t={thread}#a"] {
        assert_eq!(portal(good), None, "{good}");
    }
    let long = format!("https://a/{}", "b".repeat(max::URL_BYTES_MAX));
    for bad in [
        "portal",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://a b",
        "https://a\"b",
        "https://a\n",
        "https://é.example",
        "https://x.example;script-src/{thread}",
        "https://x.example:99999/",
        "https://{thread}.x.example/",
        "https://user:pw@x/",
        long.as_str(),
    ] {
        assert_eq!(portal(bad).as_deref(), Some("mail.portal_url"), "{bad}");
        assert_eq!(logo(bad).as_deref(), Some("mail.logo_url"), "{bad}");
    }
    // A mail program would warn of a picture that came in the open.
    assert_eq!(logo("http://a.example/logo.png").as_deref(), Some("mail.logo_url"));
    assert_eq!((colour(""), colour("#1a5FB4")), (None, None));
    for bad in ["1a5fb4", "#1a5fb", "#1a5fb4f", "red", "#1a5fbg", "#é1a5f"] {
        assert_eq!(colour(bad).as_deref(), Some("mail.colour"), "{bad}");
    }
    assert_eq!(footer("Bright & Partners\nMain Street 1"), None);
    assert_eq!(footer("a\0b").as_deref(), Some("mail.footer"));
    assert_eq!(footer(&"x".repeat(max::MAIL_FOOTER_BYTES_MAX + 1)).as_deref(), Some("mail.footer"));
}

#[test]
fn prose_has_no_control_characters_but_line_breaks_and_tabs() {
    let post = |body: &str| {
        Checked::try_from(Command::PostMessage {
            thread: THREAD,
            key: KEY,
            body: body.to_owned(),
            mentions: vec![],
        })
    };
    assert!(post("a\r\n\tb").is_ok());
    for control in ["a\0", "\u{1b}[31m", "\u{7f}x"] {
        let refusal = post(control).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Invalid);
        assert_eq!(refusal.field.as_deref(), Some("post_message.body"));
    }
}
