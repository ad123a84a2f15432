//! From bytes to lines and mails. Lines end with CR LF and with nothing else, and a mail ends with
//! CR LF `.` CR LF and with nothing else: whoever is more generous lets strangers smuggle a second
//! mail past the server in front, which saw only one. `smtp-proto` has a reader of mails too; it
//! takes CR CR LF for the end of a line, and does not see the end of an empty mail.

use super::limits::{LINE_BYTES_MAX, MAIL_BYTES_KEPT};

/// What a connection has brought and nobody has read yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    bytes: Vec<u8>,
    /// A line without end was thrown away so far.
    overlong: bool,
}

/// One line from a mail server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// With its end, and without other control characters.
    Good(Vec<u8>),
    /// Longer than may be.
    TooLong,
    /// With a control character, or without CR at its end.
    Bad,
}

impl Pending {
    /// Where to put what is read: room for so many bytes and not many more.
    pub(super) fn room(&mut self, bytes: usize) -> &mut Vec<u8> {
        self.bytes.reserve(bytes);
        &mut self.bytes
    }

    /// Takes out a line, if one is there whole.
    pub(super) fn line(&mut self) -> Option<Line> {
        let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') else {
            if self.bytes.len() > LINE_BYTES_MAX {
                self.overlong = true;
                self.bytes.clear();
            }
            return None;
        };
        let line: Vec<u8> = self.bytes.drain(..=end).collect();
        if std::mem::take(&mut self.overlong) || line.len() > LINE_BYTES_MAX {
            return Some(Line::TooLong);
        }
        match line.strip_suffix(b"\r\n") {
            Some(text) if !text.iter().any(u8::is_ascii_control) => Some(Line::Good(line)),
            _ => Some(Line::Bad),
        }
    }

    /// Moves what belongs to a mail over to it. Says whether it has ended.
    pub(super) fn mail(&mut self, mail: &mut Mail) -> bool {
        let mut ended = false;
        let used = self.bytes.iter().position(|byte| {
            ended = mail.take(*byte);
            ended
        });
        match used {
            Some(last) => drop(self.bytes.drain(..=last)),
            None => self.bytes.clear(),
        }
        ended
    }
}

/// Where in a line of a mail the reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    Middle,
    /// After CR.
    Return,
    /// After the dot that a line began with.
    Dot,
    /// After such a dot and CR.
    DotReturn,
}

/// A mail on its way in: its beginning, and how long it is.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// The first [`MAIL_BYTES_KEPT`] bytes.
    pub(super) kept: Vec<u8>,
    /// All bytes.
    pub(super) bytes: u64,
    place: Place,
}

impl Mail {
    /// Whether only its beginning was kept.
    pub(super) fn is_cut(&self) -> bool {
        self.bytes > self.kept.len() as u64
    }

    /// Takes the next byte, and says whether the mail has ended with it (RFC 5321, 4.5.2).
    fn take(&mut self, byte: u8) -> bool {
        self.place = match (self.place, byte) {
            (Place::Start, b'.') => Place::Dot,
            (Place::Dot, b'\r') => Place::DotReturn,
            (Place::DotReturn, b'\n') => return true,
            (Place::Return, b'\n') => self.keep(byte, Place::Start),
            (Place::DotReturn, _) => {
                self.keep(b'\r', Place::Return);
                self.keep(byte, if byte == b'\r' { Place::Return } else { Place::Middle })
            }
            (_, b'\r') => self.keep(byte, Place::Return),
            _ => self.keep(byte, Place::Middle),
        };
        false
    }

