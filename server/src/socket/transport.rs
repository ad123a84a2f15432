//! A stream for tungstenite: it reads from the socket, and what it has to write by itself (pongs)
//! goes into the socket's queue like everything else.

use crate::socket::Outbound;
use bytes::{Buf, Bytes};
use std::io::{self, Read, Write};

/// The bytes of one connection, as tungstenite sees them.
pub struct Transport<'a> {
    outbound: &'a Outbound,
    /// What came in with the upgrade, before the stream was ours.
    already_read: Bytes,
    /// Bytes read since the last whole message.
    since_message: usize,
    /// Whether bytes were read since that was last asked.
    heard: bool,
    /// Bytes after which a message must have ended: fragments of no bytes cost us their headers.
    message_bytes_max: usize,
}

impl<'a> Transport<'a> {
    /// Reads `already_read` first: a copy, because even an empty one would keep the whole buffer that
    /// the handshake was read into for as long as the connection lives.
    pub fn new(outbound: &'a Outbound, already_read: &[u8], message_bytes_max: usize) -> Self {
        let already_read = Bytes::copy_from_slice(already_read);
        Self { outbound, already_read, since_message: 0, heard: false, message_bytes_max }
    }

    /// A message ended.
    pub fn message_ended(&mut self) {
        self.since_message = 0;
    }

    /// Whether anything came in since this was last asked, if only a part of a frame.
    pub fn heard(&mut self) -> bool {
        std::mem::take(&mut self.heard)
    }

    /// Whether a message has gone on for longer than any message may, whatever its pieces.
    pub fn is_endless(&self) -> bool {
        self.since_message > self.message_bytes_max
    }
}

impl Read for Transport<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_endless() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let read = if self.already_read.is_empty() {
            self.outbound.stream().try_read(buffer)?
        } else {
            let count = buffer.len().min(self.already_read.len());
            self.already_read.copy_to_slice(&mut buffer[..count]);
            if self.already_read.is_empty() {
                self.already_read = Bytes::new();
            }
            count
        };
        self.since_message += read;
        self.heard |= read > 0;
        Ok(read)
    }
}

impl Write for Transport<'_> {
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
