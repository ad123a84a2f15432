//! What it costs to write and read frames, in both encodings: the event of a message, which a room
//! writes once per encoding; the command that posted it; and a page of what a client had missed.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use std::time::Duration;
use tidings_protocol::limits::PAGE_ITEMS_MAX;
use tidings_protocol::{
    ClientFrame, ClientKey, Command, ContactId, Encoding, Event, EventKind, Person, RequestId, Seq,
    ServerFrame, ThreadId, Timestamp,
};
use uuid::Uuid;

/// A message of the usual length, with the few characters that JSON escapes.
const BODY: &str = "Dear Olivia,\n\nhere are the receipts of the second quarter. The one of \
    the **new oven** is missing, \"lost in the post\" says our supplier; he promised a copy for \
    next week. Is that still in time?\n\nCarla";
const _: () = assert!(BODY.len() == 200);

fn main() {
    divan::Divan::default().min_time(Duration::from_millis(200)).config_with_args().main();
}

/// Ids of made-up but ordinary looks.
fn uuid(number: u64) -> Uuid {
    Uuid::from_u64_pair(0x0199_5f2e_8c41_7a3b ^ number, 0x9d0c_2b6f_51e8_a794)
}

fn event(seq: u64) -> Event {
    Event {
        thread: ThreadId(uuid(0)),
        seq: Seq(seq),
        at_ms: Timestamp(1_767_225_600_000),
        actor: Person::Contact(ContactId(uuid(1))),
        messages: seq,
        kind: EventKind::MessagePosted {
            key: ClientKey(uuid(seq)),
            body: BODY.to_owned(),
            edited_ms: None,
            deleted: false,
        },
    }
}

fn page() -> ServerFrame {
    let events = (9_001..).take(PAGE_ITEMS_MAX as usize).map(event).collect();
    ServerFrame::Events { thread: ThreadId(uuid(0)), events, more: true }
}

fn post_message() -> ClientFrame {
    let command = Command::PostMessage {
        thread: ThreadId(uuid(0)),
        key: ClientKey(uuid(2)),
        body: BODY.to_owned(),
        mentions: Vec::new(),
    };
    ClientFrame { id: RequestId(42), command }
}

/// Writes over what the buffer held: it has room, as the server's buffers have for most frames.
fn encode_server(encoding: Encoding, frame: &ServerFrame, buffer: &mut Vec<u8>) {
    buffer.clear();
    encoding.encode_server_into(black_box(frame), buffer);
    black_box(buffer.as_slice());
}

#[divan::bench(args = Encoding::ALL)]
fn encode_event(bencher: Bencher, encoding: Encoding) {
    let frame = ServerFrame::Event(event(10_000));
    let mut buffer = encoding.encode_server(&frame);
    bencher
        .counter(BytesCount::of_slice(&buffer))
        .bench_local(|| encode_server(encoding, &frame, &mut buffer));
}

#[divan::bench(args = Encoding::ALL)]
fn decode_event(bencher: Bencher, encoding: Encoding) {
    let frame = ServerFrame::Event(event(10_000));
    let bytes = encoding.encode_server(&frame);
    assert_eq!(encoding.decode_server(&bytes), Ok(frame));
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| encoding.decode_server(black_box(&bytes)));
}

#[divan::bench(args = Encoding::ALL)]
fn encode_post_message(bencher: Bencher, encoding: Encoding) {
    let frame = post_message();
    bencher
        .counter(BytesCount::new(encoding.encode_client(&frame).len()))
        .bench(|| encoding.encode_client(black_box(&frame)));
}

#[divan::bench(args = Encoding::ALL)]
fn decode_post_message(bencher: Bencher, encoding: Encoding) {
    let frame = post_message();
    let bytes = encoding.encode_client(&frame);
    assert_eq!(encoding.decode_client(&bytes), Ok(frame));
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| encoding.decode_client(black_box(&bytes)));
}

#[divan::bench(args = Encoding::ALL)]
fn encode_page(bencher: Bencher, encoding: Encoding) {
    let frame = page();
    let mut buffer = encoding.encode_server(&frame);
    bencher
        .counter(ItemsCount::new(PAGE_ITEMS_MAX))
        .bench_local(|| encode_server(encoding, &frame, &mut buffer));
}

#[divan::bench(args = Encoding::ALL)]
fn decode_page(bencher: Bencher, encoding: Encoding) {
    let frame = page();
    let bytes = encoding.encode_server(&frame);
    assert_eq!(encoding.decode_server(&bytes), Ok(frame));
    bencher
        .counter(ItemsCount::new(PAGE_ITEMS_MAX))
        .bench(|| encoding.decode_server(black_box(&bytes)));
}
