//! A simulated socket: the server's real send queue, and the bytes that come out of it.

use crate::lie::Lie;
use bytes::Bytes;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tidings_protocol::{CloseCode, Encoding, ServerFrame};
use tidings_server::rooms::Outlet;
use tidings_server::socket::{Ending, SendQueue, SharedFrame, SocketId, encode};

/// A lying line breaks every so manieth event.
const LIE_EVERY: u32 = 9;

/// The server's end of a connection, as rooms and sessions know it.
#[derive(Clone, Debug)]
pub(crate) struct Line(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    id: SocketId,
    encoding: Encoding,
    queue: RefCell<SendQueue>,
    lie: Lie,
    events: Cell<u32>,
}

impl Line {
    pub(crate) fn new(id: SocketId, encoding: Encoding, bytes_max: usize, lie: Lie) -> Self {
        let queue = RefCell::new(SendQueue::new(bytes_max));
        Self(Rc::new(Inner { id, encoding, queue, lie, events: Cell::new(0) }))
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.0.encoding
    }

    /// Queues a frame for this socket alone.
    pub(crate) fn send(&self, frame: &ServerFrame) {
        self.push(encode(self.0.encoding, frame));
    }

    /// Queues bytes that are a frame already.
    pub(crate) fn push(&self, frame: Bytes) {
        self.0.queue.borrow_mut().push(frame);
    }

    pub(crate) fn close(&self, code: CloseCode) {
        self.0.queue.borrow_mut().close(code);
    }

    /// Without what is queued.
    pub(crate) fn cut(&self, code: CloseCode) {
        self.0.queue.borrow_mut().cut(code);
    }

    /// The client is gone.
    pub(crate) fn break_off(&self) {
        self.0.queue.borrow_mut().break_off();
    }

    pub(crate) fn ending(&self) -> Option<Ending> {
        self.0.queue.borrow().ending()
    }

    pub(crate) fn waiting_bytes(&self) -> usize {
        self.0.queue.borrow().bytes()
    }

    /// The network takes some bytes, as they come: frames are cut anywhere.
    pub(crate) fn carry(&self, bytes_max: usize) -> Vec<u8> {
        let mut queue = self.0.queue.borrow_mut();
        let mut carried = Vec::new();
        for piece in queue.pieces() {
            let room = bytes_max - carried.len();
            carried.extend_from_slice(&piece[..piece.len().min(room)]);
            if carried.len() == bytes_max {
                break;
            }
        }
        queue.advance(carried.len());
        carried
    }

    /// How often an event is queued, by a line that may lie.
    fn copies(&self, frame: &SharedFrame) -> usize {
        if !matches!(frame.get(), ServerFrame::Event(_)) {
            return 1;
        }
        let events = self.0.events.get() + 1;
        self.0.events.set(events);
        match self.0.lie {
            Lie::SkipEvent if events.is_multiple_of(LIE_EVERY) => 0,
            Lie::RepeatEvent if events.is_multiple_of(LIE_EVERY) => 2,
            _ => 1,
        }
    }
}

impl Outlet for Line {
    fn id(&self) -> SocketId {
        self.0.id
    }

    fn queue(&self, frame: &SharedFrame) {
        for _ in 0..self.copies(frame) {
            self.push(frame.bytes(self.0.encoding).clone());
        }
    }

    fn flush(&self) {}
}
