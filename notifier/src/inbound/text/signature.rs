//! Signatures behind the line that has marked them since Usenet: two dashes and a space.

use super::history::attribution_at;
use super::lines::Line;

/// Longest signature, in lines that say something: more than that is no signature.
const LINES_MAX: usize = 20;

/// Cuts the last signature, if something else was written: at the end, or above quoted lines.
pub(super) fn cut(lines: &mut Vec<Line>) {
    let Some(start) = lines.iter().rposition(is_mark) else { return };
    let ends = |at: &usize| {
        lines.get(*at).is_some_and(Line::is_quoted) || attribution_at(lines, *at).is_some()
    };
    let end = (start + 1..lines.len()).find(ends).unwrap_or(lines.len());
    let says = |range: std::ops::Range<usize>| {
        lines.get(range).unwrap_or_default().iter().filter(|line| line.is_own()).count()
    };
    let alone = says(0..start) == 0 && says(end..lines.len()) == 0;
    if !alone && says(start + 1..end) <= LINES_MAX {
        lines.drain(start..end);
    }
}

fn is_mark(line: &Line) -> bool {
    line.depth == 0 && matches!(line.text.as_str(), "-- " | "--")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::text::lines::left_after;

    fn left(text: &str) -> String {
        left_after(cut, text)
    }

    #[test]
    fn signatures_go() {
        let wrote = "On Mon, Mar 4, 2024 at 10:15 AM Firm <n@firm.example> wrote:";
        let long = "line\n".repeat(LINES_MAX + 1);
        let table = [
            ("Yes.\n-- \nAnn\nDirector\n\n+31 6".to_owned(), "Yes.".to_owned()),
            ("Yes.\n--\nAnn".to_owned(), "Yes.".to_owned()),
            (format!("Yes.\n-- \nAnn\n\n{wrote}\n> a"), format!("Yes.\n{wrote}\n\n> a")),
            ("Yes.\n-- \nAnn\n> a".to_owned(), "Yes.\n\n> a".to_owned()),
            ("> a\nYes.\n-- \nAnn".to_owned(), "> a\n\nYes.".to_owned()),
            // No signatures.
            ("Yes.\n---\nNo.".to_owned(), "Yes.\n---\nNo.".to_owned()),
            ("> a\n> -- \n> Ann".to_owned(), "> a\n> --\n> Ann".to_owned()),
            (format!("Yes.\n--\n{long}"), format!("Yes.\n--\n{}", long.trim_end())),
            // All there is.
            ("-- \nYes.".to_owned(), "--\nYes.".to_owned()),
        ];
        for (text, expected) in table {
            assert_eq!(left(&text), expected, "{text}");
        }
    }
}
