//! Settings of emails: their texts to values, and what they must keep together.

use super::resolve::Problems;
use super::types::{Config, StoreUrl};
use tidings_notifier::Address;
use tidings_notifier::deliver::SmtpUrl;

/// What `mail.from` is unless somebody says otherwise.
pub(super) const DEFAULT_FROM: &str = "tidings@localhost";

/// Longest name of a domain (RFC 1035, 2.3.4) and of one part of it, in bytes.
const DOMAIN_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// `inside` or `apart`.
pub(super) fn apart(text: &str) -> Result<bool, String> {
    match text {
        "inside" => Ok(false),
        "apart" => Ok(true),
        _ => Err("must be inside or apart".to_owned()),
    }
}

/// Where a mail server is.
pub(super) fn smtp(text: &str) -> Result<SmtpUrl, String> {
    text.parse().map_err(|error: tidings_notifier::deliver::SmtpUrlError| error.to_string())
}

/// An address of email. Of ASCII, which every mail server takes.
pub(super) fn address(text: &str) -> Result<Address, String> {
    let address = text.parse().ok().filter(|_| text.is_ascii());
    address.ok_or_else(|| "must be an email address, such as tidings@example.com".to_owned())
}

/// How links begin: `http` or `https`, a host, perhaps a path. The slash at the end is not kept.
pub(super) fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_graphic() && !"\"'<>\\`?#@".contains(c);
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(plain) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err("must be http://HOST or https://HOST, a port or path after it, such as \
                  https://chat.example.com"
            .to_owned()),
    }
}

/// A name in the DNS, or a part of one.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let is_label =
        |label: &str| (1..=LABEL_BYTES_MAX).contains(&label.len()) && label.bytes().all(letter);
    if text.len() > DOMAIN_BYTES_MAX || !text.split('.').all(is_label) {
        return Err("must be a name in the DNS, such as reply.example.com".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}

/// Adds what does not go together.
pub(super) fn together(config: &Config, problems: &mut Problems) {
    let mail = &config.mail;
    if mail.apart && matches!(config.store, StoreUrl::Sqlite(_)) {
        problems.add(
            "mail.notifier: is apart, and a SQLite store has one process: nobody could send; \
             leave it inside, or use a store that processes can share"
                .to_owned(),
        );
    }
    if mail.smtp.is_some() && mail.from.to_string() == DEFAULT_FROM {
        problems.add(format!(
            "mail.from: is {DEFAULT_FROM}, which no mail server takes mails from; mail.smtp needs an \
             address of yours there"
        ));
    }
    for (key, set, other, other_set) in [
        (
            "mail.reply_domain",
            mail.reply_domain.is_some(),
            "mail.inbound_listen",
            mail.inbound_listen.is_some(),
        ),
        (
            "mail.inbound_listen",
            mail.inbound_listen.is_some(),
            "mail.reply_domain",
            mail.reply_domain.is_some(),
        ),
    ] {
        if set && !other_set {
            problems.add(format!("{key}: needs {other} too, to take answers by email"));
        }
    }
    signing(config, problems);
    password(config, problems);
}

/// All of DKIM, or nothing of it.
fn signing(config: &Config, problems: &mut Problems) {
    let mail = &config.mail;
    let parts = [
        ("mail.dkim_domain", mail.dkim_domain.is_some()),
        ("mail.dkim_selector", mail.dkim_selector.is_some()),
        ("mail.dkim_key_file", mail.dkim_key_file.is_some()),
    ];
    if !parts.iter().any(|(_, set)| *set) {
        return;
    }
    for (key, _) in parts.iter().filter(|(_, set)| !set) {
        problems.add(format!("{key}: is missing, and the rest of mail.dkim_* is set"));
    }
}

/// A user has a password, and a password has a user.
fn password(config: &Config, problems: &mut Problems) {
    let mail = &config.mail;
    let user = mail.smtp.as_ref().and_then(SmtpUrl::user);
    let wrong = match (user, &mail.smtp_password_file) {
        (Some(_), None) => "mail.smtp: names a user, and mail.smtp_password_file no password",
        (None, Some(_)) => "mail.smtp_password_file: is set, and mail.smtp names no user",
        _ => return,
    };
    problems.add(wrong.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_with_an_address_of_the_web() {
        for (text, kept) in [
            ("https://chat.example", "https://chat.example"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("https://a.example/chat//", "https://a.example/chat"),
            ("http://[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(url(text).as_deref(), Ok(kept));
        }
        for wrong in
            ["", "a.example", "ftp://a", "https://", "http:///a", "https://a b", "https://a?b"]
        {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_and_domains_are_of_letters_that_every_server_takes() {
        assert_eq!(address("tidings@localhost").unwrap().to_string(), "tidings@localhost");
        assert!(address("me@chat.example").is_ok());
        for wrong in ["", "me", "me@", "@a", "me@a b", "mé@a.example", "Me <me@a.example>"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert_eq!(domain("Reply.Example.com").as_deref(), Ok("reply.example.com"));
        for wrong in ["", ".", "a..b", "a.", "a b", "a@b", "é.example"] {
            assert!(domain(wrong).is_err(), "{wrong}");
        }
    }
}
