//! When reminders are due and sent: by the client's calendar, once, and never many at once.

use crate::office::Office;
use crate::reminding::{DAY, DELAY, on, pending, remind_once, set, settled, starts};
use crate::world::World;
use tidings_protocol::{AccountPatch, Command, EventKind, Timestamp};
use tidings_storage::{DirectoryChange, Operation};

pub fn a_reminder_is_sent_when_it_is_due_and_not_before(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = starts(w, &o, on(3, 2), &[]);
    let due = w.now.plus_millis(DELAY + 3 * DAY);
    assert_eq!(w.notifier_comes(due.plus_millis(-1)), []);
    // Nor does it help to ask for it.
    let early = Operation::Remind { firm: o.firm, thread };
    assert!(w.apply(vec![early])[0].commit.is_none());
    let log = w.log(o.carol, thread);
    let sent = (thread, EventKind::ReminderSent { number: 1 });
    assert_eq!(w.notifier_comes(due), [sent]);
    let next = due.plus_millis(3 * DAY);
    assert_eq!(w.reminder(thread), pending(1, next));
    assert_eq!(w.notifier_comes(due.plus_millis(5)), [], "once");
    // Half an hour late is on time.
    let sent = (thread, EventKind::ReminderSent { number: 2 });
    assert_eq!(w.notifier_comes(next.plus_millis(DAY / 48)), [sent]);
    assert_eq!(w.reminder(thread), settled(2));
    assert_eq!(w.notifier_comes(next.plus_millis(300 * DAY)), [], "all were sent");
    let now = w.log(o.carol, thread);
    assert_eq!((&now[..log.len()], now.len()), (&log[..], log.len() + 2));
    assert_eq!(w.view(o.carol, thread).item.unread, 1, "a reminder is no message");
}

pub fn what_the_client_did_meanwhile_is_seen_when_a_reminder_is_due(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = starts(w, &o, on(3, 1), &[]);
    let due = w.now.plus_millis(DELAY + 3 * DAY);
    assert_eq!(w.read().due(due, 10).unwrap().remind, [(o.firm, thread)]);
    w.at(due);
    let remind = || Operation::Remind { firm: o.firm, thread };
    let post = crate::world::operation(o.carol, crate::world::post(thread, crate::key(1), "done"));
    let applied = w.apply(vec![post, remind()]);
    assert!(applied[1].outcome.is_ok() && applied[1].commit.is_none(), "{applied:?}");
    assert!(w.log(o.anna, thread).iter().all(|event| !is_reminder(&event.kind)));
}

fn is_reminder(kind: &EventKind) -> bool {
    matches!(kind, EventKind::ReminderSent { .. } | EventKind::ReminderNotSent {})
}

pub fn two_notifiers_at_once_send_one_reminder(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = starts(w, &o, on(3, 5), &[]);
    let due = w.now.plus_millis(DELAY + 3 * DAY);
    w.mails_go_out();
    let remind = || Operation::Remind { firm: o.firm, thread };
    w.at(due);
    let applied = w.apply(vec![remind(), remind()]);
    let made: Vec<_> = applied.iter().map(|applied| applied.commit.is_some()).collect();
    assert_eq!(made, [true, false]);
    assert!(w.apply(vec![remind()])[0].commit.is_none());
    assert_eq!(w.reminder(thread).sent, 1);
    let elsewhere = w.firm("Elsewhere");
    w.at(due.plus_millis(3 * DAY));
    let theirs = Operation::Remind { firm: elsewhere, thread };
    assert!(w.apply(vec![theirs])[0].commit.is_none(), "it is not that firm's");
}

pub fn a_long_downtime_makes_one_reminder_a_thread(w: &mut World) {
    let o = Office::new(w);
    let threads: Vec<_> = (0..3).map(|_| starts(w, &o, on(3, 9), &[]).0).collect();
    let dues: Vec<_> = threads.iter().map(|&it| w.reminder(it).next_ms.unwrap()).collect();
    // Up again after weeks, five hours after the time of day at which they were due.
    let up = dues[2].plus_millis(40 * DAY + 5 * DAY / 24);
    let mut sent = w.notifier_comes(up);
    sent.sort_by_key(|(thread, _)| threads.iter().position(|it| it == thread));
    let one = |&thread| (thread, EventKind::ReminderSent { number: 1 });
    assert_eq!(sent, threads.iter().map(one).collect::<Vec<_>>());
    assert_eq!(w.notifier_comes(up.plus_millis(1_000)), [], "no burst");
    for (thread, due) in threads.into_iter().zip(dues) {
        assert_eq!(w.reminder(thread), pending(1, due.plus_millis(43 * DAY)));
    }
}

