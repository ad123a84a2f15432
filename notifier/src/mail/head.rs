//! Headers: who, when, which conversation, and what machines are to do with it. Texts of others come
//! in cleaned and encoded, never as they are.

use super::page::{self, NAME_CHARS_MAX, Page, SUBJECT_CHARS_MAX};
use super::{Links, address, clean, date};
use lettre::Address;
use lettre::message::header::{self, Header, HeaderName, HeaderValue, Headers, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Mailboxes};
use tidings_protocol::{NoticeId, NoticeKind};
use tidings_storage::letter::Letter;
use uuid::{Uuid, Version};

/// Longest address that a header carries, in bytes: it can't be folded, and a line has 998.
const ADDRESS_BYTES_MAX: usize = 900;

/// A name and an address that fit into one line of 78 characters, whatever the header is called.
const LINE_CHARS: usize = 60;

/// All that headers are made of.
pub(super) struct Head<'a> {
    pub(super) letter: &'a Letter,
    pub(super) links: &'a Links,
    pub(super) from: &'a Address,
    pub(super) to: &'a Address,
    pub(super) page: &'a Page,
}

/// The `Message-ID` of a mail, without the angle brackets.
pub(crate) fn message_id(mail: NoticeId, from: &Address) -> String {
    format!("{}@{}", mail.0.simple(), address::id_domain(&address::portable(from)))
}

/// The mail that has such a `Message-ID`.
pub(crate) fn mail_of(message_id: &str, from: &Address) -> Option<NoticeId> {
    let (local, domain) = message_id.rsplit_once('@')?;
    let ours = domain.eq_ignore_ascii_case(address::id_domain(&address::portable(from)));
    let mail = Uuid::try_parse(local).ok().filter(|_| ours)?;
    let by_time = mail.get_version() == Some(Version::SortRand);
    (by_time && local.eq_ignore_ascii_case(&mail.simple().to_string())).then_some(NoticeId(mail))
}

/// Puts them in.
pub(super) fn fill(headers: &mut Headers, head: &Head<'_>) {
    let Head { letter, links, from, to, page } = head;
    let firm = clean::header(&page.firm, NAME_CHARS_MAX);
    headers.set(MIME_VERSION_1_0);
    plain(headers, "Date", date::header(letter.date));
    mailbox::<header::From>(headers, &firm, from);
    if let Some(answers) = links.reply_to.as_deref().and_then(|email| address::reader(email).ok()) {
        mailbox::<header::ReplyTo>(headers, &firm, &answers);
    }
    let name = clean::header(&letter.to.name, NAME_CHARS_MAX);
    mailbox::<header::To>(headers, &name, to);
    headers.set(header::Subject::from(clean::header(&page.subject, SUBJECT_CHARS_MAX)));
    plain(headers, "Message-ID", format!("<{}>", message_id(letter.mail, from)));
    if let Some(root) = root(letter, from) {
        plain(headers, "In-Reply-To", root.clone());
        plain(headers, "References", root);
    }
    for_machines(headers, head);
}

/// A name and an address. Filters are wary of names that are encoded without need, so ASCII is
/// quoted.
fn mailbox<H: Header + From<Mailboxes>>(headers: &mut Headers, name: &str, address: &Address) {
    if name.is_empty() || !name.is_ascii() {
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        headers.set(H::from(Mailbox::new(name, address.clone()).into()));
        return;
    }
    let name = name.replace('\\', "\\\\").replace('"', "\\\"");
    let fold = if name.len() + address.to_string().len() > LINE_CHARS { "\r\n " } else { " " };
    let value = format!("\"{name}\"{fold}<{address}>");
    headers.insert_raw(HeaderValue::dangerous_new_pre_encoded(H::name(), value.clone(), value));
}

/// What a conversation begins with in a mail program: made up, the same for all mails to a person
/// about a thread. Digests are one conversation; links to log in are none.
fn root(letter: &Letter, from: &Address) -> Option<String> {
    let domain = address::id_domain(from);
    let person = letter.to.person.uuid().simple();
    match letter.parts.as_slice() {
        [part] if part.kind == NoticeKind::Login => None,
        [part] => {
            part.thread.map(|thread| format!("<thread.{}.{person}@{domain}>", thread.0.simple()))
        }
        _ => Some(format!("<digest.{person}@{domain}>")),
    }
}

/// That no person wrote it (RFC 3834), and how to be rid of such mails (RFC 2369, 2919, 8058).
fn for_machines(headers: &mut Headers, head: &Head<'_>) {
    let Head { letter, links, from, .. } = head;
    let answers = letter.parts.iter().any(|part| part.kind == NoticeKind::AnswerRefused);
    let submitted = if answers { "auto-replied" } else { "auto-generated" };
    plain(headers, "Auto-Submitted", submitted.to_owned());
    // Microsoft's way of asking for no answers of machines; failures are still to be reported.
    plain(headers, "X-Auto-Response-Suppress", "OOF, AutoReply".to_owned());
    if !page::may_unsubscribe(letter) {
        return;
    }
    let firm = letter.firm.firm.0.simple();
    plain(headers, "List-Id", format!("<{firm}.{}>", address::id_domain(from)));
    let unsubscribe = links.unsubscribe.as_deref().and_then(page::Address::new);
    if let Some(url) = unsubscribe.filter(|url| url.0.len() <= ADDRESS_BYTES_MAX) {
        plain(headers, "List-Unsubscribe", format!("<{}>", url.0));
        // RFC 8058, 3.1: one click needs HTTPS.
        if url.0.starts_with("https://") {
            plain(headers, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned());
        }
    }
}

/// A header whose value is made here, of ASCII alone.
fn plain(headers: &mut Headers, name: &'static str, value: String) {
    debug_assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{name}: {value}");
    headers.insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
}
