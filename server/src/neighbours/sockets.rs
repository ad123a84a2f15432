//! How many sockets people have by other nodes, as those say, so that nobody has more of them over
//! all nodes than one may have; and what the others are told of sockets here.
//!
//! Two nodes may let a person in at the same moment, neither knowing of the other. Each finds that
//! out, and all come to the same result by themselves: places belong to nodes in the order of their
//! ids, and who has more sockets than places closes the newest.

use crate::bus::NodeId;
use crate::hearsay::Hearsay;
use crate::people::People;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidings_protocol::{CloseCode, FirmId, Person};
use tokio::sync::Notify;

/// Sockets too many are closed once they have been too many for so long: longer than it takes to
/// see that a node is gone, whose sockets may have come here.
const EXCESS_STANDS: Duration = Duration::from_secs(6);

/// What there is to know and to tell.
pub(super) struct Sockets {
    /// Who is connected here.
    people: Arc<People>,
    /// Sockets that one person may have over all nodes.
    max: usize,
    state: Mutex<State>,
    /// There is something to tell.
    news: Notify,
}

/// Bounded by the people connected to any node.
#[derive(Default)]
struct State {
    elsewhere: Hearsay<Person, u32>,
    /// Whose sockets here the other nodes are to be told.
    changed: BTreeSet<(FirmId, Person)>,
    /// Who seems to have too many sockets, and since when.
    crowded: BTreeMap<(FirmId, Person), Instant>,
}

/// People of a firm and how many sockets each has.
pub(super) type Counts = (FirmId, Vec<(Person, u32)>);

impl Sockets {
    /// Nothing is known of others yet.
    pub(super) fn new(people: &Arc<People>, sockets_max: usize) -> Self {
        let people = Arc::clone(people);
        Self { people, max: sockets_max, state: Mutex::default(), news: Notify::new() }
    }

    /// How many sockets a person has by other nodes.
    pub(super) fn elsewhere(&self, firm: FirmId, person: Person) -> usize {
        self.state.lock().elsewhere(firm, person)
    }

    /// A person has more sockets here, or fewer.
    pub(super) fn changed(&self, firm: FirmId, person: Person) {
        self.state.lock().changed.insert((firm, person));
        self.news.notify_one();
    }

    /// Another node says how many sockets people of a firm have there.
    pub(super) fn hear(&self, from: NodeId, firm: FirmId, counts: &[(Person, u32)], now: Instant) {
        for (person, count) in counts {
            let here = self.here(*person);
            let count = Some(*count).filter(|count| *count > 0);
            let mut state = self.state.lock();
            state.elsewhere.hear(from, firm, *person, count, now);
            if here > 0 && here + state.elsewhere(firm, *person) > self.max {
                state.crowded.entry((firm, *person)).or_insert(now);
            }
        }
    }

    /// Waits until other nodes are to be told something.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// Whose sockets here have become more or fewer since other nodes were told last, so many
    /// people at most. Says whether there are more.
    pub(super) fn take_news(&self, people_max: usize) -> (Vec<Counts>, bool) {
        let (taken, more) = {
            let changed = &mut self.state.lock().changed;
            let next = std::iter::from_fn(|| changed.pop_first());
            let taken: Vec<(FirmId, Person)> = next.take(people_max).collect();
            (taken, !changed.is_empty())
        };
        // Counted only after they were taken: what changes meanwhile is told again.
        let count = |person| (person, u32::try_from(self.here(person)).unwrap_or(u32::MAX));
        let of_firms = taken.chunk_by(|(one, _), (other, _)| one == other);
        let counts =
            of_firms.map(|some| (some[0].0, some.iter().map(|(_, one)| count(*one)).collect()));
        (counts.collect(), more)
    }

    /// Other nodes want to know who of these firms is connected here.
    pub(super) fn asked(&self, firms: &BTreeSet<FirmId>) {
        let here = self.people.everybody().into_iter().map(|peer| peer.actor);
        let here = here.filter(|actor| firms.contains(&actor.firm));
        self.state.lock().changed.extend(here.map(|actor| (actor.firm, actor.person)));
        self.news.notify_one();
    }

