//! What waits to be sent on one socket. Whoever has something to say queues frames and flushes
//! them on the spot, without waking anybody: only when the kernel's buffer is full does the
//! socket's own task take over. A client that does not keep up is closed, and nobody waits for it.
//!
//! Rooms and stores know a socket only as this handle.

use crate::metrics::Metrics;
use crate::socket::queue::{Ending, Pushed, SendQueue};
use crate::socket::{Batch, frame};
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use socket2::SockRef;
use std::hint::black_box;
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
        self.push(&mut self.queue.lock(), frame);
    }

    fn push(&self, queue: &mut Queue, frame: Bytes) {
        if queue.send.push(frame) == Pushed::Overflow {
            self.metrics.queue_overflows_total.inc();
            self.task.wake();
        }
    }

    /// Writes what is queued, as far as the kernel takes it.
    pub fn flush(&self) {
        self.write(&mut self.queue.lock());
    }

    /// Has the processor fetch what [`Self::send_batch`] needs.
    pub fn fetch(&self) {
        black_box(self.queue.is_locked());
    }

    /// Sends what many sockets get. If nothing waits, it goes from the shared bytes to the kernel,
    /// and only what the kernel does not take is queued: one lock, no handle, no queue slot.
    pub fn send_batch(&self, batch: &Batch) {
        let mut queue = self.queue.lock();
        let mut written = 0;
        if queue.send.is_open() && queue.send.is_empty() {
            let bytes = batch.bytes(self.encoding);
            // Not by tokio, whose note of what is writable lies elsewhere: one cache miss less for
            // each socket. A broken one is an error and no signal: Rust programs ignore SIGPIPE.
            match SockRef::from(&self.stream).send(bytes) {
                Ok(count) if count == bytes.len() => return,
                Ok(count) => written = count,
                // What went wrong goes wrong again below, where it is dealt with.
                Err(_) => {}
            }
        }
        for frame in batch.frames() {
            let bytes = frame.bytes(self.encoding);
            if written >= bytes.len() {
                written -= bytes.len();
                continue;
            }
            self.push(&mut queue, bytes.clone());
            // Only what was queued to an empty queue is written in part.
            queue.send.advance(std::mem::take(&mut written));
        }
        self.write(&mut queue);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::SharedFrame;
    use std::future::poll_fn;
    use tidings_protocol::{Event, EventKind, MemberId, Person, Seq, ThreadId, Timestamp};
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;
    use uuid::Uuid;

    const FRAMES: u64 = 5;

    fn frame(seq: u64) -> Arc<SharedFrame> {
        let kind = EventKind::TaskAdded { text: "x".repeat(60_000), before: None };
        Arc::new(SharedFrame::new(ServerFrame::Event(Event {
            thread: ThreadId(Uuid::nil()),
            seq: Seq(seq),
            at_ms: Timestamp(0),
            actor: Person::Member(MemberId(Uuid::nil())),
            messages: seq,
            kind,
        })))
    }

    /// A socket with small buffers, and its other end.
    async fn narrow(bytes_max: usize) -> (Outbound, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        SockRef::from(&client).set_recv_buffer_size(4096).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        SockRef::from(&stream).set_send_buffer_size(4096).unwrap();
        let metrics = Arc::new(Metrics::new());
        (Outbound::new(stream, Encoding::Json, bytes_max, metrics), client)
    }

    #[tokio::test]
    async fn what_the_kernel_does_not_take_of_a_batch_follows_whole_and_in_order() {
        let (outbound, mut client) = narrow(16 * 1024 * 1024).await;
        let batches: Vec<Batch> = (0..4)
            .map(|n| Batch::new((0..FRAMES).map(|f| frame(1 + n * FRAMES + f)).collect()))
            .collect();
        let expected: Vec<u8> =
            batches.iter().flat_map(|batch| batch.bytes(Encoding::Json).to_vec()).collect();
        let mut received = vec![0; expected.len()];
        for batch in &batches {
            outbound.send_batch(batch);
        }
        let drained = poll_fn(|cx| outbound.poll_drained(cx, 0));
        let (read, ()) = tokio::join!(client.read_exact(&mut received), drained);
        read.unwrap();
        assert!(received == expected && outbound.is_open());
    }

    #[tokio::test]
    async fn a_batch_too_many_cuts_who_does_not_read() {
        let (outbound, _client) = narrow(128 * 1024).await;
        for n in 0..FRAMES {
            outbound.send_batch(&Batch::new(vec![frame(1 + 2 * n), frame(2 + 2 * n)]));
        }
        assert_eq!(outbound.closing(), Some(CloseCode::SlowReader));
    }
}
