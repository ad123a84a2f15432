//! Lines of a mail, each with how deep it is quoted: from plain text, and to Markdown.

/// Deepest quote that is told from shallower ones.
pub(super) const DEPTH_MAX: usize = 8;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// 0: the writer's own.
    pub(super) depth: usize,
    /// Without marks of quotation.
    pub(super) text: String,
}

/// How lines are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// As they were written.
    Fixed,
    /// Also by the program, where a space is at the end (RFC 3676).
    Flowed,
    /// The same, and the space is not part of the text.
    FlowedWithoutSpaces,
}

impl Line {
    /// Whether it says nothing.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether the writer wrote it.
    pub(super) fn is_own(&self) -> bool {
        self.depth == 0 && !self.is_blank()
    }

    /// Whether somebody else did, as marked.
    pub(super) fn is_quoted(&self) -> bool {
        self.depth > 0
    }
}

/// Lines of plain text.
pub(super) fn of_text(text: &str, flow: Flow) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut open = false;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for raw in text.split('\n').filter(|line| !is_picture(line)) {
        let (depth, rest) = unquote(raw);
        let mut line = Line { depth, text: clean(rest) };
        if flow == Flow::Fixed {
            lines.push(line);
            continue;
        }
        let soft = line.text.ends_with(' ') && line.text != "-- ";
        if soft && flow == Flow::FlowedWithoutSpaces {
            line.text.pop();
        }
        match lines.last_mut().filter(|last| open && last.depth == depth && line.text != "-- ") {
            Some(last) => last.text.push_str(&line.text),
            None => lines.push(line),
        }
        open = soft;
    }
    lines
}

/// Whether a line is only what programs write in the place of a picture.
fn is_picture(line: &str) -> bool {
    let inner = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|it| {
        (it.starts_with("cid:") || it.starts_with("image: ")) && !it.contains(['[', ']'])
    })
}

/// Takes the marks of quotation off, and the space behind them.
fn unquote(raw: &str) -> (usize, &str) {
    let (mut depth, mut rest) = (0, raw);
    loop {
        // Between marks there may be a space; before the first one there is none.
        let next = if depth == 0 { rest } else { rest.strip_prefix(' ').unwrap_or(rest) };
        match next.strip_prefix('>') {
            Some(deeper) => (depth, rest) = (depth + 1, deeper),
            // Also the space that keeps `From` and the like from being special (RFC 3676, 4.4).
            None => return (depth.min(DEPTH_MAX), rest.strip_prefix(' ').unwrap_or(rest)),
        }
    }
}

/// Without characters that are none: a message has no control characters but line ends and tabs.
pub(super) fn clean(text: &str) -> String {
    let is_none = |c: char| c.is_control() && c != '\t' || matches!(c, '\u{feff}' | '\u{200b}');
    text.chars().filter(|c| !is_none(*c)).map(|c| if c == '\u{a0}' { ' ' } else { c }).collect()
}

/// The lines as Markdown: quotes as quotes, apart from what is not quoted, and never more than one
/// empty line.
pub(super) fn markdown(lines: &[Line]) -> String {
    let runs = lines.chunk_by(|one, next| one.is_quoted() == next.is_quoted());
    let written: Vec<String> = runs.map(run).filter(|text| !text.is_empty()).collect();
    written.join("\n\n").trim().to_owned()
}

/// Lines that are all quoted, or all not, without empty ones around them.
fn run(lines: &[Line]) -> String {
    let says = |line: &Line| !line.is_blank();
    let first = lines.iter().position(says).unwrap_or(lines.len());
    let last = lines.iter().rposition(says).map_or(first, |at| at + 1);
    let mut text = String::new();
    let mut gap = false;
    for line in lines.get(first..last).unwrap_or_default() {
        if line.is_blank() && gap {
            continue;
        }
        gap = line.is_blank();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&">".repeat(line.depth));
        if line.is_quoted() && !line.is_blank() {
            text.push(' ');
        }
        text.push_str(line.text.trim_end());
    }
    text
}

/// What a text is once something was cut from it.
#[cfg(test)]
pub(super) fn left_after<R>(cut: impl FnOnce(&mut Vec<Line>) -> R, text: &str) -> String {
    let mut lines = of_text(text, Flow::Fixed);
    cut(&mut lines);
    markdown(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both_ways(text: &str, flow: Flow) -> String {
        markdown(&of_text(text, flow))
    }

    #[test]
    fn marks_of_quotation_are_counted() {
        for (raw, depth, text) in [
            ("a", 0, "a"),
            ("> a", 1, "a"),
            (">a", 1, "a"),
            (">> a", 2, "a"),
            ("> > > a", 3, "a"),
            (">  a", 1, " a"),
            ("a > b", 0, "a > b"),
            (">", 1, ""),
            ("> >", 2, ""),
            (&">".repeat(500), DEPTH_MAX, ""),
        ] {
            assert_eq!(of_text(raw, Flow::Fixed), [Line { depth, text: text.to_owned() }], "{raw}");
        }
    }

    #[test]
    fn characters_that_are_none_go() {
        assert_eq!(
            both_ways("a\0b\u{7}c\td\u{85}\u{feff}e\u{a0}f\r\ng\rh", Flow::Fixed),
            "abc\tde f\ng\nh"
        );
    }

    #[test]
    fn places_of_pictures_go() {
        let text =
            "a\n[cid:image001.png@01DA6E1B.2C3D4E50]\n[image: logo.png]\n[x]\nsee [image: b]";
        assert_eq!(both_ways(text, Flow::Fixed), "a\n[x]\nsee [image: b]");
    }

    #[test]
    fn quotes_stand_apart_and_gaps_close() {
        let text = "\n\na\n> b\n>\n>\n> c\nd\n\n\n\ne\n\n";
        assert_eq!(both_ways(text, Flow::Fixed), "a\n\n> b\n>\n> c\n\nd\n\ne");
    }

    #[test]
    fn lines_that_a_program_broke_are_one_again() {
        let text = "This is a \nlong line.\n> and \n> this \nnot this\n-- \nAnn\n From";
        let whole = "This is a long line.\n\n> and this\n\nnot this\n--\nAnn\nFrom";
        assert_eq!(both_ways(text, Flow::Flowed), whole);
        assert_eq!(both_ways("ab \ncd", Flow::FlowedWithoutSpaces), "abcd");
        assert_eq!(both_ways("ab \ncd", Flow::Fixed), "ab\ncd");
    }
}
