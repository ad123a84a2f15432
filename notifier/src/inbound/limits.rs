//! Bounds of the listener, each with its unit and reason. What a test needs smaller is in
//! [`Limits`]; what never changes is a constant.

use std::time::Duration;

/// Largest mail that is taken, in bytes: what large providers let through, attachments and all.
/// Answers by telephone bring photographs; the text is wanted nevertheless.
pub(super) const MAIL_BYTES_MAX: u64 = 36 * 1024 * 1024;

/// Bytes of a mail that are looked at: its beginning, where the text is. The rest is read past, so
/// that nobody's attachments fill our memory.
pub(super) const MAIL_BYTES_KEPT: usize = 1024 * 1024;

/// Longest command, in bytes with its line end: RFC 5321 has 512, extensions add to it.
pub(super) const LINE_BYTES_MAX: usize = 2 * 1024;

/// Reply addresses that one mail may have over LMTP. Over SMTP it is one, since there a mail has
/// only one answer, and who sends to more is asked to send again (452).
pub(super) const RECIPIENTS_MAX: usize = 10;

/// Commands that a connection may get wrong, reply addresses that are none included: some for an
/// honest server, too few to guess addresses.
pub(super) const FAULTS_MAX: u32 = 20;

/// Bounds that an operator may have reason to change, and tests have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time: mail servers open a few. One too many is told to come back.
    pub connections: usize,
    /// How long a connection may be silent: RFC 5321, 4.5.3.2.7, wants five minutes at least.
    pub silence: Duration,
    /// How long a mail may take from `DATA` to its end.
    pub mail: Duration,
    /// Mails that one connection may bring in a minute; it is told to bring more later.
    pub mails_a_minute: u32,
    /// How long those who are in the middle of a mail may go on when the listener stops.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            silence: Duration::from_mins(5),
            mail: Duration::from_mins(10),
            mails_a_minute: 120,
            grace: Duration::from_secs(10),
        }
    }
}
