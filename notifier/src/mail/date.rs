//! Moments as their reader writes them, on the reader's clock.

use super::words::Words;
use jiff::tz::TimeZone;
use tidings_protocol::Timestamp;

/// The moment, to the minute, in the zone of that IANA name. If there is none, in UTC, which it says.
pub(super) fn moment(at: Timestamp, zone: &str, words: &Words) -> String {
    let known = TimeZone::get(zone).ok();
    let suffix = if known.is_some() { "" } else { " UTC" };
    let at = instant(at).to_zoned(known.unwrap_or(TimeZone::UTC));
    let month = usize::from(at.month().unsigned_abs()).saturating_sub(1);
    let date = (words.date)(at.day(), words.months[month % 12], at.year());
    format!("{date}, {:02}:{:02}{suffix}", at.hour(), at.minute())
}

/// The moment for a `Date` header (RFC 5322 § 3.3).
pub(super) fn header(at: Timestamp) -> String {
    instant(at).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// No letter is written outside of the years that jiff knows.
fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;
    use tidings_protocol::Language;

    /// 2026-03-01T23:05:00Z.
    const AT: Timestamp = Timestamp(1_772_406_300_000);

    #[test]
    fn each_language_has_its_way_of_writing_a_date() {
        for (language, expected) in [
            (Language::En, "2 March 2026, 00:05"),
            (Language::Nl, "2 maart 2026, 00:05"),
            (Language::Fr, "2 mars 2026, 00:05"),
            (Language::De, "2. März 2026, 00:05"),
            (Language::Es, "2 de marzo de 2026, 00:05"),
        ] {
            assert_eq!(moment(AT, "Europe/Amsterdam", words(language)), expected);
        }
        let first = Timestamp(AT.0 - 86_400_000 / 2);
        assert_eq!(moment(first, "Europe/Paris", words(Language::Fr)), "1er mars 2026, 12:05");
    }

    #[test]
    fn clocks_differ_by_zone_and_season() {
        let english = words(Language::En);
        assert_eq!(moment(AT, "America/New_York", english), "1 March 2026, 18:05");
        // 2026-03-29T00:59 and 01:00 UTC: summer begins in Amsterdam.
        assert_eq!(
            moment(Timestamp(1_774_745_940_000), "Europe/Amsterdam", english),
            "29 March 2026, 01:59"
        );
        assert_eq!(
            moment(Timestamp(1_774_746_000_000), "Europe/Amsterdam", english),
            "29 March 2026, 03:00"
        );
    }

    #[test]
    fn an_unknown_zone_is_said_to_be_utc() {
        for zone in ["", "Nowhere/Land", "../../etc/passwd"] {
            assert_eq!(moment(AT, zone, words(Language::En)), "1 March 2026, 23:05 UTC");
        }
        assert!(moment(Timestamp(i64::MAX), "UTC", words(Language::En)).contains("1970"));
    }

    #[test]
    fn headers_have_the_date_of_the_standard() {
        assert_eq!(header(AT), "Sun, 01 Mar 2026 23:05:00 +0000");
    }
}
