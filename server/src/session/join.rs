//! Joining: brings a socket into a room without a hole, a duplicate or a step back.
//!
//! 1. The room is opened: from here on it keeps what arrives.
//! 2. The store is read up to its head. What was committed before the read is in it; what is
//!    committed later reaches the room.
//! 3. The socket attaches at the position it was sent. The room adds what it remembers beyond
//!    that; if it does not remember far enough, the store is read again.

use crate::rooms::{Attach, Mail, Seat};
use crate::session::run::Connection;
use std::future::poll_fn;
use std::sync::Arc;
use tidings_protocol::limits::{PAGE_ITEMS_MAX, RESUME_EVENTS_MAX};
use tidings_protocol::{
    Checked, CloseCode, Command, Event, Joined, Outcome, Person, Refusal, RefusalCode, Reply,
    RequestId, Seq, ServerFrame, ThreadId, ThreadView,
};
use tidings_storage::QueryError;
use tokio::sync::oneshot;

/// Rounds of reading after which a client is too slow for its thread.
const ROUNDS_MAX: u32 = 100;

/// What will be sent to a joining client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    /// The first event.
    from: Seq,
    /// Whether that joins up with what the client has.
    complete: bool,
}

/// Pure: everything missed if that is not too much, else the newest page.
fn plan(after: Option<Seq>, head: Seq) -> Plan {
    let newest_page = Seq(head.0.saturating_sub(u64::from(PAGE_ITEMS_MAX)) + 1);
    match after {
        Some(after) if after <= head && head.0 - after.0 <= RESUME_EVENTS_MAX => {
            Plan { from: after.next(), complete: true }
        }
        Some(_) => Plan { from: newest_page, complete: false },
        None => Plan { from: newest_page, complete: newest_page == Seq(1) },
    }
}

impl Connection<'_> {
    /// Does a join and answers it. An error ends the connection.
    pub(super) async fn join(
        &mut self,
        id: RequestId,
        thread: ThreadId,
        after: Option<Seq>,
        again: bool,
    ) -> Result<(), CloseCode> {
        if again {
            self.leave(thread).await;
            self.session.thread_left(thread);
        }
        let (present, opened) = oneshot::channel();
        self.node.rooms.send(thread, Mail::Open { thread, present }).await;
        let present = opened.await.map_err(|_| CloseCode::InternalError)?;
        let seated = match self.view(thread).await {
            Ok(view) => self.enter(id, view, after, present).await,
            Err(refusal) => {
                self.refuse(id, refusal);
                Ok(false)
            }
        };
        if let Ok(true) = seated {
            self.session.thread_joined(thread);
            return Ok(());
        }
        if let Some(peer) = &self.peer {
            peer.leave(thread);
        }
        self.node.rooms.send(thread, Mail::GiveUp { thread }).await;
        seated.map(|_| ())
    }

    async fn view(&self, thread: ThreadId) -> Result<ThreadView, Refusal> {
        let command = Checked::try_from(Command::GetThread { thread })?;
        let actor = self.session.identity().ok_or(RefusalCode::Unauthenticated)?.actor;
        let now = self.node.clock.now();
        let answer = self.node.store.read(move |reader| reader.answer(actor, &command, now)).await;
        match answer {
            Ok(Ok(Reply::Thread(view))) => Ok(*view),
            Ok(Err(QueryError::Refused(refusal))) => Err(refusal),
            _ => Err(RefusalCode::Unavailable.into()),
        }
    }

    /// Replies, sends what was missed, and takes the seat. Says whether it is taken.
    async fn enter(
        &self,
        id: RequestId,
        view: ThreadView,
        after: Option<Seq>,
        present: Vec<Person>,
    ) -> Result<bool, CloseCode> {
        let thread = view.item.summary.thread;
        let head = view.item.summary.head;
        let Plan { from, complete } = plan(after, head);
        let Some(peer) = &self.peer else { return Ok(false) };
        // From here on the room tells this socket of the thread, and the feed need not.
        peer.join(thread);
        let joined = Joined { view, from, complete, present };
        self.answer(id, Outcome::Ok(Reply::Joined(Box::new(joined))));
        let mut sent = Seq(from.0 - 1);
        let mut until = head;
        for _ in 0..ROUNDS_MAX {
            while sent < until {
                sent = self.send_page(thread, sent, until).await?;
            }
            match self.attach(thread, sent).await? {
                Attach::Live => return Ok(true),
                Attach::Behind { delivered } => until = delivered,
            }
        }
        Err(CloseCode::SlowReader)
    }

    /// Sends the events after a position, at least one; says where that ends.
    async fn send_page(&self, thread: ThreadId, sent: Seq, until: Seq) -> Result<Seq, CloseCode> {
        let half = self.node.config.limits.outbound_bytes / 2;
        // A client that stops reading is the heartbeat's business once this gives up.
        let drained = poll_fn(|cx| self.outbound.poll_drained(cx, half));
        let patience = std::time::Duration::from_secs(tidings_protocol::limits::PONG_SECONDS);
        if tokio::time::timeout(patience, drained).await.is_err() {
            return Err(CloseCode::SlowReader);
        }
        let read = move |reader: &mut dyn tidings_storage::Reader| {
            reader.events_after(thread, sent, PAGE_ITEMS_MAX)
        };
        let events: Vec<Event> = match self.node.store.read(read).await {
            Ok(Ok(events)) => events,
            _ => return Err(CloseCode::TryLater),
        };
        let last = events.last().map(|event| event.seq).ok_or(CloseCode::InternalError)?;
        let more = last < until;
        self.outbound.send(&ServerFrame::Events { thread, events, more });
        Ok(last)
    }

    async fn attach(&self, thread: ThreadId, have: Seq) -> Result<Attach, CloseCode> {
        let Some(identity) = self.session.identity() else { return Err(CloseCode::InternalError) };
        let person = identity.actor.person;
        let seat = Seat { outlet: Arc::clone(self.outbound), person, looking: true };
        let (done, attached) = oneshot::channel();
        self.node.rooms.send(thread, Mail::Attach { thread, seat, have, done }).await;
        attached.await.map_err(|_| CloseCode::InternalError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_to_whom() {
        for (after, head, from, complete) in [
            (None, 1, 1, true),
            (None, 100, 1, true),
            (None, 101, 2, false),
            (Some(0), 3, 1, true),
            (Some(3), 3, 4, true),
            (Some(2), 3, 3, true),
            (Some(0), 1_000, 1, true),
            (Some(0), 1_001, 902, false),
            // A client that knows more than the store: the store was restored from a backup.
            (Some(9), 3, 1, false),
        ] {
            let expected = Plan { from: Seq(from), complete };
            assert_eq!(plan(after.map(Seq), Seq(head)), expected, "{after:?} of {head}");
        }
    }
}
