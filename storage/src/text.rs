//! Lines made from a message: the subject of a thread that was given none, and the excerpt that
//! lists show. Pure.

use tidings_protocol::limits::{EXCERPT_BYTES_MAX, SUBJECT_BYTES_MAX};

/// Stands for a subject when the body has nothing that can be shown in a line.
const NO_SUBJECT: &str = "…";

/// The subject of a thread: the given one, or else the first line of the body that says anything.
pub(crate) fn subject(given: String, body: &str) -> String {
    if !given.trim().is_empty() {
        return given;
    }
    let line = body.lines().map(one_line).find(|line| !line.trim().is_empty());
    let line = line.as_deref().map_or(NO_SUBJECT, str::trim);
    cut(line, SUBJECT_BYTES_MAX).trim_end().to_owned()
}

/// The beginning of a message, as lists show it.
pub(crate) fn excerpt(body: &str) -> String {
    one_line(cut(body, EXCERPT_BYTES_MAX))
}

/// At most `bytes` of a text, not ending within a character.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The text with spaces for line breaks and other control characters, which are one byte or two
/// long, so that it never grows.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_subject_becomes_the_first_line_that_says_anything() {
        let long = "ü".repeat(150);
        let table = [
            ("Tax 2025", "Hello", "Tax 2025"),
            ("", "Hello\nthere", "Hello"),
            (" ", "\n \r\n  # Hello\tyou  \r\nthere", "# Hello you"),
            ("", &long, &long[..200]),
            ("", "\u{1}", "…"),
        ];
        for (given, body, expected) in table {
            assert_eq!(subject(given.to_owned(), body), expected);
        }
        let odd = format!("a{long}");
        assert_eq!(subject(String::new(), &odd).len(), 199);
    }

    #[test]
    fn an_excerpt_is_one_line_of_at_most_160_bytes() {
        assert_eq!(excerpt("Hello,\r\nyou"), "Hello,  you");
        assert_eq!(excerpt(&"€".repeat(100)), "€".repeat(53));
    }
}
