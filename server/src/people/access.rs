//! Access that ends, by what a commit says of it or by what the store says now, ends here: on the
//! spot, before anything that was committed later is handed to anybody.

use super::{Peer, People};
use crate::epochs::Passage;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tidings_protocol::{CloseCode, FirmId, Person, ThreadId, TokenId};
use tidings_storage::{Access, AccessChange, Commit, Epoch};

impl Peer {
    /// Whether it was let in by what was read before an end of access, and has not been looked at
    /// since. Who is not in yet will be asked how much it knows.
    fn is_before(&self, epoch: Epoch) -> bool {
        self.epoch.load(Ordering::Relaxed) < epoch.0 && self.access.read().is_some()
    }

    /// The threads that it hears of from their rooms, or may from the next moment on.
    pub fn live_threads(&self) -> Vec<ThreadId> {
        self.threads.lock().keys().copied().collect()
    }

    /// What it may see now, read when access had ended so often or later. Says whether that is
    /// something else than before.
    pub fn sees_now(&self, now: Access, read_at: Epoch) -> bool {
        self.epoch.fetch_max(read_at.0, Ordering::Relaxed);
        let mut access = self.access.write();
        let differs = access.as_deref() != Some(&now);
        if differs {
            *access = Some(Arc::new(now));
        }
        differs
    }
}

impl People {
    /// A commit is about to be told: what it ends, ends. What ended before it was dealt with: see
    /// [`Self::missing`].
    pub fn hear(&self, commit: &Commit) {
        let (firm, epoch) = (commit.firm, commit.epoch);
        let ends = commit.access.iter().any(|change| change.ends());
        let passage = {
            let mut epochs = self.epochs.lock();
            let passage = epochs.passage(firm, epoch, ends);
            // Who is not in yet will have to know it.
            epochs.raise(firm, epoch);
            passage
        };
        match passage {
            Passage::Free => {}
            Passage::Apply => {
                for change in &commit.access {
                    self.apply(firm, *change, epoch);
                }
            }
            // Nobody has looked, though whoever told of it should have: rather all than one too few.
            Passage::Check => self.cut(&[(firm, epoch)]),
        }
        self.epochs.lock().pass(firm, epoch);
    }

