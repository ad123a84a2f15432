//! What a node knows of its people's access. Its own batches end access in their order, as the
//! server's dispatch does. What comes from elsewhere (the bus, or the store) may be later than an
//! end that the node has not heard of: then it asks first. See `bus` for the rule.

use crate::lie::Lie;
use crate::truth::Truth;
use crate::world::{World, say};
use tidings_protocol::{CloseCode, FirmId, ThreadId};
use tidings_server::people::{Whose, ending};
use tidings_storage::{Access, AccessChange, DirectoryChange};

impl World {
    /// Brings a node's people up to an epoch, before it hands on anything of that epoch.
    pub(super) fn up_to(&mut self, node: usize, epoch: u64) {
        if self.nodes[node].epoch >= epoch {
            return;
        }
        self.nodes[node].epoch = self.truth.epoch;
        if matches!(self.lie, Lie::IgnoreEnd | Lie::IgnoreEpoch) {
            return;
        }
        self.trace.met("access asked for");
        say!(self, "n{node} looks after access, epoch {}", self.truth.epoch);
        for connection in self.nodes[node].connections.values_mut() {
            let Some(identity) = connection.session.identity() else { continue };
            let reader = &mut self.stored.reader;
            let stands = reader.token_stands(identity.actor, identity.token, identity.issued);
            let Ok(Some(now)) = reader.access(identity.actor) else {
                connection.line.cut(CloseCode::AccessEnded);
                continue;
            };
            let Ok(true) = stands else {
                connection.line.cut(CloseCode::BadToken);
                continue;
            };
            // What was known may be older than what it has joined since: access grows as well.
            let sees = |thread: &ThreadId| {
                let home = self.truth.home(*thread);
                home.is_some_and(|(_, account)| now.sees_thread(account, *thread))
            };
            let shrank = connection.access.as_ref().is_some_and(|before| shrank(before, &now));
            if shrank || !connection.joined.iter().all(sees) {
                connection.line.cut(CloseCode::AccessChanged);
            }
            connection.access = Some(now);
        }
    }

    /// A change of access that the node's own batch tells of.
    pub(super) fn access_changed(&mut self, node: usize, firm: FirmId, change: AccessChange) {
        let Some((whose, code)) = ending(change) else { return };
        if self.lie == Lie::IgnoreEnd {
            return;
        }
        for connection in self.nodes[node].connections.values() {
            let Some(identity) = connection.session.identity() else { continue };
            let concerned = match whose {
                Whose::Person(person) => identity.actor.person == person,
                Whose::Token(token) => identity.token == Some(token),
            };
            if concerned && identity.actor.firm == firm {
                connection.line.cut(code);
            }
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
            let identity = connection.and_then(|connection| connection.session.identity());
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

/// Whether somebody sees less than before.
fn shrank(before: &Access, now: &Access) -> bool {
    match (before, now) {
        (
            Access::Team { accounts, mentioned, .. },
            Access::Team { accounts: now_accounts, mentioned: now_mentioned, .. },
        ) => {
            if now.sees_all_accounts() {
                return false;
            }
            before.sees_all_accounts()
                || !accounts.is_subset(now_accounts)
                || !mentioned.is_subset(now_mentioned)
        }
        _ => before != now,
    }
}
