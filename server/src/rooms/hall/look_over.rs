//! Rooms that may have missed something of other nodes, beside how their threads stand.

use super::{Hall, Repair};
use crate::rooms::room::{Outlet, Reminding};
use std::collections::HashSet;
use tidings_protocol::{FirmId, Receipt, ThreadId};
use tidings_storage::Pulse;

impl<O: Outlet> Hall<O> {
    /// The threads that have a room, of these firms or all, in the order of their ids; and those of
    /// which it is not known yet whose they are.
    pub fn threads_of(&self, firms: Option<&HashSet<FirmId>>) -> Vec<ThreadId> {
        let concerned = |firm: Option<FirmId>| {
            firms.is_none_or(|firms| firm.is_none_or(|firm| firms.contains(&firm)))
        };
        let rooms = self.rooms.iter().filter(|(_, room)| concerned(room.firm()));
        let mut threads: Vec<ThreadId> = rooms.map(|(thread, _)| *thread).collect();
        threads.sort_unstable();
        threads
    }

    /// How a thread stands. How far its reminders are is told, if that is not what was told last.
    /// Says what the room misses, and whether anybody has read further since
    /// the last look: then [`Self::all_read`] is to be told.
    #[must_use]
    pub fn look_over(&mut self, pulse: &Pulse) -> (Option<Repair>, bool) {
        if !self.rooms.contains_key(&pulse.thread) {
            return (None, false);
        }
        self.remind(pulse.thread, Reminding { head: pulse.head, state: pulse.reminder });
        let receipts = self.read.get(&pulse.thread) != Some(&pulse.read);
        (self.hear_of(pulse.thread, pulse.head), receipts)
    }

    /// How far everybody has read a thread, of which `sum` is the sum, or was before.
    pub fn all_read(&mut self, thread: ThreadId, sum: u64, receipts: Vec<Receipt>) {
        if !self.rooms.contains_key(&thread) {
            return;
        }
        self.read.insert(thread, sum);
        for Receipt { person, seq } in receipts {
            self.read(thread, person, seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::room::tests::{Notebook, nothing, person};
    use crate::rooms::room::{Attach, Seat};
    use tidings_protocol::{ReminderState, Seq, ServerFrame, Timestamp};
    use tidings_storage::Epoch;
    use uuid::Uuid;

    const THREAD: ThreadId = ThreadId(Uuid::nil());
    const FIRM: FirmId = FirmId(Uuid::from_u128(7));

    fn pulse(head: u64, read: u64) -> Pulse {
        let reminder = ReminderState::default();
        Pulse { thread: THREAD, firm: FIRM, epoch: Epoch(0), head: Seq(head), read, reminder }
    }

    #[test]
    fn a_look_finds_what_a_room_missed_and_tells_of_it_once() {
        let mut hall = Hall::default();
        assert_eq!(hall.look_over(&pulse(4, 1)), (None, false), "no room, nothing missed");
        hall.open(THREAD);
        let outlet = Notebook::new(1);
        let seat =
            Seat { outlet: outlet.clone(), person: person(1), looking: false, reminder: nothing() };
        assert_eq!(hall.attach(THREAD, seat, Seq(3)), Some(Attach::Live));
        let repair = Repair { thread: THREAD, after: Seq(3) };
        assert_eq!(hall.look_over(&pulse(4, 5)), (Some(repair), true));
        assert_eq!(hall.look_over(&pulse(4, 5)), (None, true), "it is on its way");
        let receipts = vec![Receipt { person: person(2), seq: Seq(4) }];
        hall.all_read(THREAD, 5, receipts.clone());
        assert_eq!(hall.look_over(&pulse(4, 5)), (None, false));
        assert_eq!(hall.look_over(&pulse(4, 6)), (None, true));
        assert!(hall.tick().is_empty());
        hall.send_round();
        assert_eq!(outlet.last(), Some(ServerFrame::Receipts { thread: THREAD, receipts }));
    }

    #[test]
    fn a_look_finds_reminders_of_which_nobody_was_told() {
        let mut hall = Hall::default();
        hall.open(THREAD);
        let outlet = Notebook::new(1);
        let reminder = nothing();
        let seat = Seat { outlet: outlet.clone(), person: person(1), looking: false, reminder };
        assert_eq!(hall.attach(THREAD, seat, Seq(1)), Some(Attach::Live));
        let next_ms = Some(Timestamp(9));
        let reminder = ReminderState { pending: true, sent: 1, next_ms };
        for _ in 0..2 {
            assert_eq!(hall.look_over(&Pulse { reminder, ..pulse(1, 0) }), (None, true));
            assert!(hall.tick().is_empty());
            hall.send_round();
        }
        assert_eq!(outlet.frames(), [ServerFrame::ReminderChanged { thread: THREAD, reminder }]);
    }

    #[test]
    fn rooms_are_found_by_their_firms_and_while_those_are_unknown() {
        let mut hall: Hall<Notebook> = Hall::default();
        hall.open(THREAD);
        let others = HashSet::from([FirmId(Uuid::nil())]);
        assert_eq!(hall.threads_of(Some(&others)), [THREAD]);
        hall.belongs(THREAD, FIRM);
        assert_eq!(hall.threads_of(Some(&others)), []);
        assert_eq!(hall.threads_of(Some(&HashSet::from([FIRM]))), [THREAD]);
        assert_eq!(hall.threads_of(None), [THREAD]);
    }
}
