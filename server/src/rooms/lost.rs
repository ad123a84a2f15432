//! What mail was about that a shard had no room for: enough to make up for it later.
//!
//! Only what dispatch has handled is noted. So what is made up for is never newer than an end of
//! access that is still on its way.

use crate::rooms::room::Reminding;
use std::collections::BTreeMap;
use tidings_protocol::{Person, Seq, ThreadId};
use tidings_storage::ThreadCommit;

/// Dropped mail, merged. Bounded by what exists: an entry a thread, and a person in it.
#[derive(Debug, Default)]
pub struct Lost {
    heads: BTreeMap<ThreadId, Seq>,
    receipts: BTreeMap<(ThreadId, Person), Seq>,
    reminders: BTreeMap<ThreadId, Reminding>,
}

impl Lost {
    /// Mail with these commits was dropped.
    pub fn note(&mut self, commits: &[ThreadCommit]) {
        for commit in commits {
            if let Some(state) = commit.reminder {
                let now = Reminding { head: commit.head, state };
                let latest = self.reminders.entry(commit.thread).or_insert(now);
                if latest.is_before(&now) {
                    *latest = now;
                }
            }
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

    /// How far the reminders of those threads are.
    pub fn reminders(&self) -> impl Iterator<Item = (ThreadId, Reminding)> {
        self.reminders.iter().map(|(thread, now)| (*thread, *now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::{AccountId, Event, EventKind, MemberId, ReminderState, Timestamp};
    use tidings_storage::ReadCommit;
    use uuid::Uuid;

    const PERSON: Person = Person::Member(MemberId(Uuid::nil()));

    fn state(sent: u64) -> ReminderState {
        ReminderState { sent: u16::try_from(sent).unwrap(), ..ReminderState::default() }
    }

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
            head: Seq(seq.unwrap_or_default()),
            events: seq.map(event).into_iter().collect(),
            read: read.map(|seq| ReadCommit { person: PERSON, seq: Seq(seq), messages: 0 }),
            reminder: seq.map(state),
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
        lost.note(&[commit(Some(2), None)]);
        let latest = Reminding { head: Seq(4), state: state(4) };
        assert_eq!(lost.reminders().collect::<Vec<_>>(), [(ThreadId(Uuid::nil()), latest)]);
    }
}
