//! The rules of reminders: their table, row by row, and what follows from it for people.

use super::*;
use crate::zone::DAY_MS;
use proptest::prelude::*;
use tidings_protocol::{ClientKey, ContactId, MemberId, TaskId};
use uuid::Uuid;

const HOUR_MS: i64 = 60 * 60 * 1_000;

const FIRM: Person = Person::Member(MemberId(Uuid::from_u128(1)));
const CLIENT: Person = Person::Contact(ContactId(Uuid::from_u128(2)));

fn on(days: u16, count: u16) -> Reminder {
    Reminder { on: true, days, count }
}

/// The firm has asked something, without tasks; nobody has reacted.
fn asked() -> Facts {
    Facts {
        archived: false,
        settings: on(3, 1),
        sent: 0,
        tasks_total: 0,
        tasks_open: 0,
        all_read: false,
        firm_wrote: true,
        answered: false,
    }
}

/// The firm has given a task, and nobody has reacted.
fn tasked() -> Facts {
    Facts { tasks_total: 2, tasks_open: 1, ..asked() }
}

/// Both values, for "any".
const ANY: [bool; 2] = [false, true];

/// All combinations of what the client and the firm did.
fn all_reactions(facts: Facts) -> impl Iterator<Item = Facts> {
    ANY.into_iter().flat_map(move |all_read| {
        ANY.into_iter().flat_map(move |firm_wrote| {
            ANY.map(move |answered| Facts { all_read, firm_wrote, answered, ..facts })
        })
    })
}

#[test]
fn whatever_is_archived_off_or_all_sent_is_not_pending() {
    for facts in [asked(), tasked(), Facts { tasks_open: 0, ..tasked() }] {
        for facts in all_reactions(facts) {
            let archived = Facts { archived: true, ..facts };
            let off = Facts { settings: Reminder { on: false, ..facts.settings }, ..facts };
            for facts in [archived, off] {
                assert!(!is_pending(&facts) && !is_wanted(&facts), "{facts:?}");
            }
            for sent in [1, 2, u16::MAX] {
                let all_sent = Facts { sent, ..facts };
                assert!(!is_pending(&all_sent), "{all_sent:?}");
                assert_eq!(is_wanted(&all_sent), is_wanted(&facts), "{all_sent:?}");
            }
        }
    }
}

#[test]
fn open_tasks_are_pending_whatever_else_was_done() {
    for facts in all_reactions(tasked()) {
        assert!(is_pending(&facts), "{facts:?}");
    }
}

#[test]
fn done_tasks_are_pending_until_everything_is_read() {
    for facts in all_reactions(Facts { tasks_open: 0, ..tasked() }) {
        assert_eq!(is_pending(&facts), !facts.all_read, "{facts:?}");
    }
}

#[test]
fn a_message_is_pending_until_it_is_answered() {
    for facts in all_reactions(asked()) {
        assert_eq!(is_pending(&facts), facts.firm_wrote && !facts.answered, "{facts:?}");
    }
}

#[test]
fn reading_alone_does_not_stop_the_reminder_of_a_message() {
    assert!(is_pending(&Facts { all_read: true, ..asked() }));
}

#[test]
fn an_answer_does_not_stop_the_reminder_of_a_task() {
    assert!(is_pending(&Facts { all_read: true, answered: true, ..tasked() }));
}

#[test]
fn a_thread_without_a_message_of_the_firm_and_without_tasks_is_never_pending() {
    for answered in ANY {
        assert!(!is_pending(&Facts { firm_wrote: false, answered, ..asked() }));
    }
}

#[test]
fn a_clients_own_thread_with_an_open_task_is_pending() {
    assert!(is_pending(&Facts { firm_wrote: false, answered: true, all_read: true, ..tasked() }));
}

#[test]
fn more_reminders_than_were_sent_make_it_pending_again() {
    let sent = Facts { sent: 1, ..asked() };
    assert!(!is_pending(&sent));
    assert!(is_pending(&Facts { settings: on(3, 2), ..sent }));
}

