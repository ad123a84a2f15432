//! What a node knows of its sockets' access, by the server's real table of epochs: what it hears of
//! ends what has to end, and where it may not have heard of something it asks the store first.

use crate::lie::Lie;
use crate::node::{Connection, Mail, Settling, Then};
use crate::truth::Truth;
use crate::world::{World, say};
use tidings_protocol::{CloseCode, FirmId};
use tidings_server::epochs::Passage;
use tidings_server::people::{Whose, ending, look_again};
use tidings_storage::{AccessChange, Commit, DirectoryChange, Epoch};

impl World {
    /// Looks at the sockets of each of these firms, up to those epochs at least.
    pub(super) fn look_at_all(&mut self, node: usize, firms: Vec<(FirmId, Epoch)>) {
        for (firm, epoch) in firms {
            self.look_at(node, firm, epoch);
        }
    }

    fn look_at(&mut self, node: usize, firm: FirmId, heard: Epoch) {
        self.trace.met("access asked for");
        let epochs = self.stored.reader.epochs(&[firm]).unwrap_or_default();
        let now = epochs.first().map_or(heard, |(_, epoch)| *epoch);
        let away = self.is_store_away(5);
        let epoch = if away { heard } else { heard.max(now) };
        say!(self, "n{node} looks at {firm} up to {epoch:?}, store away: {away}");
        let state = &mut self.nodes[node];
        state.epochs.raise(firm, epoch);
        for connection in state.connections.values_mut() {
            let concerned = connection.actor().is_some_and(|actor| actor.firm == firm);
            if !concerned || !connection.is_before(epoch) {
                continue;
            }
            connection.epoch = epoch;
            if matches!(self.lie, Lie::IgnoreEnd | Lie::IgnoreEpoch) {
                continue;
            }
            if away {
                connection.line.cut(CloseCode::AccessChanged);
                continue;
            }
            if let Some(code) = judge(connection, &mut *self.stored.reader, &self.truth) {
                connection.line.cut(code);
            } else if let Some(actor) = connection.actor() {
                state.feed.welcomes.insert((actor.firm, actor.person));
            }
        }
        state.epochs.pass(firm, epoch);
    }

    /// A commit is about to be told: what it ends, ends.
    pub(super) fn hear_ends(&mut self, node: usize, commit: &Commit) {
        let (firm, epoch) = (commit.firm, commit.epoch);
        let ends = commit.access.iter().any(|change| change.ends());
        let epochs = &mut self.nodes[node].epochs;
        let passage = epochs.passage(firm, epoch, ends);
        epochs.raise(firm, epoch);
        match passage {
            Passage::Free => {}
            Passage::Apply => {
                for change in &commit.access {
                    self.access_changed(node, firm, *change, epoch);
                }
            }
            Passage::Check => unreachable!("it was looked at just before"),
        }
        self.nodes[node].epochs.pass(firm, epoch);
    }

    fn access_changed(&mut self, node: usize, firm: FirmId, change: AccessChange, epoch: Epoch) {
        let Some((whose, code)) = ending(change) else { return };
        if self.lie == Lie::IgnoreEnd {
            return;
        }
        for connection in self.nodes[node].connections.values() {
            let Some(identity) = connection.identity else { continue };
            let concerned = match whose {
                Whose::Person(person) => identity.actor.person == person,
                Whose::Token(token) => identity.token == Some(token),
            };
            if concerned && identity.actor.firm == firm && connection.is_before(epoch) {
                connection.line.cut(code);
            }
        }
    }

    /// What a socket was answered is sent when it knows as much as the store did.
    pub(super) fn settle_answer(&mut self, node: usize, firm: FirmId) {
        let epochs = self.stored.reader.epochs(&[firm]).unwrap_or_default();
        let known = &mut self.nodes[node].epochs;
        let unknown = epochs.into_iter().filter(|(firm, epoch)| !known.knows(*firm, *epoch));
        let unknown = unknown.collect();
        self.look_at_all(node, unknown);
    }

    /// What was read can be handed on as soon as those it is for know as much.
    pub(super) fn settle(&mut self, node: usize) {
        let Some(Settling { epochs, then }) = self.nodes[node].settling.pop_front() else { return };
        let known = &mut self.nodes[node].epochs;
        let unknown = epochs.into_iter().filter(|(firm, epoch)| !known.knows(*firm, *epoch));
        let unknown = unknown.collect();
        self.look_at_all(node, unknown);
        match then {
            Then::Nothing => {}
            Then::LookOver(pulses) => self.nodes[node].mail.push_back(Mail::LookOver(pulses)),
            Then::Receipts(thread, sum, receipts) => {
                self.nodes[node].mail.push_back(Mail::Receipts(thread, sum, receipts));
            }
            Then::Tell(told) => self.tell_all(node, told),
        }
    }

    /// All tokens of a person are void: what is committed from now on must not reach the
    /// connections that came with them.
    pub(super) fn void_tokens(&mut self, change: &DirectoryChange, done: bool) {
        let Some(person) = Truth::revoked(change).filter(|_| done) else { return };
        let since = self.truth.commits;
        for device in self.devices.iter_mut().filter(|device| device.actor.person == person) {
            let Some(link) = &mut device.link else { continue };
            let connection = self.nodes[link.node].connections.get(&link.socket);
            let identity = connection.and_then(|connection| connection.identity);
            let Some(identity) = identity else { continue };
            // After the clock was set back a token may be later than its revocation.
            let reader = &mut self.stored.reader;
            let stands = reader.token_stands(identity.actor, identity.token, identity.issued);
            if let Ok(false) = stands {
                link.void = link.void.or(Some(since));
            }
        }
    }
}

/// With which code a connection ends of which nobody knows what it missed. If it does not, what it
/// sees is as the store says.
fn judge(
    connection: &mut Connection,
    reader: &mut dyn tidings_storage::Reader,
    truth: &Truth,
) -> Option<CloseCode> {
    let identity = connection.identity?;
    let stands = reader.token_stands(identity.actor, identity.token, identity.issued);
    let now = reader.access(identity.actor).ok().flatten();
    let sees_joined = connection.live_threads().iter().all(|thread| {
        let home = truth.home(*thread);
        home.is_none_or(|(_, account)| {
            now.as_ref().is_some_and(|now| now.sees_thread(account, *thread))
        })
    });
    let stands = stands.unwrap_or(false);
    let code = look_again(connection.access.as_ref(), now.as_ref(), stands, sees_joined);
    connection.access = now.or(connection.access.take());
    code
}
