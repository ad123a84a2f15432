//! A letter as an email: text and HTML that say the same, in its reader's language, under headers
//! that mail programs and other machines understand.
//!
//! ```text
//! Letter ─▶ page (what is said, in words) ─▶ templates: text, HTML ─┐
//!        └▶ head (addresses, ids, subject) ─────────────────────────┴▶ Mail
//! ```
//!
//! **Invariants:** the same letter gives the same bytes, so a mail sent twice is one mail twice.
//! Whoever chose a name, a subject or a text chose nothing but characters: no header, no link and no
//! tag comes of it. What a letter does not carry is not said: no subject, no names, no texts.

mod address;
mod clean;
mod colour;
mod date;
mod head;
mod lines;
mod markdown;
mod page;
mod template;
mod words;

pub use colour::{Paint, paint};
pub(crate) use head::{mail_of, message_id};
pub(crate) use page::may_unsubscribe;

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, MultiPart, SinglePart};
use tidings_protocol::NoticeKind;
use tidings_storage::letter::Letter;

/// Where a mail leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Opens what each part tells of, in their order; an empty one leads nowhere.
    pub open: Vec<String>,
    /// Ends such mails: by a POST at once, by a GET after a question.
    pub unsubscribe: Option<String>,
    /// The address that takes an answer.
    pub reply_to: Option<String>,
}

/// In whose name the mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The operator's address. Firms share it, each under its own name.
    pub from: Address,
}

/// A mail, ready to be signed and delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Whom it comes from and goes to. A refused answer comes from nobody, so that no machine
    /// answers it (RFC 3834, 5321 § 4.5.5).
    pub envelope: Envelope,
    /// Its `Message-ID`, without the angle brackets.
    pub message_id: String,
    /// The mail itself (RFC 5322), lines ended by CR LF.
    pub bytes: Vec<u8>,
}

/// Why no mail can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// Nothing can be sent there: trying again does not help.
    #[error("the address can't be written to")]
    Address,
}

/// Writes the mail.
pub fn write(letter: &Letter, links: &Links, sender: &Sender) -> Result<Mail, Unwritable> {
    let to = address::reader(&letter.to.email)?;
    let from = address::portable(&sender.from);
    let page = page::of(letter, links);
    let message_id = message_id(letter.mail, &from);
    let mut mail = MultiPart::alternative()
        .boundary(format!("=_{}", letter.mail.0.simple()))
        .singlepart(part(ContentType::TEXT_PLAIN, template::text(&page)))
        .singlepart(part(ContentType::TEXT_HTML, template::html(&page)));
    head::fill(
        mail.headers_mut(),
        &head::Head { letter, links, from: &from, to: &to, page: &page },
    );
    let answers = letter.parts.iter().any(|part| part.kind == NoticeKind::AnswerRefused);
    let envelope =
        Envelope::new((!answers).then_some(from), vec![to]).expect("there is one whom it goes to");
    Ok(Mail { envelope, message_id, bytes: mail.formatted() })
}

/// One of the two parts. Always quoted-printable: a boundary with `=_` in it can't occur there,
/// whatever people write (RFC 2045 § 6.7).
fn part(kind: ContentType, text: String) -> SinglePart {
    let body = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
        .expect("every text can be quoted-printable");
    SinglePart::builder().header(kind).body(body)
}