#[test]
fn a_cycle_starts_with_what_is_new_for_the_client_and_with_nothing_else() {
    let message = EventKind::MessagePosted {
        key: ClientKey(Uuid::nil()),
        body: "hello".to_owned(),
        edited_ms: None,
        deleted: false,
    };
    let task = TaskId(3);
    let added = EventKind::TaskAdded { text: "sign".to_owned(), before: None };
    let unticked = EventKind::TaskUnticked { task };
    let set = |reminder| EventKind::ReminderSet { reminder };
    let off = Reminder::default();
    let table = [
        (&message, FIRM, on(3, 1), Some(Start::Mailed)),
        (&message, CLIENT, on(3, 1), None),
        (&added, FIRM, on(3, 1), Some(Start::Now)),
        (&unticked, FIRM, on(3, 1), Some(Start::Now)),
        (&unticked, CLIENT, on(3, 1), Some(Start::Now)),
        (&EventKind::TaskTicked { task }, CLIENT, on(3, 1), None),
        (&EventKind::TaskRemoved { task }, FIRM, on(3, 1), None),
        (&EventKind::TaskMoved { task, before: None }, FIRM, on(3, 1), None),
        (&EventKind::TaskReworded { task, text: "x".to_owned() }, FIRM, on(3, 1), None),
        (&set(on(3, 1)), FIRM, off, Some(Start::Now)),
        (&set(on(5, 1)), FIRM, on(3, 1), None),
        (&set(on(3, 4)), FIRM, on(3, 1), None),
        (&set(off), FIRM, on(3, 1), None),
        (&set(Reminder { days: 9, ..off }), FIRM, off, None),
        (&EventKind::Reopened {}, FIRM, on(3, 1), Some(Start::Now)),
        (&EventKind::Reopened {}, FIRM, off, None),
        (&EventKind::Archived {}, FIRM, on(3, 1), None),
        (&EventKind::ReminderSent { number: 1 }, FIRM, on(3, 2), None),
        (&EventKind::ReminderNotSent {}, FIRM, on(3, 2), None),
        (&EventKind::Resent {}, FIRM, on(3, 2), None),
    ];
    for (index, (event, actor, before, start)) in table.into_iter().enumerate() {
        assert_eq!(starts_cycle(event, actor, before), start, "row {index}: {event:?}");
    }
}

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

#[test]
fn each_reminder_is_due_the_same_number_of_days_after_the_one_before() {
    let zone = zone("Europe/Amsterdam");
    // Over the night in which the clock is put forward.
    let mut timer = zone.at("2026-03-24 16:45");
    let mut shown = Vec::new();
    for _ in 0..3 {
        let due = due(timer, 3, &zone);
        shown.push(zone.shows(due));
        timer = timer_after(due, due.plus_millis(LATE_MS - 1), &zone);
    }
    assert_eq!(shown, ["2026-03-27 16:45", "2026-03-30 16:45", "2026-04-02 16:45"]);
}

#[test]
fn other_days_are_counted_from_the_same_start() {
    let zone = zone("America/New_York");
    let timer = zone.at("2026-05-04 08:00");
    assert_eq!(zone.shows(due(timer, 3, &zone)), "2026-05-07 08:00");
    assert_eq!(zone.shows(due(timer, 5, &zone)), "2026-05-09 08:00");
    assert_eq!(zone.shows(due(timer, 1, &zone)), "2026-05-05 08:00");
}

#[test]
fn after_a_downtime_of_weeks_the_next_one_comes_the_full_number_of_days_later() {
    let zone = zone("Europe/Amsterdam");
    let was_due = zone.at("2026-03-10 09:00");
    for (sent, then) in [
        // Up again early in the morning or late at night, in another time of the year.
        ("2026-04-02 03:00", "2026-04-05 09:00"),
        ("2026-04-02 20:59", "2026-04-05 09:00"),
        ("2026-04-02 21:01", "2026-04-06 09:00"),
        ("2026-04-02 23:59", "2026-04-06 09:00"),
        ("2026-03-10 10:00", "2026-03-13 09:00"),
    ] {
        let timer = timer_after(was_due, zone.at(sent), &zone);
        let next = due(timer, 3, &zone);
        assert_eq!(zone.shows(next), then, "sent {sent}");
        assert!(next > zone.at(sent), "never at once again");
    }
}