    /// A node is gone, and its sockets with it.
    pub(super) fn forget_node(&self, node: NodeId) {
        self.state.lock().elsewhere.forget_node(node);
    }

    /// Forgets the sockets of a firm's people elsewhere, as far as nobody has said it since.
    pub(super) fn forget_firm(&self, firm: FirmId, before: Instant) {
        self.state.lock().elsewhere.forget_firm(firm, before);
    }

    /// Forgets all sockets elsewhere.
    pub(super) fn forget_all(&self) {
        self.state.lock().elsewhere.forget_all();
    }

    /// Closes the newest sockets here of who has had too many over all nodes for a while.
    pub(super) fn close_excess(&self, me: NodeId, now: Instant) {
        let due = self.state.lock().no_longer_waited_for(now);
        for (firm, person) in due {
            let places = {
                let state = self.state.lock();
                let others = state.elsewhere.of(firm, person).map(|(by, count)| (by, *count));
                places(me, others, self.max)
            };
            for peer in self.people.sockets_of(person).iter().skip(places) {
                peer.outbound.close(CloseCode::TooManySockets);
            }
        }
    }

    fn here(&self, person: Person) -> usize {
        self.people.sockets_of(person).len()
    }
}

impl State {
    fn elsewhere(&self, firm: FirmId, person: Person) -> usize {
        self.elsewhere.of(firm, person).map(|(_, count)| *count as usize).sum()
    }

    /// Who has seemed to have too many for long enough.
    fn no_longer_waited_for(&mut self, now: Instant) -> Vec<(FirmId, Person)> {
        let mut due = Vec::new();
        self.crowded.retain(|who, since| {
            let waits = now < *since + EXCESS_STANDS;
            if !waits {
                due.push(*who);
            }
            waits
        });
        due
    }
}

/// Pure: how many sockets of a person a node may keep, when others have so many. If each keeps to
/// it, they are not too many together, and nobody closes one while they are not.
fn places(me: NodeId, others: impl Iterator<Item = (NodeId, u32)>, sockets_max: usize) -> usize {
    let before_me = others.filter(|(by, _)| *by < me);
    before_me.fold(sockets_max, |places, (_, count)| places.saturating_sub(count as usize))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// What each of three nodes keeps of its sockets.
    fn kept(counts: [u32; 3], sockets_max: usize) -> [usize; 3] {
        let nodes: Vec<(NodeId, u32)> =
            (1..).map(|n| NodeId(Uuid::from_u128(n))).zip(counts).collect();
        let keep = |at: usize| {
            let others = nodes.iter().filter(|(node, _)| *node != nodes[at].0).copied();
            places(nodes[at].0, others, sockets_max).min(counts[at] as usize)
        };
        [keep(0), keep(1), keep(2)]
    }

    #[test]
    fn nodes_agree_on_who_keeps_what_without_a_word() {
        for (counts, sockets_max, expected) in [
            ([1, 1, 1], 3, [1, 1, 1]),
            ([1, 1, 1], 2, [1, 1, 0]),
            ([0, 3, 1], 3, [0, 3, 0]),
            ([3, 3, 3], 3, [3, 0, 0]),
            ([2, 3, 9], 6, [2, 3, 1]),
            ([0, 0, 7], 7, [0, 0, 7]),
        ] {
            assert_eq!(kept(counts, sockets_max), expected, "{counts:?} of {sockets_max}");
        }
    }

    #[test]
    fn never_too_many_are_kept_and_never_too_few() {
        for one in 0..5 {
            for two in 0..5 {
                for three in 0..5 {
                    let sum = (one + two + three) as usize;
                    let kept: usize = kept([one, two, three], 6).iter().sum();
                    assert_eq!(kept, sum.min(6));
                }
            }
        }
    }
}
