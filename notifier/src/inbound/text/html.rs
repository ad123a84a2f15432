//! Lines of an HTML mail. The tokens are html5ever's, as browsers see them; of the tree only so much
//! is kept as tells what is quoted, what is a signature, and what is not shown.

use super::lines::{DEPTH_MAX, Line, clean};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;

/// Most gaps between attributes in one tag. The tokenizer compares each attribute with all before
/// it, so that their number costs time that grows with its square. Comments have gaps too: those
/// that Office writes about its styles have some thousands.
const GAPS_MAX: usize = 10_000;

/// Bytes that are given to the tokenizer at a time.
const PIECE_BYTES: usize = 4 * 1024;

/// Most elements inside each other that are told apart.
const OPEN_MAX: usize = 200;

/// Longest text of a picture, in bytes, that stands for a character: emoji are sent as pictures.
const EMOJI_BYTES_MAX: usize = 32;

/// Whether signatures that a program marked are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signatures {
    /// They are passed over.
    Cut,
    /// They are text like other text.
    Keep,
}

/// Elements that begin and end a line.
const BLOCKS: [&str; 24] = [
    "address",
    "article",
    "blockquote",
    "body",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "section",
    "table",
    "tr",
    "ul",
];

/// Elements that have no end.
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "wbr",
];

/// Elements whose text is not shown.
const UNSEEN: [&str; 6] = ["script", "style", "title", "template", "textarea", "noscript"];

/// Where Outlook, in its many forms, begins the mail that is answered. All behind it is history.
const HISTORY_IDS: [&str; 5] = [
    "appendonsend",
    "divrplyfwdmsg",
    "mail-editor-reference-message-container",
    "olk_src_body_section",
    "stopspelling",
];

/// Marks of signatures.
const SIGNATURE_IDS: [&str; 3] = ["signature", "applemailsignature", "ms-outlook-mobile-signature"];
const SIGNATURE_CLASSES: [&str; 3] =
    ["gmail_signature", "moz-signature", "protonmail_signature_block"];

/// Marks of quotes besides `blockquote`.
const QUOTE_CLASSES: [&str; 2] = ["yahoo_quoted", "zmail_extra"];

/// What an open element does to the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Plain,
    Quote,
    Skip,
    /// White space stays.
    Pre,
    /// A list with numbers.
    Numbers,
}

/// How many roles there are.
const ROLES: usize = Role::Numbers as usize + 1;

struct Open {
    name: String,
    role: Role,
    /// Where a link leads, and where in the line its text begins.
    link: Option<(String, usize)>,
    /// Items of a list so far.
    items: u32,
}

/// Lines of an HTML text, quoted as it is quoted. Ends before a tag that is beyond all measure.
pub(super) fn lines(html: &str, signatures: Signatures) -> Vec<Line> {
    let sink = Sink(RefCell::new(Reader::new(signatures)));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    let (mut rest, mut gaps, mut seen) = (html, 0, 0);
    while !rest.is_empty() && gaps <= GAPS_MAX {
        let (piece, behind) = rest.split_at(rest.ceil_char_boundary(PIECE_BYTES));
        queue.push_back(StrTendril::from(piece));
        // It stops at scripts only if told to, and nobody tells it.
        let _ = tokenizer.feed(&queue);
        let tokens = tokenizer.sink.0.borrow().tokens;
        let here = piece.bytes().filter(|byte| byte.is_ascii_whitespace() || *byte == b'/').count();
        gaps = if tokens == seen { gaps + here } else { 0 };
        (rest, seen) = (behind, tokens);
    }
    tokenizer.end();
    let mut reader = tokenizer.sink.0.into_inner();
    reader.end_line();
    reader.lines
}

