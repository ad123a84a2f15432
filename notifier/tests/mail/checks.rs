//! What holds for every mail, whatever it says.

use mail_parser::{Message, MessageParser, MimeHeaders};
use std::collections::BTreeSet;
use tidings_notifier::mail::Mail;

/// Longest line without its end, in octets (RFC 5322 § 2.1.1).
const LINE_OCTETS_MAX: usize = 998;

/// Every header that a mail may have. All but the first list must be in each, all at most once.
const MAY: [&str; 7] = [
    "Reply-To",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Content-Transfer-Encoding",
];
const MUST: [&str; 9] = [
    "Content-Type",
    "MIME-Version",
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
];

/// Elements that have no end.
const VOID: [&str; 5] = ["meta", "br", "hr", "img", "!DOCTYPE"];

/// A mail as its reader's program sees it.
pub(crate) struct Seen {
    pub(crate) text: String,
    pub(crate) html: String,
}

/// Checks it and hands out its two parts.
pub(crate) fn seen(mail: &Mail) -> Seen {
    lines_end_well(&mail.bytes);
    let message = MessageParser::default().parse(&mail.bytes).expect("a mail");
    headers_are_known(&message);
    let [whole, text, html] = message.parts.as_slice() else {
        panic!("{} parts", message.parts.len())
    };
    let kind = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type().expect("a type");
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
    };
    assert_eq!(kind(whole), "multipart/alternative");
    assert_eq!(kind(text), "text/plain", "the plainest comes first: RFC 2046 § 5.1.4");
    assert_eq!(kind(html), "text/html");
    for part in [text, html] {
        assert!(!part.is_encoding_problem);
        assert_eq!(part.content_type().and_then(|kind| kind.attribute("charset")), Some("utf-8"));
        assert_eq!(part.content_transfer_encoding(), Some("quoted-printable"));
    }
    let text = text.text_contents().expect("text").to_owned();
    let html = html.text_contents().expect("HTML").to_owned();
    no_controls(&text);
    no_controls(&html);
    tags_are_balanced(&html);
    assert_eq!(links_in_text(&text), links_in_html(&html), "{text}\n{html}");
    Seen { text, html }
}

/// CR and LF only together, and no line too long (RFC 5322 § 2.3); no NUL anywhere.
fn lines_end_well(bytes: &[u8]) {
    assert!(bytes.ends_with(b"\r\n"));
    for line in bytes.strip_suffix(b"\r\n").expect("it ends so").split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(line.len() <= LINE_OCTETS_MAX, "{} octets", line.len());
        assert!(!line.contains(&b'\r') && !line.contains(&0), "{line:?}");
    }
    let bare = bytes.windows(2).filter(|two| two[1] == b'\n' && two[0] != b'\r').count();
    assert_eq!(bare, 0, "bare LF");
}

/// No header is there twice or was put there by somebody else. Printable ASCII alone (RFC 5322
/// § 2.2), but for a local part that is not (RFC 6532).
fn headers_are_known(message: &Message<'_>) {
    let mut names: Vec<&str> = message.headers().iter().map(mail_parser::Header::name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "twice: {names:?}");
    for name in MUST {
        assert!(names.iter().any(|other| other.eq_ignore_ascii_case(name)), "no {name}");
    }
    for name in &names {
        let known = MUST.iter().chain(&MAY).any(|known| known.eq_ignore_ascii_case(name));
        assert!(known, "{name} is new");
    }
    let end = message.raw_message.windows(4).position(|four| four == b"\r\n\r\n").expect("an end");
    let head = std::str::from_utf8(&message.raw_message[..end]).expect("UTF-8");
    for line in head.split("\r\n") {
        assert!(!line.trim().is_empty(), "a folded line of nothing: {head}");
        assert!(line.chars().all(|c| !c.is_control() || c == '\t'), "{line:?}");
    }
}

fn no_controls(text: &str) {
    let odd = text.chars().find(|&c| c.is_control() && !matches!(c, '\r' | '\n' | '\t'));
    assert_eq!(odd, None, "{text}");
}

/// Every element that begins ends, in order, so that nothing of one part reaches into another.
fn tags_are_balanced(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        let name = tag.split_whitespace().next().expect("a name");
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{html}"),
            None if VOID.contains(&name) => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

/// Web addresses that stand in the text.
pub(crate) fn links_in_text(text: &str) -> BTreeSet<String> {
    let ends = |c: char| c.is_whitespace() || c == ')' || c == '>';
    let starts = text.match_indices("https://").map(|(at, _)| &text[at..]);
    starts.map(|rest| rest[..rest.find(ends).unwrap_or(rest.len())].to_owned()).collect()
}

/// Web addresses that the HTML leads to.
pub(crate) fn links_in_html(html: &str) -> BTreeSet<String> {
    let starts = html.split("<a ").skip(1).filter_map(|tag| tag.split_once("href=\""));
    starts
        .filter_map(|(_, rest)| rest.split_once('"'))
        .map(|(url, _)| url)
        .filter(|url| url.starts_with("https://"))
        .map(|url| url.replace("&amp;", "&"))
        .collect()
}
