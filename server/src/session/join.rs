//! Joining: brings a socket into a room without a hole, a duplicate or a step back.
//!
//! 1. The room is opened: from here on it keeps what arrives.
//! 2. The store is read up to its head. What was committed before the read is in it; what is
//!    committed later reaches the room.
//! 3. The socket attaches at the position it was sent. The room adds what it remembers beyond
//!    that; if it does not remember far enough, the store is read again.
//!
//! A visit to the store costs two changes of threads, so each does all it can: the first one brings
//! the thread and the beginning of what was missed, the next ones several pages each.

use crate::rooms::{Attach, Mail, Reminding, Seat};
use crate::session::joining::{Joining, Next};
use crate::session::missed::{Asking, Visit};
use crate::session::run::Connection;
use crate::store;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tidings_protocol::limits::PONG_SECONDS;
use tidings_protocol::{CloseCode, Person, Refusal, RefusalCode, RequestId, Seq, ThreadId};
use tidings_storage::{Actor, QueryError};
use tokio::sync::oneshot;

/// A join as it is asked for.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    pub(super) id: RequestId,
    pub(super) thread: ThreadId,
    /// The last event that the client has.
    pub(super) after: Option<Seq>,
    /// Whether it is joined already, and must be left first.
    pub(super) again: bool,
}

impl Connection<'_> {
    /// Does a join and answers it. An error ends the connection.
    pub(super) async fn join(&mut self, wish: Wish) -> Result<(), CloseCode> {
        let Wish { id, thread, again, .. } = wish;
        if again {
            self.leave(thread).await;
            self.session.thread_left(thread);
        }
        if let Some(peer) = &self.peer {
            peer.joining(thread);
        }
        let Some(identity) = self.session.identity() else { return Err(CloseCode::InternalError) };
        let firm = identity.actor.firm;
        let (present, opened) = oneshot::channel();
        self.node.rooms.send(thread, Mail::Open { thread, firm, present }).await;
        let present = opened.await.map_err(|_| CloseCode::InternalError)?;
        let seated = match self.begin(wish, present).await {
            Ok((visit, reminder)) => self.enter(thread, visit, reminder).await,
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

    /// The answer, and the beginning of what was missed; and what the answer says of reminders.
    async fn begin(&self, wish: Wish, present: Vec<Person>) -> Result<(Visit, Reminding), Refusal> {
        let asking = self.asking(wish.thread).ok_or(RefusalCode::Unauthenticated)?;
        let Wish { id, after, .. } = wish;
        let firm = asking.actor.firm;
        let read = self.ask(firm, move |reader| asking.begin(reader, id, after, &present));
        match read.await {
            Ok(Ok(begun)) => Ok(begun),
            // What was read on the way there has other names; the client asked to join.
            Ok(Err(QueryError::Refused(refusal))) => Err(refusal.at("join.thread")),
            Ok(Err(QueryError::Unavailable(_))) | Err(_) => Err(store::away()),
        }
    }

    fn asking(&self, thread: ThreadId) -> Option<Asking> {
        let actor = self.session.identity()?.actor;
        let encoding = self.outbound.encoding();
        Some(Asking { actor, thread, encoding, now: self.node.clock.now() })
    }

    /// Replies, sends what was missed, and takes the seat. Says whether it is taken.
    async fn enter(
        &self,
        thread: ThreadId,
        visit: Visit,
        reminder: Reminding,
    ) -> Result<bool, CloseCode> {
        let Visit { mut frames, mut joining } = visit;
        let Some(peer) = &self.peer else { return Ok(false) };
        // From here on the room tells this socket of the thread, and the feed need not.
        peer.join(thread);
        self.outbound.queue(frames.remove(0));
        loop {
            if !frames.is_empty() && !self.drained().await? {
                return Ok(false);
            }
            for frame in frames.drain(..) {
                self.outbound.queue(frame);
            }
            match joining.next() {
                Next::Send { .. } => {
                    if !self.drained().await? {
                        return Ok(false);
                    }
                    Visit { frames, joining } = self.go_on(thread, joining).await?;
                }
                // The seat is taken and all that is queued goes out, in one write.
                Next::Attach { have } => {
                    joining.attached(self.attach(thread, have, reminder).await?);
                }
                Next::Live => return Ok(true),
                Next::TooSlow => return Err(CloseCode::SlowReader),
            }
        }
    }

    /// Sends what is queued, and is ready when the client has taken most of it. Says whether it is
    /// still there: for nobody nothing is read.
    async fn drained(&self) -> Result<bool, CloseCode> {
        self.outbound.flush();
        // What is left holds what one visit brings, however its text is escaped.
        let quarter = self.node.config.limits.outbound_bytes / 4;
        // A client that stops reading is the heartbeat's business once this gives up.
        let drained = poll_fn(|cx| match self.outbound.poll_drained(cx, quarter) {
            // It has ended meanwhile, and nobody waits for the rest.
            Poll::Pending if !self.outbound.is_open() => Poll::Ready(()),
            poll => poll,
        });
        let patience = Duration::from_secs(PONG_SECONDS);
        let waited = tokio::time::timeout(patience, drained).await;
        waited.map_err(|_| CloseCode::SlowReader)?;
        Ok(self.outbound.is_open())
    }

    /// Reads further pages. The store is asked in the person's name: access may have ended since
    /// the join began.
    async fn go_on(&self, thread: ThreadId, joining: Joining) -> Result<Visit, CloseCode> {
        let asking = self.asking(thread).ok_or(CloseCode::InternalError)?;
        // However many go on catching up, others who ask the store wait for few of their visits.
        let _turn = self.node.catching_up.acquire().await;
        let firm = asking.actor.firm;
        let read = self.ask(firm, move |reader| asking.go_on(reader, joining));
        match read.await {
            Ok(Ok(visit)) => Ok(visit),
            Ok(Err(QueryError::Refused(refusal))) if refusal.code == RefusalCode::NotFound => {
                Err(CloseCode::AccessChanged)
            }
            _ => Err(CloseCode::TryLater),
        }
    }

    async fn attach(
        &self,
        thread: ThreadId,
        have: Seq,
        reminder: Reminding,
    ) -> Result<Attach, CloseCode> {
        let Some(identity) = self.session.identity() else { return Err(CloseCode::InternalError) };
        let Actor { firm, person } = identity.actor;
        let seat = Seat { outlet: Arc::clone(self.outbound), person, looking: true, reminder };
        let (done, attached) = oneshot::channel();
        self.node.rooms.send(thread, Mail::Attach { thread, firm, seat, have, done }).await;
        attached.await.map_err(|_| CloseCode::InternalError)
    }
}
