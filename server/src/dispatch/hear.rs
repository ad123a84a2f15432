//! What other nodes say, and what becomes of it here: commits go the way of this node's own, and
//! where something may have been missed the store is looked at.

use super::{Dispatch, HEARD_AT_A_TIME, Round};
use crate::bus::{Heard, Payload};
use crate::clock::monotonic;
use std::time::{Duration, Instant};
use tidings_storage::Commit;
use tokio::sync::mpsc;
use tokio::time::timeout_at;

/// How long an end of access that the store knows of may be on its way here, before the store is
/// asked whom it concerns.
pub(super) const MOMENT: Duration = Duration::from_millis(50);

/// Commits that wait at most for an end of access that came before one of them.
const COMMITS_MAX: usize = 4 * HEARD_AT_A_TIME;

/// What was heard, sorted.
#[derive(Default)]
pub(super) struct Sorted {
    commits: Vec<Commit>,
    /// All else, in its order. It comes after the commits: an end of access among them comes before
    /// what is told of others.
    others: Vec<Heard>,
}

impl Sorted {
    fn add(&mut self, heard: &mut Vec<Heard>) {
        for heard in heard.drain(..) {
            match heard {
                Heard::Payload { payload: Payload::Committed(commit), .. } => {
                    self.commits.push(commit);
                }
                other => self.others.push(other),
            }
        }
        in_order(&mut self.commits);
    }
}

impl Dispatch {
    /// Takes what was heard, and what comes in a moment if that lacks an end of access.
    pub(super) async fn hear(&self, heard: &mut Vec<Heard>, from: &mut mpsc::Receiver<Heard>) {
        let until = monotonic() + MOMENT;
        let mut sorted = Sorted::default();
        sorted.add(heard);
        while sorted.commits.len() < COMMITS_MAX
            && !self.people.missing(sorted.commits.iter()).is_empty()
            && self.hears_more(from, until, heard).await
        {
            sorted.add(heard);
        }
        self.tell_of(sorted).await;
    }

    /// Takes what was heard, as it is.
    pub(super) async fn hear_now(&self, heard: &mut Vec<Heard>) {
        let mut sorted = Sorted::default();
        sorted.add(heard);
        self.tell_of(sorted).await;
    }

    /// Waits for more of what other nodes say. False if it is too late, or nothing is heard.
    pub(super) async fn hears_more(
        &self,
        from: &mut mpsc::Receiver<Heard>,
        until: Instant,
        heard: &mut Vec<Heard>,
    ) -> bool {
        let more = from.recv_many(heard, HEARD_AT_A_TIME);
        self.bus.is_up() && timeout_at(until.into(), more).await.is_ok_and(|count| count > 0)
    }

    async fn tell_of(&self, Sorted { mut commits, others }: Sorted) {
        // The bus is heard a while longer than there are sockets.
        commits.retain(|commit| self.people.has_firm(commit.firm));
        if !commits.is_empty() {
            self.look_at_all(self.people.missing(commits.iter())).await;
            let mut round = Round::new(self, monotonic());
            for commit in commits {
                self.people.hear(&commit);
                self.feed.committed(&commit);
                if let Some(thread) = commit.thread {
                    round.tell_room(thread, None);
                }
            }
            round.finish();
        }
        for other in &others {
            self.neighbours.hear(other);
            self.doubt(other);
        }
    }

    /// Something that was committed may have been missed.
    fn doubt(&self, heard: &Heard) {
        match heard {
            Heard::Watching(firm) | Heard::Missed { firm, .. } => self.look_over.firm(*firm),
            // Of what it committed last nobody may have been told.
            Heard::Gone(_) => self.look_over.everything(),
            // Its last words were heard, or are seen to be missing; and its people come to the others
            // now, which is no time to read everybody's feed.
            Heard::Left(_) => self.look_over.soon(),
            Heard::Down => self.look_over.bus_is(false),
            Heard::Up => self.look_over.bus_is(true),
            Heard::Unwatched(_) | Heard::Payload { .. } => {}
        }
    }
}

/// Whatever ends access comes before what was committed after it: nodes are not heard in the order
/// of their commits, though each of them is in its own, which is kept.
fn in_order(commits: &mut [Commit]) {
    let ends = |commit: &Commit| commit.access.iter().any(|change| change.ends());
    commits.sort_by_key(|commit| (commit.epoch, !ends(commit)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::{FirmId, MemberId, Person};
    use tidings_storage::{AccessChange, Epoch};
    use uuid::Uuid;

    #[test]
    fn an_end_that_comes_late_is_told_before_what_was_committed_after_it() {
        let person = Person::Member(MemberId(Uuid::nil()));
        let commit = |epoch, ends: bool, mark: u128| {
            let change =
                if ends { AccessChange::Ended(person) } else { AccessChange::Grew(person) };
            let (thread, inbox, access) = (None, Vec::new(), vec![change]);
            Commit {
                firm: FirmId(Uuid::from_u128(mark)),
                epoch: Epoch(epoch),
                thread,
                inbox,
                access,
            }
        };
        let mut commits =
            [commit(6, false, 1), commit(5, false, 2), commit(6, false, 3), commit(6, true, 4)];
        in_order(&mut commits);
        let marks = commits.map(|commit| commit.firm.0.as_u128());
        assert_eq!(marks, [2, 4, 1, 3], "and those of one node stay in their order");
    }
}
