//! Who is connected to this node, with which sockets, and what each may see. The one shared map of
//! the server: sessions put themselves in, feeds look up who is concerned, and access that ends
//! ends here, on the spot.

use crate::auth::Identity;
use crate::metrics::Metrics;
use crate::socket::{Outbound, SharedFrame, SocketId};
use dashmap::DashMap;
use parking_lot::{Mutex, RwLock};
use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;
use tidings_protocol::{
    AccountId, Badges, CloseCode, FirmId, Person, ServerFrame, ThreadId, Timestamp, TokenId,
    Welcome,
};
use tidings_storage::{Access, AccessChange, Actor};

/// One connected socket of a person who is known.
pub struct Peer {
    /// Who.
    pub actor: Actor,
    /// The socket.
    pub outbound: Arc<Outbound>,
    /// The token in use, and when it was issued.
    identity: Mutex<Identity>,
    /// What the person may see. None until it was read: such a peer is told nothing.
    access: RwLock<Option<Arc<Access>>>,
    /// Threads this socket has joined: it hears of them from their rooms.
    joined: Mutex<HashSet<ThreadId>>,
    /// Held while the feed speaks, so that nothing old is said after something new.
    hearing: Mutex<Hearing>,
}

// There is one for every connection.
const _: () = assert!(size_of::<Peer>() <= 256);

/// Whether the feed may speak to a socket.
enum Hearing {
    /// No welcome yet.
    Quiet {
        /// The feed had something to say.
        missed: bool,
    },
    /// Welcomed.
    Open {
        /// The numbers last told, by a welcome or since.
        badges: Badges,
    },
}

impl Peer {
    /// A socket of the person that the identity names.
    pub fn new(identity: Identity, outbound: Arc<Outbound>) -> Self {
        Self {
            actor: identity.actor,
            outbound,
            identity: Mutex::new(identity),
            access: RwLock::new(None),
            joined: Mutex::new(HashSet::new()),
            hearing: Mutex::new(Hearing::Quiet { missed: false }),
        }
    }

    /// A newer token of the same person takes the place of the one before.
    pub fn refresh(&self, identity: Identity) -> Identity {
        std::mem::replace(&mut self.identity.lock(), identity)
    }

    /// Sends the first welcome. False if the feed had something to say before it: then another one
    /// is due, by [`Self::welcome_again`].
    pub fn first_welcome(&self, welcome: Welcome, now: Timestamp) -> bool {
        let mut hearing = self.hearing.lock();
        let missed = matches!(*hearing, Hearing::Quiet { missed: true });
        *hearing = Hearing::Open { badges: welcome.badges };
        self.send_welcome(welcome, now);
        !missed
    }

    /// Says how everything stands, and what the person may see from now on, unless the first
    /// welcome is yet to come.
    pub fn welcome_again(&self, access: Arc<Access>, welcome: Welcome, now: Timestamp) {
        self.hear(|badges| {
            *self.access.write() = Some(access);
            *badges = welcome.badges;
            self.send_welcome(welcome, now);
        });
    }

    fn send_welcome(&self, mut welcome: Welcome, now: Timestamp) {
        welcome.token_expires_ms = self.identity.lock().expires;
        welcome.now_ms = now;
        self.outbound.send(&ServerFrame::Welcome(Box::new(welcome)));
    }

    /// Sends a frame of the feed, unless the welcome is yet to come.
    pub fn tell(&self, frame: &SharedFrame, metrics: &Metrics) {
        self.hear(|_| self.send_shared(frame, metrics));
    }

    /// Sends the numbers on the icons, made a frame, if this socket was last told others.
    pub fn tell_badges(&self, now: Badges, frame: &SharedFrame, metrics: &Metrics) {
        self.hear(|told| {
            if std::mem::replace(told, now) != now {
                self.send_shared(frame, metrics);
            }
        });
    }

    fn send_shared(&self, frame: &SharedFrame, metrics: &Metrics) {
        self.outbound.queue(frame.bytes(self.outbound.encoding()).clone());
        self.outbound.flush();
        metrics.feed_frames_total.inc();
    }

    /// Lets the feed speak, or notes that it had something to say.
    fn hear(&self, speak: impl FnOnce(&mut Badges)) {
        match &mut *self.hearing.lock() {
            Hearing::Quiet { missed } => *missed = true,
            Hearing::Open { badges } => speak(badges),
        }
    }

    /// What the person may see, as it was last read.
    pub fn access(&self) -> Option<Arc<Access>> {
        self.access.read().clone()
    }

    /// The socket has joined a thread.
    pub fn join(&self, thread: ThreadId) {
        self.joined.lock().insert(thread);
    }

    /// The socket has left a thread.
    pub fn leave(&self, thread: ThreadId) {
        self.joined.lock().remove(&thread);
    }

    /// Whether the socket hears of the thread from its room.
    pub fn has_joined(&self, thread: ThreadId) -> bool {
        self.joined.lock().contains(&thread)
    }

