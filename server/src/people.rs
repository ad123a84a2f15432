//! Who is connected to this node, with which sockets, and what each may see. The one shared map of
//! the server: sessions put themselves in, feeds look up who is concerned, and access that ends
//! ends here, on the spot.

mod access;

pub use access::{Whose, ending, look_again};

use crate::auth::Identity;
use crate::bus::Bus;
use crate::epochs::Epochs;
use crate::metrics::Metrics;
use crate::socket::{Outbound, SharedFrame, SocketId};
use dashmap::DashMap;
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tidings_protocol::{
    AccountId, Badges, FirmId, Person, ServerFrame, ThreadId, Timestamp, TokenId, Welcome,
};
use tidings_storage::{Access, Actor, Epoch};

/// One connected socket of a person who is known.
pub struct Peer {
    /// Who.
    pub actor: Actor,
    /// The socket.
    pub outbound: Arc<Outbound>,
    tokens: Mutex<Tokens>,
    /// What the person may see. None until it was read: such a peer is told nothing.
    access: RwLock<Option<Arc<Access>>>,
    /// Up to where ends of access were considered in what it may see.
    epoch: AtomicU64,
    /// Threads this socket is about to join, false, or has joined: it hears of them from their rooms.
    threads: Mutex<Threads>,
    /// Held while the feed speaks, so that nothing old is said after something new.
    hearing: Mutex<Hearing>,
}

/// The tokens that a socket goes by.
struct Tokens {
    used: Identity,
    /// A newer one, while the store is asked about it. It ends the socket as the other one does: had
    /// it been revoked meanwhile, nobody would find it later.
    offered: Option<Box<Identity>>,
}

/// Without keys of its own for each socket: the ids are the server's, and nobody can choose them.
type Threads = HashMap<ThreadId, bool, BuildHasherDefault<DefaultHasher>>;

// There is one for every connection.
const _: () = assert!(size_of::<Peer>() <= 256);

/// How everything stands for a person.
pub struct Again {
    /// What it may see.
    pub access: Arc<Access>,
    /// What it is told.
    pub welcome: Welcome,
    /// By what that is known again, if there are other nodes.
    pub digest: Option<u64>,
    /// Not said to a socket that was told the same last.
    pub only_news: bool,
}

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
        /// By what the last welcome is known again; none if more was said since, or nobody asks.
        told: Option<u64>,
    },
}

impl Peer {
    /// A socket of the person that the identity names.
    pub fn new(identity: Identity, outbound: Arc<Outbound>) -> Self {
        Self {
            actor: identity.actor,
            outbound,
            tokens: Mutex::new(Tokens { used: identity, offered: None }),
            access: RwLock::new(None),
            epoch: AtomicU64::new(0),
            threads: Mutex::default(),
            hearing: Mutex::new(Hearing::Quiet { missed: false }),
        }
    }

    /// The tokens that it goes by, all of which have to stand: the one in use, and one that is
    /// offered.
    pub fn identities(&self) -> Vec<Identity> {
        let tokens = self.tokens.lock();
        let offered = tokens.offered.as_deref().copied();
        [Some(tokens.used), offered].into_iter().flatten().collect()
    }

    /// Whether a token is one of them.
    pub fn goes_by(&self, token: TokenId) -> bool {
        let tokens = self.tokens.lock();
        let offered = tokens.offered.as_ref().and_then(|identity| identity.token);
        tokens.used.token == Some(token) || offered == Some(token)
    }

    /// A newer token of the same person is there. Whether it stands is read after this, and then
    /// [`Self::decide`] is called.
    pub fn offer(&self, identity: Identity) {
        self.tokens.lock().offered = Some(Box::new(identity));
    }

    /// Goes by the token that was offered from now on, or by the one before as if nothing had been.
    pub fn decide(&self, good: bool) {
        let mut tokens = self.tokens.lock();
        if let Some(offered) = tokens.offered.take().filter(|_| good) {
            tokens.used = *offered;
        }
    }

    /// Sends the first welcome. False if the feed had something to say before it: then another one
    /// is due, by [`Self::welcome_again`]. By the `digest` it is known again.
    pub fn first_welcome(&self, welcome: Welcome, digest: Option<u64>, now: Timestamp) -> bool {
        let mut hearing = self.hearing.lock();
        let missed = matches!(*hearing, Hearing::Quiet { missed: true });
        *hearing = Hearing::Open { badges: welcome.badges, told: digest };
        self.send_welcome(welcome, now);
        !missed
    }

    /// Says how everything stands, and what the person may see from now on, unless the first
    /// welcome is yet to come.
    pub fn welcome_again(&self, again: &Again, now: Timestamp) {
        self.hear(|badges, told| {
            *self.access.write() = Some(Arc::clone(&again.access));
            if again.only_news && told.is_some() && *told == again.digest {
                return;
            }
            *badges = again.welcome.badges;
            *told = again.digest;
            self.send_welcome(again.welcome.clone(), now);
        });
    }

    fn send_welcome(&self, mut welcome: Welcome, now: Timestamp) {
        welcome.token_expires_ms = self.tokens.lock().used.expires;
        welcome.now_ms = now;
        self.outbound.send(&ServerFrame::Welcome(Box::new(welcome)));
    }

    /// Sends a frame of the feed, unless the welcome is yet to come.
    pub fn tell(&self, frame: &SharedFrame, metrics: &Metrics) {
        self.hear(|_, told| {
            *told = None;
            self.send_shared(frame, metrics);
        });
    }