#[test]
fn just_after_a_day_of_23_hours_that_day_is_the_nearest() {
    let zone = zone("America/New_York");
    let timer = timer_after(zone.at("2026-02-10 23:30"), zone.at("2026-03-09 00:00"), &zone);
    assert_eq!(zone.shows(timer), "2026-03-08 23:30");
    assert_eq!(zone.shows(due(timer, 1, &zone)), "2026-03-09 23:30");
}

#[test]
fn a_timer_starts_with_the_mail_unless_that_was_about_on_time() {
    let from = Timestamp(1_000_000);
    for (mailed, starts) in
        [(0, 0), (-5, 0), (HOUR_MS - 1, 0), (HOUR_MS, HOUR_MS), (DAY_MS, DAY_MS)]
    {
        let timer = timer_with_mail(from, from.plus_millis(mailed));
        assert_eq!(timer, from.plus_millis(starts), "mailed {mailed} ms later");
    }
}

#[test]
fn a_late_one_is_never_counted_from_before_it_was_due() {
    let zone = zone("Europe/Amsterdam");
    // Due at the second 02:30 of that night, sent on the same day.
    let was_due = zone.at("2026-10-25 02:30").plus_millis(HOUR_MS);
    assert_eq!(timer_after(was_due, was_due.plus_millis(3 * HOUR_MS), &zone), was_due);
}

fn zones() -> impl Strategy<Value = Zone> {
    prop::sample::select(Zone::all())
}

/// From 1900 to 2200.
fn moments() -> impl Strategy<Value = Timestamp> {
    (-2_208_988_800_000..7_258_118_400_000i64).prop_map(Timestamp)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn it_is_due_at_the_same_local_time_of_day(
        timer in moments(), days in 1u16..=365, zone in zones(),
    ) {
        let due = due(timer, days, &zone);
        prop_assert!(due > timer);
        if zone.has(timer, days) {
            prop_assert_eq!(zone.time_of_day_ms(due), zone.time_of_day_ms(timer));
        }
        // Clocks were changed by up to a day, and by some hours at most nearly always.
        let length = due.0 - timer.0;
        prop_assert!((length - i64::from(days) * DAY_MS).abs() <= DAY_MS, "{length} ms");
    }

    #[test]
    fn more_days_are_never_earlier(timer: i64, days: u16, zone in zones()) {
        let timer = Timestamp(timer);
        prop_assert!(due(timer, days, &zone) >= timer);
        prop_assert!(due(timer, days, &zone) <= due(timer, days.saturating_add(1), &zone));
    }

    #[test]
    fn the_timer_never_goes_back(due: i64, now: i64, zone in zones()) {
        let timer = timer_after(Timestamp(due), Timestamp(now), &zone);
        prop_assert!(timer >= Timestamp(due));
    }

    #[test]
    fn there_is_never_a_burst(
        was_due in moments(), downtime in 0..400 * DAY_MS, days in 1u16..=365, zone in zones(),
    ) {
        let now = was_due.plus_millis(downtime);
        let next = due(timer_after(was_due, now, &zone), days, &zone);
        prop_assert!(next > now, "sent {}, next {}", zone.shows(now), zone.shows(next));
    }

    #[test]
    fn a_late_one_and_the_next_are_the_full_number_of_days_apart_give_or_take_half_of_one(
        downtime in DAY_MS..400 * DAY_MS, hour in 0..24 * 366i64, days in 1u16..=365,
    ) {
        // Clocks are changed there.
        let zone = zone("America/New_York");
        let was_due = zone.at("2026-01-01 00:30").plus_millis(hour * HOUR_MS);
        let now = was_due.plus_millis(downtime);
        let next = due(timer_after(was_due, now, &zone), days, &zone);
        let apart = next.0 - now.0 - i64::from(days) * DAY_MS;
        prop_assert!(
            apart.abs() <= DAY_MS / 2 + 2 * HOUR_MS,
            "sent {}, next {}", zone.shows(now), zone.shows(next)
        );
    }
}
