//! What happens after a commit, in this order: access that ended ends, senders get their answers,
//! rooms and feeds hear of it.
//!
//! **Invariant:** batches are handled in commit order by one task, so whatever follows an end of
//! access in the log is never handed to a socket that lost it.

use crate::commits::Batch;
use crate::clock::monotonic;
use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::people::People;
use crate::rooms::{Committed, Rooms};
use crate::socket::Outbound;
use std::sync::Arc;
use std::time::Instant;
use tidings_protocol::{FirmId, Outcome, Refusal, RefusalCode, RequestId, ServerFrame};
use tidings_storage::{AccessChange, Applied, Commit, Done, ThreadCommit};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// By what a submitter knows its operation again.
pub enum Ticket {
    /// Somebody awaits the answer.
    Awaited(oneshot::Sender<Result<Done, Refusal>>),
    /// A socket is to be sent the answer.
    Socket(PendingReply),
}

/// A reply that a socket waits for.
pub struct PendingReply {
    /// The socket.
    pub outbound: Arc<Outbound>,
    /// The frame's id.
    pub id: RequestId,
    /// The command's name.
    pub command: &'static str,
    /// When it was received.
    pub received: Instant,
    /// One of the commands that the socket may have at work.
    pub permit: OwnedSemaphorePermit,
}

impl PendingReply {
    /// Queues the reply without flushing; more for the same socket may follow.
    pub fn queue(self, outcome: Outcome, metrics: &Metrics) -> Arc<Outbound> {
        metrics.outcome(self.command, &outcome);
        let frame = ServerFrame::Reply { id: self.id, outcome };
        self.outbound.queue(crate::socket::encode(self.outbound.encoding(), &frame));
        self.outbound
    }
}

/// An answer as a command's outcome.
pub fn outcome_of(answer: Result<Done, Refusal>) -> Outcome {
    match answer {
        Ok(Done::Reply(reply)) => Outcome::Ok(reply),
        // The store answers commands with replies; anything else is its bug, not the sender's.
        Ok(_) => Outcome::Refused(RefusalCode::Unavailable.into()),
        Err(refusal) => Outcome::Refused(refusal),
    }
}

/// Who hears of a batch, in the order of [`tell`].
pub trait Hearers<T> {
    /// What somebody of a firm may see has changed; what has to end, ends now.
    fn access_changed(&mut self, firm: FirmId, change: AccessChange);
    /// Something is durable.
    fn committed(&mut self, commit: &Commit);
    /// A submitter gets its answer, and then the thread's room hears what happened there.
    fn answered(&mut self, ticket: T, outcome: Result<Done, Refusal>, thread: Option<ThreadCommit>);
}

/// Tells of a batch. Pure: the order is the point.
pub fn tell<T>(applied: Vec<(T, Applied)>, hearers: &mut impl Hearers<T>) {
    for (ticket, Applied { outcome, commit }) in applied {
        if let Some(commit) = &commit {
            for change in &commit.access {
                hearers.access_changed(commit.firm, *change);
            }
            hearers.committed(commit);
        }
        hearers.answered(ticket, outcome, commit.and_then(|commit| commit.thread));
    }
}

/// The task between the bus and everybody who hears.
pub struct Dispatch {
    /// Who is connected.
    pub people: Arc<People>,
    /// The rooms.
    pub rooms: Rooms,
    /// The feeds.
    pub feed: Feed,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl Dispatch {
    /// Handles batches until the store is closed.
    pub async fn run(self, mut batches: mpsc::Receiver<Batch>) {
        while let Some(batch) = batches.recv().await {
            self.handle(batch);
        }
    }

    fn handle(&self, batch: Batch) {
        let shards = (0..self.rooms.shards())
            .map(|_| Committed { commits: Vec::new(), flush: Vec::new(), at: batch.at })
            .collect();
        let mut round = Round { dispatch: self, shards };
        tell(batch.applied, &mut round);
        for (shard, committed) in round.shards.into_iter().enumerate() {
            if !committed.commits.is_empty() {
                self.rooms.committed(shard, committed);
            }
        }
    }

    fn answer(&self, ticket: Ticket, outcome: Result<Done, Refusal>) -> Option<Arc<Outbound>> {
        match ticket {
            Ticket::Awaited(waiter) => {
                // Whoever no longer waits does not want to know.
                drop(waiter.send(outcome));
                None
            }
            Ticket::Socket(pending) => {
                let took = monotonic() - pending.received;
                self.metrics.ack_seconds.observe(took.as_secs_f64());
                Some(pending.queue(outcome_of(outcome), &self.metrics))
            }
        }
    }
}

/// One batch on its way, with what each shard is to be told at its end.
struct Round<'a> {
    dispatch: &'a Dispatch,
    shards: Vec<Committed>,
}

impl Hearers<Ticket> for Round<'_> {
    fn access_changed(&mut self, firm: FirmId, change: AccessChange) {
        self.dispatch.people.apply(firm, change);
    }

    fn committed(&mut self, commit: &Commit) {
        self.dispatch.feed.committed(commit);
        if let Some(thread) = &commit.thread {
            let posted = thread.events.iter().filter(|event| event.kind.is_message()).count();
            self.dispatch.metrics.messages_total.inc_by(posted as u64);
        }
    }

    fn answered(
        &mut self,
        ticket: Ticket,
        outcome: Result<Done, Refusal>,
        thread: Option<ThreadCommit>,
    ) {
        let replied = self.dispatch.answer(ticket, outcome);
        match (thread, replied) {
            (Some(thread), replied) => {
                let shard = &mut self.shards[self.dispatch.rooms.shard_of(thread.thread)];
                shard.commits.push(thread);
                shard.flush.extend(replied);
            }
            (None, Some(outbound)) => outbound.flush(),
            (None, None) => {}
        }
    }
}
