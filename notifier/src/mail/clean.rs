//! Texts of others without what is not text: control characters, and marks that turn the order of
//! what stands around them.

/// One line of at most so many characters; what is longer ends in `…`.
pub(super) fn line(text: &str, chars_max: usize) -> String {
    let spaced: String = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
    let shown = visible(&spaced);
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars_max) {
        None => line,
        Some(_) => line.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Text of several lines, each ended by a bare `\n` but the last.
pub(super) fn block(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let text: String =
        text.chars().map(|c| if is_break(c) && c != '\t' { '\n' } else { c }).collect();
    visible(&text).trim_end().to_owned()
}

/// A line for a header: what looks like an encoded word is not one (RFC 2047).
pub(super) fn header(text: &str, chars_max: usize) -> String {
    line(text, chars_max).replace("=?", "= ?")
}

fn visible(text: &str) -> String {
    text.chars().filter(|&c| matches!(c, '\n' | '\t') || !(c.is_control() || is_mark(c))).collect()
}

/// Ends a line or a word.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Turns the direction of writing, or stands for nothing at all.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_of_characters_that_show() {
        for (text, expected) in [
            ("Anna", "Anna"),
            ("  Anna \t B.  ", "Anna B."),
            ("a\r\nBcc: x@example.org", "a Bcc: x@example.org"),
            ("a\0b\u{7f}\u{9f}", "ab"),
            ("a\u{202e}txt.exe", "atxt.exe"),
            ("\u{2066}\u{feff}", ""),
            ("a\u{2028}b\u{85}c", "a b c"),
            ("a \u{200f} b", "a b"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
        ] {
            assert_eq!(line(text, 40), expected, "{text:?}");
        }
        assert_eq!(line("1234567890", 10), "1234567890");
        assert_eq!(line("12345678901", 10), "123456789…");
        assert_eq!(line("ééééé", 4), "ééé…");
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(block("a\r\nb\rc\n\td\0\u{202e}\u{c}e\n\n"), "a\nb\nc\n\td\ne");
    }

    #[test]
    fn no_encoded_word_is_typed() {
        assert_eq!(header("=?utf-8?q?x?=", 99), "= ?utf-8?q?x?=");
        assert_eq!(header("=\u{200b}?utf-8?q?x?=", 99), "= ?utf-8?q?x?=");
    }
}
