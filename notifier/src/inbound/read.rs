//! Reads a mail for what an answer is made of: who wrote it, what, and what else came along.

use super::text;
use crate::signed::Signer;
use mail_parser::{
    ContentType, HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};

/// Pictures within the text that are smaller than this, in bytes, are logos of signatures, and nobody
/// misses them.
const LOGO_BYTES_MAX: usize = 32 * 1024;

/// Signatures of the mail, which programs call attachments: nobody misses them.
const SEALS: [(&str, &str); 3] = [
    ("application", "pgp-signature"),
    ("application", "pkcs7-signature"),
    ("application", "x-pkcs7-signature"),
];

/// Other forms of the text, unless they are called attachments: then somebody attached them.
const OTHER_FORMS: [(&str, &str); 5] = [
    ("text", "calendar"),
    ("text", "enriched"),
    ("text", "html"),
    ("text", "watch-html"),
    ("text", "x-amp-html"),
];

/// An answer by email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The address it says to be from.
    pub(super) from: String,
    /// What was written, without what was quoted; may be empty.
    pub(super) text: String,
    /// Whether the text goes on beyond what was read of the mail.
    pub(super) cut: bool,
    /// How many attachments there are.
    pub(super) attachments: usize,
    /// Its `Message-ID`; may be empty.
    pub(super) message_id: String,
    /// Its `Date`, as it was written.
    pub(super) date: String,
}

/// Parses a mail; none if it has no headers.
pub(super) fn parse(mail: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse(mail)
}

impl Answer {
    /// What a mail says; none if it is not from exactly one address. `beginning_only` says that the
    /// mail is longer than this.
    pub(super) fn of(message: &Message<'_>, beginning_only: bool, signer: &Signer) -> Option<Self> {
        let from = only_sender(message)?;
        let date = message.header_raw(HeaderName::Date).unwrap_or_default().trim().to_owned();
        let found: usize = message.attachments().filter(|part| is_attachment(part)).count();
        Some(Self {
            from,
            text: text::written(message, signer),
            cut: beginning_only && text_is_cut(message),
            attachments: if beginning_only { found.max(1) } else { found },
            message_id: message.message_id().unwrap_or_default().to_owned(),
            date,
        })
    }
}

/// The one address of the one `From`: with two of them nobody knows whose a mail is, and each
/// program shows another.
fn only_sender(message: &Message<'_>) -> Option<String> {
    if message.header_values(HeaderName::From).count() != 1 {
        return None;
    }
    let mut addresses = message.from()?.iter().filter_map(|one| one.address());
    let one = addresses.next()?.to_owned();
    addresses.next().is_none().then_some(one)
}

/// Whether a mail of which only the beginning is here ends within its text, or before it.
fn text_is_cut(message: &Message<'_>) -> bool {
    let end = message.raw_message.len();
    let mut texts = message.text_bodies().filter(|part| part.is_text()).peekable();
    texts.peek().is_none() || texts.any(|part| part.offset_end as usize >= end)
}

fn is_attachment(part: &MessagePart<'_>) -> bool {
    let is_of = |kinds: &[(&str, &str)]| {
        kinds.iter().any(|(kind, subtype)| part.is_content_type(kind, subtype))
    };
    let attached = part.content_disposition().is_some_and(ContentType::is_attachment);
    if is_of(&SEALS) || (!attached && is_of(&OTHER_FORMS)) {
        return false;
    }
    let bytes = match &part.body {
        PartType::Message(_) => return true,
        PartType::Multipart(_) => return false,
        _ => part.len(),
    };
    let within_text = part.content_id().is_some() && !attached;
    bytes > if within_text { LOGO_BYTES_MAX } else { 0 }
}
