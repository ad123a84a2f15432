//! What a room tells of its thread's reminders: how far they are, merged, and only the latest.
//!
//! Commits of one thread are made by several nodes, and come here in any order; looks at the store and
//! what somebody was told on joining come in between. So each state has a place ([`Place`]) in the
//! order in which the store went through them, and a room goes forward in it only.

use super::{Outgoing, Outlet, Room, SharedFrame};
use std::sync::Arc;
use tidings_protocol::{ReminderState, Seq, ServerFrame, Timestamp};

/// How far reminders were when the log reached so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminding {
    /// The last event then.
    pub head: Seq,
    /// How far they were.
    pub state: ReminderState,
}

/// Where a state stands among all that the thread was ever in.
///
/// The later event is the later state. Between two events only this can happen, and in this order: a
/// reminder for which there is nobody moves the next one to a later time, any number of times; and
/// somebody of the client reads all there is, after which none is due until there is another event.
/// So of two states at one event the one whose next reminder is later is the later one, and last
/// comes that of which none is due. Two at one place are the same: how many were sent changes only
/// with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    head: Seq,
    next: Timestamp,
}

impl Reminding {
    /// Whether the other one is later.
    pub(in crate::rooms) fn is_before(&self, other: &Self) -> bool {
        self.place() < other.place()
    }

    /// Where it stands.
    pub(super) fn place(&self) -> Place {
        let next = self.state.next_ms.unwrap_or(Timestamp(i64::MAX));
        Place { head: self.head, next }
    }
}

/// What a room knows of it.
#[derive(Debug, Default)]
pub(super) struct Reminded {
    /// The latest it heard of; none before the first news or seat.
    latest: Option<Reminding>,
    /// It is to be told.
    due: bool,
    /// Somebody who joined had read a later one than the room had heard of. Until the room is as far,
    /// not everybody was told the same.
    ahead: Option<Place>,
}

impl Reminded {
    /// Whether there is something to tell.
    pub(super) fn is_due(&self) -> bool {
        self.due
    }
}

impl<O: Outlet> Room<O> {
    /// How far the reminders are, by a commit or a look at the store. What comes late or twice is not
    /// told: it was, or something later.
    pub fn remind(&mut self, now: Reminding) {
        let reminded = &mut self.reminded;
        let place = now.place();
        if reminded.latest.is_some_and(|latest| latest.place() >= place) {
            return;
        }
        let same = reminded.latest.is_some_and(|latest| latest.state == now.state);
        reminded.latest = Some(now);
        let news = !same || reminded.ahead.is_some();
        reminded.due |= news && !self.seats.is_empty();
        reminded.ahead = reminded.ahead.filter(|ahead| *ahead > place);
    }

    /// A socket is about to be seated that was told this on joining. What the room has told since, it
    /// is told now; what the room has yet to tell, it will be. Says from where on it is told: frames
    /// under way may be older than what it was told on joining, or now.
    pub(super) fn seat_reminded(&mut self, outlet: &O, told: Reminding) -> Place {
        let reminded = &mut self.reminded;
        let latest = *reminded.latest.get_or_insert(told);
        let place = told.place();
        if latest.place() < place {
            // Not for the others yet: an end of access that came before it may be on its way here.
            if latest.state != told.state {
                reminded.ahead = reminded.ahead.max(Some(place));
            }
            return place;
        }
        if reminded.due {
            return place;
        }
        if latest.state != told.state {
            outlet.queue(&SharedFrame::new(self.reminder_frame(latest.state)));
        }
        latest.place()
    }

    /// Puts the latest into the next pass, if it is to be told.
    pub(super) fn tell_reminder(&mut self) {
        if std::mem::take(&mut self.reminded.due)
            && let Some(latest) = self.reminded.latest
        {
            let frame = Arc::new(SharedFrame::new(self.reminder_frame(latest.state)));
            let reminder = Some(latest.place());
            self.waiting.push(Outgoing { frame, seq: None, reminder, except: None });
        }
    }

    fn reminder_frame(&self, reminder: ReminderState) -> ServerFrame {
        ServerFrame::ReminderChanged { thread: self.thread, reminder }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Notebook, person};
    use super::*;
    use crate::rooms::room::{Attach, Seat};
    use tidings_protocol::ThreadId;
    use uuid::Uuid;

    const THREAD: ThreadId = ThreadId(Uuid::nil());

