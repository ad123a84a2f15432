//! Whose feed is to be read anew, and in which turn. Pure.

use std::collections::{HashSet, VecDeque};
use tidings_storage::Actor;

/// People in turn, each once. Bounded by who is connected.
#[derive(Default)]
pub(super) struct Turns {
    queue: VecDeque<Actor>,
    /// The same.
    is_queued: HashSet<Actor>,
}

impl Turns {
    /// These get a turn, behind all who wait for one.
    pub(super) fn add(&mut self, actors: impl IntoIterator<Item = Actor>) {
        for actor in actors {
            if self.is_queued.insert(actor) {
                self.queue.push_back(actor);
            }
        }
    }

    /// Whose turn it is: so many at most.
    pub(super) fn take(&mut self, most: usize) -> Vec<Actor> {
        let taken: Vec<Actor> = self.queue.drain(..most.min(self.queue.len())).collect();
        for actor in &taken {
            self.is_queued.remove(actor);
        }
        taken
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::{FirmId, MemberId, Person};
    use uuid::Uuid;

    fn actor(number: u128) -> Actor {
        let person = Person::Member(MemberId(Uuid::from_u128(number)));
        Actor { firm: FirmId(Uuid::nil()), person }
    }

    #[test]
    fn everybody_gets_a_turn_however_often_all_are_asked_for() {
        let mut turns = Turns::default();
        let mut told = Vec::new();
        for _ in 0..3 {
            turns.add((0..5).map(actor));
            told.extend(turns.take(2));
        }
        assert_eq!(told, [0, 1, 2, 3, 4, 0].map(actor));
        assert!(!turns.is_empty());
        assert_eq!(turns.take(9).len(), 3);
        assert!(turns.is_empty());
    }
}
