//! What the operator writes for a mail server.

use percent_encoding::percent_decode_str;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Ports if none is named: of submission (RFC 6409), and with TLS from the first byte (RFC 8314).
const PORT: u16 = 587;
const PORT_TLS: u16 = 465;

const FORM: &str = "must be smtp://[USER@]HOST[:PORT][?tls=required|opportunistic|none&ca=FILE&hello=NAME] \
     or smtps://… with TLS from the first byte";

/// Where a mail server is, and how it is spoken to. The password is not in it: it has a file of its
/// own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpUrl {
    host: String,
    port: u16,
    user: Option<String>,
    tls: Tls,
    roots: Option<PathBuf>,
    hello: Option<String>,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// From the first byte: `smtps`.
    Wrapped,
    /// By STARTTLS, or there is none.
    Required,
    /// By STARTTLS if it is offered: no protection from anybody who can change what is sent.
    Opportunistic,
    /// Not at all.
    None,
}

/// What is wrong with it. No text repeats what was given: there may be a password in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpUrlError {
    /// It can't be read.
    #[error("{FORM}")]
    Unreadable,
    /// No host.
    #[error("names no host; it {FORM}")]
    NoHost,
    /// No port.
    #[error("must have a port from 1 to 65535 after the host")]
    Port,
    /// There is a password in it.
    #[error(
        "must not have a password in it: that goes into a file of its own (a `:` of the user is %3A)"
    )]
    Password,
    /// An option that nobody knows.
    #[error("has an option that is not known; it {FORM}")]
    Option,
    /// No way of TLS.
    #[error("must say tls=required, tls=opportunistic or tls=none, and smtps:// nothing of it")]
    Tls,
    /// Roots without TLS.
    #[error("names a ca, and has tls=none")]
    UnusedRoots,
    /// A name to say hello by that is none.
    #[error("must have a host name as hello")]
    Hello,
    /// A password that anybody could ask for.
    #[error("has a user and tls=opportunistic, which protects no password: tls=required does")]
    Unprotected,
}

impl SmtpUrl {
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn tls(&self) -> Tls {
        self.tls
    }

    /// Who logs in.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// A file with the PEM certificates of those who are trusted instead of those whom the system
    /// trusts.
    pub(super) fn roots(&self) -> Option<&Path> {
        self.roots.as_deref()
    }

    /// The name that the server is greeted with, if not this machine's.
    pub(super) fn hello(&self) -> Option<&str> {
        self.hello.as_deref()
    }
}

impl FromStr for SmtpUrl {
    type Err = SmtpUrlError;

    fn from_str(text: &str) -> Result<Self, SmtpUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(SmtpUrlError::Unreadable)?;
        let (port, tls) = match scheme {
            "smtp" => (PORT, Tls::Required),
            "smtps" => (PORT_TLS, Tls::Wrapped),
            _ => return Err(SmtpUrlError::Unreadable),
        };
        let (address, options) = rest.split_once('?').unwrap_or((rest, ""));
        let address = address.strip_suffix('/').unwrap_or(address);
        // An address of email is a usual user: the last `@` counts.
        let (user, host) = match address.rsplit_once('@') {
            Some((user, host)) => (Some(read_user(user)?), host),
            None => (None, address),
        };
        let (host, port) = read_host(host, port)?;
        let mut url = Self { host, port, user, tls, roots: None, hello: None };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').ok_or(SmtpUrlError::Option)?;
            url.set(name, decode(value)?)?;
        }
        match url.tls {
            Tls::None if url.roots.is_some() => Err(SmtpUrlError::UnusedRoots),
            Tls::Opportunistic if url.user.is_some() => Err(SmtpUrlError::Unprotected),
            _ => Ok(url),
        }
    }
}

impl SmtpUrl {
    fn set(&mut self, name: &str, value: String) -> Result<(), SmtpUrlError> {
        match (name, &*value) {
            ("tls", _) if self.tls == Tls::Wrapped => return Err(SmtpUrlError::Tls),
            ("tls", "required") => self.tls = Tls::Required,
            ("tls", "opportunistic") => self.tls = Tls::Opportunistic,
            ("tls", "none") => self.tls = Tls::None,
            ("tls", _) => return Err(SmtpUrlError::Tls),
            ("ca", "") => return Err(SmtpUrlError::Option),
            ("ca", file) => self.roots = Some(file.into()),
            ("hello", name) if is_host(name) => self.hello = Some(value),
            ("hello", _) => return Err(SmtpUrlError::Hello),
            _ => return Err(SmtpUrlError::Option),
        }
        Ok(())
    }
}

fn decode(text: &str) -> Result<String, SmtpUrlError> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| SmtpUrlError::Unreadable)
}

fn read_user(text: &str) -> Result<String, SmtpUrlError> {
    if text.contains(':') {
        return Err(SmtpUrlError::Password);
    }
    let user = decode(text)?;
    // It goes into a command, or among NULs.
    if user.is_empty() || user.contains(char::is_control) {
        return Err(SmtpUrlError::Unreadable);
    }
    Ok(user)
}

