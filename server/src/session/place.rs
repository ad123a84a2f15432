//! A place among the sockets that one person may have, over all nodes.

use crate::people::{Peer, TooManySockets};
use crate::session::run::Connection;
use std::sync::Arc;
use std::time::Duration;
use tidings_protocol::CloseCode;
use tidings_storage::Actor;

/// Sockets that came here from a node that stopped or broke count there as well until it is seen
/// to be gone: who seems to have too many waits for longer than that takes.
const PATIENCE: Duration = Duration::from_secs(6);

/// How often it is looked at again.
const EVERY: Duration = Duration::from_millis(200);

impl Connection<'_> {
    /// Takes a place for a socket of a person, or says with which code it is to be closed.
    pub(super) async fn take_place(&self, peer: &Arc<Peer>) -> Result<(), CloseCode> {
        let Actor { firm, person } = peer.actor;
        let sockets_max = self.node.config.limits.sockets_per_person;
        let mut waited = Duration::ZERO;
        loop {
            let elsewhere = self.node.neighbours.sockets_elsewhere(firm, person);
            let taken = match sockets_max.saturating_sub(elsewhere) {
                0 => Err(TooManySockets),
                places => self.node.people.enter(peer, places),
            };
            match taken {
                Ok(()) => {
                    self.node.neighbours.sockets_changed(firm, person);
                    return Ok(());
                }
                Err(TooManySockets)
                    if elsewhere > 0 && waited < PATIENCE && self.outbound.is_open() =>
                {
                    tokio::time::sleep(EVERY).await;
                    waited += EVERY;
                }
                Err(TooManySockets) => return Err(CloseCode::TooManySockets),
            }
        }
    }
}
