//! Joining: brings a socket into a room without a hole, a duplicate or a step back.
//!
//! 1. The room is opened: from here on it keeps what arrives.
//! 2. The store is read up to its head. What was committed before the read is in it; what is
//!    committed later reaches the room.
//! 3. The socket attaches at the position it was sent. The room adds what it remembers beyond
//!    that; if it does not remember far enough, the store is read again.

use crate::rooms::{Attach, Mail, Seat};
use crate::session::joining::{Joining, Next, Plan};
use crate::session::run::Connection;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use tidings_protocol::limits::PAGE_ITEMS_MAX;
use tidings_protocol::{
    Checked, CloseCode, Command, Event, HistoryFrom, Joined, Outcome, Person, Refusal, RefusalCode,
    Reply, RequestId, Seq, ServerFrame, ThreadId, ThreadView,
};
use tidings_storage::QueryError;
use tokio::sync::oneshot;

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
        match self.ask(Command::GetThread { thread }).await? {
            Reply::Thread(view) => Ok(*view),
            _ => Err(RefusalCode::Unavailable.into()),
        }
    }

    /// Asks the store in the person's name.
    async fn ask(&self, command: Command) -> Result<Reply, Refusal> {
        let command = Checked::try_from(command)?;
        let actor = self.session.identity().ok_or(RefusalCode::Unauthenticated)?.actor;
        let now = self.node.clock.now();
        let answer = self.node.store.read(move |reader| reader.answer(actor, &command, now)).await;
        match answer {
            Ok(Ok(reply)) => Ok(reply),
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
        let mut joining = Joining::new(after, view.item.summary.head);
        let Plan { from, complete } = joining.plan();
        let Some(peer) = &self.peer else { return Ok(false) };
        // From here on the room tells this socket of the thread, and the feed need not.
        peer.join(thread);
        let joined = Joined { view, from, complete, present };
        self.answer(id, Outcome::Ok(Reply::Joined(Box::new(joined))));
        loop {
            match joining.next() {
                Next::Send { after } => {
                    let events = self.page(thread, after).await?;
                    let last = events.last().ok_or(CloseCode::InternalError)?.seq;
                    let more = joining.sent(last);
                    self.outbound.send(&ServerFrame::Events { thread, events, more });
                }
                Next::Attach { have } => joining.attached(self.attach(thread, have).await?),
                Next::Live => return Ok(true),
                Next::TooSlow => return Err(CloseCode::SlowReader),
            }
        }
    }

    /// Reads the events after a position, once the client has taken most of what it was sent. The
    /// store is asked in the person's name: access may have ended since the join began.
    async fn page(&self, thread: ThreadId, after: Seq) -> Result<Vec<Event>, CloseCode> {
        // What is left holds a page, however its text is escaped.
        let quarter = self.node.config.limits.outbound_bytes / 4;
        // A client that stops reading is the heartbeat's business once this gives up.
        let drained = poll_fn(|cx| match self.outbound.poll_drained(cx, quarter) {
            // It has ended meanwhile, and nobody waits for the rest.
            Poll::Pending if !self.outbound.is_open() => Poll::Ready(()),
            poll => poll,
        });
        let patience = std::time::Duration::from_secs(tidings_protocol::limits::PONG_SECONDS);
        if tokio::time::timeout(patience, drained).await.is_err() {
            return Err(CloseCode::SlowReader);
        }
        let from = HistoryFrom::After(after);
        let page = Command::History { thread, from, limit: Some(PAGE_ITEMS_MAX) };
        match self.ask(page).await {
            Ok(Reply::History { events, .. }) => Ok(events),
            Err(refusal) if refusal.code == RefusalCode::NotFound => Err(CloseCode::AccessChanged),
            _ => Err(CloseCode::TryLater),
        }
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
