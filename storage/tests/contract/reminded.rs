//! Who is reminded, and in whose name; and what if there is nobody.

use crate::office::Office;
use crate::preferences::Choice;
use crate::reminding::{DAY, on, pending, remind_once, set, starts};
use crate::world::{World, post};
use tidings_protocol::{
    ClientKey, Command, ContactState, EventKind, Notice, NoticeId, NoticeKind, NoticeReason,
    NoticeState, Page, QuietHours, Reminder, Seq, ThreadId, Timestamp,
};
use tidings_storage::{Actor, Done, NoticeFilter, Operation, Sending};
use uuid::Uuid;

pub fn where_nobody_gets_emails_the_team_is_told_once_a_cycle(w: &mut World) {
    let o = Office::new(w);
    let notify = |notify| Choice { notify: Some(notify), ..Choice::default() }.command();
    w.does(o.carol, notify(false));
    let (thread, _) = starts(w, &o, on(3, 2), &[]);
    let due = w.reminder(thread).next_ms.unwrap();
    assert_eq!(w.notifier_comes(due), [(thread, EventKind::ReminderNotSent {})]);
    // Nothing is counted; it is tried again as many days later, without saying so again.
    assert_eq!(w.reminder(thread), pending(0, due.plus_millis(3 * DAY)));
    assert_eq!(w.notifier_comes(due.plus_millis(3 * DAY)), []);
    assert_eq!(w.reminder(thread), pending(0, due.plus_millis(6 * DAY)));
    assert!(reminder_notices(w, &o, thread).is_empty());
    // A new cycle says so again.
    w.posts(o.anna, thread, "hello?");
    let due = w.reminder(thread).next_ms.unwrap();
    assert_eq!(w.notifier_comes(due), [(thread, EventKind::ReminderNotSent {})]);
    // An invited contact gets none either; as soon as somebody does, it goes.
    w.sets_state(o.carol, ContactState::Invited);
    w.does_for(o.carol, true);
    assert_eq!(w.notifier_comes(due.plus_millis(3 * DAY)), []);
    w.sets_state(o.carol, ContactState::Active);
    let sent = w.notifier_comes(due.plus_millis(6 * DAY));
    assert_eq!(sent, [(thread, EventKind::ReminderSent { number: 1 })]);
    assert_eq!(w.reminder(thread), pending(1, due.plus_millis(9 * DAY)));
}

/// The notices of a thread's reminders.
fn reminder_notices(w: &mut World, o: &Office, thread: ThreadId) -> Vec<Notice> {
    let filter = NoticeFilter { thread: Some(thread), ..NoticeFilter::default() };
    let page = Page { cursor: None, limit: Some(100) };
    let mut list = w.read().notices(o.firm, None, filter, &page).unwrap();
    list.items.retain(|notice| notice.kind == NoticeKind::Reminder);
    list.items
}

pub fn a_reminder_goes_to_every_contact_that_gets_emails(w: &mut World) {
    let o = Office::new(w);
    let (erin, finn) = (w.contact(o.firm, o.acme, "Erin"), w.contact(o.firm, o.acme, "Finn"));
    w.does_for(finn, false);
    let (thread, _) = starts(w, &o, on(3, 1), &["a"]);
    // Whoever has read everything, ticked or muted is reminded all the same.
    w.reads_all(o.carol, thread);
    w.does(erin, Command::Mute { thread, muted: true });
    remind_once(w, thread);
    let notices = reminder_notices(w, &o, thread);
    let mut told: Vec<_> = notices.iter().map(|notice| notice.person).collect();
    told.sort_unstable();
    let mut expected = [o.carol.person, erin.person];
    expected.sort_unstable();
    assert_eq!(told, expected);
}

pub fn a_reminder_goes_in_the_name_of_who_began_the_cycle(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = starts(w, &o, on(3, 1), &["a"]);
    let reminded_by = |w: &mut World| {
        remind_once(w, thread);
        w.log(o.anna, thread).last().unwrap().actor
    };
    assert_eq!(reminded_by(w), o.anna.person);
    w.posts(o.admin, thread, "hello?");
    assert_eq!(reminded_by(w), o.admin.person);
    w.writes(o.carol, Command::TickTask { thread, task: tasks[0] });
    w.writes(o.carol, Command::UntickTask { thread, task: tasks[0] });
    assert_eq!(reminded_by(w), o.admin.person, "a contact reminds nobody");
    // In a thread that the client began with everything in it, it is one of the firm all the same.
    let thread = w.starts(o.carol, o.acme, "mine");
    w.writes(o.owner, set(thread, on(3, 1)));
    w.posts(o.anna, thread, "ours");
    remind_once(w, thread);
    assert_eq!(w.log(o.anna, thread).last().unwrap().actor, o.anna.person);
}