pub fn days_are_those_of_the_clients_calendar(w: &mut World) {
    let o = Office::new(w);
    // Zone, when the message is mailed, days, when the reminder is due, and the one after.
    let table = [
        (
            "Europe/Amsterdam",
            "2026-03-27T10:00+01",
            3,
            "2026-03-30T10:00+02",
            "2026-04-02T10:00+02",
        ),
        (
            "Europe/Amsterdam",
            "2026-10-23T10:00+02",
            2,
            "2026-10-25T10:00+01",
            "2026-10-27T10:00+01",
        ),
        (
            "America/New_York",
            "2027-03-11T16:30-05",
            3,
            "2027-03-14T16:30-04",
            "2027-03-17T16:30-04",
        ),
        (
            "Asia/Kathmandu",
            "2028-02-27T08:00+05:45",
            2,
            "2028-02-29T08:00+05:45",
            "2028-03-02T08:00+05:45",
        ),
        (
            "Europe/Amsterdam",
            "2028-12-30T23:55+01",
            2,
            "2029-01-01T23:55+01",
            "2029-01-03T23:55+01",
        ),
    ];
    for (zone, mailed, days, due, next) in table {
        let account = w.account_in(o.firm, zone, zone);
        w.contact(o.firm, account, "Zoe");
        w.at(moment(mailed).plus_millis(-DELAY));
        let thread = w.starts_reminding(o.owner, account, on(days, 2), &[]);
        assert_eq!(w.reminder(thread), pending(0, moment(due)), "{zone}, {mailed}");
        let state = remind_once(w, thread);
        assert_eq!(state, pending(1, moment(next)), "{zone}, {mailed}");
        w.writes(o.owner, Command::Archive { thread });
    }
}

/// A time as in `2026-03-27T10:00+01`.
fn moment(text: &str) -> Timestamp {
    let moment: jiff::Timestamp = text.parse().unwrap();
    Timestamp(moment.as_millisecond())
}

pub fn another_time_zone_counts_from_the_next_reminder_on(w: &mut World) {
    let o = Office::new(w);
    w.at(moment("2026-10-24T10:00Z").plus_millis(-DELAY));
    let (thread, _) = starts(w, &o, on(3, 2), &[]);
    let state = w.reminder(thread);
    assert_eq!(state, pending(0, moment("2026-10-27T10:00Z")));
    let patch = AccountPatch { time_zone: Some("America/New_York".to_owned()), name: None };
    w.change(o.firm, DirectoryChange::PatchAccount(o.acme, patch)).unwrap();
    assert_eq!(w.reminder(thread), state);
    // 06:00 there; on the first of November the clock is put back.
    w.writes(o.anna, set(thread, on(6, 2)));
    assert_eq!(w.reminder(thread), pending(0, moment("2026-10-30T06:00-04")));
    let state = remind_once(w, thread);
    assert_eq!(state, pending(1, moment("2026-11-05T06:00-05")));
}

pub fn what_is_due_is_told_longest_due_first_and_bounded(w: &mut World) {
    let o = Office::new(w);
    let first = starts(w, &o, on(5, 1), &[]).0;
    let second = starts(w, &o, on(4, 1), &[]).0;
    let third = starts(w, &o, on(4, 1), &[]).0;
    let due = |w: &mut World, at, limit| -> Vec<_> {
        let due = w.read().due(at, limit).unwrap();
        due.remind.into_iter().map(|(_, thread)| thread).collect::<Vec<_>>()
    };
    let late = w.now.plus_millis(30 * DAY);
    assert_eq!(due(w, late, 100), [second, third, first]);
    assert_eq!(due(w, late, 2), [second, third]);
    let just = w.reminder(second).next_ms.unwrap();
    assert_eq!(due(w, just, 100), [second]);
    assert_eq!(due(w, just.plus_millis(-1), 100), []);
}
