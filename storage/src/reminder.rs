//! When a client that does not react is reminded of a thread. Pure: the writer asks it inside its
//! transactions, once when something happens in the thread and once more when a reminder is due.
//!
//! Reminders go in cycles. A cycle starts with something new for the client to do
//! ([`starts_cycle`]); its first reminder is due some days after that, and each further one the same
//! number of days after the one before, at the same local time of day ([`due`], [`timer_after`]). In
//! between, whether one is pending at all is a question of how the thread stands ([`is_pending`]).

use crate::zone::Zone;
use tidings_protocol::{EventKind, Person, Reminder, Timestamp};

/// What was sent so much after it was due was late.
const LATE_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * LATE_MS;

/// What decides over the reminders of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a decision table")]
pub(crate) struct Facts {
    /// Whether the thread is archived.
    pub(crate) archived: bool,
    /// Its settings.
    pub(crate) settings: Reminder,
    /// How many of this cycle were sent.
    pub(crate) sent: u16,
    /// Tasks, done or not.
    pub(crate) tasks_total: u32,
    /// Tasks not done.
    pub(crate) tasks_open: u32,
    /// Whether some contact has read every message.
    pub(crate) all_read: bool,
    /// Whether the firm has written; what it took back does not count.
    pub(crate) firm_wrote: bool,
    /// Whether a contact wrote after the last message of the firm that stands.
    pub(crate) answered: bool,
}

/// Whether a reminder is pending: one is wanted, and not all of the cycle were sent.
pub(crate) fn is_pending(facts: &Facts) -> bool {
    facts.sent < facts.settings.count && is_wanted(facts)
}

/// Whether the client has to be reminded as things stand, however often it was. Who asks about a
/// reminder that is counted as sent already, asks this.
///
/// | archived or off | tasks | all done | all read by the client | firm wrote, unanswered | wanted |
/// |---|---|---|---|---|---|
/// | yes | any | any | any | any | no |
/// | no | some | no | any | any | yes |
/// | no | some | yes | no | any | yes |
/// | no | some | yes | yes | any | no |
/// | no | none | - | any | yes | yes |
/// | no | none | - | any | no | no |
pub(crate) fn is_wanted(facts: &Facts) -> bool {
    if facts.archived || !facts.settings.on {
        return false;
    }
    match (facts.tasks_total, facts.tasks_open) {
        (0, _) => facts.firm_wrote && !facts.answered,
        (_, 0) => !facts.all_read,
        (_, _) => true,
    }
}

/// Where the timer of a new cycle starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the email about the firm's message.
    Mailed,
    /// At once.
    Now,
}

/// Whether an event starts a new cycle, of which none was sent. `before` are the settings that it
/// found: other numbers alone change neither timer nor count.
pub(crate) fn starts_cycle(event: &EventKind, actor: Person, before: Reminder) -> Option<Start> {
    match event {
        EventKind::MessagePosted { .. } if matches!(actor, Person::Member(_)) => {
            Some(Start::Mailed)
        }
        EventKind::TaskAdded { .. } | EventKind::TaskUnticked { .. } => Some(Start::Now),
        EventKind::ReminderSet { reminder } if reminder.on && !before.on => Some(Start::Now),
        EventKind::Reopened {} if before.on => Some(Start::Now),
        _ => None,
    }
}

/// When the next one is due: that many local days after the timer's start, at the same local time of
/// day.
pub(crate) fn due(timer: Timestamp, days: u16, zone: &Zone) -> Timestamp {
    zone.days_later(timer, days)
}

/// Where the timer of a first reminder stands that was to start at `from` with an email, which went out
/// at `mailed`. An hour moves nothing; a notifier that was away, or a mail server, moves the timer.
pub(crate) fn timer_with_mail(from: Timestamp, mailed: Timestamp) -> Timestamp {
    if mailed < from.plus_millis(LATE_MS) { from } else { mailed }
}

/// Where the timer stands once a reminder that was due at `due` has been sent at `now`. On time: where
/// it was due, so that a queue before it moves nothing. Late: at the time of day at which it was
/// due, the one that is nearest, so that the next one comes the full number of days later, give or
/// take half of one.
pub(crate) fn timer_after(due: Timestamp, now: Timestamp, zone: &Zone) -> Timestamp {
    if now < due.plus_millis(LATE_MS) {
        return due;
    }
    // In steps of half a day, for some days are shorter than others.
    let days =
        [-2, -1, 0, 1, 2].map(|half| zone.on_day_of(now.plus_millis(half * DAY_MS / 2), due));
    days.into_iter().min_by_key(|day| day.0.abs_diff(now.0)).unwrap_or(now).max(due)
}

#[cfg(test)]
#[path = "reminder_tests.rs"]
mod tests;
