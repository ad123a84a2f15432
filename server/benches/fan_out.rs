//! What a room costs for each delivery, without the kernel: events arrive, are encoded once, and
//! one pass sends them to every seat. The outlets are in memory and take what is sent at once, as a
//! kernel does that is never full.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use parking_lot::Mutex;
use std::fmt;
use std::time::Duration;
use tidings_protocol::{
    ClientKey, ContactId, Encoding, Event, EventKind, MemberId, Person, ReminderState, Seq,
    ThreadId, Timestamp,
};
use tidings_server::rooms::{Arrival, Attach, Outlet, Reminding, Room, Seat};
use tidings_server::socket::{Batch, Pushed, SendQueue, SharedFrame, SocketId};
use uuid::Uuid;

/// A message of the usual length, with the few characters that JSON escapes.
const BODY: &str = "Dear Olivia,\n\nhere are the receipts of the second quarter. The one of \
    the **new oven** is missing, \"lost in the post\" says our supplier; he promised a copy for \
    next week. Is that still in time?\n\nCarla";
const _: () = assert!(BODY.len() == 200);

/// What may wait for one socket: far more than one pass queues.
const OUTBOUND_BYTES_MAX: usize = 1024 * 1024;

const CROWDS: [Crowd; 4] = [
    Crowd { seats: 4, events: 1 },
    Crowd { seats: 4, events: 10 },
    Crowd { seats: 1_000, events: 1 },
    Crowd { seats: 1_000, events: 10 },
];

fn main() {
    divan::Divan::default().min_time(Duration::from_millis(500)).config_with_args().main();
}

/// How many listen, and how much has come together for one pass.
#[derive(Clone, Copy)]
struct Crowd {
    seats: u64,
    events: u64,
}

impl fmt::Display for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} seats, {} a pass", self.seats, self.events)
    }
}

/// The sending half of a socket, but for the kernel.
struct Memory {
    id: SocketId,
    encoding: Encoding,
    queue: Mutex<SendQueue>,
}

impl Outlet for Memory {
    fn id(&self) -> SocketId {
        self.id
    }

    fn queue(&self, frame: &SharedFrame) {
        let pushed = self.queue.lock().push(frame.bytes(self.encoding).clone());
        assert_eq!(pushed, Pushed::Queued);
    }

    fn flush(&self) {
        let mut queue = self.queue.lock();
        let bytes = queue.pieces().map(|piece| black_box(piece).len()).sum();
        queue.advance(bytes);
    }

    fn send(&self, batch: &Batch) {
        let queue = self.queue.lock();
        assert!(queue.is_open() && queue.is_empty());
        black_box(batch.bytes(self.encoding).len());
    }
}

/// A room with all its seats taken; every third client speaks postcard.
fn room(seats: u64) -> Room<Memory> {
    let mut room = Room::new(ThreadId(Uuid::nil()));
    for number in 1..=seats {
        let encoding = if number % 3 == 0 { Encoding::Postcard } else { Encoding::Json };
        let queue = Mutex::new(SendQueue::new(OUTBOUND_BYTES_MAX));
        let outlet = Memory { id: SocketId(number), encoding, queue };
        let person = Person::Member(MemberId(Uuid::from_u128(number.into())));
        room.open();
        let reminder = Reminding { head: Seq(0), state: ReminderState::default() };
        let seat = Seat { outlet, person, looking: true, reminder };
        let attached = room.attach(seat, Seq(0));
        assert_eq!(attached, Attach::Live);
    }
    room
}

fn event(seq: u64) -> Event {
    Event {
        thread: ThreadId(Uuid::nil()),
        seq: Seq(seq),
        at_ms: Timestamp(1_767_225_600_000),
        actor: Person::Contact(ContactId(Uuid::from_u128(1))),
        messages: seq,
        kind: EventKind::MessagePosted {
            key: ClientKey(Uuid::from_u128(seq.into())),
            body: BODY.to_owned(),
            edited_ms: None,
            deleted: false,
        },
    }
}

/// Counts deliveries: one event to one socket.
#[divan::bench(args = CROWDS)]
fn fan_out(bencher: Bencher, crowd: Crowd) {
    let mut room = room(crowd.seats);
    let deliveries = crowd.seats * crowd.events;
    let mut head = 0;
    bencher
        .counter(ItemsCount::new(deliveries))
        .with_inputs(|| {
            let first = head + 1;
            head += crowd.events;
            (first..=head).map(event).collect::<Vec<_>>()
        })
        .bench_local_values(|events| {
            for event in events {
                assert_eq!(room.arrive(black_box(event)), Arrival::Next);
            }
            assert_eq!(room.run_pass(usize::MAX), deliveries);
        });
}
