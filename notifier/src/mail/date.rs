//! Moments as their reader writes them, on the reader's clock.

use super::words::Words;
use jiff::tz::TimeZone;
use tidings_protocol::Timestamp;

/// The moment, to the minute, in the zone of that IANA name, or in UTC if there is none. How far from UTC
/// that is stands beside it: nobody may have told us where its reader is, and names of zones (CET, MEZ, IST)
/// are neither known everywhere nor those of one zone.
pub(super) fn moment(at: Timestamp, zone: &str, words: &Words) -> String {
    let at = instant(at).to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC));
    let month = usize::from(at.month().unsigned_abs()).saturating_sub(1);
    let date = (words.date)(at.day(), words.months[month % 12], at.year());
    let offset = from_utc(at.offset().seconds() / 60);
    format!("{date}, {:02}:{:02} ({offset})", at.hour(), at.minute())
}

/// So many minutes ahead: `UTC`, `UTC+1`, `UTC+5:30`, `UTC−4`.
fn from_utc(minutes: i32) -> String {
    let sign = match minutes {
        0 => return "UTC".to_owned(),
        1.. => '+',
        // A minus, at which no line is broken.
        _ => '\u{2212}',
    };
    let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    if rest == 0 { format!("UTC{sign}{hours}") } else { format!("UTC{sign}{hours}:{rest:02}") }
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
            (Language::En, "2 March 2026, 00:05 (UTC+1)"),
            (Language::Nl, "2 maart 2026, 00:05 (UTC+1)"),
            (Language::Fr, "2 mars 2026, 00:05 (UTC+1)"),
            (Language::De, "2. März 2026, 00:05 (UTC+1)"),
            (Language::Es, "2 de marzo de 2026, 00:05 (UTC+1)"),
        ] {
            assert_eq!(moment(AT, "Europe/Amsterdam", words(language)), expected);
        }
        let first = Timestamp(AT.0 - 86_400_000 / 2);
        assert_eq!(
            moment(first, "Europe/Paris", words(Language::Fr)),
            "1er mars 2026, 12:05 (UTC+1)"
        );
    }

    #[test]
    fn clocks_differ_by_zone_and_season() {
        let english = words(Language::En);
        assert_eq!(moment(AT, "America/New_York", english), "1 March 2026, 18:05 (UTC\u{2212}5)");
        assert_eq!(moment(AT, "Asia/Kolkata", english), "2 March 2026, 04:35 (UTC+5:30)");
        assert_eq!(
            moment(AT, "Pacific/Marquesas", english),
            "1 March 2026, 13:35 (UTC\u{2212}9:30)"
        );
        // 2026-03-29T00:59 and 01:00 UTC: summer begins in Amsterdam.
        assert_eq!(
            moment(Timestamp(1_774_745_940_000), "Europe/Amsterdam", english),
            "29 March 2026, 01:59 (UTC+1)"
        );
        assert_eq!(
            moment(Timestamp(1_774_746_000_000), "Europe/Amsterdam", english),
            "29 March 2026, 03:00 (UTC+2)"
        );
    }

    #[test]
    fn an_unknown_zone_is_utc() {
        for zone in ["", "Nowhere/Land", "../../etc/passwd"] {
            assert_eq!(moment(AT, zone, words(Language::En)), "1 March 2026, 23:05 (UTC)");
        }
        assert!(moment(Timestamp(i64::MAX), "UTC", words(Language::En)).contains("1970"));
    }

    #[test]
    fn headers_have_the_date_of_the_standard() {
        assert_eq!(header(AT), "Sun, 01 Mar 2026 23:05:00 +0000");
    }
}
