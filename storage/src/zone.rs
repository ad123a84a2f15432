//! Local time: the one place of storage that knows a calendar. Zones come from the database that is
//! built in, never from the system's, so that all nodes count days alike and know the same names; a
//! change of some country's clocks comes with a new version.
//!
//! Nothing here fails. What lies beyond the calendar (it ends with the year 9999) is counted in days
//! of 24 hours.

use jiff::ToSpan;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp as Moment, Zoned};
use tidings_protocol::{Refusal, RefusalCode, Timestamp};

/// Milliseconds of a day on which no clock is changed.
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Zone(TimeZone);

/// Refuses the name of a zone that there is none of.
pub(crate) fn check(name: &str) -> Result<(), Refusal> {
    if Zone::named(name).is_some() {
        return Ok(());
    }
    let message = "no time zone has this name: expected one such as Europe/Amsterdam, or UTC";
    Err(Refusal::new(RefusalCode::Invalid).at("time_zone").because(message.to_owned()))
}

impl Zone {
    /// The zone of that name, in capitals or not, if there is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        // The database has a name for not knowing where one is.
        (!zone.is_unknown()).then_some(Self(zone))
    }

    /// The same, and UTC if there is none.
    pub(crate) fn or_utc(name: &str) -> Self {
        Self::named(name).unwrap_or(Self(TimeZone::UTC))
    }

    /// So many days later at the same local time of day; never before `at`. A time of day that a
    /// clock put forward leaves out is as much later as the clock is, and of one that comes twice it
    /// is the first.
    pub(crate) fn days_later(&self, at: Timestamp, days: u16) -> Timestamp {
        let later = self.local(at).and_then(|local| local.checked_add(i64::from(days).days()).ok());
        let later = later.map_or_else(
            || at.plus_millis(i64::from(days).saturating_mul(DAY_MS)),
            |later| timestamp(later.timestamp()),
        );
        later.max(at)
    }

    /// The local day of `day`, at the local time of day of `time`.
    pub(crate) fn on_day_of(&self, day: Timestamp, time: Timestamp) -> Timestamp {
        let at = self.local(day).zip(self.local(time)).and_then(|(day, time)| {
            day.date().to_datetime(time.time()).to_zoned(self.0.clone()).ok()
        });
        at.map_or(day, |at| timestamp(at.timestamp()))
    }

    /// Milliseconds that the local clock shows since midnight.
    pub(crate) fn time_of_day_ms(&self, at: Timestamp) -> Option<i64> {
        let time = self.local(at)?.time();
        let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60
            + i64::from(time.second());
        Some(seconds * 1_000 + i64::from(time.millisecond()))
    }

    /// When the local clock is changed next, after `at`.
    pub(crate) fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        let change = self.0.following(moment(at)?).next()?;
        Some(timestamp(change.timestamp()))
    }

    fn local(&self, at: Timestamp) -> Option<Zoned> {
        Some(moment(at)?.to_zoned(self.0.clone()))
    }
}

/// None beyond the calendar.
fn moment(at: Timestamp) -> Option<Moment> {
    Moment::from_millisecond(at.0).ok()
}

fn timestamp(moment: Moment) -> Timestamp {
    Timestamp(moment.as_millisecond())
}

/// Words in which the tests of rules speak of time.
#[cfg(test)]
impl Zone {
    /// Every zone there is.
    pub(crate) fn all() -> Vec<Self> {
        let database = TimeZoneDatabase::bundled();
        database.available().filter_map(|name| Self::named(name.as_str())).collect()
    }

    /// When the local clock shows that, as in `2026-03-29 10:00`; the first time if twice.
    pub(crate) fn at(&self, local: &str) -> Timestamp {
        let local: jiff::civil::DateTime = local.parse().unwrap();
        timestamp(local.to_zoned(self.0.clone()).unwrap().timestamp())
    }

