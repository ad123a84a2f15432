//! What waits to be said, between those who publish and the task that talks to Redis.
//!
//! **Invariant:** nobody waits to put something in. Whatever does not fit, or comes while the bus is
//! away, is lost, and known to be: its number is taken, so those who hear the next one notice.

use super::message::{NodeId, Payload};
use super::sent::{Gap, Sent, Tail};
use super::wire::{self, Head};
use crate::clock::monotonic;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tidings_protocol::FirmId;
use tokio::sync::Notify;

/// Messages that may wait.
const WAITING_MAX: usize = 16_384;

/// Bytes of all that wait.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of one message. What is larger is for the store to tell.
pub(super) const MESSAGE_BYTES_MAX: usize = 256 * 1024;
const _: () = assert!(MESSAGE_BYTES_MAX < WAITING_BYTES_MAX);

/// The queue, and the numbers.
pub(super) struct Outgoing {
    node: NodeId,
    state: Mutex<State>,
    ready: Notify,
}

struct State {
    sent: Sent,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Whether there is somebody who takes out of it.
    open: bool,
}

struct Waiting {
    firm: FirmId,
    number: u64,
    body: Vec<u8>,
    since: Instant,
}

/// A message that is to be said now.
pub(super) struct Saying {
    /// Of which firm.
    pub(super) firm: FirmId,
    /// The whole message.
    pub(super) bytes: Vec<u8>,
    /// Since when it waits; `None` for a tail.
    pub(super) since: Option<Instant>,
    gap: Option<Gap>,
}

impl Outgoing {
    /// Nothing waits, and nobody takes.
    pub(super) fn new(node: NodeId, quiet: Duration) -> Self {
        let state =
            State { sent: Sent::new(quiet), waiting: VecDeque::new(), bytes: 0, open: false };
        Self { node, state: Mutex::new(state), ready: Notify::new() }
    }

    /// Puts something in. Whether it fitted.
    pub(super) fn publish(&self, firm: FirmId, payload: Payload) -> bool {
        let now = monotonic();
        // While the bus is away, nobody is to pay for writing what nobody hears.
        let body = if self.is_open() { wire::body(payload) } else { None };
        let mut state = self.state.lock();
        let number = state.sent.next(firm, now);
        let fitting = body.filter(|body| {
            state.open
                && body.len() <= MESSAGE_BYTES_MAX
                && state.waiting.len() < WAITING_MAX
                && state.bytes + body.len() <= WAITING_BYTES_MAX
        });
        let Some(body) = fitting else {
            state.sent.not_said(firm);
            return false;
        };
        state.bytes += body.len();
        state.waiting.push_back(Waiting { firm, number, body, since: now });
        drop(state);
        self.ready.notify_one();
        true
    }

    /// Whether there is somebody who takes out of it.
    pub(super) fn is_open(&self) -> bool {
        self.state.lock().open
    }

    /// From now on somebody takes out of it.
    pub(super) fn open(&self) {
        self.state.lock().open = true;
        self.ready.notify_one();
    }

    /// Nobody takes any more: what waits is lost. How many that are.
    pub(super) fn close(&self) -> usize {
        let mut state = self.state.lock();
        state.open = false;
        state.bytes = 0;
        let lost = std::mem::take(&mut state.waiting);
        for waiting in &lost {
            state.sent.not_said(waiting.firm);
        }
        lost.len()
    }

    /// Waits until there may be something.
    pub(super) async fn ready(&self) {
        self.ready.notified().await;
    }

    /// Takes what waits, within these bounds, except that there is always room for one.
    pub(super) fn take(&self, messages_max: usize, bytes_max: usize) -> Vec<Saying> {
        let mut state = self.state.lock();
        let (mut saying, mut bytes) = (Vec::new(), 0);
        while saying.len() < messages_max
            && let Some(next) = state.waiting.front()
            && (saying.is_empty() || bytes + next.body.len() <= bytes_max)
            && let Some(Waiting { firm, number, body, since }) = state.waiting.pop_front()
        {
            bytes += body.len();
            state.bytes -= body.len();
            let gap = state.sent.gap(firm);
            saying.push(self.saying(firm, number, gap, &body, Some(since)));
        }
        saying
    }

