//! What a device says.

use crate::client::device::{Asked, Device, Draft, Habit, Seat, State};
use crate::client::message;
use crate::record::{Micros, ThreadIx};
use std::rc::Rc;
use tidings_protocol::{ClientFrame, Command, RequestId, Seq, TaskId, ThreadId};

impl Device {
    /// Joins a thread now, or as soon as it is up, and again whenever it comes back. `after` is
    /// what it claims to have at first.
    pub fn join(&self, id: ThreadId, thread: ThreadIx, after: Option<Seq>) {
        let seen = self.world.recorder().seen_by(self.person, self.index, thread);
        let seat = Seat { id, thread, seen, last: after, until: None, joined: false };
        self.seats.borrow_mut().push(seat);
        if self.is_up() {
            self.ask_to_join(id, after, self.world.clock.now());
        }
    }

    pub(super) fn ask_to_join(&self, thread: ThreadId, after: Option<Seq>, began: Micros) {
        self.ask(Command::Join { thread, after }, Asked::Join { thread, after, began });
    }

    /// Posts a message to the `place`th thread that it joined. It was due at that moment, however
    /// late this is; without a connection it waits for one.
    pub fn post(&self, place: usize, due: Micros) {
        let (thread, ix) = {
            let seats = self.seats.borrow();
            let Some(seat) = seats.get(place) else { return };
            (seat.id, seat.thread)
        };
        let key = self.world.new_key();
        let body = message::hash(&message::body(due, self.world.manners.body_bytes));
        let post = self.world.recorder().post(self.person, ix, key, body, self.world.clock.now());
        if self.habit.get() == Habit::PostOnDelivery {
            self.awaited.borrow_mut().push(key);
        }
        self.world.count(|counts| counts.posted += 1);
        self.send_draft(Draft { post, thread, key, due });
    }

    /// Posts the same message twice in a row: the second must change nothing.
    pub fn post_twice(&self, place: usize, due: Micros) {
        self.post(place, due);
        let again = self.asked.borrow().values().find_map(|asked| match asked {
            Asked::Post(draft) if draft.due == due => Some(*draft),
            _ => None,
        });
        if let Some(draft) = again {
            self.send_draft(draft);
        }
    }

    /// Sends what waits for a connection.
    pub(super) fn send_unsent(&self) {
        let unsent = std::mem::take(&mut *self.unsent.borrow_mut());
        for draft in unsent {
            self.send_draft(draft);
        }
    }

    pub(super) fn send_draft(&self, draft: Draft) {
        let Some(number) = self.connection_number() else {
            return self.unsent.borrow_mut().push_back(draft);
        };
        self.world.recorder().sent(draft.post, number);
        let body = message::body(draft.due, self.world.manners.body_bytes);
        let Draft { thread, key, .. } = draft;
        let command = Command::PostMessage { thread, key, body, mentions: Vec::new() };
        self.ask(command, Asked::Post(draft));
    }

    /// The number of the connection, if it is up.
    pub(super) fn connection_number(&self) -> Option<u32> {
        (self.state.get() == State::Up).then(|| Some(self.link.borrow().as_ref()?.number))?
    }

    /// Sends a post that must be refused: to a thread that this person does not see, with no body,
    /// or with one that is too long.
    pub fn post_badly(&self, place: usize, stranger: ThreadId) {
        let seats = self.seats.borrow();
        let (Some(number), Some(seat)) = (self.connection_number(), seats.get(place)) else {
            return;
        };
        let (thread, ix) = (seat.id, seat.thread);
        drop(seats);
        let now = self.world.clock.now();
        let (thread, body) = match fastrand::u8(..3) {
            0 => (stranger, message::body(now, self.world.manners.body_bytes)),
            1 => (thread, String::new()),
            _ => (thread, "x".repeat(tidings_protocol::limits::MESSAGE_BODY_BYTES_MAX + 1)),
        };
        let key = self.world.new_key();
        let hash = message::hash(&body);
        let post = self.world.recorder().post(self.person, ix, key, hash, now);
        self.world.recorder().sent(post, number);
        let command = Command::PostMessage { thread, key, body, mentions: Vec::new() };
        self.ask(command, Asked::Bad(post));
    }

    /// Says that it has read all it has of a thread.
    pub fn read(&self, place: usize) {
        let seats = self.seats.borrow();
        let (true, Some(seat)) = (self.is_up(), seats.get(place)) else { return };
        let (thread, ix) = (seat.id, seat.thread);
        let Some(up_to) = seat.last else { return };
        drop(seats);
        self.ask(Command::Read { thread, up_to }, Asked::Read { thread: ix });
    }

    /// Says that it is writing.
    pub fn type_something(&self, place: usize) {
        self.other(place, |thread| Command::Typing { thread });
    }

    /// Turns to a thread, or away.
    pub fn look(&self, place: usize, looking: bool) {
        self.other(place, |thread| Command::Presence { thread, looking });
    }

    /// Ticks or unticks a task.
    pub fn tick(&self, place: usize, task: TaskId, done: bool) {
        self.other(place, |thread| {
            if done {
                Command::TickTask { thread, task }
            } else {
                Command::UntickTask { thread, task }
            }
        });
    }

    fn other(&self, place: usize, command: impl FnOnce(ThreadId) -> Command) {
        let thread = self.seats.borrow().get(place).filter(|seat| seat.joined).map(|seat| seat.id);
        if let (true, Some(thread)) = (self.is_up(), thread) {
            let command = command(thread);
            let name = command.name();
            self.ask(command, Asked::Other { name });
        }
    }

    /// Changes what it does by itself.
    pub fn set_habit(&self, habit: Habit) {
        self.habit.set(habit);
        self.awaited.borrow_mut().clear();
    }

    /// Loses its connection without a word, and comes back.
    pub fn drop_connection(&self) {
        if let Some(link) = self.link.borrow().as_ref() {
            link.cut();
        }
    }

    /// Says goodbye, and won't come back.
    pub fn stop(self: &Rc<Self>) {
        self.stopping.set(true);
        if let Some(link) = self.link.borrow().as_ref() {
            link.close();
        }
    }

    pub(super) fn ask(&self, command: Command, asked: Asked) {
        let id = RequestId(self.next_id.replace(self.next_id.get() + 1));
        self.asked.borrow_mut().insert(id, asked);
        let payload = self.route.encoding.encode_client(&ClientFrame { id, command });
        let link = self.link.borrow();
        let Some(link) = link.as_ref() else { return };
        if link.send(&payload).is_err() {
            // Whoever reads meets the end of the connection, and what has no answer is sent again.
            link.cut();
        }
    }
}