struct Sink(RefCell<Reader>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reader = self.0.borrow_mut();
        reader.tokens += 1;
        match token {
            Token::CharacterTokens(text) => reader.text(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                reader.start(&tag);
                match &*tag.name {
                    "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
                    "style" => return TokenSinkResult::RawData(RawKind::Rawtext),
                    "title" | "textarea" => return TokenSinkResult::RawData(RawKind::Rcdata),
                    _ => {}
                }
            }
            Token::TagToken(tag) => reader.end(&tag.name),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

struct Reader {
    signatures: Signatures,
    lines: Vec<Line>,
    open: Vec<Open>,
    line: String,
    /// White space was seen, and nothing behind it yet.
    space: bool,
    /// All that follows is history.
    over: bool,
    /// How many tokens there were.
    tokens: u64,
    /// How many open elements have a role.
    roles: [usize; ROLES],
}

impl Reader {
    fn new(signatures: Signatures) -> Self {
        Self {
            signatures,
            lines: Vec::new(),
            open: Vec::new(),
            line: String::new(),
            space: false,
            over: false,
            tokens: 0,
            roles: [0; ROLES],
        }
    }

    fn is(&self, role: Role) -> bool {
        self.roles[role as usize] > 0
    }

    fn depth(&self) -> usize {
        self.roles[Role::Quote as usize].min(DEPTH_MAX)
    }

    fn text(&mut self, text: &str) {
        if self.over || self.is(Role::Skip) {
            return;
        }
        if self.is(Role::Pre) {
            for (count, part) in text.split('\n').enumerate() {
                if count > 0 {
                    self.new_line();
                }
                self.line.push_str(&clean(part));
            }
            return;
        }
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c') {
                self.space = true;
                continue;
            }
            if std::mem::take(&mut self.space) && !self.line.is_empty() {
                self.line.push(' ');
            }
            self.line.push(c);
        }
    }

    /// Ends the line if there is something on it.
    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.new_line();
        }
        self.space = false;
    }

    /// Ends the line, empty or not.
    fn new_line(&mut self) {
        let line = Line { depth: self.depth(), text: clean(&self.line) };
        self.lines.push(line);
        self.line.clear();
        self.space = false;
        for open in &mut self.open {
            if let Some((_, start)) = &mut open.link {
                *start = 0;
            }
        }
    }

    /// A paragraph stands apart; but Outlook writes each line as one.
    fn gap(&mut self) {
        self.end_line();
        if self.lines.last().is_some_and(|line| !line.is_blank()) {
            self.new_line();
        }
    }

    fn start(&mut self, tag: &Tag) {
        let name = &*tag.name;
        if is_history(tag) && self.depth() == 0 && !self.is(Role::Skip) {
            self.end_line();
            self.over = true;
        }
        if self.over || self.is(Role::Skip) && VOID.contains(&name) {
            return;
        }
        let role = self.role(tag);
        match name {
            "br" => self.new_line(),
            "img" => self.picture(tag),
            "p" if attribute(tag, "class").contains("Mso") => self.end_line(),
            "p" | "pre" => self.gap(),
            "td" | "th" => self.space = true,
            _ if BLOCKS.contains(&name) => self.end_line(),
            _ => {}
        }
        if VOID.contains(&name) {
            return;
        }
        if name == "li" && !self.is(Role::Skip) {
            self.item();
        }
        if self.open.len() < OPEN_MAX {
            let address = attribute(tag, "href");
            let link =
                (name == "a" && is_web(address)).then(|| (address.to_owned(), self.line.len()));
            self.roles[role as usize] += 1;
            self.open.push(Open { name: name.to_owned(), role, link, items: 0 });
        }
    }

    fn end(&mut self, name: &str) {
        if self.over {
            return;
        }
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else {
            // A browser takes it for `<br>`.
            if name == "br" && !self.is(Role::Skip) {
                self.new_line();
            }
            return;
        };
        if BLOCKS.contains(&name) || matches!(name, "p" | "pre") {
            self.end_line();
        }
        let link = self.open.get_mut(at).and_then(|open| open.link.take());
        for closed in self.open.drain(at..) {
            self.roles[closed.role as usize] -= 1;
        }
        if let Some((address, start)) = link {
            self.link(&address, start);
        }
    }

    /// Behind a link stands where it leads, unless its text says so.
    fn link(&mut self, address: &str, start: usize) {
        let text = self.line.get(start..).unwrap_or_default().trim();
        let bare = |it: &str| {
            let it = it.trim_start_matches("https://").trim_start_matches("http://");
            it.trim_start_matches("www.").trim_end_matches('/').to_lowercase()
        };
        if !text.is_empty() && bare(text) != bare(address) {
            self.line.push_str(" <");
            self.line.push_str(address);
            self.line.push('>');
        }
    }

    fn item(&mut self) {
        self.end_line();
        let list = self.open.iter_mut().rev().find(|open| matches!(&*open.name, "ol" | "ul"));
        let mark = match list {
            Some(list) if list.role == Role::Numbers => {
                list.items += 1;
                format!("{}. ", list.items)
            }
            _ => "- ".to_owned(),
        };
        self.line.push_str(&mark);
        self.space = false;
    }

    /// The emoji that a picture stands for. The text of other pictures is for those who can't see
    /// them.
    fn picture(&mut self, tag: &Tag) {
        let text = attribute(tag, "alt");
        let says = !text.is_empty() && text.len() <= EMOJI_BYTES_MAX;
        if says && !text.bytes().any(|byte| byte.is_ascii_alphanumeric()) && !text.is_ascii() {
            self.text(text);
        }
    }

    fn role(&self, tag: &Tag) -> Role {
        let name = &*tag.name;
        let class = attribute(tag, "class").to_ascii_lowercase();
        let has = |classes: &[&str]| {
            class
                .split_ascii_whitespace()
                .any(|one| classes.contains(&one.trim_start_matches("x_")))
        };
        let mut style = attribute(tag, "style").to_ascii_lowercase();
        style.retain(|c| !c.is_whitespace());
        let signed = has(&SIGNATURE_CLASSES) || is_one_of(tag, &SIGNATURE_IDS);
        if UNSEEN.contains(&name)
            || style.contains("display:none")
            || signed && self.signatures == Signatures::Cut
        {
            return Role::Skip;
        }
        match name {
            // Indented, not quoted.
            "blockquote" if style.contains("border:none") && !class.contains("quote") => {
                Role::Plain
            }
            "blockquote" => Role::Quote,
            "pre" => Role::Pre,
            "ol" => Role::Numbers,
            _ if has(&QUOTE_CLASSES) => Role::Quote,
            _ => Role::Plain,
        }
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> &'a str {
    let found = tag.attrs.iter().find(|one| &*one.name.local == name);
    found.map_or("", |one| &one.value)
}

