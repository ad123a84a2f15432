//! What is said and answered on one connection, without the connection: lines in, replies out. SMTP
//! (RFC 5321) and LMTP (RFC 2033) differ in the greeting and in how many replies a mail gets.

use super::limits::{FAULTS_MAX, MAIL_BYTES_MAX, RECIPIENTS_MAX};
use super::reply::{self, Reply};
use super::wire::Line;
use crate::signed::{Purpose, Signer};
use smtp_proto::{Error, MAIL_BODY_BINARYMIME, MailFrom, RcptTo, Request};
use tidings_protocol::{NoticeId, Timestamp};

/// A minute, of which a connection may bring so many mails.
const MINUTE_MS: i64 = 60 * 1000;

/// Which protocol the other side greeted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// One reply to a mail.
    Smtp,
    /// One reply to each recipient of a mail.
    Lmtp,
}

/// From whom and to whom a mail is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    /// Where a server would report failures to; empty on mail that is itself such a report.
    pub(super) return_path: String,
    /// The notices whose reply addresses it is to.
    pub(super) notices: Vec<NoticeId>,
}

/// What to do after a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing more: the reply was written.
    Line,
    /// A mail follows.
    Mail,
    /// Write what there is and close.
    Close,
}

/// One connection's state.
#[derive(Debug)]
pub(super) struct Session<'a> {
    domain: &'a str,
    signer: &'a Signer,
    mails_a_minute: u32,
    dialect: Option<Dialect>,
    envelope: Option<Envelope>,
    faults: u32,
    /// When the present minute began, and mails since.
    minute: (Timestamp, u32),
}

impl<'a> Session<'a> {
    pub(super) fn new(domain: &'a str, signer: &'a Signer, mails_a_minute: u32) -> Self {
        let minute = (Timestamp(i64::MIN), 0);
        Self { domain, signer, mails_a_minute, dialect: None, envelope: None, faults: 0, minute }
    }

    /// Takes a line and writes the reply to it.
    pub(super) fn line(&mut self, line: &Line, now: Timestamp, out: &mut Vec<u8>) -> Next {
        let reply = match line {
            Line::Good(line) => match Request::parse(&mut line.iter()) {
                Ok(Request::Quit) => {
                    reply::BYE.write(out);
                    return Next::Close;
                }
                Ok(Request::Ehlo { .. }) => return self.greeted(Dialect::Smtp, out),
                Ok(Request::Lhlo { .. }) => return self.greeted(Dialect::Lmtp, out),
                Ok(Request::Helo { .. }) => {
                    self.greet(Dialect::Smtp);
                    reply::write_hello(self.domain, out);
                    return Next::Line;
                }
                Ok(request) => self.request(&request, now),
                Err(error) => not_understood(&error),
            },
            Line::TooLong => reply::LINE_TOO_LONG,
            Line::Bad => reply::NOT_A_LINE,
        };
        reply.write(out);
        if reply == reply::GO_AHEAD {
            return Next::Mail;
        }
        self.faults += u32::from(reply.code >= 500);
        if self.faults > FAULTS_MAX {
            reply::TOO_MANY_FAULTS.write(out);
            return Next::Close;
        }
        Next::Line
    }

    /// The envelope of the mail that has come in, and in which protocol it did.
    pub(super) fn end_mail(&mut self) -> (Dialect, Envelope) {
        let nobody = Envelope { return_path: String::new(), notices: Vec::new() };
        (self.dialect.unwrap_or(Dialect::Smtp), self.envelope.take().unwrap_or(nobody))
    }

    fn greet(&mut self, dialect: Dialect) {
        self.dialect = Some(dialect);
        self.envelope = None;
    }

    fn greeted(&mut self, dialect: Dialect, out: &mut Vec<u8>) -> Next {
        self.greet(dialect);
        reply::write_offers(self.domain, out);
        Next::Line
    }

    fn request<T: AsRef<str>>(&mut self, request: &Request<T>, now: Timestamp) -> Reply {
        match request {
            Request::Mail { from } => self.mail(from, now),
            Request::Rcpt { to } => self.recipient(to),
            Request::Data => match &self.envelope {
                None => reply::MAIL_FIRST,
                Some(envelope) if envelope.notices.is_empty() => reply::RECIPIENT_FIRST,
                Some(_) => reply::GO_AHEAD,
            },
            Request::Rset => {
                self.envelope = None;
                reply::OK
            }
            Request::Noop { .. } => reply::OK,
            Request::Vrfy { .. } => reply::NOT_TOLD,
            _ => reply::NOT_HERE,
        }
    }

    fn mail<T: AsRef<str>>(&mut self, from: &MailFrom<T>, now: Timestamp) -> Reply {
        if self.dialect.is_none() {
            return reply::GREET_FIRST;
        }
        if self.envelope.is_some() {
            return reply::ONE_AT_A_TIME;
        }
        if from.size as u64 > MAIL_BYTES_MAX {
            return reply::TOO_LARGE;
        }
        if from.flags & MAIL_BODY_BINARYMIME != 0 {
            return reply::NO_SUCH_OPTION;
        }
        // Backwards too: a clock that was set back must not shut the door for long.
        let (since, mails) = &mut self.minute;
        if !(0..MINUTE_MS).contains(&now.0.saturating_sub(since.0)) {
            (*since, *mails) = (now, 0);
        }
        if *mails >= self.mails_a_minute {
            return reply::TOO_MANY_MAILS;
        }
        *mails += 1;
        let return_path = from.address.as_ref().to_owned();
        self.envelope = Some(Envelope { return_path, notices: Vec::new() });
        reply::SENDER_OK
    }

    fn recipient<T: AsRef<str>>(&mut self, to: &RcptTo<T>) -> Reply {
        let most = if self.dialect == Some(Dialect::Lmtp) { RECIPIENTS_MAX } else { 1 };
        let Some(envelope) = &mut self.envelope else { return reply::MAIL_FIRST };
        let Some(notice) = notice_of(to.address.as_ref(), self.domain, self.signer) else {
            return reply::NO_SUCH_ADDRESS;
        };
        if envelope.notices.len() >= most {
            return reply::TOO_MANY_RECIPIENTS;
        }
        envelope.notices.push(notice);
        reply::RECIPIENT_OK
    }
}

/// The notice whose reply address it is.
fn notice_of(address: &str, domain: &str, signer: &Signer) -> Option<NoticeId> {
    let (local, at) = address.rsplit_once('@')?;
    at.eq_ignore_ascii_case(domain).then(|| signer.open(Purpose::Reply, local)).flatten()
}

fn not_understood(error: &Error) -> Reply {
    match error {
        Error::UnknownCommand => reply::UNKNOWN,
        Error::InvalidSenderAddress | Error::InvalidRecipientAddress => reply::BAD_ADDRESS,
        Error::UnsupportedParameter { .. } => reply::NO_SUCH_OPTION,
        _ => reply::NOT_UNDERSTOOD,
    }
}
