//! What waits to be sent on one socket. Whoever has something to say queues frames and flushes
//! them on the spot, without waking anybody: only when the kernel's buffer is full does the
//! socket's own task take over. A client that does not keep up is closed, and nobody waits for it.
//!
//! Rooms and stores know a socket only as this handle.

use crate::metrics::Metrics;
use crate::socket::frame;
use crate::socket::queue::{Ending, Pushed, SendQueue};
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tidings_protocol::{CloseCode, Encoding, ServerFrame};
use tokio::net::TcpStream;

/// Frames of one write. More are written by the next one.
const SLICES_MAX: usize = 32;

/// Tells sockets of one process apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

impl SocketId {
    /// One that was never used before.
    pub fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The sending half of a socket.
pub struct Outbound {
    id: SocketId,
    encoding: Encoding,
    stream: TcpStream,
    metrics: Arc<Metrics>,
    queue: Mutex<Queue>,
    /// The socket's task: for when the kernel is full, or the socket is to be closed.
    task: AtomicWaker,
}

struct Queue {
    send: SendQueue,
    /// The kernel took no more; the task waits until it does.
    blocked: bool,
}

impl Outbound {
    /// Takes a connected stream over. About `bytes_max` bytes may wait for it: see [`SendQueue::push`].
    pub fn new(
        stream: TcpStream,
        encoding: Encoding,
        bytes_max: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            id: SocketId::next(),
            encoding,
            stream,
            metrics,
            queue: Mutex::new(Queue { send: SendQueue::new(bytes_max), blocked: false }),
            task: AtomicWaker::new(),
        }
    }

    /// Which socket.
    pub fn id(&self) -> SocketId {
        self.id
    }

    /// How frames for it are encoded.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The receiving half.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Whether anything queued now would still be sent.
    pub fn is_open(&self) -> bool {
        self.queue.lock().send.is_open()
    }

    /// With which code it was ended here, if it was.
    pub fn closing(&self) -> Option<CloseCode> {
        match self.queue.lock().send.ending() {
            Some(Ending::Closing(code)) => Some(code),
            Some(Ending::Gone) | None => None,
        }
    }

    /// Queues a frame that was made already. After the end it is dropped; over the bound it ends
    /// the socket.
    pub fn queue(&self, frame: Bytes) {
        if self.queue.lock().send.push(frame) == Pushed::Overflow {
            self.metrics.queue_overflows_total.inc();
            self.task.wake();
        }
    }

    /// Writes what is queued, as far as the kernel takes it.
    pub fn flush(&self) {
        self.write(&mut self.queue.lock());
    }

    /// Queues a frame for this socket alone, and flushes.
    pub fn send(&self, frame: &ServerFrame) {
        self.queue(frame::encode(self.encoding, frame));
        self.flush();
    }

    /// Ends the socket, as [`SendQueue::close`] says.
    pub fn close(&self, code: CloseCode) {
        self.end(|queue| queue.close(code));
    }

    /// Ends the socket without what is queued, as [`SendQueue::cut`] says.
    pub fn cut(&self, code: CloseCode) {
        self.end(|queue| queue.cut(code));
    }

    fn end(&self, how: impl FnOnce(&mut SendQueue) -> bool) {
        let mut queue = self.queue.lock();
        if how(&mut queue.send) {
            self.task.wake();
        }
        self.write(&mut queue);
    }

    /// Answers the client's close frame with its code, if it gave one. Nothing that is queued later
    /// goes out.
    pub fn answer_close(&self, code: Option<u16>) {
        let mut queue = self.queue.lock();
        queue.send.answer_close(code);
        self.write(&mut queue);
    }

    fn write(&self, queue: &mut Queue) {
        while !queue.blocked && !queue.send.is_empty() {
            match self.write_some(&queue.send) {
                Ok(written) => queue.send.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    queue.blocked = true;
                    self.task.wake();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    queue.send.break_off();
                    self.task.wake();
                }
            }
        }
    }

    fn write_some(&self, queue: &SendQueue) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let mut used = 0;
        for (slice, piece) in slices.iter_mut().zip(queue.pieces()) {
            *slice = IoSlice::new(piece);
            used += 1;
        }
        match &slices[..used] {
            [only] => self.stream.try_write(only),
            several => self.stream.try_write_vectored(several),
        }
    }

    /// For the socket's task: goes on writing when the kernel takes more, and is ready when the
    /// socket ends. Registers the task for both.
    pub fn poll_ending(&self, cx: &mut Context<'_>) -> Poll<Ending> {
        self.task.register(cx.waker());
        let mut queue = self.queue.lock();
        self.drive(&mut queue, cx);
        queue.send.ending().map_or(Poll::Pending, Poll::Ready)
    }

    /// For the socket's task: ready when at most `bytes` are waiting, or the connection is broken.
    pub fn poll_drained(&self, cx: &mut Context<'_>, bytes: usize) -> Poll<()> {
        self.task.register(cx.waker());
        let mut queue = self.queue.lock();
        self.drive(&mut queue, cx);
        if queue.send.bytes() <= bytes { Poll::Ready(()) } else { Poll::Pending }
    }

    fn drive(&self, queue: &mut Queue, cx: &mut Context<'_>) {
        while queue.blocked {
            match self.stream.poll_write_ready(cx) {
                // An error shows itself in the write.
                Poll::Ready(_) => {
                    queue.blocked = false;
                    self.write(queue);
                }
                Poll::Pending => return,
            }
        }
    }
}
