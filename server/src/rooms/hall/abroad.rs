//! Rooms whose threads have sockets at other nodes: what is told of who looks at them.

use super::Hall;
use crate::rooms::looking::Looking;
use crate::rooms::room::{Outlet, Room};
use std::collections::{BTreeMap, BTreeSet};
use tidings_protocol::{FirmId, ThreadId};

/// Threads of which other nodes are to be told who looks at them here. Bounded by rooms: those
/// there are, and those that were left since others were told last.
#[derive(Debug, Default)]
pub(super) struct ToTell(BTreeMap<ThreadId, Telling>);

#[derive(Debug)]
struct Telling {
    firm: FirmId,
    /// Even if they were told the same last.
    again: bool,
}

impl ToTell {
    /// A room's presence may have changed.
    pub(super) fn note<O: Outlet>(&mut self, thread: ThreadId, room: &Room<O>) {
        if let Some(firm) = room.firm() {
            self.0.entry(thread).or_insert(Telling { firm, again: false });
        }
    }

    /// A room is disposed of.
    pub(super) fn left<O: Outlet>(&mut self, thread: ThreadId, room: &Room<O>) {
        if let Some(firm) = room.believed() {
            self.0.insert(thread, Telling { firm, again: true });
        }
    }
}

impl<O: Outlet> Hall<O> {
    /// Whether a thread has a room.
    pub fn has(&self, thread: ThreadId) -> bool {
        self.rooms.contains_key(&thread)
    }

    /// There are other nodes, and this is who looks at a thread by them.
    pub fn looking_elsewhere(&mut self, thread: ThreadId, others: Looking) {
        if let Some(room) = self.rooms.get_mut(&thread) {
            room.looking_elsewhere(others);
        }
        self.note(thread);
    }

    /// Says whose thread it is: from now on other nodes are to be told who looks at it.
    pub fn belongs(&mut self, thread: ThreadId, firm: FirmId) {
        if let Some(room) = self.rooms.get_mut(&thread) {
            room.belongs(firm);
        }
    }

    /// Other nodes ask who looks at the threads of these firms.
    pub fn asked(&mut self, firms: &BTreeSet<FirmId>) {
        if firms.is_empty() {
            return;
        }
        for (thread, room) in self.rooms.iter().filter(|(_, room)| room.is_looked_at()) {
            if let Some(firm) = room.firm().filter(|firm| firms.contains(firm)) {
                self.to_tell.0.insert(*thread, Telling { firm, again: true });
            }
        }
    }

    /// What is to be told to other nodes of who looks at which thread here: so many threads at
    /// most, and the rest the next time.
    pub fn tell_others(&mut self, threads_max: usize) -> Vec<(FirmId, ThreadId, Looking)> {
        let mut told = Vec::new();
        while told.len() < threads_max
            && let Some((thread, Telling { firm, again })) = self.to_tell.0.pop_first()
        {
            let looking = match self.rooms.get_mut(&thread) {
                Some(room) if room.firm() == Some(firm) => room.tell_others(again),
                // Nobody is there; if somebody is joining, that is told later.
                _ => Some(Looking::default()),
            };
            told.extend(looking.map(|looking| (firm, thread, looking)));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::room::tests::{Notebook, nothing, person};
    use crate::rooms::room::{Attach, Seat};
    use crate::socket::SocketId;
    use tidings_protocol::{Seq, ServerFrame};
    use uuid::Uuid;

    const THREAD: ThreadId = ThreadId(Uuid::nil());
    const FIRM: FirmId = FirmId(Uuid::from_u128(7));

    fn looking(people: &[u128]) -> Looking {
        Looking::of(people.iter().copied().map(person).collect())
    }

    fn sit(hall: &mut Hall<Notebook>, number: u64) -> Notebook {
        hall.open(THREAD);
        let outlet = Notebook::new(number);
        let seat = Seat {
            outlet: outlet.clone(),
            person: person(number.into()),
            looking: true,
            reminder: nothing(),
        };
        hall.belongs(THREAD, FIRM);
        assert_eq!(hall.attach(THREAD, seat, Seq(0)), Some(Attach::Live));
        outlet
    }

    /// The next news, and what other nodes are told then.
    fn told(hall: &mut Hall<Notebook>) -> Vec<Looking> {
        assert!(hall.tick().is_empty());
        hall.send_round();
        hall.tell_others(10).into_iter().map(|(_, _, looking)| looking).collect()
    }

    #[test]
    fn other_nodes_are_told_who_looks_here_when_that_changes_or_they_ask() {
        let mut hall = Hall::default();
        sit(&mut hall, 1);
        assert_eq!(told(&mut hall), [looking(&[1])]);
        sit(&mut hall, 2);
        hall.look(THREAD, SocketId(1), false);
        assert_eq!(told(&mut hall), [looking(&[2])]);
        hall.look(THREAD, SocketId(1), true);
        hall.look(THREAD, SocketId(1), false);
        assert_eq!(told(&mut hall), [], "as it was");
        // What is said elsewhere is not passed on.
        hall.looking_elsewhere(THREAD, looking(&[3]));
        assert_eq!(told(&mut hall), []);
        hall.asked(&BTreeSet::from([FirmId(Uuid::nil())]));
        assert_eq!(told(&mut hall), [], "another firm's");
        hall.asked(&BTreeSet::from([FIRM]));
        assert_eq!(told(&mut hall), [looking(&[2])]);
    }

    #[test]
    fn nobody_is_believed_to_look_at_what_was_left() {
        let mut hall = Hall::default();
        sit(&mut hall, 1);
        assert_eq!(told(&mut hall), [looking(&[1])]);
        hall.detach(THREAD, SocketId(1));
        assert!(hall.is_empty());
        // Somebody joins before the others are told, who does not look.
        sit(&mut hall, 2);
        hall.look(THREAD, SocketId(2), false);
        assert_eq!(told(&mut hall), [looking(&[])]);
        hall.detach(THREAD, SocketId(2));
        assert_eq!(told(&mut hall), [], "nobody believed it");
    }

    #[test]
    fn a_room_is_told_who_looks_here_and_elsewhere() {
        let mut hall = Hall::default();
        let outlet = sit(&mut hall, 1);
        told(&mut hall);
        hall.looking_elsewhere(THREAD, looking(&[1, 2]));
        assert_eq!(hall.few_present(THREAD), [person(1), person(2)]);
        told(&mut hall);
        let people = vec![person(1), person(2)];
        let presence = ServerFrame::Presence { thread: THREAD, people, count: 2 };
        assert_eq!(outlet.last(), Some(presence));
    }

    #[test]
    fn who_is_not_the_firms_says_nothing_of_its_threads() {
        let mut hall: Hall<Notebook> = Hall::default();
        hall.open(THREAD);
        hall.give_up(THREAD);
        assert_eq!(told(&mut hall), []);
    }
}
