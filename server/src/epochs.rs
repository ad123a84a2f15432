//! Up to where ends of access are known here, firm by firm. Pure.
//!
//! Nodes hear of each other's commits by a bus that may lose, delay and reorder, and read a store
//! that may be ahead of all they have heard. So whatever says something of a firm says at which
//! [`Epoch`] it was committed, and nothing of a later one than is known here is handed to a socket
//! of the firm before all of them were looked at again. That makes revocation hold on any bus.
//!
//! Only firms with sockets are in here. A node that is alone hears of every end in its order and
//! never has to look again.

use std::collections::HashMap;
use tidings_protocol::FirmId;
use tidings_storage::{Commit, Epoch};

/// Firms with sockets, and up to where those know.
#[derive(Debug, Default)]
pub struct Epochs {
    firms: HashMap<FirmId, Here>,
}

/// One firm here.
#[derive(Debug, Default)]
struct Here {
    sockets: usize,
    /// All sockets that were let in know at least this; none before the first one is.
    known: Option<Epoch>,
    /// Who is let in from now on has to know at least this: it may be on its way to the others.
    floor: Epoch,
}

/// How something arriving stands to what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// All whom it may reach know as much.
    Free,
    /// It brings the very next end of access: that is all that is missing.
    Apply,
    /// Ends of access were missed: the store has to be asked who may still hear of it.
    Check,
}

impl Epochs {
    /// A socket is there, which has yet to be let in.
    pub fn enter(&mut self, firm: FirmId) {
        self.firms.entry(firm).or_default().sockets += 1;
    }

    /// A socket is gone, and with the last one the firm.
    pub fn exit(&mut self, firm: FirmId) {
        let Some(here) = self.firms.get_mut(&firm) else { return };
        here.sockets -= 1;
        if here.sockets == 0 {
            self.firms.remove(&firm);
        }
    }

    /// Lets a socket in whose access was read when access had ended so often, or later. False if
    /// more is known meanwhile: then it is to be read again.
    #[must_use]
    pub fn admit(&mut self, firm: FirmId, read_at: Epoch) -> bool {
        let Some(here) = self.firms.get_mut(&firm) else { return true };
        let current = read_at >= here.floor;
        if current && here.known.is_none() {
            here.known = Some(read_at);
            here.floor = read_at;
        }
        current
    }

    /// Whether the firm has sockets here.
    pub fn has(&self, firm: FirmId) -> bool {
        self.firms.contains_key(&firm)
    }

    /// The firms with sockets here, in no order.
    pub fn firms(&self) -> Vec<FirmId> {
        self.firms.keys().copied().collect()
    }

    /// Whether what was committed, or read, at that epoch may be handed to the firm's sockets.
    pub fn knows(&self, firm: FirmId, epoch: Epoch) -> bool {
        let known = self.firms.get(&firm).and_then(|here| here.known);
        known.is_none_or(|known| epoch <= known)
    }

    /// How something of an epoch stands to what is known; `ends` if it says itself what ended.
    pub fn passage(&self, firm: FirmId, epoch: Epoch, ends: bool) -> Passage {
        match self.firms.get(&firm).and_then(|here| here.known) {
            None => Passage::Free,
            Some(known) if epoch <= known => Passage::Free,
            Some(known) if ends && epoch.0 == known.0 + 1 => Passage::Apply,
            Some(_) => Passage::Check,
        }
    }

    /// From now on nobody is let in who knows less. First of two steps; in between, sockets that
    /// were let in already are dealt with.
    pub fn raise(&mut self, firm: FirmId, epoch: Epoch) {
        if let Some(here) = self.firms.get_mut(&firm) {
            here.floor = here.floor.max(epoch);
        }
    }

    /// All sockets of the firm know so much: the second step.
    pub fn pass(&mut self, firm: FirmId, epoch: Epoch) {
        if let Some(here) = self.firms.get_mut(&firm) {
            here.floor = here.floor.max(epoch);
            here.known = here.known.map(|known| known.max(epoch));
        }
    }

