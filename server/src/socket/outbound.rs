//! What waits to be sent on one socket. Whoever has something to say queues frames and flushes
//! them on the spot, without waking anybody: only when the kernel's buffer is full does the
//! socket's own task take over. A client that does not keep up is closed, and nobody waits for it.
//!
//! Rooms and stores know a socket only as this handle.

use crate::metrics::Metrics;
use crate::socket::frame;
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tidings_protocol::{CloseCode, Encoding, ServerFrame};
use tokio::net::TcpStream;

/// Frames of one write. More are written by the next one.
const SLICES_MAX: usize = 32;

/// Queue slots that an idle socket keeps; a burst's are given back.
const SLOTS_KEPT: usize = 8;

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
    bytes_max: usize,
    metrics: Arc<Metrics>,
    queue: Mutex<Queue>,
    /// The socket's task: for when the kernel is full, or the socket is to be closed.
    task: AtomicWaker,
}

struct Queue {
    frames: VecDeque<Bytes>,
    /// Bytes of the first frame that were written already.
    written: usize,
    /// Bytes of all frames.
    bytes: usize,
    /// The kernel took no more; the task waits until it does.
    blocked: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// A close frame is the last in the queue.
    Closing(CloseCode),
    /// The connection is broken.
    Gone,
}

/// Why the socket's task has to look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A close frame was queued.
    Closing(CloseCode),
    /// The connection is broken.
    Gone,
}

impl Outbound {
    /// Takes a connected stream over. At most `bytes_max` bytes wait for it.
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
            bytes_max,
            metrics,
            queue: Mutex::new(Queue {
                frames: VecDeque::new(),
                written: 0,
                bytes: 0,
                blocked: false,
                state: State::Open,
            }),
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
        self.queue.lock().state == State::Open
    }

    /// With which code it was ended here, if it was.
    pub fn closing(&self) -> Option<CloseCode> {
        match self.queue.lock().state {
            State::Closing(code) => Some(code),
            State::Open | State::Gone => None,
        }
    }

    /// Queues a frame that was made already. After the end it is dropped; over the bound it ends
    /// the socket.
    pub fn queue(&self, frame: Bytes) {
        let mut queue = self.queue.lock();
        if queue.state != State::Open {
            return;
        }
        if queue.bytes + frame.len() > self.bytes_max {
            self.metrics.queue_overflows_total.inc();
            self.begin_close(&mut queue, CloseCode::SlowReader);
            return;
        }
        queue.bytes += frame.len();
        queue.frames.push_back(frame);
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

    /// Ends the socket: a close frame goes out, and nothing that is queued later. What was queued
    /// before still goes out, unless the close is about what the client may or can receive.
    pub fn close(&self, code: CloseCode) {
        let mut queue = self.queue.lock();
        if queue.state == State::Open {
            self.begin_close(&mut queue, code);
        }
        self.write(&mut queue);
    }

    fn begin_close(&self, queue: &mut Queue, code: CloseCode) {
        let drop_queued = matches!(
            code,
            CloseCode::SlowReader | CloseCode::AccessEnded | CloseCode::AccessChanged
        );
        if drop_queued {
            // The first frame may be half written, and must be finished.
            queue.frames.truncate(usize::from(queue.written > 0));
            queue.bytes = queue.frames.iter().map(Bytes::len).sum();
        }
        let close = frame::close(code);
        queue.bytes += close.len();
        queue.frames.push_back(close);
        queue.state = State::Closing(code);
        self.task.wake();
    }

    fn write(&self, queue: &mut Queue) {
        while !queue.blocked && !queue.frames.is_empty() {
            match self.write_some(queue) {
                Ok(written) => queue.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    queue.blocked = true;
                    self.task.wake();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    queue.state = State::Gone;
                    queue.drop_all();
                    self.task.wake();
                }
            }
        }
    }

    fn write_some(&self, queue: &Queue) -> io::Result<usize> {
        if let [only] = queue.frames.as_slices().0
            && queue.frames.len() == 1
        {
            return self.stream.try_write(&only[queue.written..]);
        }
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let mut used = 0;
        for (slice, frame) in slices.iter_mut().zip(&queue.frames) {
            let skip = if used == 0 { queue.written } else { 0 };
            *slice = IoSlice::new(&frame[skip..]);
            used += 1;
        }
        self.stream.try_write_vectored(&slices[..used])
    }

    /// For the socket's task: goes on writing when the kernel takes more, and is ready when the
    /// socket ends. Registers the task for both.
    pub fn poll_ending(&self, cx: &mut Context<'_>) -> Poll<Ending> {
        self.task.register(cx.waker());
        let mut queue = self.queue.lock();
        self.drive(&mut queue, cx);
        match queue.state {
            State::Open => Poll::Pending,
            State::Closing(code) => Poll::Ready(Ending::Closing(code)),
            State::Gone => Poll::Ready(Ending::Gone),
        }
    }

    /// For the socket's task: ready when at most `bytes` are waiting, or the connection is broken.
    pub fn poll_drained(&self, cx: &mut Context<'_>, bytes: usize) -> Poll<()> {
        self.task.register(cx.waker());
        let mut queue = self.queue.lock();
        self.drive(&mut queue, cx);
        if queue.bytes <= bytes { Poll::Ready(()) } else { Poll::Pending }
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

impl Queue {
    fn advance(&mut self, mut bytes: usize) {
        while let Some(first) = self.frames.front() {
            let left = first.len() - self.written;
            if bytes < left {
                self.written += bytes;
                return;
            }
            bytes -= left;
            self.bytes -= first.len();
            self.written = 0;
            self.frames.pop_front();
        }
        if self.frames.capacity() > SLOTS_KEPT {
            self.frames.shrink_to(SLOTS_KEPT);
        }
    }

    fn drop_all(&mut self) {
        self.frames = VecDeque::new();
        self.written = 0;
        self.bytes = 0;
        self.blocked = false;
    }
}
