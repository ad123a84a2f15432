//! Who looks at a thread: named while they are few, counted beyond that. What several nodes say of
//! one thread is put together here. Pure.

use std::collections::BTreeSet;
use tidings_protocol::{Person, limits};

/// Who looks at a thread, by the sockets of one node or of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looking {
    /// Who, in the order of their ids; nobody if they are too many to be named.
    pub people: Vec<Person>,
    /// How many.
    pub count: u32,
}

impl Looking {
    /// These people look.
    pub fn of(people: BTreeSet<Person>) -> Self {
        let count = u32::try_from(people.len()).unwrap_or(u32::MAX);
        if people.len() > limits::PRESENCE_PEOPLE_MAX {
            return Self { people: Vec::new(), count };
        }
        Self { people: people.into_iter().collect(), count }
    }

    /// Whether nobody looks.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether everybody is named.
    pub fn is_complete(&self) -> bool {
        u32::try_from(self.people.len()) == Ok(self.count)
    }

    /// These and those: somebody who looks by two nodes counts once, if all are named.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        if other.is_empty() {
            return self;
        }
        if self.is_complete() && other.is_complete() {
            let mut people: BTreeSet<Person> = self.people.drain(..).collect();
            people.extend(&other.people);
            return Self::of(people);
        }
        Self { people: Vec::new(), count: self.count.saturating_add(other.count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::room::tests::person;

    fn looking(people: std::ops::Range<u128>) -> Looking {
        Looking::of(people.map(person).collect())
    }

    #[test]
    fn nodes_are_put_together_by_name_while_names_are_known() {
        let max = limits::PRESENCE_PEOPLE_MAX as u128;
        for (one, other, named, count) in [
            (0..0, 0..0, 0, 0),
            (0..2, 0..0, 2, 2),
            (0..2, 1..4, 4, 4),
            (0..max, 0..max, max, max),
            (0..max, max..max + 1, 0, max + 1),
            // How many are the same is not known any more.
            (0..max + 1, 0..2, 0, max + 3),
            (0..max + 1, 0..0, 0, max + 1),
        ] {
            let (one, other) = (looking(one), looking(other));
            for sum in [one.clone().and(&other), other.and(&one)] {
                assert_eq!((sum.people.len() as u128, u128::from(sum.count)), (named, count));
                assert!(sum.people.is_sorted());
            }
        }
    }
}