    /// Which firms' sockets have to be looked at before these commits are told, and up to where.
    pub fn missing<'a>(&self, commits: impl Iterator<Item = &'a Commit>) -> Vec<(FirmId, Epoch)> {
        self.epochs.lock().missing(commits)
    }

    /// Whether what was read or committed at that epoch may be handed to the firm's sockets.
    pub fn knows(&self, firm: FirmId, epoch: Epoch) -> bool {
        self.epochs.lock().knows(firm, epoch)
    }

    /// Whether the firm has sockets here.
    pub fn has_firm(&self, firm: FirmId) -> bool {
        self.epochs.lock().has(firm)
    }

    /// The firms with sockets here.
    pub fn firms(&self) -> Vec<FirmId> {
        self.epochs.lock().firms()
    }

    /// How much the firm's sockets know, if it has any.
    pub fn known(&self, firm: FirmId) -> Option<Epoch> {
        self.epochs.lock().known(firm)
    }

    /// The sockets of these firms that are in and have not been looked at since access ended so
    /// often. Who comes in from now on knows of it.
    pub fn to_look_at(&self, firms: &[(FirmId, Epoch)]) -> Vec<(Arc<Peer>, Epoch)> {
        let firms: HashMap<FirmId, Epoch> = firms.iter().copied().collect();
        {
            let mut epochs = self.epochs.lock();
            for (firm, epoch) in &firms {
                epochs.raise(*firm, *epoch);
            }
        }
        let mut found = Vec::new();
        for peers in &self.of_person {
            for peer in peers.value() {
                if let Some(epoch) = firms.get(&peer.actor.firm)
                    && peer.is_before(*epoch)
                {
                    found.push((Arc::clone(peer), *epoch));
                }
            }
        }
        found
    }

    /// All of those were looked at.
    pub fn looked_at(&self, firms: &[(FirmId, Epoch)]) {
        let mut epochs = self.epochs.lock();
        for (firm, epoch) in firms {
            epochs.pass(*firm, *epoch);
        }
    }

    /// Nobody can say what these firms' sockets may still see: all that were not looked at have to
    /// come back and say who they are.
    pub fn cut(&self, firms: &[(FirmId, Epoch)]) {
        for (peer, _) in self.to_look_at(firms) {
            peer.outbound.cut(CloseCode::AccessChanged);
        }
    }

    /// The store says that access has ended less often than somebody had to know: it has gone back,
    /// and nothing that its sockets know of ends holds any more. All have to come back.
    pub fn start_over(&self, firm: FirmId, had_to_know: Epoch) {
        if !self.epochs.lock().start_over(firm, had_to_know) {
            return;
        }
        tracing::warn!(%firm, "the store has gone back: all of the firm have to come back");
        let mut peers = self.everybody();
        peers.retain(|peer| peer.actor.firm == firm && peer.access().is_some());
        for peer in peers {
            peer.outbound.cut(CloseCode::AccessChanged);
        }
    }

    /// Ends what has to end, before anything that was committed later can be delivered.
    /// A firm ends what is its own: whoever names another's token or person ends nothing.
    fn apply(&self, firm: FirmId, change: AccessChange, epoch: Epoch) {
        let Some((whose, code)) = ending(change) else { return };
        let concerned = match whose {
            Whose::Person(person) => self.sockets_of(person),
            Whose::Token(token) => {
                let mut peers = self.everybody();
                peers.retain(|peer| peer.goes_by(token));
                peers
            }
        };
        // Who came in later came in by what was so afterwards.
        for peer in concerned.iter().filter(|peer| peer.actor.firm == firm) {
            if peer.is_before(epoch) {
                peer.outbound.cut(code);
            }
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

/// Pure: with which code a socket ends of which nobody knows what it missed. `now` is what the store
/// says that its person may see, and whether its token stands; `sees_joined` whether that is so of
/// every thread that it has joined, for what was known may be older than that.
pub fn look_again(
    before: Option<&Access>,
    now: Option<&Access>,
    token_stands: bool,
    sees_joined: bool,
) -> Option<CloseCode> {
    let Some(now) = now else { return Some(CloseCode::AccessEnded) };
    if !token_stands {
        return Some(CloseCode::BadToken);
    }
    let shrank = before.is_some_and(|before| shrank(before, now));
    (shrank || !sees_joined).then_some(CloseCode::AccessChanged)
}

/// Whether somebody sees less than before.
fn shrank(before: &Access, now: &Access) -> bool {
    match (before, now) {
        (
            Access::Team { accounts, mentioned, .. },
            Access::Team { accounts: kept_accounts, mentioned: kept_threads, .. },
        ) => {
            !now.sees_all_accounts()
                && (before.sees_all_accounts()
                    || !accounts.is_subset(kept_accounts)
                    || !mentioned.is_subset(kept_threads))
        }
        _ => before != now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use tidings_protocol::{AccountId, Rights, Role};
    use uuid::Uuid;

    fn member(accounts: &[u128], mentioned: &[u128], view_all_accounts: bool) -> Access {
        let id = |number: &u128| Uuid::from_u128(*number);
        Access::Team {
            role: Role::Member,
            rights: Rights { view_all_accounts, ..Rights::default() },
            accounts: accounts.iter().map(|account| AccountId(id(account))).collect(),
            mentioned: mentioned.iter().map(|thread| ThreadId(id(thread))).collect::<HashSet<_>>(),
        }
    }

    fn contact(account: u128) -> Access {
        Access::Contact { account: AccountId(Uuid::from_u128(account)) }
    }

    #[test]
    fn whoever_sees_less_than_before_has_to_come_back() {
        let changed = Some(CloseCode::AccessChanged);
        for (before, now, code) in [
            (member(&[1], &[], false), member(&[1, 2], &[3], false), None),
            (member(&[1, 2], &[], false), member(&[1], &[], false), changed),
            (member(&[1], &[3], false), member(&[1], &[], false), changed),
            (member(&[1], &[3], false), member(&[], &[], true), None),
            (member(&[], &[], true), member(&[1], &[3], false), changed),
            (contact(1), contact(1), None),
            (contact(1), contact(2), changed),
        ] {
            let is = look_again(Some(&before), Some(&now), true, true);
            assert_eq!(is, code, "{before:?} is {now:?}");
        }
    }

    #[test]
    fn a_socket_ends_by_the_gravest_of_what_it_missed() {
        let one = contact(1);
        let look = |now, stands, sees| look_again(Some(&one), now, stands, sees);
        assert_eq!(look(None, false, false), Some(CloseCode::AccessEnded));
        assert_eq!(look(Some(&one), false, false), Some(CloseCode::BadToken));
        // It had joined by access that it gained, which is gone again, and it never knew of either.
        assert_eq!(look(Some(&one), true, false), Some(CloseCode::AccessChanged));
        assert_eq!(look(Some(&one), true, true), None);
    }
}
