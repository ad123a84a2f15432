//! What follows a commit, in the server's own order, and what the other nodes are told of it.

use crate::bus::Message;
use crate::lie::Lie;
use crate::node::Mail;
use crate::truth::Attempt;
use crate::world::{World, say};
use tidings_protocol::{Outcome, Refusal, RefusalCode, ServerFrame};
use tidings_server::dispatch::{Hearers, outcome_of, tell};
use tidings_storage::{Commit, Done, ThreadCommit};

impl World {
    /// A node takes the oldest batch.
    pub(super) fn dispatch(&mut self, node: usize) {
        let Some(batch) = self.nodes[node].batches.pop_front() else { return };
        say!(self, "n{node} dispatches {}", batch.applied.len());
        self.up_to(node, batch.before);
        tell(batch.applied, &mut Round { world: self, node, epoch: batch.after });
        let epoch = &mut self.nodes[node].epoch;
        *epoch = batch.after.max(*epoch);
    }

    /// A message of another node comes out of the bus.
    pub(super) fn bus_arrives(&mut self) {
        let Some((node, message)) = self.bus.arrive(&mut self.chance) else { return };
        if self.nodes[node].down {
            return;
        }
        say!(self, "n{node} hears from the bus");
        self.up_to(node, message.epoch);
        self.heard(node, &message.commit);
        if let Some(thread) = message.commit.thread {
            self.mail_committed(node, thread);
        }
    }

    /// Rooms that have much mail already will read it from the store.
    fn mail_committed(&mut self, node: usize, thread: ThreadCommit) {
        let node = &mut self.nodes[node];
        if node.mail.len() < self.settings.mail_max {
            node.mail.push_back(Mail::Committed(thread));
        } else {
            self.trace.met("mail dropped");
            node.lost = true;
        }
    }

    /// Feeds take note of a commit.
    fn heard(&mut self, node: usize, commit: &Commit) {
        let feed = &mut self.nodes[node].feed;
        if let Some(thread) = &commit.thread {
            if !thread.events.is_empty() {
                feed.threads.insert(thread.thread, (commit.firm, thread.account));
            }
            feed.reads.extend(thread.read.map(|read| (thread.thread, read)));
        }
        feed.inbox.extend(commit.inbox.iter().cloned());
    }

    fn publish(&mut self, node: usize, message: &Message) {
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            self.bus.publish(other, message, &mut self.chance);
        }
    }

    /// Sends a command's answer to whoever waits for it, if it still does.
    fn reply(&mut self, node: usize, (socket, id): Attempt, answer: Result<Done, Refusal>) {
        let lies = self.lie == Lie::RefuseWhatWasDone && self.chance.percent(10);
        let Some(connection) = self.nodes[node].connections.get_mut(&socket) else { return };
        connection.at_work -= 1;
        let mut outcome = outcome_of(answer);
        if lies && matches!(outcome, Outcome::Ok(_)) {
            outcome = Outcome::Refused(RefusalCode::NotAllowed.into());
        }
        connection.line.send(&ServerFrame::Reply { id, outcome });
    }
}

/// One batch on its way through a node.
struct Round<'a> {
    world: &'a mut World,
    node: usize,
    epoch: u64,
}

impl Hearers<Option<Attempt>> for Round<'_> {
    fn ended(&mut self, commit: &Commit) {
        for change in &commit.access {
            self.world.access_changed(self.node, commit.firm, *change);
        }
    }

    fn committed(&mut self, commit: &Commit) {
        self.world.heard(self.node, commit);
        let message = Message { commit: commit.clone(), epoch: self.epoch };
        self.world.publish(self.node, &message);
    }

    fn answered(
        &mut self,
        ticket: Option<Attempt>,
        outcome: Result<Done, Refusal>,
        thread: Option<ThreadCommit>,
    ) {
        if let Some(attempt) = ticket {
            self.world.reply(self.node, attempt, outcome);
        }
        if let Some(thread) = thread {
            self.world.mail_committed(self.node, thread);
        }
    }
}
