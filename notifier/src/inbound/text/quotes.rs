//! Lines that are marked as quoted. At the end, or above all that was written, they are history and
//! go. Between lines that somebody wrote they are what is being answered, and stay.

use super::history::attribution_at;
use super::lines::Line;

/// Cuts quoted history; what is answered in between stays quoted.
pub(super) fn cut(lines: &mut Vec<Line>) {
    drop_attributions(lines);
    let last_own = lines.iter().rposition(Line::is_own);
    lines.truncate(last_own.map_or(0, |at| at + 1));
    let first_own = lines.iter().position(Line::is_own).unwrap_or_default();
    let answered_between = lines.iter().skip(first_own).any(Line::is_quoted);
    if !answered_between {
        lines.drain(..first_own);
    }
}

/// "On … wrote:" above marked lines says what everybody in the thread knows, and has an address in
/// it.
fn drop_attributions(lines: &mut Vec<Line>) {
    let mut dropped_to = 0;
    let kept: Vec<bool> = (0..lines.len())
        .map(|at| {
            if at >= dropped_to {
                dropped_to = at + attribution_at(lines, at).unwrap_or_default();
            }
            at >= dropped_to
        })
        .collect();
    let mut kept = kept.into_iter();
    lines.retain(|_| kept.next().unwrap_or(true));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::text::lines::left_after;

    fn left(text: &str) -> String {
        left_after(cut, text)
    }

    #[test]
    fn history_goes_and_what_is_answered_stays() {
        let wrote = "On Mon, Mar 4, 2024 at 10:15 AM Firm <n@firm.example> wrote:";
        let table = [
            // Above the quote.
            (format!("Yes.\n\n{wrote}\n\n> a\n>\n> b\n"), "Yes."),
            ("Yes.\n> a\n>> b\n\n> c".to_owned(), "Yes."),
            // Below it.
            (format!("{wrote}\n> a\n> b\n\nYes.\n\nNo."), "Yes.\n\nNo."),
            ("> a\n\nYes.".to_owned(), "Yes."),
            // In between.
            (
                format!("{wrote}\n> one?\nYes.\n> two?\nNo.\n> three?\n> four?"),
                "> one?\n\nYes.\n\n> two?\n\nNo.",
            ),
            (format!("See below.\n\n{wrote}\n> one?\n\nYes."), "See below.\n\n> one?\n\nYes."),
            // Nothing.
            (format!("{wrote}\n> a\n> b"), ""),
            ("> a".to_owned(), ""),
            (String::new(), ""),
            // Two people before.
            (format!("Yes.\n{wrote}\n> a\n> {wrote}\n>> b"), "Yes."),
        ];
        for (text, expected) in table {
            assert_eq!(left(&text), expected, "{text}");
        }
    }
}
