//! How a connection becomes somebody's: the token is checked, the person's sockets are counted,
//! and a welcome says how things stand.

use crate::auth::Identity;
use crate::clock::monotonic;
use crate::feed::digest;
use crate::people::Peer;
use crate::session::run::Connection;
use crate::socket::encode;
use crate::store;
use std::sync::Arc;
use tidings_protocol::{CloseCode, Outcome, Refusal, RefusalCode, RequestId, ServerFrame, Welcome};
use tidings_storage::{Access, Epoch, Reader, Unavailable};

/// How often access is read again because some ended in the firm meanwhile.
const READS_MAX: usize = 16;

/// How things stand for somebody who came in.
struct Admitted {
    welcome: Welcome,
    /// By what it is known again, if there are other nodes.
    digest: Option<u64>,
}

impl Connection<'_> {
    /// A token came in: the first one, or a newer one of the same person. A first one that is not
    /// good ends the connection; a later one is only refused.
    pub(super) async fn authenticate(
        &mut self,
        id: RequestId,
        token: &str,
    ) -> Result<(), CloseCode> {
        let verified = self.node.auth.verify(token, self.node.clock.now());
        let identity = match verified {
            Ok(identity) => identity,
            Err(error) => {
                // For whoever embeds us; it says what is wrong with a token, never the token.
                tracing::debug!(socket = self.outbound.id().0, reason = %error, "token refused");
                let refusal = Refusal::new(RefusalCode::Unauthenticated).because(error.to_string());
                self.refuse(id, refusal.at("authenticate.token"));
                return if self.peer.is_some() { Ok(()) } else { Err(CloseCode::BadToken) };
            }
        };
        match self.peer.clone() {
            None => self.start(identity, Some(id)).await,
            Some(peer) => {
                self.refresh(&peer, identity, id).await;
                Ok(())
            }
        }
    }

    /// Makes the connection the identity's, answering the frame that asked for it, if one did.
    pub(super) async fn start(
        &mut self,
        identity: Identity,
        id: Option<RequestId>,
    ) -> Result<(), CloseCode> {
        let peer = Arc::new(Peer::new(identity, Arc::clone(self.outbound)));
        // First in, then read: an end of access that is committed meanwhile finds the socket, or that
        // it has to read again.
        self.take_place(&peer).await?;
        self.peer = Some(Arc::clone(&peer));
        let Admitted { welcome, digest } = match self.admit(identity, &peer).await {
            Ok(Ok(admitted)) => admitted,
            Ok(Err(code)) => {
                if let Some(id) = id {
                    self.refuse(id, RefusalCode::Unauthenticated);
                }
                return Err(code);
            }
            Err(Unavailable(_)) => return Err(CloseCode::TryLater),
        };
        let reply = self.session.authenticated(identity, monotonic(), self.node.clock.now());
        let reply = reply.map_err(|_| CloseCode::InternalError)?;
        if let Some(id) = id {
            // Goes out with the welcome, in one write.
            let frame = ServerFrame::Reply { id, outcome: Outcome::Ok(reply) };
            self.outbound.queue(encode(self.outbound.encoding(), &frame));
        }
        // The feed holds back until the welcome is out; if it had something to say by then, it
        // sends another, in order with what else it says.
        if !peer.first_welcome(welcome, digest, self.node.clock.now()) {
            self.node.feed.welcome_again(peer.actor);
        }
        Ok(())
    }

    /// Reads how things stand for the identity's person, if its token stands; if not, why that ends
    /// the socket. All in one visit to the store: each costs two changes of threads.
    async fn admit(
        &self,
        identity: Identity,
        peer: &Arc<Peer>,
    ) -> Result<Result<Admitted, CloseCode>, Unavailable> {
        // When all who were on a node that restarts come at once, they wait here, and not in front of
        // what is asked by those who are in.
        let _turn = tokio::select! {
            biased;
            () = self.hung_up() => {
                return Err(Unavailable("nobody waits for it any more".to_owned()));
            }
            turn = self.node.admitting.acquire() => turn,
        };
        let (people, peer) = (Arc::clone(&self.node.people), Arc::clone(peer));
        let shared = self.node.bus.is_shared();
        let settle = self.node.settle.clone();
        let read = self.ask(identity.actor.firm, move |reader| {
            let mut had_to_know = Epoch::default();
            for _ in 0..READS_MAX {
                let epoch = epoch_of(reader, identity)?;
                if epoch < had_to_know {
                    settle.gone_back(identity.actor.firm, had_to_know);
                    return Err(Unavailable("the store has gone back".to_owned()));
                }
                let Ok(access) = access_by(reader, identity)? else {
                    return Ok(Err(CloseCode::BadToken));
                };
                // From here on the feed notes what the welcome may not have.
                if let Err(more) = people.grant(&peer, access, epoch) {
                    had_to_know = more;
                    continue;
                }
                let welcome = reader.welcome(identity.actor)?;
                return Ok(welcome.ok_or(CloseCode::AccessEnded).map(|welcome| {
                    let digest = shared.then(|| digest(&welcome));
                    Admitted { welcome, digest }
                }));
            }
            Err(Unavailable("access in this firm ends faster than it can be read".to_owned()))
        });
        read.await?
    }

    /// A newer token of the same person takes the place of the one before, if it stands.
    async fn refresh(&mut self, peer: &Peer, identity: Identity, id: RequestId) {
        if peer.actor != identity.actor {
            let refusal = self.session.authenticated(identity, monotonic(), self.node.clock.now());
            if let Err(refusal) = refusal {
                self.refuse(id, refusal);
            }
            return;
        }
        // What is refused changes nothing: the socket goes on by the token it has.
        peer.offer(identity);
        let read = self.node.store.read(move |reader| access_by(reader, identity)).await;
        let read = read.and_then(|read| read);
        peer.decide(matches!(read, Ok(Ok(_))));
        match read {
            Ok(Ok(_)) => {
                let now = self.node.clock.now();
                let reply = self.session.authenticated(identity, monotonic(), now);
                self.answer(id, reply.map_or_else(Outcome::Refused, Outcome::Ok));
            }
            Ok(Err(_)) => self.refuse(id, RefusalCode::Unauthenticated),
            Err(Unavailable(_)) => self.refuse(id, store::away()),
        }
    }
}

/// How often access has ended in the identity's firm.
fn epoch_of(reader: &mut dyn Reader, identity: Identity) -> Result<Epoch, Unavailable> {
    let epochs = reader.epochs(&[identity.actor.firm])?;
    Ok(epochs.first().map(|(_, epoch)| *epoch).unwrap_or_default())
}

/// What the identity's person may see, if its token stands; if not, why that ends a socket.
fn access_by(
    reader: &mut dyn Reader,
    identity: Identity,
) -> Result<Result<Access, CloseCode>, Unavailable> {
    let Identity { actor, token, issued, .. } = identity;
    let Some(access) = reader.access(actor)? else { return Ok(Err(CloseCode::AccessEnded)) };
    let stands = reader.token_stands(actor, token, issued)?;
    Ok(if stands { Ok(access) } else { Err(CloseCode::BadToken) })
}
