//! The header of a mail as bytes: which fields there are, and where they end. Only what signing and
//! naming a mail need; mails from elsewhere are read by a parser.

/// A field as it is written, folded or not, with its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// As it is written: case does not matter.
    pub(super) name: &'a str,
    /// What comes after the colon, with the line end.
    pub(super) value: &'a [u8],
}

/// A mail, taken apart.
pub(super) struct Parts<'a> {
    pub(super) fields: Vec<Field<'a>>,
    pub(super) body: &'a [u8],
}

impl<'a> Parts<'a> {
    /// `None` if it has no header, or something in it is no field.
    pub(super) fn of(mail: &'a [u8]) -> Option<Self> {
        let (mut fields, mut rest) = (Vec::new(), mail);
        while !rest.starts_with(b"\r\n") {
            let (field, after) = rest.split_at(field_length(rest)?);
            let colon = field.iter().position(|b| *b == b':')?;
            let name = str::from_utf8(&field[..colon]).ok()?.trim_end_matches([' ', '\t']);
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
                return None;
            }
            fields.push(Field { name, value: &field[colon + 1..] });
            rest = after;
        }
        Some(Self { fields, body: &rest[2..] })
    }

    /// The value of the first field of this name, on one line.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(field.value).replace("\r\n", "").trim().to_owned())
    }
}

/// Up to the first line end that no white space follows: there it goes on in the next line.
fn field_length(text: &[u8]) -> Option<usize> {
    let mut ends = text.windows(2).enumerate().filter(|(_, pair)| *pair == b"\r\n");
    let (at, _) = ends.find(|(at, _)| !matches!(text.get(at + 2), Some(b' ' | b'\t')))?;
    Some(at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_taken_apart_and_nothing_is_lost() {
        let parts = Parts::of(b"A: 1\r\nlong : 2\r\n 3\r\n\t4\r\nB:\r\n\r\nbody\r\n").unwrap();
        let names: Vec<&str> = parts.fields.iter().map(|field| field.name).collect();
        assert_eq!(names, ["A", "long", "B"]);
        assert_eq!(parts.fields[1].value, b" 2\r\n 3\r\n\t4\r\n");
        assert_eq!(parts.value("LONG").unwrap(), "2 3\t4");
        assert_eq!(parts.value("c"), None);
        assert_eq!(parts.body, b"body\r\n");
        for none in ["", "A: 1", "A: 1\r\n", "A\r\n\r\n", ": 1\r\n\r\n", "a b: 1\r\n\r\n"] {
            assert!(Parts::of(none.as_bytes()).is_none(), "{none:?}");
        }
        assert_eq!(Parts::of(b"\r\nx").unwrap().body, b"x");
    }
}
