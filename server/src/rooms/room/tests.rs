//! Tables and small stories about one room, with sockets that only write down what they are sent.

use super::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tidings_protocol::{EventKind, MemberId, ReminderState, Timestamp};
use uuid::Uuid;

/// A socket that writes down what it is sent.
#[derive(Clone)]
pub(in crate::rooms) struct Notebook {
    id: SocketId,
    frames: Rc<RefCell<Vec<ServerFrame>>>,
    flushes: Rc<Cell<u32>>,
}

impl Notebook {
    pub(in crate::rooms) fn new(id: u64) -> Self {
        Self { id: SocketId(id), frames: Rc::default(), flushes: Rc::default() }
    }

    pub(in crate::rooms) fn last(&self) -> Option<ServerFrame> {
        self.frames.borrow().last().cloned()
    }

    pub(in crate::rooms) fn frames(&self) -> Vec<ServerFrame> {
        self.frames.borrow().clone()
    }

    pub(in crate::rooms) fn seqs(&self) -> Vec<u64> {
        let frames = self.frames.borrow();
        frames
            .iter()
            .filter_map(|frame| match frame {
                ServerFrame::Event(event) => Some(event.seq.0),
                _ => None,
            })
            .collect()
    }
}

impl Outlet for Notebook {
    fn id(&self) -> SocketId {
        self.id
    }

    fn queue(&self, frame: &SharedFrame) {
        self.frames.borrow_mut().push(frame.get().clone());
    }

    fn flush(&self) {
        self.flushes.set(self.flushes.get() + 1);
    }
}

pub(in crate::rooms) fn person(number: u128) -> Person {
    Person::Member(MemberId(Uuid::from_u128(number)))
}

/// A thread without reminders.
pub(in crate::rooms) fn nothing() -> Reminding {
    Reminding { head: Seq(0), state: ReminderState::default() }
}

pub(in crate::rooms) fn event(seq: u64) -> Event {
    Event {
        thread: ThreadId(Uuid::nil()),
        seq: Seq(seq),
        at_ms: Timestamp(0),
        actor: person(1),
        messages: 0,
        kind: EventKind::Archived {},
    }
}

fn room() -> Room<Notebook> {
    Room::new(ThreadId(Uuid::nil()))
}

fn seat(room: &mut Room<Notebook>, number: u64, have: u64) -> Notebook {
    let outlet = Notebook::new(number);
    room.open();
    let seat = Seat {
        outlet: outlet.clone(),
        person: person(number.into()),
        looking: true,
        reminder: nothing(),
    };
    assert_eq!(room.attach(seat, Seq(have)), Attach::Live);
    outlet
}

#[test]
fn arrivals_are_next_duplicate_or_gap() {
    for (delivered, arriving, expected) in [
        (None, 7, Arrival::Next),
        (Some(3), 4, Arrival::Next),
        (Some(3), 3, Arrival::Duplicate),
        (Some(3), 1, Arrival::Duplicate),
        (Some(3), 5, Arrival::Gap { after: Seq(3) }),
    ] {
        assert_eq!(classify(delivered.map(Seq), Seq(arriving)), expected);
    }
}

#[test]
fn everybody_hears_everything_once_in_order() {
    let mut room = room();
    let (early, late) = (seat(&mut room, 1, 0), seat(&mut room, 2, 2));
    let arrivals: Vec<Arrival> =
        [1, 2, 2, 4, 1, 3, 4, 5].into_iter().map(|seq| room.arrive(event(seq))).collect();
    assert_eq!(arrivals[3], Arrival::Gap { after: Seq(2) });
    assert_eq!(arrivals[4], Arrival::Duplicate);
    assert_eq!(room.run_pass(usize::MAX), 5 + 3);
    assert_eq!(early.seqs(), [1, 2, 3, 4, 5]);
    assert_eq!(late.seqs(), [3, 4, 5]);
}