/// By its id; programs that pass mails on put `x_` before it.
fn is_one_of(tag: &Tag, ids: &[&str]) -> bool {
    let id = attribute(tag, "id").to_ascii_lowercase();
    !id.is_empty() && ids.contains(&id.trim_start_matches("x_"))
}

fn is_history(tag: &Tag) -> bool {
    is_one_of(tag, &HISTORY_IDS)
}

/// Whether it is an address on the web that may be written between angle brackets.
fn is_web(address: &str) -> bool {
    let known = address.starts_with("https://") || address.starts_with("http://");
    known
        && !address
            .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::text::lines::markdown;

    fn text(html: &str) -> String {
        markdown(&lines(html, Signatures::Cut))
    }

    #[test]
    fn html_is_read_as_it_looks() {
        let table = [
            ("<p>a  b\n c</p><p>d</p>", "a b c\n\nd"),
            ("a<br>b<br/>c</br>d", "a\nb\nc\nd"),
            ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
            (
                "<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>",
                "a\n\nb",
            ),
            ("&lt;b&gt; &amp; &euro; &#39;x&#39; &eacute;", "<b> & € 'x' é"),
            ("<ul><li>a<li>b</ul><ol><li>c</li><li>d</li></ol>", "- a\n- b\n1. c\n2. d"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("<style>p { x }</style><script>if (a < b) {}</script><title>t</title>a", "a"),
            ("<head><style>x</style><body>a", "a"),
            ("<pre>a\n  b</pre>", "a\n  b"),
            ("<a href='https://x.example/a'>here</a>.", "here <https://x.example/a>."),
            (
                "<a href='https://x.example/'>x.example</a> <a href='mailto:a@b'>a@b</a>",
                "x.example a@b",
            ),
            ("<a href='javascript:x()'>y</a>", "y"),
            ("<img alt='logo'>a <img alt='😊'>", "a 😊"),
            ("<span style='display: none'>x</span>a", "a"),
            ("<!-- x --><![if !mso]>a<![endif]>", "a"),
            ("a</p></div></span><b>c", "ac"),
            ("a<blockquote type=cite>b<div>c</div></blockquote>d", "a\n\n> b\n> c\n\nd"),
            ("<blockquote style='margin: 0 0 0 40px; border: none'>a</blockquote>", "a"),
            ("a<div class='gmail_signature'>x</div><div id=Signature>y</div>", "a"),
            ("a<div id='appendonsend'></div><hr><div id=divRplyFwdMsg>b</div>c", "a"),
            ("a<div id=x_divRplyFwdMsg>b</div>c", "a"),
        ];
        for (html, expected) in table {
            assert_eq!(text(html), expected, "{html}");
        }
    }

    #[test]
    fn what_is_hostile_takes_no_time() {
        let deep = "<blockquote>".repeat(50_000);
        let many: String = (0..60_000).flat_map(|n| [" a".to_owned(), n.to_string()]).collect();
        for html in [
            format!("a{deep}b"),
            format!("a<b{many}>c"),
            "</b>".repeat(100_000),
            format!("{}{}", "<i>".repeat(50_000), "</b>".repeat(50_000)),
            "<a href='https://x.example'>".repeat(10_000),
            "&".repeat(200_000),
            "<".repeat(200_000),
            "<!--".repeat(100_000),
            "<li>".repeat(100_000),
        ] {
            let _ = text(&html);
        }
    }
}