    /// Takes tails whose time has come.
    pub(super) fn take_tails(&self, most: usize) -> Vec<Saying> {
        let due = self.state.lock().sent.due(monotonic(), most);
        let body = wire::tail();
        let saying = |Tail { firm, number, gap }| self.saying(firm, number, gap, &body, None);
        due.into_iter().map(saying).collect()
    }

    fn saying(
        &self,
        firm: FirmId,
        number: u64,
        gap: Option<Gap>,
        body: &[u8],
        since: Option<Instant>,
    ) -> Saying {
        let head = Head::new(self.node, number, gap.is_some());
        Saying { firm, bytes: wire::message(&head, body), since, gap }
    }

    /// Redis has taken them.
    pub(super) fn said(&self, messages: &[Saying]) {
        let mut state = self.state.lock();
        for message in messages {
            if let Some(gap) = message.gap {
                state.sent.gap_said(message.firm, gap);
            }
        }
    }

    /// Nobody knows whether Redis has taken them.
    pub(super) fn not_said(&self, messages: &[Saying]) {
        let mut state = self.state.lock();
        for message in messages {
            state.sent.not_said(message.firm);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::Person;
    use uuid::Uuid;

    const FIRM: FirmId = FirmId(Uuid::from_u128(1));

    fn outgoing() -> Outgoing {
        Outgoing::new(NodeId(Uuid::from_u128(2)), Duration::ZERO)
    }

    fn heads(messages: &[Saying]) -> Vec<(u64, bool)> {
        let head = |saying: &Saying| wire::read_head(&saying.bytes).unwrap();
        messages.iter().map(head).map(|head| (head.number, head.gap)).collect()
    }

    #[test]
    fn what_is_published_comes_out_in_order_and_in_turns() {
        let outgoing = outgoing();
        outgoing.open();
        assert!((0..3).all(|_| outgoing.publish(FIRM, Payload::Ask)));
        assert_eq!(heads(&outgoing.take(2, 1024)), [(1, false), (2, false)]);
        assert_eq!(heads(&outgoing.take(2, 0)), [(3, false)]);
        assert!(outgoing.take(2, 0).is_empty());
        assert_eq!(heads(&outgoing.take_tails(9)), [(3, false)]);
    }

    #[test]
    fn while_it_is_closed_everything_is_lost_and_said_to_be() {
        let outgoing = outgoing();
        assert!(!outgoing.publish(FIRM, Payload::Ask));
        outgoing.open();
        assert!(outgoing.publish(FIRM, Payload::Ask));
        assert_eq!(outgoing.close(), 1);
        outgoing.open();
        let tails = outgoing.take_tails(9);
        assert_eq!(heads(&tails), [(2, true)]);
        outgoing.not_said(&tails);
        let tails = outgoing.take_tails(9);
        assert_eq!(heads(&tails), [(2, true)]);
        outgoing.said(&tails);
        assert!(outgoing.publish(FIRM, Payload::Ask));
        assert_eq!(heads(&outgoing.take(9, 1024)), [(3, false)]);
    }

    #[test]
    fn it_is_bounded_in_messages_and_bytes() {
        let outgoing = outgoing();
        outgoing.open();
        let fitted = (0..WAITING_MAX + 5).filter(|_| outgoing.publish(FIRM, Payload::Ask)).count();
        assert_eq!(fitted, WAITING_MAX);
        outgoing.close();
        outgoing.open();
        let someone = Person::Member(tidings_protocol::MemberId(Uuid::nil()));
        let large = |people: usize| Payload::Sockets(vec![(someone, 1); people]);
        assert!(!outgoing.publish(FIRM, large(MESSAGE_BYTES_MAX)));
        while outgoing.publish(FIRM, large(10_000)) {}
        assert!(outgoing.state.lock().bytes <= WAITING_BYTES_MAX);
        while !outgoing.take(100, 1024 * 1024).is_empty() {}
        assert_eq!(outgoing.state.lock().bytes, 0);
    }
}
