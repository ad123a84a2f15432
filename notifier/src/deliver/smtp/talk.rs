//! One mail on a connection: sender, recipients, content, each with its time limit and the one code
//! that consents to it.
//!
//! The codes are looked at one by one, not just by their first digit. So an answer that was slipped in
//! before TLS began, which shifts all later ones by one, is never taken for an answer to the mail.

use super::super::Delivery;
use super::super::answer::{Refusal, Step, tidy};
use super::Limits;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use std::error::Error as _;
use std::time::Duration;
use tokio::time::timeout;

/// The server closes the connection.
const CLOSING: u16 = 421;

const OK: u16 = 250;
const WILL_FORWARD: u16 = 251;
const GO_ON: u16 = 354;

/// How it ended.
pub(super) enum End {
    /// With an answer; the connection is good for the next mail.
    Answered(Delivery),
    /// Without one; the connection is not.
    Lost {
        answer: String,
        /// Nothing of the mail itself had been sent.
        nothing_sent: bool,
    },
}

enum Failure {
    Refused(Refusal),
    Lost(String),
}

/// Makes a connection forget what was said on it before. `false`: it is closed, or useless.
pub(super) async fn reset(connection: &mut AsyncSmtpConnection, limits: &Limits) -> bool {
    answer(limits.command, connection.command(Rset), &[OK]).await.is_ok()
}

/// Sends a mail. Dropped on the way, the connection has to be dropped too.
pub(super) async fn send(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    mail: &[u8],
    limits: &Limits,
) -> End {
    let ready = parameters(connection, envelope, mail).and_then(|parameters| {
        let content = content(mail).ok_or("the mail is no text of lines")?;
        Ok((parameters, content))
    });
    let (parameters, content) = match ready {
        Ok(ready) => ready,
        Err(why) => return End::Answered(Delivery::Never { answer: why.to_owned() }),
    };
    if let Err((step, failure)) = address(connection, envelope, parameters, limits).await {
        return end(step, failure, true);
    }
    match answer(limits.content, connection.command(content), &[OK]).await {
        Ok(response) => {
            let text = response.message().collect::<Vec<_>>().join(" ");
            End::Answered(Delivery::Sent { answer: tidy(&format!("{OK} {text}")) })
        }
        Err(failure) => end(Step::Content, failure, false),
    }
}

/// Says for whom it is, up to where the mail itself begins.
async fn address(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    parameters: Vec<MailParameter>,
    limits: &Limits,
) -> Result<(), (Step, Failure)> {
    let limit = limits.command;
    let mail = Mail::new(envelope.from().cloned(), parameters);
    let said = answer(limit, connection.command(mail), &[OK]).await;
    said.map_err(|failure| (Step::Sender, failure))?;
    for to in envelope.to() {
        let rcpt = Rcpt::new(to.clone(), Vec::new());
        let said = answer(limit, connection.command(rcpt), &[OK, WILL_FORWARD]).await;
        said.map_err(|failure| (Step::Recipient, failure))?;
    }
    let said = answer(limit, connection.command(Data), &[GO_ON]).await;
    said.map(drop).map_err(|failure| (Step::Content, failure))
}

/// A mail as it is sent: dots at the beginning of a line doubled, a single one at the end (RFC 5321,
/// 4.5.2). In one piece: if the last dot came in a packet of its own, it would wait for the server's
/// delayed acknowledgement, 40 ms.
///
/// `None` for a mail with half line ends: there are servers that take `\n.\r\n` for the end of it, and
/// what comes then for commands.
fn content(mail: &[u8]) -> Option<String> {
    let mail = str::from_utf8(mail).ok()?;
    let mail = mail.strip_suffix("\r\n").unwrap_or(mail);
    if mail.replace("\r\n", "").contains(['\r', '\n']) {
        return None;
    }
    let dot = if mail.starts_with('.') { "." } else { "" };
    Some(format!("{dot}{}\r\n.\r\n", mail.replace("\r\n.", "\r\n..")))
}

/// What the mail needs of the server; an error if it does not have it.
fn parameters(
    connection: &AsyncSmtpConnection,
    envelope: &Envelope,
    mail: &[u8],
) -> Result<Vec<MailParameter>, &'static str> {
    let has = |extension| connection.server_info().supports_feature(extension);
    let mut parameters = Vec::new();
    let mut addresses = envelope.to().iter().chain(envelope.from());
    if !addresses.all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        if !has(Extension::SmtpUtfEight) {
            return Err("the address has letters that the mail server takes in none (SMTPUTF8)");
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.is_ascii() {
        if !has(Extension::EightBitMime) {
            return Err("the mail has bytes that the mail server takes in none (8BITMIME)");
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

fn end(step: Step, failure: Failure, nothing_sent: bool) -> End {
    match failure {
        Failure::Refused(refusal) => End::Answered(refusal.delivery(step)),
        Failure::Lost(answer) => End::Lost { answer, nothing_sent },
    }
}

/// Waits for an answer with one of these codes.
async fn answer(
    limit: Duration,
    asked: impl Future<Output = Result<Response, Error>>,
    expected: &[u16],
) -> Result<Response, Failure> {
    let Ok(answered) = timeout(limit, asked).await else {
        return Err(Failure::Lost("the mail server did not answer in time".to_owned()));
    };
    match answered {
        Ok(response) if expected.contains(&response.code().into()) => Ok(response),
        // Whatever it is an answer to, it is none to this.
        Ok(response) => Err(Failure::Lost(format!("unexpected answer {}", response.code()))),
        Err(error) => Err(failure(&error)),
    }
}

fn failure(error: &Error) -> Failure {
    match refusal(error) {
        Some(refusal) if refusal.code != CLOSING => Failure::Refused(refusal),
        Some(refusal) => Failure::Lost(refusal.to_string()),
        None => Failure::Lost(format!("the connection to the mail server is lost: {error}")),
    }
}

/// What the server said, if it did.
pub(super) fn refusal(error: &Error) -> Option<Refusal> {
    let code = error.status()?.into();
    Some(Refusal { code, text: error.source().map(ToString::to_string).unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::content;

    #[test]
    fn a_mail_ends_where_it_ends_and_nowhere_else() {
        for (mail, sent) in [
            ("", "\r\n.\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("a\r\n\r\n", "a\r\n\r\n.\r\n"),
            (".\r\n", "..\r\n.\r\n"),
            (".\r\n.\r\n..\r\na.\r\n", "..\r\n..\r\n...\r\na.\r\n.\r\n"),
        ] {
            assert_eq!(content(mail.as_bytes()).as_deref(), Some(sent), "{mail:?}");
        }
        for mail in ["a\n.\r\nb", "a\r.\r\nb", "a\r\n.\rb", "\n", "a\r", "\r\r\n"] {
            assert_eq!(content(mail.as_bytes()), None, "{mail:?}");
        }
        assert_eq!(content(b"\xff"), None);
    }
}
