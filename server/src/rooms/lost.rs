//! What mail was about that a shard had no room for: enough to make up for it later.
//!
//! Only what dispatch has handled is noted. So what is made up for is never newer than an end of
//! access that is still on its way.

use std::collections::BTreeMap;
use tidings_protocol::{Person, Seq, ThreadId};
use tidings_storage::ThreadCommit;

/// Dropped mail, merged. Bounded by what exists: an entry a thread, and a person in it.
#[derive(Debug, Default)]
pub struct Lost {
    heads: BTreeMap<ThreadId, Seq>,
    receipts: BTreeMap<(ThreadId, Person), Seq>,
}

impl Lost {
    /// Mail with these commits was dropped.
    pub fn note(&mut self, commits: &[ThreadCommit]) {
        for commit in commits {
            if let Some(event) = commit.events.last() {
                let head = self.heads.entry(commit.thread).or_default();
                *head = (*head).max(event.seq);
            } else if let Some(read) = commit.read {
                let seq = self.receipts.entry((commit.thread, read.person)).or_default();
                *seq = (*seq).max(read.seq);
            }
        }
    }

    /// How far the logs of those threads reach.
    pub fn heads(&self) -> impl Iterator<Item = (ThreadId, Seq)> {
        self.heads.iter().map(|(thread, head)| (*thread, *head))
    }

    /// Who has read how far.
    pub fn receipts(&self) -> impl Iterator<Item = (ThreadId, Person, Seq)> {
        self.receipts.iter().map(|((thread, person), seq)| (*thread, *person, *seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::{AccountId, Event, EventKind, MemberId, Timestamp};
    use tidings_storage::ReadCommit;
    use uuid::Uuid;

    const PERSON: Person = Person::Member(MemberId(Uuid::nil()));

    fn commit(seq: Option<u64>, read: Option<u64>) -> ThreadCommit {
        let thread = ThreadId(Uuid::nil());
        let event = |seq| Event {
            thread,
            seq: Seq(seq),
            at_ms: Timestamp(0),
            actor: PERSON,
            messages: 0,
            kind: EventKind::Archived {},
        };
        ThreadCommit {
            thread,
            account: AccountId(Uuid::nil()),
            events: seq.map(event).into_iter().collect(),
            read: read.map(|seq| ReadCommit { person: PERSON, seq: Seq(seq), messages: 0 }),
            reminder: None,
        }
    }

    #[test]
    fn keeps_the_newest_of_each() {
        let mut lost = Lost::default();
        lost.note(&[commit(Some(3), Some(3)), commit(None, Some(5)), commit(Some(4), None)]);
        lost.note(&[commit(None, Some(2))]);
        assert_eq!(lost.heads().collect::<Vec<_>>(), [(ThreadId(Uuid::nil()), Seq(4))]);
        let receipts: Vec<_> = lost.receipts().collect();
        assert_eq!(receipts, [(ThreadId(Uuid::nil()), PERSON, Seq(5))]);
    }
}