    fn sees(&self, account: AccountId, thread: ThreadId) -> bool {
        self.access.read().as_ref().is_some_and(|access| access.sees_thread(account, thread))
    }
}

/// Everybody connected.
#[derive(Default)]
pub struct People {
    of_person: DashMap<Person, Vec<Arc<Peer>>>,
    of_account: DashMap<AccountId, Vec<Arc<Peer>>>,
    team_of_firm: DashMap<FirmId, Vec<Arc<Peer>>>,
}

/// The person has as many sockets as one may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManySockets;

impl People {
    /// Puts a socket in; from now on access changes reach it.
    pub fn enter(&self, peer: &Arc<Peer>, sockets_max: usize) -> Result<(), TooManySockets> {
        let mut sockets = self.of_person.entry(peer.actor.person).or_insert_with(room_for_one);
        if sockets.len() >= sockets_max {
            return Err(TooManySockets);
        }
        sockets.push(Arc::clone(peer));
        Ok(())
    }

    /// Says what a new socket's person may see; from now on feeds concern it.
    pub fn grant(&self, peer: &Arc<Peer>, access: Access) {
        let account = match &access {
            Access::Team { .. } => None,
            Access::Contact { account } => Some(*account),
        };
        *peer.access.write() = Some(Arc::new(access));
        match account {
            Some(account) => {
                let mut peers = self.of_account.entry(account).or_insert_with(room_for_one);
                peers.push(Arc::clone(peer));
            }
            None => self.team_of_firm.entry(peer.actor.firm).or_default().push(Arc::clone(peer)),
        }
    }

    /// Takes a socket out.
    pub fn exit(&self, peer: &Peer) {
        let id = peer.outbound.id();
        remove(&self.of_person, &peer.actor.person, id);
        if let Some(access) = peer.access() {
            match &*access {
                Access::Contact { account } => remove(&self.of_account, account, id),
                Access::Team { .. } => remove(&self.team_of_firm, &peer.actor.firm, id),
            }
        }
    }

    /// The sockets of one person.
    pub fn sockets_of(&self, person: Person) -> Vec<Arc<Peer>> {
        self.of_person.get(&person).map(|peers| peers.clone()).unwrap_or_default()
    }

    /// Whether any socket of the person is connected here.
    pub fn is_connected(&self, person: Person) -> bool {
        self.of_person.contains_key(&person)
    }

    /// Every socket.
    pub fn everybody(&self) -> Vec<Arc<Peer>> {
        self.of_person.iter().flat_map(|peers| peers.value().clone()).collect()
    }

    /// Sockets whose person sees the thread.
    pub fn audience(&self, firm: FirmId, account: AccountId, thread: ThreadId) -> Vec<Arc<Peer>> {
        let contacts = self.of_account.get(&account);
        let team = self.team_of_firm.get(&firm);
        let contacts = contacts.iter().flat_map(|peers| peers.iter());
        let team = team.iter().flat_map(|peers| peers.iter());
        contacts
            .chain(team)
            .filter(|peer| peer.actor.firm == firm && peer.sees(account, thread))
            .cloned()
            .collect()
    }

    /// Ends what has to end, before anything that was committed later can be delivered.
    /// A firm ends what is its own: whoever names another's token or person ends nothing.
    pub fn apply(&self, firm: FirmId, change: AccessChange) {
        let Some((whose, code)) = ending(change) else { return };
        let concerned = match whose {
            Whose::Person(person) => self.sockets_of(person),
            Whose::Token(token) => {
                let mut peers = self.everybody();
                peers.retain(|peer| peer.identity.lock().token == Some(token));
                peers
            }
        };
        for peer in concerned.iter().filter(|peer| peer.actor.firm == firm) {
            peer.outbound.cut(code);
        }
    }
}

/// Which sockets a change of access closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All of a person's.
    Person(Person),
    /// All that came with a token.
    Token(TokenId),
}

/// Pure: what a change of access ends, and with which code.
pub fn ending(change: AccessChange) -> Option<(Whose, CloseCode)> {
    match change {
        AccessChange::Ended(person) => Some((Whose::Person(person), CloseCode::AccessEnded)),
        AccessChange::Shrank(person) => Some((Whose::Person(person), CloseCode::AccessChanged)),
        // The person still has access, and comes back with a new token.
        AccessChange::TokenRevoked(token) => Some((Whose::Token(token), CloseCode::BadToken)),
        AccessChange::TokensRevoked(person) => Some((Whose::Person(person), CloseCode::BadToken)),
        // Feeds read it anew.
        AccessChange::Grew(_) => None,
    }
}

/// Most people have one socket, and most accounts few contacts.
fn room_for_one() -> Vec<Arc<Peer>> {
    Vec::with_capacity(1)
}

fn remove<K: Eq + Hash>(map: &DashMap<K, Vec<Arc<Peer>>>, key: &K, id: SocketId) {
    if let Some(mut peers) = map.get_mut(key) {
        peers.retain(|peer| peer.outbound.id() != id);
    }
    map.remove_if(key, |_, peers| peers.is_empty());
}

#[cfg(test)]
mod tests;
