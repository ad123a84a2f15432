//! What was received and waits to be heard, between the connection to Redis and the task that hands
//! it on.
//!
//! **Invariant:** the connection never waits for those who hear. What does not fit is lost, and they
//! are told whose it was as soon as they take the next one, or that it may have been anything.

use super::message::NodeId;
use super::wire;
use parking_lot::Mutex;
use std::collections::{BTreeSet, VecDeque};
use tidings_protocol::FirmId;
use tokio::sync::Notify;

/// Messages that may wait.
const WAITING_MAX: usize = 8_192;

/// Bytes of all messages that wait.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Lost messages whose sender and firm are known at most; more than that are all.
const MISSED_MAX: usize = 1_024;

/// Waiting items at which the connection is given up until there is room again.
const STUCK_AT: usize = WAITING_MAX * 2;

/// What waits.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    grown: Notify,
    shrunk: Notify,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    bytes: usize,
    missed: BTreeSet<(FirmId, NodeId)>,
    anything: bool,
}

/// Something that was received, or has happened to the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A message about a firm.
    Message(FirmId, Vec<u8>),
    /// These firms are heard of from now on. Of the second ones that is news.
    Watching(Vec<FirmId>, Vec<FirmId>),
    /// These no longer are.
    Unwatched(Vec<FirmId>),
    /// A node is gone.
    Gone(NodeId),
    /// A node has said goodbye.
    Left(NodeId),
    /// Nothing is heard any more.
    Down,
    /// All firms are heard of again.
    Up,
    /// Messages of these senders were lost.
    Missed(BTreeSet<(FirmId, NodeId)>),
    /// Anything may have been lost.
    AnythingMissed,
}

impl Inbox {
    /// A message came. Whether it fitted.
    pub(super) fn receive(&self, firm: FirmId, message: Vec<u8>) -> bool {
        let mut state = self.state.lock();
        let fits =
            state.items.len() < WAITING_MAX && state.bytes + message.len() <= WAITING_BYTES_MAX;
        if fits {
            state.bytes += message.len();
            state.items.push_back(Item::Message(firm, message));
        } else {
            match wire::read_head(&message) {
                Some(head) if state.missed.len() < MISSED_MAX => {
                    state.missed.insert((firm, head.from));
                }
                Some(_) => state.anything = true,
                // Nobody of ours has said it.
                None => {}
            }
        }
        drop(state);
        self.grown.notify_one();
        fits
    }

    /// Something happened. It always fits: whoever tells of it looks at [`Self::is_stuck`].
    pub(super) fn tell(&self, item: Item) {
        self.state.lock().items.push_back(item);
        self.grown.notify_one();
    }

    /// Anything may have been missed.
    pub(super) fn miss_anything(&self) {
        self.state.lock().anything = true;
        self.grown.notify_one();
    }

    /// Whether those who hear are so far behind that nothing more is to be told.
    pub(super) fn is_stuck(&self) -> bool {
        self.state.lock().items.len() >= STUCK_AT
    }

    /// Waits until that is no longer so.
    pub(super) async fn unstuck(&self) {
        while self.is_stuck() {
            self.shrunk.notified().await;
        }
    }

    /// What is next.
    pub(super) async fn next(&self) -> Item {
        loop {
            if let Some(item) = self.take() {
                return item;
            }
            self.grown.notified().await;
        }
    }

    fn take(&self) -> Option<Item> {
        let mut state = self.state.lock();
        if std::mem::take(&mut state.anything) {
            state.missed.clear();
            return Some(Item::AnythingMissed);
        }
        if !state.missed.is_empty() {
            return Some(Item::Missed(std::mem::take(&mut state.missed)));
        }
        let item = state.items.pop_front()?;
        if let Item::Message(_, message) = &item {
            state.bytes -= message.len();
        }
        drop(state);
        self.shrunk.notify_one();
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::wire::Head;
    use uuid::Uuid;

    const FIRM: FirmId = FirmId(Uuid::from_u128(1));

    fn node(n: usize) -> NodeId {
        NodeId(Uuid::from_u128(n as u128))
    }

    fn message(from: usize) -> Vec<u8> {
        wire::message(&Head::new(node(from), 1, false), &wire::tail())
    }

    #[tokio::test]
    async fn what_does_not_fit_is_told_of_before_anything_else() {
        let inbox = Inbox::default();
        assert!((0..WAITING_MAX).all(|_| inbox.receive(FIRM, message(1))));
        assert!((0..5).all(|n| !inbox.receive(FIRM, message(2 + n % 2))));
        inbox.tell(Item::Up);
        assert_eq!(inbox.next().await, Item::Missed([(FIRM, node(2)), (FIRM, node(3))].into()));
        for _ in 0..WAITING_MAX {
            assert_eq!(inbox.next().await, Item::Message(FIRM, message(1)));
        }
        assert_eq!(inbox.next().await, Item::Up);
        assert_eq!(inbox.state.lock().bytes, 0);
    }

    #[tokio::test]
    async fn too_much_that_does_not_fit_is_anything() {
        let inbox = Inbox::default();
        let large = vec![0; WAITING_BYTES_MAX];
        assert!(inbox.receive(FIRM, large));
        assert!((0..=MISSED_MAX).all(|n| !inbox.receive(FIRM, message(n))));
        assert_eq!(inbox.next().await, Item::AnythingMissed);
        assert!(matches!(inbox.next().await, Item::Message(..)));
        assert_eq!(inbox.take(), None);
    }

    #[tokio::test]
    async fn it_is_stuck_until_somebody_takes() {
        let inbox = Inbox::default();
        (0..STUCK_AT).for_each(|_| inbox.tell(Item::Up));
        assert!(inbox.is_stuck());
        let ((), item) = tokio::join!(inbox.unstuck(), inbox.next());
        assert_eq!((item, inbox.is_stuck()), (Item::Up, false));
    }
}
