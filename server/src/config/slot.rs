//! Where a setting's value goes in [`Config`], of which type it is there, and between which bounds.

use super::types::{Config, StoreUrl};
use super::{mail, parse};
use crate::bus::BusUrl;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tidings_notifier::Address;
use tidings_notifier::deliver::SmtpUrl;
use tracing_subscriber::EnvFilter;

/// Least and most, both allowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds(pub(super) u64, pub(super) u64);

impl Bounds {
    fn hold(self, value: u64, show: fn(u64) -> String) -> Result<u64, String> {
        if (self.0..=self.1).contains(&value) {
            return Ok(value);
        }
        Err(format!("must be {}", self.show(show)))
    }

    fn show(self, show: fn(u64) -> String) -> String {
        format!("{} to {}", show(self.0), show(self.1))
    }
}

/// A value's place, type and bounds.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    Address(fn(&mut Config) -> &mut SocketAddr),
    MaybeAddress(fn(&mut Config) -> &mut Option<SocketAddr>),
    Store(fn(&mut Config) -> &mut StoreUrl),
    Bus(fn(&mut Config) -> &mut BusUrl),
    Origins(fn(&mut Config) -> &mut Vec<String>),
    /// A name of at most 200 bytes.
    Name(fn(&mut Config) -> &mut String),
    MaybeName(fn(&mut Config) -> &mut Option<String>),
    MaybeFile(fn(&mut Config) -> &mut Option<PathBuf>),
    Folder(fn(&mut Config) -> &mut PathBuf),
    Email(fn(&mut Config) -> &mut Address),
    MaybeSmtp(fn(&mut Config) -> &mut Option<SmtpUrl>),
    MaybeUrl(fn(&mut Config) -> &mut Option<String>),
    MaybeDomain(fn(&mut Config) -> &mut Option<String>),
    /// `inside` or `apart`.
    Apart(fn(&mut Config) -> &mut bool),
    /// `text` or `json`.
    Json(fn(&mut Config) -> &mut bool),
    Filter(fn(&mut Config) -> &mut String),
    Number(Bounds, fn(&mut Config) -> &mut u32),
    Count(Bounds, fn(&mut Config) -> &mut usize),
    MaybeCount(Bounds, fn(&mut Config) -> &mut Option<usize>),
    Bytes(Bounds, fn(&mut Config) -> &mut usize),
    /// Bounds in milliseconds.
    Time(Bounds, fn(&mut Config) -> &mut Duration),
}

const NAME_BYTES_MAX: usize = 200;

