//! A place among the sockets that one person may have, over all nodes.

use crate::people::{Peer, TooManySockets};
use crate::session::run::Connection;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tidings_protocol::CloseCode;
use tidings_storage::Actor;
use tokio::io::ReadBuf;

/// Sockets that came here from a node that stopped or broke count there as well until it is seen
/// to be gone: who seems to have too many waits for longer than that takes.
const PATIENCE: Duration = Duration::from_secs(6);

/// How often it is looked at again.
const EVERY: Duration = Duration::from_millis(200);

impl Connection<'_> {
    /// Waits until nobody is there any more, as far as that shows without reading what was sent.
    pub(super) async fn hung_up(&self) {
        poll_fn(|cx| {
            if self.outbound.poll_ending(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut byte = [0];
            match self.outbound.stream().poll_peek(cx, &mut ReadBuf::new(&mut byte)) {
                Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(()),
                // It has said something, behind which its end does not show.
                Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
            }
        })
        .await;
    }

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
                    tokio::select! {
                        () = self.hung_up() => return Err(CloseCode::TooManySockets),
                        () = tokio::time::sleep(EVERY) => waited += EVERY,
                    }
                }
                Err(TooManySockets) => return Err(CloseCode::TooManySockets),
            }
        }
    }
}
