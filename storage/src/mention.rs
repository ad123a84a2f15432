//! Finds `@Name` in a message. Pure: who the names belong to is given.

use std::collections::BTreeMap;
use tidings_protocol::MemberId;

/// The names of a team's active members, by which a message mentions them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By their characters, so that those which begin alike lie together: what a message full of
    /// `@` costs does not grow with the team.
    sorted: Vec<Name>,
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
        let mut members: BTreeMap<Vec<char>, Option<MemberId>> = BTreeMap::new();
        for (member, name) in team {
            let chars: Vec<char> = name.trim().chars().flat_map(char::to_lowercase).collect();
            members.entry(chars).and_modify(|shared| *shared = None).or_insert(Some(member));
        }
        let named = members.into_iter().filter(|(chars, _)| !chars.is_empty());
        Self { sorted: named.map(|(chars, member)| Name { chars, member }).collect() }
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

    /// Whose name a text begins with: narrows the names down, character by character.
    fn starting(&self, text: &str) -> Option<MemberId> {
        let mut alike = self.sorted.as_slice();
        let mut depth = 0;
        let mut longest = None;
        let mut text = text.chars().peekable();
        while let Some(c) = text.next() {
            for lower in c.to_lowercase() {
                alike = narrow(alike, depth, lower);
                depth += 1;
            }
            // One that is the beginning of others comes before them.
            let Some(shortest) = alike.first() else { break };
            if shortest.chars.len() == depth && !text.peek().copied().is_some_and(is_word) {
                longest = shortest.member;
            }
        }
        longest
    }
}

/// Of names that are alike up to a place, those with that character there.
fn narrow(names: &[Name], place: usize, wanted: char) -> &[Name] {
    let at = |name: &Name| name.chars.get(place).copied();
    if let [first, .., last] = names
        && at(first) == Some(wanted)
        && at(last) == Some(wanted)
    {
        return names;
    }
    let from = names.partition_point(|name| at(name) < Some(wanted));
    let to = names.partition_point(|name| at(name) <= Some(wanted));
    &names[from..to]
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
            (8, "Anna Smith Jones"),
        ];
        let names = Names::new(team.map(|(number, name)| (id(number), name.to_owned())));
        let table: &[(&str, &[u128])] = &[
            ("hello", &[]),
            ("@", &[]),
            ("@anna, look", &[1]),
            ("@ANNA SMITH!", &[2]),
            ("@Anna Smithers", &[1]),
            ("@Anna Smith Jonas", &[2]),
            ("@Anna Smith  Jones", &[2]),
            ("@anna smith jones.", &[8]),
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