#[test]
fn socket_that_joins_amid_events_misses_none() {
    let mut room = room();
    room.open();
    // Committed after the joining socket read the store up to 5, before it attached.
    room.arrive(event(6));
    room.arrive(event(7));
    let outlet = Notebook::new(1);
    let seat =
        Seat { outlet: outlet.clone(), person: person(1), looking: true, reminder: nothing() };
    assert_eq!(room.attach(seat, Seq(5)), Attach::Live);
    room.arrive(event(8));
    room.run_pass(usize::MAX);
    assert_eq!(outlet.seqs(), [6, 7, 8]);
}

#[test]
fn socket_too_far_behind_reads_the_store_again() {
    let mut room = room();
    seat(&mut room, 1, 0);
    room.open();
    for seq in 1..=100 {
        room.arrive(event(seq));
    }
    let outlet = Notebook::new(2);
    let again =
        || Seat { outlet: outlet.clone(), person: person(2), looking: true, reminder: nothing() };
    assert_eq!(room.attach(again(), Seq(35)), Attach::Behind { delivered: Seq(100) });
    assert_eq!(room.attach(again(), Seq(36)), Attach::Live);
    room.run_pass(usize::MAX);
    assert_eq!(outlet.seqs(), (37..=100).collect::<Vec<_>>());
}

#[test]
fn room_remembers_little_of_long_messages() {
    let mut room = room();
    seat(&mut room, 1, 0);
    room.open();
    for seq in 1..=5 {
        let body = "x".repeat(RECENT_BYTES_MAX / 2);
        let key = tidings_protocol::ClientKey(Uuid::nil());
        let kind = EventKind::MessagePosted { key, body, edited_ms: None, deleted: false };
        room.arrive(Event { kind, ..event(seq) });
    }
    assert_eq!(room.recent.len(), 2);
    assert_eq!(room.recent_bytes, RECENT_BYTES_MAX);
}

#[test]
fn room_remembers_nothing_while_nobody_is_joining() {
    let mut room = room();
    seat(&mut room, 1, 0);
    room.arrive(event(1));
    assert!(room.recent.is_empty());
    room.open();
    room.open();
    room.arrive(event(2));
    room.give_up();
    assert_eq!(room.recent.len(), 1, "one is still joining");
    room.give_up();
    assert!(room.recent.is_empty());
    let late = Notebook::new(2);
    room.open();
    let again =
        || Seat { outlet: late.clone(), person: person(2), looking: true, reminder: nothing() };
    assert_eq!(room.attach(again(), Seq(1)), Attach::Behind { delivered: Seq(2) });
    assert_eq!(room.attach(again(), Seq(2)), Attach::Live);
    room.arrive(event(3));
    room.run_pass(usize::MAX);
    assert_eq!(late.seqs(), [3]);
}

#[test]
fn leaving_amid_a_pass_costs_nobody_a_frame() {
    for leaver in 1..=5 {
        for slice in 1..=4 {
            let mut room = room();
            let outlets: Vec<Notebook> = (1..=5).map(|n| seat(&mut room, n, 0)).collect();
            room.arrive(event(1));
            room.run_pass(slice);
            room.detach(SocketId(leaver));
            room.arrive(event(2));
            while room.has_work() {
                room.run_pass(slice);
            }
            for outlet in outlets.iter().filter(|outlet| outlet.id.0 != leaver) {
                assert_eq!(outlet.seqs(), [1, 2], "leaver {leaver}, slice {slice}");
            }
        }
    }
}

#[test]
fn what_arrives_during_a_pass_goes_out_together_after_it() {
    let mut room = room();
    let outlets: Vec<Notebook> = (1..=3).map(|n| seat(&mut room, n, 0)).collect();
    for outlet in &outlets {
        outlet.flushes.set(0);
    }
    room.arrive(event(1));
    assert_eq!(room.run_pass(2), 2);
    room.arrive(event(2));
    room.arrive(event(3));
    assert_eq!(room.run_pass(2), 1);
    assert_eq!(room.run_pass(3), 6);
    assert!(!room.has_work());
    assert!(outlets.iter().all(|outlet| outlet.seqs() == [1, 2, 3]));
    assert!(outlets.iter().all(|outlet| outlet.flushes.get() == 2), "one write in each pass");
}

