//! Up to where ends of access are known here, firm by firm. Pure.
//!
//! Nodes hear of each other's commits by a bus that may lose, delay and reorder, and read a store
//! that may be ahead of all they have heard. So whatever says something of a firm says at which
//! [`Epoch`] it was committed, and nothing of a later one than is known here is handed to a socket
//! of the firm before all of them were looked at again. That makes revocation hold on any bus.
//!
//! A store may also go back: a standby that had not heard of everything takes over. Then what is
//! known here never happened, and the firm's sockets start over.
//!
//! Only firms with sockets are in here. A node that is alone hears of every end in its order: it
//! never has to look again, unless it read what its own commits have yet to tell.

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

    /// Lets a socket in whose access was read when access had ended so often, or later. If more is
    /// known meanwhile it is to be read again, and that is how much it has to know.
    pub fn admit(&mut self, firm: FirmId, read_at: Epoch) -> Result<(), Epoch> {
        let Some(here) = self.firms.get_mut(&firm) else { return Ok(()) };
        if read_at < here.floor {
            return Err(here.floor);
        }
        if here.known.is_none() {
            here.known = Some(read_at);
            here.floor = read_at;
        }
        Ok(())
    }

    /// Whether the firm has sockets here.
    pub fn has(&self, firm: FirmId) -> bool {
        self.firms.contains_key(&firm)
    }

    /// The firms with sockets here, in no order.
    pub fn firms(&self) -> Vec<FirmId> {
        self.firms.keys().copied().collect()
    }

    /// Whether what was committed, or read, at that epoch may be handed to the firm's sockets. While
    /// nobody is in, it may, and who comes in later has to know as much.
    pub fn knows(&mut self, firm: FirmId, epoch: Epoch) -> bool {
        let Some(here) = self.firms.get_mut(&firm) else { return true };
        if here.known.is_none() {
            here.floor = here.floor.max(epoch);
        }
        here.known.is_none_or(|known| epoch <= known)
    }

    /// How much a firm's sockets know: what they have to, if they are all yet to be let in.
    pub fn known(&self, firm: FirmId) -> Option<Epoch> {
        self.firms.get(&firm).map(|here| here.known.unwrap_or(here.floor))
    }

    /// The store has gone back behind this epoch, which somebody had to know: what is known of the
    /// firm is void. False if it was forgotten already.
    pub fn start_over(&mut self, firm: FirmId, had_to_know: Epoch) -> bool {
        let Some(here) = self.firms.get_mut(&firm) else { return false };
        let stale = here.floor >= had_to_know;
        if stale {
            here.known = None;
            here.floor = Epoch::default();
        }
        stale
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
    /// where: of what follows, each is free or brings the very next end. Who is let in from now on
    /// knows of all of them.
    #[must_use]
    pub fn missing<'a>(
        &mut self,
        commits: impl Iterator<Item = &'a Commit>,
    ) -> Vec<(FirmId, Epoch)> {
        // Rarely any firm at all, so a list will do.
        let mut ahead: Vec<(FirmId, Epoch, bool)> = Vec::new();
        for commit in commits {
            let (firm, epoch) = (commit.firm, commit.epoch);
            let ends = commit.access.iter().any(|change| change.ends());
            let passage = self.passage(firm, epoch, ends);
            self.raise(firm, epoch);
            let known = ahead.iter_mut().find(|(other, ..)| *other == firm);
            match (known, passage) {
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
        epochs.admit(FIRM, Epoch(epoch)).unwrap();
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
        let refused = epochs.admit(FIRM, Epoch(5));
        assert_eq!(refused, Err(Epoch(6)), "the end may be dealt with already");
        assert!(!epochs.knows(FIRM, Epoch(6)), "nor was it for those inside");
        assert_eq!(epochs.admit(FIRM, Epoch(6)), Ok(()));
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
        assert_eq!(epochs.admit(FIRM, Epoch(8)), Err(Epoch(9)));
        assert_eq!(epochs.admit(FIRM, Epoch(9)), Ok(()));
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
        let missing = |epochs: &mut Epochs, commits: &[Commit]| epochs.missing(commits.iter());
        let own = [commit(FIRM, 5, false), commit(FIRM, 6, true), commit(FIRM, 6, false)];
        assert_eq!(missing(&mut epochs, &own), []);
        let two = [commit(FIRM, 6, true), commit(OTHER, 3, false), commit(FIRM, 7, true)];
        assert_eq!(missing(&mut epochs, &two), []);
        // What ended at 6 is not in it, or comes too late.
        let late = [commit(FIRM, 6, false), commit(FIRM, 6, true)];
        assert_eq!(missing(&mut epochs, &late), [(FIRM, Epoch(6))]);
        let hole = [commit(FIRM, 6, true), commit(FIRM, 8, true), commit(FIRM, 8, false)];
        assert_eq!(missing(&mut epochs, &hole), [(FIRM, Epoch(8))]);
        epochs.pass(FIRM, Epoch(8));
        assert_eq!(missing(&mut epochs, &hole), []);
    }
    #[test]
    fn who_is_let_in_while_a_batch_is_looked_at_knows_what_is_in_it() {
        // Nobody is in when the batch comes: nothing has to be looked at.
        let mut epochs = Epochs::default();
        epochs.enter(FIRM);
        let batch = [commit(FIRM, 6, true), commit(FIRM, 6, false)];
        assert_eq!(epochs.missing(batch.iter()), []);
        // It had read its access before the end, and must not come in by that.
        assert_eq!(epochs.admit(FIRM, Epoch(5)), Err(Epoch(6)));
        assert_eq!(epochs.admit(FIRM, Epoch(6)), Ok(()));
        let passed = batch.each_ref().map(|commit| epochs.passage(FIRM, commit.epoch, false));
        assert_eq!(passed, [Passage::Free; 2]);
        // Nor while others are in, whom the batch finds.
        let mut epochs = with_socket_at(5);
        epochs.enter(FIRM);
        assert_eq!(epochs.missing(batch.iter()), []);
        assert_eq!(epochs.admit(FIRM, Epoch(5)), Err(Epoch(6)));
    }

    #[test]
    fn what_is_handed_on_while_nobody_is_in_is_known_to_who_comes_in() {
        let mut epochs = Epochs::default();
        epochs.enter(FIRM);
        assert!(epochs.knows(FIRM, Epoch(6)));
        assert_eq!(epochs.admit(FIRM, Epoch(5)), Err(Epoch(6)));
    }

    #[test]
    fn when_the_store_has_gone_back_a_firm_starts_over() {
        let mut epochs = with_socket_at(9);
        let refused = epochs.admit(FIRM, Epoch(4)).unwrap_err();
        assert!(epochs.start_over(FIRM, refused));
        assert!(!epochs.start_over(FIRM, refused), "once will do");
        assert_eq!(epochs.admit(FIRM, Epoch(4)), Ok(()));
        assert_eq!(epochs.known(FIRM), Some(Epoch(4)));
        // Ends count again.
        assert_eq!(epochs.passage(FIRM, Epoch(5), true), Passage::Apply);
        assert!(!epochs.start_over(FIRM, refused), "who saw it late cuts nobody off");
        assert!(!epochs.start_over(OTHER, Epoch(0)));
    }
}
