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

/// What was written in a mail, as Markdown; empty if nothing was.
pub(super) fn written(message: &Message<'_>, signer: &Signer) -> String {
    let text = cut(plain_lines(message));
    let text = if text.is_empty() { written_in_html(message) } else { text };
    // Nobody reads what is too long to be posted.
    if text.len() > MESSAGE_BODY_BYTES_MAX { text } else { scrub::tokens(&text, signer) }
}

/// Programs let people write on within what they marked as the signature: if nothing is left
/// without it, it is what was written.
fn written_in_html(message: &Message<'_>) -> String {
    let text = cut(html_lines(message, Signatures::Cut));
    if text.is_empty() { cut(html_lines(message, Signatures::Keep)) } else { text }
}

fn cut(mut lines: Vec<Line>) -> String {
    history::cut(&mut lines);
    signature::cut(&mut lines);
    device::cut(&mut lines);
    quotes::cut(&mut lines);
    device::cut(&mut lines);
    lines::markdown(&lines)
}

fn plain_lines(message: &Message<'_>) -> Vec<Line> {
    let plain = |part: &MessagePart<'_>| match &part.body {
        PartType::Text(text) => lines::of_text(text, flow(part)),
        _ => Vec::new(),
    };
    message.text_bodies().flat_map(plain).collect()
}

fn html_lines(message: &Message<'_>, signatures: Signatures) -> Vec<Line> {
    let html = |part: &MessagePart<'_>| match &part.body {
        PartType::Html(html) => html::lines(html, signatures),
        _ => Vec::new(),
    };
    message.html_bodies().flat_map(html).collect()
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
