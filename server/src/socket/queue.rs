//! What waits to be sent on one socket, without the socket: bounded, and ended by a close frame.
//! Pure; `outbound` writes it to the kernel.

use crate::socket::frame;
use bytes::Bytes;
use std::collections::VecDeque;
use tidings_protocol::CloseCode;

/// Queue slots that an idle socket keeps; a burst's are given back.
const SLOTS_KEPT: usize = 8;

/// Frames in the order in which they will be sent.
#[derive(Debug)]
pub struct SendQueue {
    frames: VecDeque<Bytes>,
    /// Bytes of the first frame that were written already.
    written: usize,
    /// Bytes of all frames.
    bytes: usize,
    bytes_max: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// A close frame is the last in the queue.
    Closing(CloseCode),
    /// The answer to the client's close frame is the last in the queue.
    Answered,
    /// The connection is broken.
    Gone,
}

/// Why a socket is to be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A close frame was queued.
    Closing(CloseCode),
    /// The client closed it, or the connection is broken.
    Gone,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It will be sent.
    Queued,
    /// The socket has ended; nothing more is sent on it.
    Dropped,
    /// It was one too many: the socket ends with [`CloseCode::SlowReader`].
    Overflow,
}

impl SendQueue {
    /// An empty queue of about so many bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self { frames: VecDeque::new(), written: 0, bytes: 0, bytes_max, state: State::Open }
    }

    /// Whether anything queued now would still be sent.
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Why it ended, if it did.
    pub fn ending(&self) -> Option<Ending> {
        match self.state {
            State::Open => None,
            State::Closing(code) => Some(Ending::Closing(code)),
            State::Answered | State::Gone => Some(Ending::Gone),
        }
    }

    /// Queues a frame. Over the bound it ends the socket; but while at most half of it waits, a
    /// frame of any size is taken, so that a client that reads gets on, however large its pages.
    pub fn push(&mut self, frame: Bytes) -> Pushed {
        if self.state != State::Open {
            return Pushed::Dropped;
        }
        let waits = self.bytes > self.bytes_max / 2;
        if waits && self.bytes + frame.len() > self.bytes_max {
            self.close(CloseCode::SlowReader);
            return Pushed::Overflow;
        }
        self.bytes += frame.len();
        self.frames.push_back(frame);
        Pushed::Queued
    }

    /// Ends the socket: a close frame goes out, and nothing that is queued later. What was queued
    /// before still goes out, unless the close is about what the client may or can receive. False
    /// if it had ended before.
    pub fn close(&mut self, code: CloseCode) -> bool {
        match code {
            CloseCode::SlowReader | CloseCode::AccessEnded | CloseCode::AccessChanged => {
                self.cut(code)
            }
            _ => self.end(code),
        }
    }

    /// Ends the socket as [`Self::close`] does, but nothing that is queued goes out: access has
    /// ended. The code alone can't tell: one that says a token is bad may follow a refusal that the
    /// client should read, or come amid what it must not read any more.
    pub fn cut(&mut self, code: CloseCode) -> bool {
        if self.state == State::Open {
            // The first frame may be half written, and must be finished.
            self.frames.truncate(usize::from(self.written > 0));
            self.bytes = self.frames.iter().map(Bytes::len).sum();
        }
        self.end(code)
    }

    fn end(&mut self, code: CloseCode) -> bool {
        if self.state != State::Open {
            return false;
        }
        let close = frame::close(code);
        self.bytes += close.len();
        self.frames.push_back(close);
        self.state = State::Closing(code);
        true
    }

    /// Answers the client's close frame, behind what was queued before. Nothing that is queued
    /// later goes out.
    pub fn answer_close(&mut self, code: Option<u16>) {
        if self.state != State::Open {
            return;
        }
        let answer = frame::close_answer(code);
        self.bytes += answer.len();
        self.frames.push_back(answer);
        self.state = State::Answered;
    }

    /// The connection is broken: nothing can be sent.
    pub fn break_off(&mut self) {
        self.frames = VecDeque::new();
        self.written = 0;
        self.bytes = 0;
        self.state = State::Gone;
    }

    /// Bytes of all frames that are not wholly written.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// What is to be written next, a piece for each frame.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let skips = std::iter::once(self.written).chain(std::iter::repeat(0));
        self.frames.iter().zip(skips).map(|(frame, skip)| &frame[skip..])
    }

    /// So many bytes of it were written.
    pub fn advance(&mut self, mut bytes: usize) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(queue: &SendQueue) -> Vec<u8> {
        queue.pieces().flatten().copied().collect()
    }

    #[test]
    fn too_much_ends_the_socket_and_drops_all_but_a_frame_half_written() {
        let mut queue = SendQueue::new(8);
        assert_eq!(queue.push(Bytes::from_static(b"abcd")), Pushed::Queued);
        assert_eq!(queue.push(Bytes::from_static(b"efgh")), Pushed::Queued);
        queue.advance(1);
        assert_eq!(queue.push(Bytes::from_static(b"i")), Pushed::Overflow);
        assert_eq!(queue.ending(), Some(Ending::Closing(CloseCode::SlowReader)));
        let expected = [b"bcd", &frame::close(CloseCode::SlowReader)[..]].concat();
        assert_eq!(waiting(&queue), expected);
        assert_eq!(queue.push(Bytes::from_static(b"j")), Pushed::Dropped);
    }

    #[test]
    fn a_bad_token_lets_its_refusal_out_but_a_revoked_one_nothing() {
        let close = frame::close(CloseCode::BadToken);
        let mut refused = SendQueue::new(8);
        refused.push(Bytes::from_static(b"abcd"));
        assert!(refused.close(CloseCode::BadToken));
        assert_eq!(waiting(&refused), [b"abcd", &close[..]].concat());
        assert!(!refused.cut(CloseCode::BadToken), "it has ended already");
        assert_eq!(waiting(&refused), [b"abcd", &close[..]].concat());
        let mut revoked = SendQueue::new(8);
        revoked.push(Bytes::from_static(b"abcd"));
        assert!(revoked.cut(CloseCode::BadToken));
        assert_eq!(waiting(&revoked), close);
        assert_eq!(revoked.bytes(), close.len());
    }

    #[test]
    fn a_large_frame_is_taken_while_little_waits() {
        let mut queue = SendQueue::new(8);
        queue.push(Bytes::from_static(b"abcd"));
        assert_eq!(queue.push(Bytes::from_static(b"a large frame")), Pushed::Queued);
        assert_eq!(queue.push(Bytes::from_static(b"e")), Pushed::Overflow);
    }

    #[test]
    fn what_was_said_before_an_orderly_close_goes_out() {
        let mut queue = SendQueue::new(8);
        queue.push(Bytes::from_static(b"abcd"));
        assert!(queue.close(CloseCode::Restarting));
        assert!(!queue.close(CloseCode::Silent));
        let expected = [b"abcd", &frame::close(CloseCode::Restarting)[..]].concat();
        assert_eq!(waiting(&queue), expected);
        queue.advance(expected.len());
        assert!(queue.is_empty() && queue.bytes() == 0);
    }
}