#[test]
fn receipts_are_merged_and_never_go_back() {
    let mut room = room();
    let outlet = seat(&mut room, 1, 0);
    room.read(person(2), Seq(5));
    room.read(person(2), Seq(3));
    room.tell_news();
    room.run_pass(usize::MAX);
    let receipts = vec![Receipt { person: person(2), seq: Seq(5) }];
    let told = ServerFrame::Receipts { thread: ThreadId(Uuid::nil()), receipts };
    assert!(outlet.frames.borrow().contains(&told));
    assert!(!room.has_news());
    room.read(person(2), Seq(4));
    assert!(!room.has_news(), "one that comes late is behind what was told");
    room.read(person(2), Seq(5));
    assert!(!room.has_news(), "one that comes twice was told");
    room.read(person(2), Seq(6));
    assert!(room.has_news());
}

#[test]
fn who_joins_misses_no_receipt_that_is_told_meanwhile() {
    let mut room = room();
    let _other = seat(&mut room, 1, 0);
    room.open();
    // The store is read here.
    room.read(person(2), Seq(5));
    room.tell_news();
    room.run_pass(usize::MAX);
    let late = Notebook::new(3);
    let seat =
        Seat { outlet: late.clone(), person: person(3), looking: false, reminder: nothing() };
    assert_eq!(room.attach(seat, Seq(0)), Attach::Live);
    let receipts = vec![Receipt { person: person(2), seq: Seq(5) }];
    let told = ServerFrame::Receipts { thread: ThreadId(Uuid::nil()), receipts };
    assert!(late.frames.borrow().contains(&told));
}

#[test]
fn who_is_seated_amid_a_pass_hears_of_no_receipt_that_goes_back() {
    let mut room = room();
    let _others = [seat(&mut room, 1, 0), seat(&mut room, 2, 0)];
    room.open();
    let read = |room: &mut Room<Notebook>, seq| {
        room.read(person(9), Seq(seq));
        room.tell_news();
    };
    read(&mut room, 4);
    room.run_pass(usize::MAX);
    read(&mut room, 5);
    room.run_pass(1);
    read(&mut room, 7);
    let late = Notebook::new(3);
    let seat =
        Seat { outlet: late.clone(), person: person(3), looking: false, reminder: nothing() };
    assert_eq!(room.attach(seat, Seq(0)), Attach::Live);
    while room.has_work() {
        room.run_pass(1);
    }
    let frames = late.frames.borrow();
    let told = frames.iter().filter_map(|frame| match frame {
        ServerFrame::Receipts { receipts, .. } => Some(receipts),
        _ => None,
    });
    let told: Vec<u64> = told.flatten().map(|receipt| receipt.seq.0).collect();
    assert_eq!(told, [4, 5, 7]);
}

#[test]
fn typing_is_told_to_everybody_else() {
    let mut room = room();
    let (writer, reader) = (seat(&mut room, 1, 0), seat(&mut room, 2, 0));
    room.typing(person(1));
    room.run_pass(usize::MAX);
    assert!(writer.frames.borrow().is_empty());
    assert_eq!(reader.frames.borrow().len(), 1);
}

#[test]
fn person_with_two_devices_is_present_until_both_look_away() {
    let mut room = room();
    room.open();
    room.open();
    for id in [1, 2] {
        let seat = Seat {
            outlet: Notebook::new(id),
            person: person(1),
            looking: true,
            reminder: nothing(),
        };
        assert_eq!(room.attach(seat, Seq(0)), Attach::Live);
    }
    room.look(SocketId(1), false);
    assert_eq!(room.present().people, [person(1)]);
    room.detach(SocketId(2));
    assert!(room.present().is_empty());
}

#[test]
fn room_is_kept_while_somebody_is_joining() {
    let mut room = room();
    room.open();
    assert!(!room.is_empty());
    room.give_up();
    assert!(room.is_empty());
}