/// The notices that a notifier sends at a time.
fn sends(w: &mut World, at: Timestamp) -> Vec<NoticeId> {
    let (holder, until) = (Uuid::from_u128(7), at.plus_millis(60_000));
    let mut sent = Vec::new();
    for notices in w.read().due(at, 10).unwrap().mails {
        w.at(at);
        let claim = Operation::ClaimNotices { notices: notices.clone(), holder, until };
        let Ok(Done::Notices(taken)) = w.one(claim) else { panic!("they are taken, or dropped") };
        sent.extend(taken);
        let (answer, message_id) = ("250 OK".to_owned(), "1@firm.example".to_owned());
        let sending = Sending::Sent { answer, message_id };
        w.one(Operation::SettleNotices { notices, holder, sending }).unwrap();
    }
    sent
}

/// Who does what at night.
type Night = (Actor, fn(ThreadId, ClientKey) -> Command);

pub fn a_reminder_of_the_night_is_looked_at_again_in_the_morning(w: &mut World) {
    let o = Office::new(w);
    let erin = w.contact(o.firm, o.acme, "Erin");
    w.does_for(erin, false);
    let quiet = Some(QuietHours { from_min: 22 * 60, to_min: 7 * 60 });
    let none = Some(QuietHours { from_min: 0, to_min: 0 });
    let late = "2026-03-02T23:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let table: [(Option<Night>, Option<NoticeReason>); 6] = [
        (None, None),
        (Some((o.carol, |thread, _| Command::Read { thread, up_to: Seq(99) })), None),
        (Some((erin, |thread, key| post(thread, key, "done"))), Some(NoticeReason::Settled)),
        // That begins a new cycle, with reminders of its own.
        (Some((o.anna, |thread, key| post(thread, key, "hello?"))), Some(NoticeReason::Settled)),
        (Some((o.anna, |thread, _| Command::Archive { thread })), Some(NoticeReason::Archived)),
        (
            Some((o.carol, |_, _| Choice { notify: Some(false), ..Choice::default() }.command())),
            Some(NoticeReason::NotifyOff),
        ),
    ];
    for (row, (night, reason)) in table.into_iter().enumerate() {
        let begun = late + i64::try_from(row).unwrap() * 30 * DAY;
        w.at(Timestamp(begun - 120_000));
        w.does(o.carol, Choice { quiet: none, ..Choice::default() }.command());
        w.at(Timestamp(begun - 120_000));
        let (thread, _) = starts(w, &o, on(3, 1), &[]);
        w.mails_go_out();
        w.does(o.carol, Choice { quiet, ..Choice::default() }.command());
        let state = remind_once(w, thread);
        assert_eq!(state.sent, 1, "it is counted when it is due");
        let due = Timestamp(begun + 3 * DAY);
        let morning = Timestamp(begun + 3 * DAY + DAY / 3);
        assert_eq!(reminder_notices(w, &o, thread)[0].due_ms, morning, "row {row}");
        if let Some((who, what)) = night {
            w.at(due.plus_millis(1_000));
            let key = w.key();
            w.does(who, what(thread, key));
        }
        assert_eq!(sends(w, morning.plus_millis(-1)), [], "row {row}");
        let sent = sends(w, morning);
        let notice = reminder_notices(w, &o, thread).remove(0);
        assert_eq!((notice.person, notice.reason), (o.carol.person, reason), "row {row}");
        let (expected, state) = match reason {
            None => (vec![notice.notice], NoticeState::Sent),
            Some(_) => (Vec::new(), NoticeState::Dropped),
        };
        assert_eq!((sent, notice.state), (expected, state), "row {row}");
        w.writes(o.anna, set(thread, Reminder::default()));
        w.does_for(o.carol, true);
    }
}
