//! The hours of the day in which a person gets no emails. Pure.

use crate::zone::{DAY_MS, Zone};
use tidings_protocol::limits::DAY_MINUTES;
use tidings_protocol::{QuietHours, Timestamp};

/// More often than that in a day no clock was ever changed.
const CHANGES_MAX: usize = 8;

/// The first moment from `at` on that is not within quiet hours: `at` itself, or their end by the
/// local clock. Where the clock is put forward over the end, quiet ends with that; where it is put
/// back into them, they go on.
pub(crate) fn after(at: Timestamp, quiet: QuietHours, zone: &Zone) -> Timestamp {
    let (from, to) = (day_ms(quiet.from_min), day_ms(quiet.to_min));
    let mut at = at;
    for _ in 0..CHANGES_MAX {
        let Some(time) = zone.time_of_day_ms(at).filter(|time| is_quiet(*time, from, to)) else {
            return at;
        };
        let end = at.plus_millis((to - time).rem_euclid(DAY_MS));
        match zone.next_change(at) {
            Some(change) if change <= end => at = change,
            _ => return end,
        }
    }
    at
}

/// Whether a time of day is within; from after to before midnight they go over it.
fn is_quiet(time: i64, from: i64, to: i64) -> bool {
    if from <= to { from <= time && time < to } else { from <= time || time < to }
}

/// Milliseconds since midnight.
fn day_ms(minute: u16) -> i64 {
    i64::from(minute % DAY_MINUTES) * 60_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hours(from: u16, to: u16) -> QuietHours {
        QuietHours { from_min: from, to_min: to }
    }

    /// `22:30` as minutes.
    fn minute(time: &str) -> u16 {
        let (hours, minutes) = time.split_once(':').unwrap();
        hours.parse::<u16>().unwrap() * 60 + minutes.parse::<u16>().unwrap()
    }

    #[test]
    fn quiet_hours_end_by_the_local_clock() {
        // Zone, quiet from, to, asked at, and then.
        let table = [
            ("Europe/Amsterdam", "22:00", "07:00", "2026-06-01 21:59", "2026-06-01 21:59"),
            ("Europe/Amsterdam", "22:00", "07:00", "2026-06-01 22:00", "2026-06-02 07:00"),
            ("Europe/Amsterdam", "22:00", "07:00", "2026-06-01 00:10", "2026-06-01 07:00"),
            ("Europe/Amsterdam", "22:00", "07:00", "2026-06-01 06:59", "2026-06-01 07:00"),
            ("Europe/Amsterdam", "22:00", "07:00", "2026-06-01 07:00", "2026-06-01 07:00"),
            ("Europe/Amsterdam", "12:00", "13:30", "2026-06-01 12:40", "2026-06-01 13:30"),
            ("Europe/Amsterdam", "12:00", "13:30", "2026-06-01 11:00", "2026-06-01 11:00"),
            ("Europe/Amsterdam", "12:00", "00:00", "2026-12-31 18:00", "2027-01-01 00:00"),
            ("Europe/Amsterdam", "00:00", "08:00", "2028-02-29 00:00", "2028-02-29 08:00"),
            ("Asia/Kathmandu", "22:00", "06:15", "2026-06-01 23:00", "2026-06-02 06:15"),
            // None.
            ("Europe/Amsterdam", "00:00", "00:00", "2026-06-01 03:00", "2026-06-01 03:00"),
            ("Europe/Amsterdam", "09:00", "09:00", "2026-06-01 09:00", "2026-06-01 09:00"),
            // The night is an hour shorter, or longer.
            ("Europe/Amsterdam", "22:00", "07:00", "2026-03-28 23:00", "2026-03-29 07:00"),
            ("Europe/Amsterdam", "22:00", "07:00", "2026-10-24 23:00", "2026-10-25 07:00"),
            // The clock is put forward over the end: quiet ends with that.
            ("Europe/Amsterdam", "22:00", "02:30", "2026-03-28 23:00", "2026-03-29 03:00"),
            ("Australia/Lord_Howe", "22:00", "02:10", "2026-10-03 23:00", "2026-10-04 02:30"),
            // A day that was left out.
            ("Pacific/Apia", "22:00", "07:00", "2011-12-29 23:00", "2011-12-31 07:00"),
        ];
        for (name, from, to, asked, then) in table {
            let zone = Zone::named(name).unwrap();
            let quiet = hours(minute(from), minute(to));
            let shown = zone.shows(after(zone.at(asked), quiet, &zone));
            assert_eq!(shown, then, "{name}: quiet {from} to {to}, asked at {asked}");
        }
    }

    #[test]
    fn a_clock_put_back_into_quiet_hours_goes_on_with_them() {
        let zone = Zone::named("Europe/Amsterdam").unwrap();
        let hour = 60 * 60 * 1_000;
        // 02:30 comes twice: quiet ends at the first, and for who asks after it, at the second.
        let first = zone.at("2026-10-25 02:30");
        let quiet = hours(minute("22:00"), minute("02:30"));
        assert_eq!(after(zone.at("2026-10-25 01:00"), quiet, &zone), first);
        let again = zone.at("2026-10-25 02:10").plus_millis(hour);
        assert_eq!(after(again, quiet, &zone), first.plus_millis(hour));
        // 03:00 is put back to 02:00 before it is ever shown.
        let quiet = hours(minute("01:00"), minute("03:00"));
        assert_eq!(after(zone.at("2026-10-25 01:30"), quiet, &zone), zone.at("2026-10-25 03:00"));
    }

    fn moments() -> impl Strategy<Value = i64> {
        let near_changes = -3 * DAY_MS..3 * DAY_MS;
        // The last Sundays of March and October of 2026, in UTC.
        prop_oneof![
            -2_000_000_000_000..5_000_000_000_000i64,
            near_changes.clone().prop_map(|ms| 1_774_746_000_000 + ms),
            near_changes.prop_map(|ms| 1_792_890_000_000 + ms),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_after_quiet_hours_is_not_in_them(
            at in moments(), from: u16, to: u16, zone in any::<prop::sample::Index>(),
        ) {
            let zone = zone.get(&Zone::all()).clone();
            let (at, quiet) = (Timestamp(at), hours(from, to));
            let then = after(at, quiet, &zone);
            prop_assert!(then >= at);
            let time = zone.time_of_day_ms(then).unwrap();
            prop_assert!(!is_quiet(time, day_ms(from), day_ms(to)), "{}", zone.shows(then));
            prop_assert_eq!(after(then, quiet, &zone), then);
        }

        #[test]
        fn no_number_is_too_much(
            at: i64, from: u16, to: u16, zone in any::<prop::sample::Index>(),
        ) {
            let zone = zone.get(&Zone::all()).clone();
            let then = after(Timestamp(at), hours(from, to), &zone);
            prop_assert!(then >= Timestamp(at));
        }
    }
}
