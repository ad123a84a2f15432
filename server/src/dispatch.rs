//! What happens after a commit, in this order: access that ended ends, senders get their answers,
//! rooms and feeds hear of it, and last the other nodes. What those say comes the same way.
//!
//! **Invariant:** all of it is handled by one task, this node's own commits in their order, and
//! nothing before its firm's sockets know of every end of access that came before it. So whatever
//! follows an end of access is never handed to a socket that lost it.

mod check;
mod hear;

use crate::bus::{Bus, Heard, Payload};
use crate::clock::monotonic;
use crate::commits::Batch;
use crate::feed::Feed;
use crate::lookover::LookOver;
use crate::metrics::Metrics;
use crate::neighbours::Neighbours;
use crate::people::People;
use crate::rooms::{Committed, Rooms};
use crate::settle::Settling;
use crate::socket::Outbound;
use crate::store::Store;
use std::sync::Arc;
use std::time::Instant;
use tidings_protocol::{FirmId, Outcome, Refusal, RefusalCode, RequestId, ServerFrame};
use tidings_storage::{Applied, Commit, Done, ThreadCommit};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// What other nodes said, taken at a time.
const HEARD_AT_A_TIME: usize = 256;

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
    /// What has to end by a commit, ends now.
    fn ended(&mut self, commit: &Commit);
    /// Something is durable.
    fn committed(&mut self, commit: &Commit);
    /// A submitter gets its answer, and then the thread's room hears what happened there.
    fn answered(&mut self, ticket: T, outcome: Result<Done, Refusal>, thread: Option<ThreadCommit>);
}

/// Tells of a batch. Pure: the order is the point.
pub fn tell<T>(applied: Vec<(T, Applied)>, hearers: &mut impl Hearers<T>) {
    for (ticket, Applied { outcome, commit }) in applied {
        if let Some(commit) = &commit {
            hearers.ended(commit);
            hearers.committed(commit);
        }
        hearers.answered(ticket, outcome, commit.and_then(|commit| commit.thread));
    }
}

/// The task between the store, the bus and everybody who hears.
pub struct Dispatch {
    /// Who is connected.
    pub people: Arc<People>,
    /// The rooms.
    pub rooms: Rooms,
    /// The feeds.
    pub feed: Feed,
    /// The other nodes.
    pub bus: Bus,
    /// What they say of things that are stored nowhere.
    pub neighbours: Neighbours,
    /// What is looked over when something may have been missed.
    pub look_over: LookOver,
    /// For what may still be seen.
    pub store: Store,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// What comes to dispatch.
pub struct Inlet {
    /// What this node has committed.
    pub batches: mpsc::Receiver<Batch>,
    /// What is heard of other nodes.
    pub heard: mpsc::Receiver<Heard>,
    /// Sockets that have to be looked at before something is handed to them.
    pub settling: mpsc::Receiver<Settling>,
}

impl Dispatch {
    /// Handles what comes until the store is closed.
    pub async fn run(self, mut inlet: Inlet) {
        let mut heard = Vec::new();
        loop {
            tokio::select! {
                batch = inlet.batches.recv() => match batch {
                    Some(batch) => self.handle(batch, &mut inlet.heard).await,
                    None => return,
                },
                Some(settling) = inlet.settling.recv() => {
                    self.settle(settling, &mut inlet.heard).await;
                }
                // A node that is alone hears of nobody: then this end is closed.
                1.. = inlet.heard.recv_many(&mut heard, HEARD_AT_A_TIME) => {
                    self.hear(&mut heard, &mut inlet.heard).await;
                }
            }
        }
    }

    async fn handle(&self, batch: Batch, heard: &mut mpsc::Receiver<Heard>) {
        let commits = || batch.applied.iter().filter_map(|(_, applied)| applied.commit.as_ref());
        self.catch_up(heard, || self.people.missing(commits())).await;
        let mut round = Round::new(self, batch.at);
        tell(batch.applied, &mut round);
        round.finish();
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

/// Some commits on their way, with what is to be told at the end.
struct Round<'a> {
    dispatch: &'a Dispatch,
    shards: Vec<Committed>,
    /// For the other nodes.
    elsewhere: Vec<(FirmId, Payload)>,
}

impl<'a> Round<'a> {
    fn new(dispatch: &'a Dispatch, at: Instant) -> Self {
        let shards = (0..dispatch.rooms.shards())
            .map(|_| Committed { commits: Vec::new(), flush: Vec::new(), at })
            .collect();
        Self { dispatch, shards, elsewhere: Vec::new() }
    }

    /// The thread's room hears of it when the round is over.
    fn tell_room(&mut self, thread: ThreadCommit, flush: Option<Arc<Outbound>>) {
        let shard = &mut self.shards[self.dispatch.rooms.shard_of(thread.thread)];
        shard.commits.push(thread);
        shard.flush.extend(flush);
    }

    fn finish(self) {
        for (shard, committed) in self.shards.into_iter().enumerate() {
            if !committed.commits.is_empty() {
                self.dispatch.rooms.committed(shard, committed);
            }
        }
        for (firm, payload) in self.elsewhere {
            self.dispatch.bus.publish(firm, payload);
        }
    }
}

impl Hearers<Ticket> for Round<'_> {
    fn ended(&mut self, commit: &Commit) {
        self.dispatch.people.hear(commit);
    }

    fn committed(&mut self, commit: &Commit) {
        self.dispatch.feed.committed(commit);
        if let Some(thread) = &commit.thread {
            let posted = thread.events.iter().filter(|event| event.kind.is_message()).count();
            self.dispatch.metrics.messages_total.inc_by(posted as u64);
        }
        if self.dispatch.bus.is_shared() {
            self.elsewhere.push((commit.firm, Payload::Committed(commit.clone())));
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
            (Some(thread), replied) => self.tell_room(thread, replied),
            (None, Some(outbound)) => outbound.flush(),
            (None, None) => {}
        }
    }
}