    /// At an event, with the next one due then; none for 0.
    fn at(head: u64, next: i64) -> Reminding {
        let next_ms = (next > 0).then_some(Timestamp(next));
        let state = ReminderState { pending: next > 0, sent: 0, next_ms };
        Reminding { head: Seq(head), state }
    }

    fn sit(room: &mut Room<Notebook>, number: u64, reminder: Reminding) -> Notebook {
        let outlet = Notebook::new(number);
        let person = person(number.into());
        let seat = Seat { outlet: outlet.clone(), person, looking: false, reminder };
        assert_eq!(room.attach(seat, Seq(0)), Attach::Live);
        outlet
    }

    fn room() -> (Room<Notebook>, Notebook) {
        let mut room = Room::new(THREAD);
        room.open();
        let outlet = sit(&mut room, 1, at(1, 0));
        (room, outlet)
    }

    fn tell(room: &mut Room<Notebook>, now: Reminding) {
        room.remind(now);
        room.tell_news();
    }

    /// When the next one is due, of all that was told.
    fn told(outlet: &Notebook) -> Vec<i64> {
        let frames = outlet.frames();
        let next = frames.into_iter().filter_map(|frame| match frame {
            ServerFrame::ReminderChanged { reminder, .. } => {
                Some(reminder.next_ms.map_or(0, |next| next.0))
            }
            _ => None,
        });
        next.collect()
    }

    #[test]
    fn a_later_state_wins_in_whatever_order_they_come() {
        let inorder = [at(2, 50), at(2, 60), at(2, 0), at(3, 40), at(4, 0), at(5, 40)];
        for (index, one) in inorder.iter().enumerate() {
            for (other, two) in inorder.iter().enumerate() {
                assert_eq!(one.place().cmp(&two.place()), index.cmp(&other));
            }
        }
        let (mut room, outlet) = room();
        for index in [1, 0, 3, 2, 2, 5, 4, 5] {
            tell(&mut room, inorder[index]);
            room.run_pass(usize::MAX);
        }
        assert_eq!(told(&outlet), [60, 40], "the last is as the one before");
    }

    #[test]
    fn only_the_latest_is_told_and_once() {
        let (mut room, outlet) = room();
        room.remind(at(2, 50));
        room.remind(at(3, 70));
        tell(&mut room, at(3, 70));
        tell(&mut room, at(9, 70));
        room.run_pass(usize::MAX);
        assert!(!room.has_news());
        assert_eq!(told(&outlet), [70]);
    }

    #[test]
    fn who_joins_misses_no_state_that_is_told_meanwhile() {
        let (mut room, _) = room();
        room.open();
        tell(&mut room, at(2, 50));
        room.run_pass(usize::MAX);
        let early = sit(&mut room, 2, at(1, 0));
        assert_eq!(told(&early), [50]);
        room.open();
        room.remind(at(3, 0));
        let early = sit(&mut room, 3, at(2, 50));
        assert!(told(&early).is_empty(), "it will be, with the others");
        room.tell_news();
        room.run_pass(usize::MAX);
        assert_eq!(told(&early), [0]);
    }

    #[test]
    fn who_is_seated_amid_a_pass_hears_of_no_state_that_is_over() {
        let (mut room, first) = room();
        room.open();
        let _second = sit(&mut room, 2, at(1, 0));
        room.open();
        tell(&mut room, at(2, 50));
        room.run_pass(1);
        tell(&mut room, at(3, 60));
        // It had read the store later than what is under way to the others, or has yet to be.
        let late = sit(&mut room, 3, at(4, 70));
        while room.has_work() {
            room.run_pass(1);
        }
        tell(&mut room, at(4, 65));
        room.run_pass(usize::MAX);
        assert!(told(&late).is_empty());
        tell(&mut room, at(4, 70));
        tell(&mut room, at(5, 0));
        room.run_pass(usize::MAX);
        assert_eq!((told(&first), told(&late)), (vec![50, 60, 65, 70, 0], vec![0]));
    }

    #[test]
    fn who_was_told_otherwise_on_joining_is_told_how_it_is() {
        let (mut room, first) = room();
        room.open();
        // All that was told of this one is lost, and so is what came after it.
        let late = sit(&mut room, 2, at(2, 50));
        tell(&mut room, at(3, 0));
        room.run_pass(usize::MAX);
        assert_eq!((told(&first), told(&late)), (vec![0], vec![0]));
    }
}
