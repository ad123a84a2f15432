//! Who is reminded, and in whose name; and what if there is nobody.

use crate::office::Office;
use crate::preferences::Choice;
use crate::reminding::{DAY, on, pending, remind_once, set, starts};
use crate::world::World;
use tidings_protocol::{Command, ContactState, EventKind, NoticeKind, Page, Person, ThreadId};
use tidings_storage::NoticeFilter;

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

/// For whom notices of reminders of a thread were put down, the first one first.
fn reminder_notices(w: &mut World, o: &Office, thread: ThreadId) -> Vec<Person> {
    let filter = NoticeFilter { thread: Some(thread), ..NoticeFilter::default() };
    let page = Page { cursor: None, limit: Some(100) };
    let list = w.read().notices(o.firm, None, filter, &page).unwrap();
    let mut people: Vec<_> = list.items.into_iter().collect();
    people.retain(|notice| notice.kind == NoticeKind::Reminder);
    people.into_iter().rev().map(|notice| notice.person).collect()
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
    let mut told = reminder_notices(w, &o, thread);
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