/// A name or an address, IPv6 in brackets, with a port or without.
fn read_host(text: &str, port: u16) -> Result<(String, u16), SmtpUrlError> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(text) => {
            let (host, rest) = text.split_once(']').ok_or(SmtpUrlError::Unreadable)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| SmtpUrlError::Unreadable)?;
            (host, rest)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    if host.is_empty() {
        return Err(SmtpUrlError::NoHost);
    }
    if !text.starts_with('[') && !is_host(host) {
        return Err(SmtpUrlError::Unreadable);
    }
    let port = match rest.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or(SmtpUrlError::Port)?,
        None if rest.is_empty() => port,
        None => return Err(SmtpUrlError::Unreadable),
    };
    Ok((host.to_owned(), port))
}

fn is_host(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    !text.is_empty() && text.len() <= 253 && text.bytes().all(letter)
}

/// As it is written, with what it leaves to say said.
impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls == Tls::Wrapped { "smtps" } else { "smtp" };
        write!(f, "{scheme}://")?;
        if let Some(user) = &self.user {
            write!(f, "{}@", user.replace('%', "%25").replace(':', "%3A"))?;
        }
        let bracket = self.host.contains(':');
        let (open, close) = if bracket { ("[", "]") } else { ("", "") };
        write!(f, "{open}{}{close}:{}", self.host, self.port)?;
        let mut options = Vec::new();
        match self.tls {
            Tls::Wrapped => {}
            Tls::Required => options.push("tls=required".to_owned()),
            Tls::Opportunistic => options.push("tls=opportunistic".to_owned()),
            Tls::None => options.push("tls=none".to_owned()),
        }
        options.extend(self.roots.as_ref().map(|file| format!("ca={}", file.display())));
        options.extend(self.hello.as_ref().map(|name| format!("hello={name}")));
        if options.is_empty() { Ok(()) } else { write!(f, "?{}", options.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_shown_with_what_it_leaves_to_say() {
        for (text, shown) in [
            ("smtp://mail.example", "smtp://mail.example:587?tls=required"),
            ("smtp://mail.example/", "smtp://mail.example:587?tls=required"),
            ("smtps://mail.example", "smtps://mail.example:465"),
            ("smtp://ann@mail.example:25?tls=none", "smtp://ann@mail.example:25?tls=none"),
            (
                "smtp://ann%40a.example@10.0.0.1?tls=required",
                "smtp://ann@a.example@10.0.0.1:587?tls=required",
            ),
            ("smtps://ann@a.example@b", "smtps://ann@a.example@b:465"),
            ("smtps://a%3Ab%25@b", "smtps://a%3Ab%25@b:465"),
            ("smtp://[::1]:2525?tls=opportunistic", "smtp://[::1]:2525?tls=opportunistic"),
            (
                "smtp://b?hello=chat.example&ca=%2Fa%20b.pem",
                "smtp://b:587?tls=required&ca=/a b.pem&hello=chat.example",
            ),
        ] {
            let url: SmtpUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(shown.parse(), Ok(url), "what is shown can be written");
        }
    }

    #[test]
    fn what_is_wrong_is_named_without_repeating_it() {
        for (text, expected) in [
            ("", SmtpUrlError::Unreadable),
            ("s3cret", SmtpUrlError::Unreadable),
            ("http://s3cret", SmtpUrlError::Unreadable),
            ("smtp://", SmtpUrlError::NoHost),
            ("smtp://ann@", SmtpUrlError::NoHost),
            ("smtp://@b", SmtpUrlError::Unreadable),
            ("smtp://a%00@b", SmtpUrlError::Unreadable),
            ("smtp://b/s3cret", SmtpUrlError::Unreadable),
            ("smtp://[::1", SmtpUrlError::Unreadable),
            ("smtp://[b]", SmtpUrlError::Unreadable),
            ("smtp://[::1]b", SmtpUrlError::Unreadable),
            ("smtp://b:0", SmtpUrlError::Port),
            ("smtp://b:s3cret", SmtpUrlError::Port),
            ("smtp://ann:s3cret@b", SmtpUrlError::Password),
            ("smtp://b?s3cret", SmtpUrlError::Option),
            ("smtp://b?s3cret=1", SmtpUrlError::Option),
            ("smtp://b?ca=", SmtpUrlError::Option),
            ("smtp://b?tls=yes", SmtpUrlError::Tls),
            ("smtps://b?tls=none", SmtpUrlError::Tls),
            ("smtp://b?tls=none&ca=/ca.pem", SmtpUrlError::UnusedRoots),
            ("smtp://b?hello=a%20b", SmtpUrlError::Hello),
            ("smtp://ann@b?tls=opportunistic", SmtpUrlError::Unprotected),
        ] {
            let refused = text.parse::<SmtpUrl>().unwrap_err();
            assert_eq!(refused, expected, "{text}");
            assert!(!refused.to_string().contains("s3cret"), "{refused}");
        }
    }
}