impl Slot {
    /// What help writes in place of the value.
    pub(super) fn placeholder(self) -> &'static str {
        match self {
            Self::Address(_) | Self::MaybeAddress(_) => "ADDR",
            Self::Store(_) => "STORE",
            Self::Bus(_) => "BUS",
            Self::Origins(_) => "ORIGIN,…",
            Self::Name(_) | Self::MaybeName(_) => "NAME",
            Self::MaybeFile(_) => "FILE",
            Self::Folder(_) => "DIR",
            Self::Email(_) => "EMAIL",
            Self::MaybeSmtp(_) | Self::MaybeUrl(_) => "URL",
            Self::MaybeDomain(_) => "DOMAIN",
            Self::Apart(_) => "inside|apart",
            Self::Json(_) => "text|json",
            Self::Filter(_) => "FILTER",
            Self::Number(..) | Self::Count(..) | Self::MaybeCount(..) => "N",
            Self::Bytes(..) => "BYTES",
            Self::Time(..) => "TIME",
        }
    }

    /// The bounds in words, if there are any.
    pub(super) fn bounds(self) -> Option<String> {
        match self {
            Self::Number(bounds, _) | Self::Count(bounds, _) | Self::MaybeCount(bounds, _) => {
                Some(bounds.show(plain))
            }
            Self::Bytes(bounds, _) => Some(bounds.show(parse::show_bytes)),
            Self::Time(bounds, _) => Some(bounds.show(parse::show_millis)),
            _ => None,
        }
    }

    /// Whether the value is a bare number in TOML.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Number(..) | Self::Count(..) | Self::MaybeCount(..))
    }

    /// Whether the value is an array in TOML.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::Origins(_))
    }

    /// The text as it may be shown: a password in a URL may not.
    pub(super) fn shown(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Store(_) | Self::Bus(_) | Self::MaybeSmtp(_) => parse::hide_password(text),
            _ => text.into(),
        }
    }

    /// Puts the value that `text` means into `config`. Empty text unsets what may be unset.
    pub(super) fn fill(self, config: &mut Config, text: &str) -> Result<(), String> {
        match self {
            Self::Address(slot) => *slot(config) = address(text)?,
            Self::MaybeAddress(slot) => *slot(config) = maybe(text, address)?,
            Self::Store(slot) => *slot(config) = parse::store(text)?,
            Self::Bus(slot) => *slot(config) = BusUrl::parse(text)?,
            Self::Origins(slot) => *slot(config) = parse::origins(text)?,
            Self::Name(slot) => *slot(config) = name(text)?,
            Self::MaybeName(slot) => *slot(config) = maybe(text, name)?,
            Self::MaybeFile(slot) => *slot(config) = maybe(text, file)?,
            Self::Folder(slot) => *slot(config) = folder(text)?,
            Self::Email(slot) => *slot(config) = mail::address(text)?,
            Self::MaybeSmtp(slot) => *slot(config) = maybe(text, mail::smtp)?,
            Self::MaybeUrl(slot) => *slot(config) = maybe(text, mail::url)?,
            Self::MaybeDomain(slot) => *slot(config) = maybe(text, mail::domain)?,
            Self::Apart(slot) => *slot(config) = mail::apart(text)?,
            Self::Json(slot) => *slot(config) = json(text)?,
            Self::Filter(slot) => *slot(config) = filter(text)?,
            Self::Number(bounds, slot) => *slot(config) = narrow(number(text, bounds)?)?,
            Self::Count(bounds, slot) => *slot(config) = narrow(number(text, bounds)?)?,
            Self::MaybeCount(bounds, slot) => {
                *slot(config) = maybe(text, |text| narrow(number(text, bounds)?))?;
            }
            Self::Bytes(bounds, slot) => {
                *slot(config) = narrow(bounds.hold(parse::bytes(text)?, parse::show_bytes)?)?;
            }
            Self::Time(bounds, slot) => {
                let time = parse::duration(text)?;
                let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                bounds.hold(millis, parse::show_millis)?;
                *slot(config) = time;
            }
        }
        Ok(())
    }
}

fn plain(number: u64) -> String {
    number.to_string()
}

fn maybe<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

fn number(text: &str, bounds: Bounds) -> Result<u64, String> {
    let wrong = |_| format!("must be a whole number, {}", bounds.show(plain));
    bounds.hold(text.parse().map_err(wrong)?, plain)
}

fn narrow<T: TryFrom<u64>>(value: u64) -> Result<T, String> {
    T::try_from(value).map_err(|_| "is too large for this machine".to_owned())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong =
        |_| "must be an IP address and a port, such as 127.0.0.1:8080 or [::]:8080".to_owned();
    text.parse().map_err(wrong)
}

fn name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > NAME_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(format!("must be a line of 1 to {NAME_BYTES_MAX} bytes"));
    }
    Ok(text.to_owned())
}

fn file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    std::fs::File::open(&path).map_err(|error| format!("cannot be read: {error}"))?;
    Ok(path)
}

/// A folder that is made when it is needed.
fn folder(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("must name a folder".to_owned());
    }
    Ok(PathBuf::from(text))
}

fn json(text: &str) -> Result<bool, String> {
    match text {
        "text" => Ok(false),
        "json" => Ok(true),
        _ => Err("must be text or json".to_owned()),
    }
}

/// A bare word names a level here. `EnvFilter` takes any other for a module, and then logs nothing
/// of all the rest: a typo would silence the server.
fn filter(text: &str) -> Result<String, String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    for word in text.split(',').map(str::trim).filter(|word| !word.contains(['=', '['])) {
        if !LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word)) {
            return Err(format!("`{word}` is no level: one of {}", LEVELS.join(", ")));
        }
    }
    EnvFilter::builder().parse(text).map(|_| text.to_owned()).map_err(|error| {
        format!("must be directives such as info or info,tidings_server=debug: {error}")
    })
}
