//! Texts of settings to values. An error says what would have been right; who asks adds which
//! setting it was and where it came from.

use super::types::StoreUrl;
use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;
use tidings_storage::postgres;

/// Units of time, the smallest first.
const TIME_UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Units of memory, the smallest first.
const BYTE_UNITS: [(&str, u64); 3] = [("B", 1), ("KiB", 1024), ("MiB", 1024 * 1024)];

/// `10s`, `5ms`, `2m`, `1h`, `7d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "must be a number and a unit (ms, s, m, h, d), such as 10s".to_owned();
    with_unit(text, &TIME_UNITS).map(Duration::from_millis).ok_or_else(wrong)
}

/// `512KiB`, `1MiB`, or a bare number of bytes.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "must be a number of bytes, or one with a unit such as 512KiB, 1MiB".to_owned();
    text.parse().ok().or_else(|| with_unit(text, &BYTE_UNITS)).ok_or_else(wrong)
}

fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// A duration as [`duration`] reads it.
pub(super) fn show_millis(millis: u64) -> String {
    show_with_unit(millis, &TIME_UNITS)
}

/// A size as [`bytes`] reads it.
pub(super) fn show_bytes(bytes: u64) -> String {
    show_with_unit(bytes, &BYTE_UNITS)
}

fn show_with_unit(value: u64, units: &[(&str, u64)]) -> String {
    let whole = |(_, factor): &&(&str, u64)| value >= *factor && value.is_multiple_of(*factor);
    let (unit, factor) = units.iter().rev().find(whole).unwrap_or(&units[0]);
    format!("{}{unit}", value / factor)
}

/// A URL with `…` in place of its password. What stands between is cut generously: who has to write
/// `%40` for `@` may have forgotten it.
pub(super) fn hide_password(url: &str) -> Cow<'_, str> {
    let hidden = || {
        let (scheme, rest) = url.split_once("://")?;
        let (who, host) = rest.rsplit_once('@')?;
        let (user, _) = who.split_once(':')?;
        Some(format!("{scheme}://{user}:…@{host}"))
    };
    let url = hidden().map_or(url.into(), Cow::Owned);
    match url.split_once("password=") {
        Some((before, _)) if url.contains("://") => format!("{before}password=…").into(),
        _ => url,
    }
}

/// `sqlite:PATH` or `postgres://…`.
pub(crate) fn store(text: &str) -> Result<StoreUrl, String> {
    if postgres::Url::is_meant(text) {
        let wrong = |error: postgres::UrlError| format!("can't be used: {error}");
        return text.parse().map(StoreUrl::Postgres).map_err(wrong);
    }
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() && !path.starts_with("//") => {
            Ok(StoreUrl::Sqlite(PathBuf::from(path)))
        }
        _ => Err("must be sqlite:PATH, such as sqlite:tidings-data/tidings.db, or \
                  postgres://USER:PASSWORD@HOST:PORT/DATABASE"
            .to_owned()),
    }
}

/// Origins as browsers send them (RFC 6454, 6.1), with commas between them.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(origin).collect()
}

fn origin(text: &str) -> Result<String, String> {
    let exact = text.split_once("://").is_some_and(|(scheme, host)| {
        matches!(scheme, "http" | "https")
            && !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b))
    });
    if exact {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` must be scheme://host or scheme://host:port in small letters, without a path, \
         such as https://portal.example.com"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("5 ms"), Ok(Duration::from_millis(5)));
        assert_eq!(duration("24h"), Ok(Duration::from_hours(24)));
        assert_eq!(duration("7d"), Ok(Duration::from_hours(7 * 24)));
        for wrong in ["", "10", "s", "-1s", "1.5s", "10 sec", "99999999999999999999s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read_as_they_are_shown() {
        for (size, shown) in [(0, "0B"), (1000, "1000B"), (16 * 1024, "16KiB"), (1 << 20, "1MiB")] {
            assert_eq!(show_bytes(size), shown);
            assert_eq!(bytes(shown), Ok(size));
        }
        assert_eq!(bytes("65536"), Ok(65_536));
        assert!(bytes("1MB").is_err());
    }

    #[test]
    fn origins_are_exact() {
        assert_eq!(
            origins("https://a.example, http://localhost:3000"),
            Ok(vec!["https://a.example".to_owned(), "http://localhost:3000".to_owned()])
        );
        for wrong in ["a.example", "https://a.example/", "https://A.example", "*", "null"] {
            assert!(origins(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn passwords_are_hidden_wherever_they_end() {
        for (url, shown) in [
            ("redis://a:1", "redis://a:1"),
            ("redis://user@a:1", "redis://user@a:1"),
            ("redis://user:s3cret@a:1/2", "redis://user:…@a:1/2"),
            ("redis://:s3cret@a", "redis://:…@a"),
            ("x://u:s3:cr@et/@a?b", "x://u:…@a?b"),
            ("x://u@a/b?c=d&password=s3&e=cret", "x://u@a/b?c=d&password=…"),
            ("sqlite:a@b:c", "sqlite:a@b:c"),
        ] {
            assert_eq!(hide_password(url), shown);
        }
    }

    #[test]
    fn stores_are_sqlite_paths_or_addresses_of_postgresql() {
        assert_eq!(store("sqlite:a/b.db"), Ok(StoreUrl::Sqlite("a/b.db".into())));
        let url = store("postgresql://ann:s3cret@db/tidings").unwrap();
        assert_eq!(format!("{url:?}"), "Postgres(postgres://ann:…@db:5432/tidings)");
        for wrong in ["a/b.db", "sqlite:", "sqlite:///a/b.db", "mysql:x", "postgres://"] {
            assert!(store(wrong).is_err(), "{wrong}");
        }
    }
}
