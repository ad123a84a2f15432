//! Everything that the listener says, in one table: code, enhanced status (RFC 3463) and words that
//! a sender understands, for the sender's own server passes them on. Nothing in them comes from
//! outside, so nobody makes us say anything.

use super::limits::MAIL_BYTES_MAX;
use std::io::Write;

/// One line to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    /// Empty for those that have none: greetings and 354 (RFC 2034).
    status: &'static str,
    text: &'static str,
}

const fn reply(code: u16, status: &'static str, text: &'static str) -> Reply {
    Reply { code, status, text }
}

pub(super) const OK: Reply = reply(250, "2.0.0", "OK");
pub(super) const SENDER_OK: Reply = reply(250, "2.1.0", "OK");
pub(super) const RECIPIENT_OK: Reply = reply(250, "2.1.5", "OK");
pub(super) const TAKEN: Reply = reply(250, "2.0.0", "Taken");
pub(super) const GO_AHEAD: Reply = reply(354, "", "Go ahead, end with a line that has only a dot");
pub(super) const BYE: Reply = reply(221, "2.0.0", "Bye");
pub(super) const NOT_TOLD: Reply = reply(252, "2.1.5", "Send a mail and see");

pub(super) const STOPPING: Reply = reply(421, "4.3.2", "Stopping, come back later");
pub(super) const TOO_MANY_CONNECTIONS: Reply =
    reply(421, "4.7.0", "Too many connections, come back later");
pub(super) const TOO_SLOW: Reply = reply(421, "4.4.2", "Nothing was heard for too long");
pub(super) const TOO_MANY_FAULTS: Reply = reply(421, "4.7.0", "Too many mistakes");

pub(super) const TOO_MANY_MAILS: Reply =
    reply(450, "4.7.1", "Too many mails in a minute, go on in the next");
pub(super) const TRY_LATER: Reply =
    reply(451, "4.3.0", "Can't take it now, nothing was done, send it again later");
pub(super) const TOO_MANY_RECIPIENTS: Reply =
    reply(452, "4.5.3", "Too many recipients, send it to the others in another mail");

pub(super) const NOT_A_LINE: Reply =
    reply(500, "5.5.2", "A line ends with CR and LF, and has no other control characters");
pub(super) const LINE_TOO_LONG: Reply = reply(500, "5.5.2", "Line too long");
pub(super) const UNKNOWN: Reply = reply(500, "5.5.2", "Command not known");
pub(super) const NOT_UNDERSTOOD: Reply = reply(501, "5.5.4", "Command not understood");
pub(super) const BAD_ADDRESS: Reply = reply(501, "5.1.3", "This is no address");
pub(super) const NOT_HERE: Reply = reply(502, "5.5.1", "Not offered here");
pub(super) const GREET_FIRST: Reply = reply(503, "5.5.1", "Say EHLO or LHLO first");
pub(super) const ONE_AT_A_TIME: Reply = reply(503, "5.5.1", "A mail is under way already");
pub(super) const MAIL_FIRST: Reply = reply(503, "5.5.1", "Say MAIL first");
pub(super) const RECIPIENT_FIRST: Reply = reply(503, "5.5.1", "There is no recipient");
pub(super) const NO_SUCH_OPTION: Reply = reply(555, "5.5.4", "Option not known");

pub(super) const NO_SUCH_ADDRESS: Reply = reply(
    550,
    "5.1.1",
    "There is no such address here. Emails can only be answered to the address that they name for it",
);
pub(super) const OUT_OF_USE: Reply = reply(
    550,
    "5.1.6",
    "This address is no longer in use. Please open the conversation in the portal and answer there",
);
pub(super) const WRONG_SENDER: Reply = reply(
    550,
    "5.7.1",
    "Only the person who got our email can answer it, and from the address it was sent to. \
     Your message was not passed on",
);
pub(super) const NO_ACCESS: Reply = reply(
    550,
    "5.7.1",
    "You can no longer write in this conversation. Your message was not passed on",
);
pub(super) const NOT_POSTED: Reply = reply(
    550,
    "5.7.1",
    "Your message was not passed on. Please open the conversation in the portal, and do not answer \
     by email",
);
pub(super) const TAKEN_IN_PART: Reply = reply(
    550,
    "5.6.1",
    "Your message was passed on, but without its attachments: they can not be taken by email",
);
pub(super) const NOT_A_MAIL: Reply =
    reply(550, "5.6.0", "This is not an email that could be read. It was not passed on");
pub(super) const TOO_LARGE: Reply =
    reply(552, "5.3.4", "The mail is too large. It was not passed on");

impl Reply {
    /// Appends it as it goes over the wire.
    pub(super) fn write(self, to: &mut Vec<u8>) {
        to.extend_from_slice(self.code.to_string().as_bytes());
        for word in [self.status, self.text] {
            if !word.is_empty() {
                to.push(b' ');
                to.extend_from_slice(word.as_bytes());
            }
        }
        to.extend_from_slice(b"\r\n");
    }
}

/// The greeting of a connection.
pub(super) fn write_greeting(domain: &str, to: &mut Vec<u8>) {
    line(to, format_args!("220 {domain} ESMTP and LMTP, for answers by email"));
}

/// The answer to `EHLO` and `LHLO`: what is offered (RFC 1870, 2034, 2920, 6152, 6531).
pub(super) fn write_offers(domain: &str, to: &mut Vec<u8>) {
    line(to, format_args!("250-{domain}"));
    for offer in ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"] {
        line(to, format_args!("250-{offer}"));
    }
    line(to, format_args!("250 SIZE {MAIL_BYTES_MAX}"));
}

/// The answer to `HELO`.
pub(super) fn write_hello(domain: &str, to: &mut Vec<u8>) {
    line(to, format_args!("250 {domain}"));
}

fn line(to: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    write!(to, "{text}\r\n").expect("a vector takes everything");
}