    /// What the local clock shows.
    pub(crate) fn shows(&self, at: Timestamp) -> String {
        self.local(at).unwrap().strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// Whether the local clock ever shows the time of day of `time`, so many days after its day.
    pub(crate) fn has(&self, time: Timestamp, days: u16) -> bool {
        let local =
            self.local(time).unwrap().datetime().checked_add(i64::from(days).days()).unwrap();
        let offset = self.0.to_ambiguous_timestamp(local).offset();
        !matches!(offset, jiff::tz::AmbiguousOffset::Gap { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_zone_is_built_in() {
        assert!(Zone::all().len() > 500, "{}", Zone::all().len());
        for name in ["UTC", "Europe/Amsterdam", "america/argentina/buenos_aires", "Etc/GMT+8"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in ["", "Europe/Berlyn", "Mars/Olympus", "../etc/passwd", "Etc/Unknown", "+02:00"]
        {
            let refusal = check(name).unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("time_zone"), "{name}");
            assert_eq!(Zone::or_utc(name), Zone::or_utc("UTC"), "{name}");
        }
    }

    #[test]
    fn days_are_counted_by_the_local_clock() {
        // Zone, start, days, then.
        let table = [
            ("UTC", "2026-01-30 09:00", 3, "2026-02-02 09:00"),
            ("Europe/Amsterdam", "2026-03-27 10:00", 3, "2026-03-30 10:00"),
            ("Europe/Amsterdam", "2026-10-23 10:00", 3, "2026-10-26 10:00"),
            ("America/New_York", "2026-03-07 23:30", 1, "2026-03-08 23:30"),
            // Left out: as much later as the clock is put forward.
            ("Europe/Amsterdam", "2026-03-28 02:30", 1, "2026-03-29 03:30"),
            ("Australia/Lord_Howe", "2026-10-03 02:15", 1, "2026-10-04 02:45"),
            ("America/Sao_Paulo", "2018-11-03 00:00", 1, "2018-11-04 01:00"),
            // A day that the island left out altogether.
            ("Pacific/Apia", "2011-12-29 10:00", 1, "2011-12-31 10:00"),
            ("Pacific/Apia", "2011-12-29 10:00", 2, "2011-12-31 10:00"),
            ("Pacific/Apia", "2011-12-29 10:00", 3, "2012-01-01 10:00"),
            // Leap days, and the end of a year.
            ("Europe/Amsterdam", "2028-02-28 08:00", 1, "2028-02-29 08:00"),
            ("Europe/Amsterdam", "2028-02-29 08:00", 365, "2029-02-28 08:00"),
            ("Europe/Amsterdam", "2100-02-28 08:00", 1, "2100-03-01 08:00"),
            ("Asia/Kathmandu", "2026-12-30 23:59", 3, "2027-01-02 23:59"),
        ];
        for (name, start, days, then) in table {
            let zone = Zone::named(name).unwrap();
            let later = zone.days_later(zone.at(start), days);
            assert_eq!(zone.shows(later), then, "{name}: {start} and {days} days");
        }
    }

    #[test]
    fn of_a_time_that_comes_twice_it_is_the_first() {
        let hour = 60 * 60 * 1_000;
        for (name, start, first) in [
            ("Europe/Amsterdam", "2026-10-24 02:30", "2026-10-25 01:30"),
            ("Australia/Lord_Howe", "2026-04-04 01:45", "2026-04-05 00:45"),
        ] {
            let zone = Zone::named(name).unwrap();
            let later = zone.days_later(zone.at(start), 1);
            assert_eq!(later, zone.at(first).plus_millis(hour), "{name}");
        }
        // The second is as good a start; no days later is not before it.
        let zone = Zone::named("Europe/Amsterdam").unwrap();
        let second = zone.at("2026-10-25 02:30").plus_millis(hour);
        assert_eq!(zone.days_later(second, 0), second);
        assert_eq!(zone.shows(zone.days_later(second, 1)), "2026-10-26 02:30");
    }

    proptest! {
        #[test]
        fn no_number_is_too_much(at: i64, day: i64, days: u16, zone in any::<prop::sample::Index>()) {
            let zone = zone.get(&Zone::all()).clone();
            let (at, day) = (Timestamp(at), Timestamp(day));
            prop_assert!(zone.days_later(at, days) >= at);
            zone.on_day_of(day, at);
            zone.time_of_day_ms(at);
            prop_assert!(zone.next_change(at).is_none_or(|change| change > at));
        }
    }
}