    /// Which firms have to be looked at before these commits can be told in their order, and up to
    /// where: of what follows, each is free or brings the very next end.
    pub fn missing<'a>(&self, commits: impl Iterator<Item = &'a Commit>) -> Vec<(FirmId, Epoch)> {
        // Rarely any firm at all, so a list will do.
        let mut ahead: Vec<(FirmId, Epoch, bool)> = Vec::new();
        for commit in commits {
            let (firm, epoch) = (commit.firm, commit.epoch);
            let ends = commit.access.iter().any(|change| change.ends());
            let known = ahead.iter_mut().find(|(other, ..)| *other == firm);
            match (known, self.passage(firm, epoch, ends)) {
                (None, Passage::Free) => {}
                (None, passage) => ahead.push((firm, epoch, passage == Passage::Check)),
                (Some((_, known, check)), _) if epoch > *known => {
                    *check |= !(ends && epoch.0 == known.0 + 1);
                    *known = epoch;
                }
                (Some(_), _) => {}
            }
        }
        let checked = ahead.into_iter().filter(|(.., check)| *check);
        checked.map(|(firm, epoch, _)| (firm, epoch)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::{MemberId, Person};
    use tidings_storage::AccessChange;
    use uuid::Uuid;

    const FIRM: FirmId = FirmId(Uuid::from_u128(1));
    const OTHER: FirmId = FirmId(Uuid::from_u128(2));

    fn with_socket_at(epoch: u64) -> Epochs {
        let mut epochs = Epochs::default();
        epochs.enter(FIRM);
        assert!(epochs.admit(FIRM, Epoch(epoch)));
        epochs
    }

    fn commit(firm: FirmId, epoch: u64, ends: bool) -> Commit {
        let person = Person::Member(MemberId(Uuid::nil()));
        let change = if ends { AccessChange::Ended(person) } else { AccessChange::Grew(person) };
        let (thread, inbox, access) = (None, Vec::new(), vec![change]);
        Commit { firm, epoch: Epoch(epoch), thread, inbox, access }
    }

    #[test]
    fn what_passes_and_what_has_to_wait() {
        for (known, epoch, ends, passage) in [
            (5, 5, false, Passage::Free),
            (5, 4, false, Passage::Free),
            // An old end, told late or twice: whoever is in was looked at since.
            (5, 5, true, Passage::Free),
            (5, 4, true, Passage::Free),
            (5, 6, true, Passage::Apply),
            (5, 6, false, Passage::Check),
            (5, 7, true, Passage::Check),
            (5, 7, false, Passage::Check),
        ] {
            let epochs = with_socket_at(known);
            let is = epochs.passage(FIRM, Epoch(epoch), ends);
            assert_eq!(is, passage, "{epoch} at {known}, ends: {ends}");
            assert_eq!(epochs.passage(OTHER, Epoch(epoch), ends), Passage::Free);
        }
    }

    #[test]
    fn nobody_is_let_in_by_what_was_read_before_an_end() {
        let mut epochs = with_socket_at(5);
        epochs.enter(FIRM);
        epochs.raise(FIRM, Epoch(6));
        assert!(!epochs.admit(FIRM, Epoch(5)), "the end may be dealt with already");
        assert!(!epochs.knows(FIRM, Epoch(6)), "nor was it for those inside");
        assert!(epochs.admit(FIRM, Epoch(6)));
        assert!(!epochs.knows(FIRM, Epoch(6)), "one of them says nothing of the others");
        epochs.pass(FIRM, Epoch(6));
        assert!(epochs.knows(FIRM, Epoch(6)) && !epochs.knows(FIRM, Epoch(7)));
    }

    #[test]
    fn while_nobody_is_in_all_passes_and_those_who_come_have_to_know_it() {
        let mut epochs = Epochs::default();
        epochs.enter(FIRM);
        assert_eq!(epochs.passage(FIRM, Epoch(9), false), Passage::Free);
        epochs.pass(FIRM, Epoch(9));
        assert!(!epochs.admit(FIRM, Epoch(8)));
        assert!(epochs.admit(FIRM, Epoch(9)));
        assert_eq!(epochs.passage(FIRM, Epoch(9), true), Passage::Free);
    }

    #[test]
    fn a_firm_goes_with_its_last_socket() {
        let mut epochs = with_socket_at(5);
        epochs.enter(FIRM);
        epochs.exit(FIRM);
        assert!(epochs.has(FIRM));
        epochs.exit(FIRM);
        assert!(!epochs.has(FIRM) && epochs.firms().is_empty());
        // It was only entered, and ends without ever being let in.
        epochs.enter(FIRM);
        epochs.exit(FIRM);
        assert!(!epochs.has(FIRM));
    }

    #[test]
    fn a_batch_says_beforehand_whom_to_look_at() {
        let mut epochs = with_socket_at(5);
        let missing = |epochs: &Epochs, commits: &[Commit]| epochs.missing(commits.iter());
        let own = [commit(FIRM, 5, false), commit(FIRM, 6, true), commit(FIRM, 6, false)];
        assert_eq!(missing(&epochs, &own), []);
        let two = [commit(FIRM, 6, true), commit(OTHER, 3, false), commit(FIRM, 7, true)];
        assert_eq!(missing(&epochs, &two), []);
        // What ended at 6 is not in it, or comes too late.
        let late = [commit(FIRM, 6, false), commit(FIRM, 6, true)];
        assert_eq!(missing(&epochs, &late), [(FIRM, Epoch(6))]);
        let hole = [commit(FIRM, 6, true), commit(FIRM, 8, true), commit(FIRM, 8, false)];
        assert_eq!(missing(&epochs, &hole), [(FIRM, Epoch(8))]);
        epochs.pass(FIRM, Epoch(8));
        assert_eq!(missing(&epochs, &hole), []);
    }
}
