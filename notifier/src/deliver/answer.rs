//! What a server's refusal means for a mail: a pure decision over the step it came at, and its code.

use super::Delivery;
use std::fmt;

/// Most bytes of an answer that are kept.
const ANSWER_BYTES_MAX: usize = 500;

/// What the server was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// `MAIL FROM`: takes a mail from this sender?
    Sender,
    /// `RCPT TO`: for this reader?
    Recipient,
    /// `DATA`, and then the mail itself.
    Content,
}

/// A refusal, with its code and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) text: String,
}

impl Refusal {
    /// What becomes of the mail.
    pub(super) fn delivery(&self, step: Step) -> Delivery {
        let answer = tidy(&self.to_string());
        if self.is_of_this_mail(step) {
            Delivery::Never { answer }
        } else {
            Delivery::Later { answer }
        }
    }

    /// Whether it is for ever, and about this mail or its reader, not about us.
    fn is_of_this_mail(&self, step: Step) -> bool {
        if !(500..600).contains(&self.code) {
            return false;
        }
        match step {
            // Every mail has the same sender: what is wrong with it is wrong with the settings. Except
            // that the mail may be too long, or its reader's address need what the server has not.
            Step::Sender => self.code == 552 || matches!(self.subject(), Some((3, 4) | (6, 7 | 9))),
            Step::Recipient => !self.is_about_us() && !self.is_about_relaying(),
            Step::Content => !self.is_about_us(),
        }
    }

    /// Codes that say that we are not known, not protected, or not understood (RFC 5321, 4.2.3;
    /// RFC 4954, 6; RFC 7504; RFC 5248).
    fn is_about_us(&self) -> bool {
        matches!(self.code, 500 | 502..=504 | 521 | 523..=525 | 530 | 534 | 535 | 538)
            || matches!(self.subject(), Some((5, 1 | 2 | 4) | (7, 0 | 8..=14)))
    }

    /// What servers say of any reader to one whom they pass nothing on for, or not from this sender
    /// (`Relay access denied`, `Sender address rejected: not owned by user`). 5.7.1 says of a reader too
    /// that it takes nothing from us: that is not told apart, and tried in vain rather than lost.
    fn is_about_relaying(&self) -> bool {
        match self.subject() {
            Some(subject) => matches!(subject, (7, 1 | 54)),
            None => self.text.to_ascii_lowercase().contains("relay"),
        }
    }

    /// Subject and detail of an enhanced code at its beginning, as in `5.1.1` (RFC 3463).
    fn subject(&self) -> Option<(u16, u16)> {
        let mut parts = self.text.split([' ', '\t']).next()?.split('.');
        let _class: u16 = parts.next()?.parse().ok()?;
        let code = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(code)
    }
}

/// As the server said it.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// One line of a bounded length, whatever a server sends.
pub(super) fn tidy(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let mut line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.truncate(line.floor_char_boundary(ANSWER_BYTES_MAX));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_never(step: Step, code: u16, text: &str) -> bool {
        let refusal = Refusal { code, text: text.to_owned() };
        match refusal.delivery(step) {
            Delivery::Never { answer } => {
                assert!(answer.starts_with(&code.to_string()), "{answer}");
                true
            }
            Delivery::Later { .. } => false,
            Delivery::Sent { .. } => panic!("{refusal:?} is no consent"),
        }
    }

    #[test]
    fn only_what_is_said_of_this_mail_is_for_ever() {
        use Step::{Content, Recipient, Sender};
        for (step, code, text, never) in [
            (Recipient, 550, "5.1.1 no such user", true),
            (Recipient, 550, "no such user", true),
            (Recipient, 553, "5.1.3 no address", true),
            (Recipient, 556, "5.1.10 it takes no mail", true),
            (Recipient, 501, "5.1.3 no address", true),
            (Recipient, 552, "5.2.2 the mailbox is full", true),
            (Content, 554, "5.6.0 unreadable", true),
            (Content, 554, "5.7.1 looks like spam", true),
            (Content, 552, "5.3.4 too long", true),
            (Sender, 552, "5.3.4 too long", true),
            (Sender, 550, "5.6.7 no SMTPUTF8 here", true),
            (Content, 550, "the relay that it came by sends spam", true),
            (Recipient, 450, "4.2.1 not now", false),
            (Recipient, 554, "5.7.1 <a@b.example>: Relay access denied", false),
            (Recipient, 553, "5.7.1 Sender address rejected: not owned by user", false),
            (Recipient, 550, "5.7.54 SMTP; unable to relay", false),
            (Recipient, 550, "relay not permitted", false),
            (Recipient, 550, "Relaying denied", false),
            (Recipient, 550, "5.1.1 no such user at this relay", true),
            (Recipient, 451, "4.7.1 greylisted", false),
            (Recipient, 452, "4.2.2 full", false),
            (Content, 421, "4.3.2 going down", false),
            (Content, 451, "4.3.0 later", false),
            (Sender, 550, "5.7.1 you are blocked", false),
            (Sender, 553, "5.7.1 not your address", false),
            (Sender, 530, "5.7.0 log in first", false),
            (Recipient, 530, "5.7.0 STARTTLS first", false),
            (Recipient, 535, "5.7.8 wrong password", false),
            (Recipient, 503, "5.5.1 MAIL first", false),
            (Recipient, 554, "5.7.11 TLS needed", false),
            (Content, 503, "no recipients", false),
            (Content, 521, "takes no mail", false),
            // Not even a refusal.
            (Content, 354, "go on", false),
            (Recipient, 999, "5.1.1", false),
        ] {
            assert_eq!(is_never(step, code, text), never, "{step:?} {code} {text}");
        }
    }

    #[test]
    fn an_answer_is_one_line_of_bounded_length() {
        assert_eq!(tidy(" a\r\n\tb\0c\u{7f} "), "a b c");
        let long = tidy(&"é".repeat(ANSWER_BYTES_MAX));
        assert!(long.len() <= ANSWER_BYTES_MAX && long.chars().all(|c| c == 'é'));
    }
}
