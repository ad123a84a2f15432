//! What follows a commit, in the server's own order, and what the other nodes are told of it.

use crate::bus::Heard;
use crate::lie::Lie;
use crate::node::Mail;
use crate::truth::Attempt;
use crate::world::{World, say};
use tidings_protocol::{Outcome, Person, Refusal, RefusalCode, ServerFrame};
use tidings_server::dispatch::{Hearers, outcome_of, tell};
use tidings_storage::{AccessChange, Commit, Done, ThreadCommit};

impl World {
    /// A node takes the oldest batch.
    pub(super) fn dispatch(&mut self, node: usize) {
        let Some(batch) = self.nodes[node].batches.pop_front() else { return };
        say!(self, "n{node} dispatches {}", batch.applied.len());
        let commits = batch.applied.iter().filter_map(|(_, applied)| applied.commit.as_ref());
        let missing = self.nodes[node].epochs.missing(commits);
        self.look_at_all(node, missing);
        tell(batch.applied, &mut Round { world: self, node });
    }

    /// A message of another node comes out of the bus.
    pub(super) fn bus_arrives(&mut self) {
        let Some((node, heard)) = self.bus.arrive(&mut self.chance) else { return };
        if self.nodes[node].down {
            return;
        }
        match heard {
            Heard::Committed(commit) => self.hear_commit(node, *commit),
            Heard::Watching(firm) => {
                say!(self, "n{node} hears of {firm} from now on");
                self.nodes[node].watched.insert(firm);
                self.nodes[node].due.firm(firm);
            }
            Heard::Missed(firm) => {
                say!(self, "n{node} has missed something of {firm}");
                self.nodes[node].due.firm(firm);
            }
            Heard::Left => {
                say!(self, "n{node} hears that a node has left");
                self.nodes[node].due.soon();
            }
            Heard::Gone => {
                say!(self, "n{node} hears that a node is gone");
                self.nodes[node].due.everything();
            }
        }
    }

    fn hear_commit(&mut self, node: usize, commit: Commit) {
        let state = &mut self.nodes[node];
        if !state.watched.contains(&commit.firm) || !state.epochs.has(commit.firm) {
            return;
        }
        say!(self, "n{node} hears of a commit at {:?}", commit.epoch);
        let missing = state.epochs.missing(std::iter::once(&commit));
        self.look_at_all(node, missing);
        self.hear_ends(node, &commit);
        self.heard(node, &commit);
        if let Some(thread) = commit.thread {
            self.mail_committed(node, thread);
        }
    }

    /// Rooms that have much mail already will read it from the store.
    fn mail_committed(&mut self, node: usize, mut thread: ThreadCommit) {
        if self.lie == Lie::ForgetReminders {
            thread.reminder = None;
        }
        let node = &mut self.nodes[node];
        if node.mail.len() < self.settings.mail_max {
            node.mail.push_back(Mail::Committed(thread));
        } else {
            self.trace.met("mail dropped");
            node.lost.note(&[thread]);
        }
    }

    /// Feeds take note of a commit.
    fn heard(&mut self, node: usize, commit: &Commit) {
        let feed = &mut self.nodes[node].feed;
        let firm = commit.firm;
        if let Some(thread) = &commit.thread {
            if !thread.events.is_empty() || thread.reminder.is_some() {
                feed.threads.insert(thread.thread, (firm, thread.account));
            }
            if let Some(read) = thread.read {
                let posted = thread.events.iter().any(|event| event.actor == read.person);
                feed.reads.push((thread.thread, read, posted));
                if !posted {
                    feed.badges.insert((firm, read.person));
                }
            }
        }
        for (member, item) in &commit.inbox {
            feed.inbox.push((*member, item.clone()));
            feed.badges.insert((firm, Person::Member(*member)));
        }
        for change in &commit.access {
            if let AccessChange::Grew(person) = change {
                feed.welcomes.insert((firm, *person));
            }
        }
    }

    fn publish(&mut self, node: usize, commit: &Commit) {
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            self.bus.publish(other, commit, &mut self.chance);
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
}

impl Hearers<Option<Attempt>> for Round<'_> {
    fn ended(&mut self, commit: &Commit) {
        self.world.hear_ends(self.node, commit);
    }

    fn committed(&mut self, commit: &Commit) {
        self.world.heard(self.node, commit);
        self.world.publish(self.node, commit);
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
