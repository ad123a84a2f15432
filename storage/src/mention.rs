//! Finds `@Name` in a message. Pure: who the names belong to is given.

use std::collections::HashMap;
use tidings_protocol::MemberId;

/// The names of a team's active members, by which a message mentions them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By first character, so that a message full of `@` stays cheap; longest first.
    by_first: HashMap<char, Vec<Name>>,
}

#[derive(Debug)]
struct Name {
    /// In lower case.
    chars: Vec<char>,
    /// None if several share it: better nobody than the wrong one.
    member: Option<MemberId>,
}

impl Names {
    /// From all who can be mentioned.
    pub(crate) fn new(team: impl IntoIterator<Item = (MemberId, String)>) -> Self {
        let mut members: HashMap<Vec<char>, Option<MemberId>> = HashMap::new();
        for (member, name) in team {
            let chars: Vec<char> = name.trim().chars().flat_map(char::to_lowercase).collect();
            members.entry(chars).and_modify(|shared| *shared = None).or_insert(Some(member));
        }
        let mut by_first: HashMap<char, Vec<Name>> = HashMap::new();
        for (chars, member) in members {
            if let Some(&first) = chars.first() {
                by_first.entry(first).or_default().push(Name { chars, member });
            }
        }
        for names in by_first.values_mut() {
            names.sort_by_key(|name| std::cmp::Reverse(name.chars.len()));
        }
        Self { by_first }
    }

    /// Who is mentioned in a text, in order, each once. Upper and lower case are the same; the
    /// longest name that fits counts; a name ends where a word ends, and `@` after a word is an
    /// email address.
    pub(crate) fn find(&self, text: &str) -> Vec<MemberId> {
        let mut found = Vec::new();
        let mut before = ' ';
        for (at, c) in text.char_indices() {
            if c == '@'
                && !is_word(before)
                && let Some(member) = self.starting(&text[at + 1..])
                && !found.contains(&member)
            {
                found.push(member);
            }
            before = c;
        }
        found
    }

    fn starting(&self, text: &str) -> Option<MemberId> {
        let first = text.chars().next()?.to_lowercase().next()?;
        let names = self.by_first.get(&first)?;
        names.iter().find(|name| name.begins(text))?.member
    }
}

impl Name {
    /// Whether a text begins with this name and the word ends there.
    fn begins(&self, text: &str) -> bool {
        let mut name = self.chars.iter();
        let mut text = text.chars();
        while name.len() > 0 {
            let Some(c) = text.next() else { return false };
            if !c.to_lowercase().all(|c| name.next() == Some(&c)) {
                return false;
            }
        }
        !text.next().is_some_and(is_word)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(number: u128) -> MemberId {
        MemberId(Uuid::from_u128(number))
    }

    #[test]
    fn names_are_found_as_people_write_them() {
        let team = [
            (1, "Anna"),
            (2, "Anna Smith"),
            (3, "Bob"),
            (4, "Łukasz Żak"),
            (5, "Eve"),
            (6, "eve"),
            (7, "İnci"),
        ];
        let names = Names::new(team.map(|(number, name)| (id(number), name.to_owned())));
        let table: &[(&str, &[u128])] = &[
            ("hello", &[]),
            ("@", &[]),
            ("@anna, look", &[1]),
            ("@ANNA SMITH!", &[2]),
            ("@Anna Smithers", &[1]),
            ("@Annabel", &[]),
            ("@Anna_", &[]),
            ("@Anna2", &[]),
            ("@Anna-Maria", &[1]),
            ("(@Bob) and @bob", &[3]),
            ("@Bob @Anna", &[3, 1]),
            ("bob@anna", &[]),
            ("x_@Bob", &[]),
            ("@@Bob", &[3]),
            ("@łukasz żak?", &[4]),
            ("@Eve", &[]),
            ("@İnci", &[7]),
            ("@Bo", &[]),
            ("mail @ Bob", &[]),
        ];
        for (text, expected) in table {
            let expected: Vec<_> = expected.iter().map(|&number| id(number)).collect();
            assert_eq!(names.find(text), expected, "{text}");
        }
    }
}
