//! A stream for tungstenite: it reads from the socket, and what it has to write by itself (pongs)
//! goes into the socket's queue like everything else.

use crate::socket::Outbound;
use bytes::Bytes;
use socket2::SockRef;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use tidings_protocol::limits::FRAME_BYTES_MAX;
use tokio::io::Interest;

/// Bytes that all pieces of one message may have together with their headers: fragments of no bytes
/// cost us those.
const MESSAGE_BYTES_MAX: usize = FRAME_BYTES_MAX * 2;

/// The bytes of one connection, as tungstenite sees them.
pub(super) struct Transport {
    pub(super) outbound: Arc<Outbound>,
    /// Bytes read since the last whole message.
    since_message: usize,
    /// Bytes read, without those of the messages that they became: see [`shortest_frame`].
    unused: usize,
    /// Whether bytes were read since that was last asked.
    heard: bool,
}

impl Transport {
    /// So many bytes of the stream were read before.
    pub(super) fn new(outbound: Arc<Outbound>, already_read: usize) -> Self {
        Self { outbound, since_message: 0, unused: already_read, heard: false }
    }

    /// A message of so many bytes ended.
    pub(super) fn message_ended(&mut self, bytes: usize) {
        self.since_message = 0;
        self.unused -= shortest_frame(bytes);
    }

    /// Whether all that was read has become messages. Nothing is said of a client that has sent one
    /// in fragments, or with a longer header than it needed.
    pub(super) fn is_between_messages(&self) -> bool {
        self.unused == 0
    }

    /// Whether anything came in since this was last asked, if only a part of a frame.
    pub(super) fn heard(&mut self) -> bool {
        std::mem::take(&mut self.heard)
    }

    /// Reads what the kernel has. Fewer bytes than there was room for were all of them, so tokio is
    /// told that there is no more, and the next read need not ask the kernel: one recv(2) for a
    /// message instead of two. Whatever comes in meanwhile makes the socket readable again.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let stream = self.outbound.stream();
        let mut received = None;
        let result = stream.try_io(Interest::READABLE, || {
            let count = (&*SockRef::from(stream)).read(buffer)?;
            received = Some(count);
            if count == 0 || count == buffer.len() {
                return Ok(count);
            }
            Err(ErrorKind::WouldBlock.into())
        });
        received.map_or(result, Ok)
    }

    /// Whether a message has gone on for longer than any message may, whatever its pieces.
    fn is_endless(&self) -> bool {
        self.since_message > MESSAGE_BYTES_MAX
    }
}

/// Bytes of a message with the shortest header that a client can give it (RFC 6455, 5.2). In
/// fragments, or with a longer header, it has more, never less.
fn shortest_frame(message_bytes: usize) -> usize {
    const MASK: usize = 4;
    let header = match message_bytes {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    };
    header + MASK + message_bytes
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_endless() {
            return Err(ErrorKind::InvalidData.into());
        }
        let read = self.receive(buffer)?;
        self.since_message += read;
        self.unused += read;
        self.heard |= read > 0;
        Ok(read)
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Always taken whole, so that frames stay whole in the queue.
        self.outbound.queue(Bytes::copy_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.outbound.flush();
        Ok(())
    }
}