    fn keep(&mut self, byte: u8, place: Place) -> Place {
        if self.kept.len() < MAIL_BYTES_KEPT {
            self.kept.push(byte);
        }
        self.bytes += 1;
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All lines in it, pushed in pieces of so many bytes.
    fn lines(bytes: &[u8], piece: usize) -> Vec<Line> {
        let mut pending = Pending::default();
        let mut found = Vec::new();
        for piece in bytes.chunks(piece) {
            pending.room(0).extend_from_slice(piece);
            found.extend(std::iter::from_fn(|| pending.line()));
        }
        found
    }

    /// The mail in it and what follows it; none if it does not end.
    fn mail(bytes: &[u8], piece: usize) -> Option<(String, String)> {
        let (mut pending, mut mail) = (Pending::default(), Mail::default());
        let mut ended = false;
        for piece in bytes.chunks(piece) {
            pending.room(0).extend_from_slice(piece);
            ended = ended || pending.mail(&mut mail);
        }
        let text = |bytes| String::from_utf8(bytes).unwrap();
        ended.then(|| (text(mail.kept), text(pending.bytes)))
    }

    #[test]
    fn lines_end_with_cr_lf_and_nothing_else() {
        for piece in 1..8 {
            let good = |text: &str| Line::Good(text.as_bytes().to_vec());
            assert_eq!(lines(b"NOOP\r\nQUIT\r\nRS", piece), [good("NOOP\r\n"), good("QUIT\r\n")]);
            assert_eq!(lines(b"NOOP\nQUIT\r\n", piece), [Line::Bad, good("QUIT\r\n")]);
            assert_eq!(lines(b"NO\rOP\r\nA\0\r\n\n", piece), [Line::Bad, Line::Bad, Line::Bad]);
        }
    }

    #[test]
    fn a_line_without_end_takes_no_room() {
        let mut pending = Pending::default();
        for _ in 0..1000 {
            pending.room(0).extend_from_slice(&[b'a'; 1000]);
            assert_eq!(pending.line(), None);
            assert!(pending.bytes.len() <= LINE_BYTES_MAX + 1000);
        }
        pending.room(0).extend_from_slice(b"\r\nNOOP\r\n");
        assert_eq!(pending.line(), Some(Line::TooLong));
        assert_eq!(pending.line(), Some(Line::Good(b"NOOP\r\n".to_vec())));
        assert_eq!(lines(&[&[b'a'; 3000][..], b"\r\n"].concat(), 9999), [Line::TooLong]);
    }

    #[test]
    fn a_mail_ends_with_a_dot_between_two_line_ends_and_nothing_else() {
        let table = [
            ("a\r\n.\r\nQUIT", Some(("a\r\n", "QUIT"))),
            (".\r\n", Some(("", ""))),
            ("a\r\n..\r\n.b\r\n.\r\n", Some(("a\r\n.\r\nb\r\n", ""))),
            ("a\n.\nb\r\n.\r\n", Some(("a\n.\nb\r\n", ""))),
            ("a\n.\r\nb\r\n.\r\n", Some(("a\n.\r\nb\r\n", ""))),
            ("a\r\n.\nb\r\n.\r\n", Some(("a\r\n\nb\r\n", ""))),
            ("a\r.\rb\r\n.\r\n", Some(("a\r.\rb\r\n", ""))),
            ("a\r\n.\r\r\nb\r\n.\r\n", Some(("a\r\n\r\r\nb\r\n", ""))),
            ("a\r\n.\rb\r\n.\r\n", Some(("a\r\n\rb\r\n", ""))),
            ("a\r\n.\r", None),
            ("a.\r\n", None),
        ];
        for (wire, expected) in table {
            let expected = expected.map(|(mail, rest)| (mail.to_owned(), rest.to_owned()));
            for piece in 1..=wire.len() {
                // What is behind the end is only whole when it came along with it.
                let found = mail(wire.as_bytes(), piece);
                let (mail, expected) = (found.map(|it| it.0), expected.clone().map(|it| it.0));
                assert_eq!(mail, expected, "{wire:?} by {piece}");
            }
            assert_eq!(mail(wire.as_bytes(), wire.len()), expected, "{wire:?}");
        }
    }

    #[test]
    fn only_the_beginning_of_a_large_mail_is_kept() {
        let (mut pending, mut mail) = (Pending::default(), Mail::default());
        for _ in 0..2048 {
            pending.room(0).extend_from_slice(&[b'a'; 1024]);
            assert!(!pending.mail(&mut mail));
        }
        pending.room(0).extend_from_slice(b"\r\n.\r\n");
        assert!(pending.mail(&mut mail));
        assert_eq!((mail.kept.len(), mail.bytes), (MAIL_BYTES_KEPT, 2 * 1024 * 1024 + 2));
        assert!(mail.is_cut());
    }
}
