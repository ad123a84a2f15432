//! What somebody wrote, out of all that a mail program puts around it: the mail that is answered,
//! earlier ones, signatures. In doubt a line is kept, for a line too much is passed over and a line
//! too few is missed; but quoted history without any sign of its end goes, since it is our own mail.
//!
//! ```text
//! text part ─▶ lines ─┐
//!                     ├─▶ history ─▶ signature ─▶ quotes ─▶ scrub ─▶ Markdown
//! HTML part ─▶ html ──┘
//! ```

mod device;
mod history;
mod html;
mod lines;
mod quotes;
mod scrub;
mod signature;

#[cfg(test)]
mod samples;

use crate::signed::Signer;
use html::Signatures;
use lines::Line;
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};
use tidings_protocol::limits::MESSAGE_BODY_BYTES_MAX;

/// What was written in a mail, as Markdown; empty if nothing was. Text is preferred to the same as
/// HTML; a program that writes HTML alone has it among the texts.
pub(super) fn written(message: &Message<'_>, signer: &Signer) -> String {
    let text = cut(lines(message.text_bodies(), Signatures::Cut));
    let text = if text.is_empty() { written_in_html(message) } else { text };
    // Nobody reads what is too long to be posted.
    if text.len() > MESSAGE_BODY_BYTES_MAX { text } else { scrub::tokens(&text, signer) }
}

/// Programs let people write on within what they marked as the signature: if nothing is left
/// without it, it is what was written.
fn written_in_html(message: &Message<'_>) -> String {
    let text = cut(lines(message.html_bodies(), Signatures::Cut));
    if text.is_empty() { cut(lines(message.html_bodies(), Signatures::Keep)) } else { text }
}

fn cut(mut lines: Vec<Line>) -> String {
    history::cut(&mut lines);
    signature::cut(&mut lines);
    device::cut(&mut lines);
    quotes::cut(&mut lines);
    device::cut(&mut lines);
    lines::markdown(&lines)
}

/// The lines of these parts in their order, of each by its kind: servers append a text to what is
/// HTML, and pictures stand between texts.
fn lines<'a>(
    parts: impl Iterator<Item = &'a MessagePart<'a>>,
    signatures: Signatures,
) -> Vec<Line> {
    let of = |part: &MessagePart<'_>| match &part.body {
        PartType::Text(text) => lines::of_text(text, flow(part)),
        PartType::Html(html) => html::lines(html, signatures),
        _ => Vec::new(),
    };
    let blank = || Line { depth: 0, text: String::new() };
    parts.flat_map(|part| of(part).into_iter().chain([blank()])).collect()
}

/// Whether long lines were broken by the program (RFC 3676).
fn flow(part: &MessagePart<'_>) -> lines::Flow {
    let is = |name: &str, value: &str| {
        part.content_type()
            .and_then(|kind| kind.attribute(name))
            .is_some_and(|it| it.eq_ignore_ascii_case(value))
    };
    match (is("format", "flowed"), is("delsp", "yes")) {
        (true, false) => lines::Flow::Flowed,
        (true, true) => lines::Flow::FlowedWithoutSpaces,
        (false, _) => lines::Flow::Fixed,
    }
}