    /// Sends the numbers on the icons, made a frame, if this socket was last told others.
    pub fn tell_badges(&self, now: Badges, frame: &SharedFrame, metrics: &Metrics) {
        self.hear(|badges, told| {
            if std::mem::replace(badges, now) != now {
                *told = None;
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
    fn hear(&self, speak: impl FnOnce(&mut Badges, &mut Option<u64>)) {
        match &mut *self.hearing.lock() {
            Hearing::Quiet { missed } => *missed = true,
            Hearing::Open { badges, told } => speak(badges, told),
        }
    }

    /// What the person may see, as it was last read.
    pub fn access(&self) -> Option<Arc<Access>> {
        self.access.read().clone()
    }

    /// The socket is about to join a thread, if it may: whether it may is read after this, so that
    /// an end of access finds one or the other.
    pub fn joining(&self, thread: ThreadId) {
        self.threads.lock().insert(thread, false);
    }

    /// The socket has joined a thread.
    pub fn join(&self, thread: ThreadId) {
        self.threads.lock().insert(thread, true);
    }

    /// The socket has left a thread, or won't join it.
    pub fn leave(&self, thread: ThreadId) {
        self.threads.lock().remove(&thread);
    }

    /// Whether the socket hears of the thread from its room.
    pub fn has_joined(&self, thread: ThreadId) -> bool {
        self.threads.lock().get(&thread) == Some(&true)
    }

    fn sees(&self, account: AccountId, thread: ThreadId) -> bool {
        self.access.read().as_ref().is_some_and(|access| access.sees_thread(account, thread))
    }
}

/// Everybody connected.
pub struct People {
    of_person: DashMap<Person, Vec<Arc<Peer>>>,
    of_account: DashMap<AccountId, Vec<Arc<Peer>>>,
    team_of_firm: DashMap<FirmId, Vec<Arc<Peer>>>,
    /// Up to where the firms' sockets know of ends of access.
    epochs: Mutex<Epochs>,
    /// Other nodes are listened to as far as they speak of firms with sockets here.
    bus: Bus,
}

/// The person has as many sockets as one may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManySockets;

impl People {
    /// Nobody yet.
    pub fn new(bus: Bus) -> Self {
        Self {
            of_person: DashMap::new(),
            of_account: DashMap::new(),
            team_of_firm: DashMap::new(),
            epochs: Mutex::default(),
            bus,
        }
    }

    /// Puts a socket in, which has yet to be let in by [`Self::grant`].
    pub fn enter(&self, peer: &Arc<Peer>, sockets_max: usize) -> Result<(), TooManySockets> {
        let mut sockets = self.of_person.entry(peer.actor.person).or_insert_with(room_for_one);
        if sockets.len() >= sockets_max {
            return Err(TooManySockets);
        }
        sockets.push(Arc::clone(peer));
        drop(sockets);
        self.epochs.lock().enter(peer.actor.firm);
        self.bus.watch(peer.actor.firm);
        Ok(())
    }

    /// Says what a new socket's person may see, read when access had ended so often in its firm or
    /// later. From now on feeds concern it. If more ends are known meanwhile it has to be read again,
    /// and that is how many.
    pub fn grant(&self, peer: &Arc<Peer>, access: Access, read_at: Epoch) -> Result<(), Epoch> {
        // Held to the end, so that who applies or looks for an end finds the socket or is known here.
        let mut epochs = self.epochs.lock();
        epochs.admit(peer.actor.firm, read_at)?;
        peer.epoch.store(read_at.0, Ordering::Relaxed);
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
        Ok(())
    }

    /// Takes a socket out.
    pub fn exit(&self, peer: &Peer) {
        let id = peer.outbound.id();
        if !remove(&self.of_person, &peer.actor.person, id) {
            return;
        }
        if let Some(access) = peer.access() {
            match &*access {
                Access::Contact { account } => remove(&self.of_account, account, id),
                Access::Team { .. } => remove(&self.team_of_firm, &peer.actor.firm, id),
            };
        }
        self.epochs.lock().exit(peer.actor.firm);
        self.bus.unwatch(peer.actor.firm);
    }

    /// Whether there may be more of them at other nodes.
    pub fn is_shared(&self) -> bool {
        self.bus.is_shared()
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

    /// Everybody of these firms; of all if none are given.
    pub fn actors(&self, firms: Option<&HashSet<FirmId>>) -> Vec<Actor> {
        let concerned = |actor: &Actor| firms.is_none_or(|firms| firms.contains(&actor.firm));
        let first = self.of_person.iter().filter_map(|peers| Some(peers.value().first()?.actor));
        first.filter(concerned).collect()
    }
}

/// Most people have one socket, and most accounts few contacts.
fn room_for_one() -> Vec<Arc<Peer>> {
    Vec::with_capacity(1)
}

/// Says whether it was there.
fn remove<K: Eq + Hash>(map: &DashMap<K, Vec<Arc<Peer>>>, key: &K, id: SocketId) -> bool {
    let mut was_there = false;
    if let Some(mut peers) = map.get_mut(key) {
        let before = peers.len();
        peers.retain(|peer| peer.outbound.id() != id);
        was_there = peers.len() < before;
    }
    map.remove_if(key, |_, peers| peers.is_empty());
    was_there
}

#[cfg(test)]
pub(crate) mod tests;
