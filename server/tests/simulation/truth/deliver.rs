//! What reaches a person, held against what was committed and what the person could see.

use crate::invariant::{Held, Invariant};
use crate::truth::Truth;
use tidings_protocol::{Event, Person, Receipt, Seq, ThreadId, ThreadSummary};

impl Truth {
    /// An event reached somebody. `void` is since when the connection should be closed.
    pub(crate) fn delivered(&self, person: Person, event: &Event, void: Option<u64>) -> Held {
        let entry = self.threads.get(&event.thread).and_then(|thread| thread.entry(event.seq));
        let Some(entry) = entry else {
            return Err(Invariant::I6.broken(format_args!("{event:?} was never written")));
        };
        let known = entry.versions.iter().find(|(_, kind)| *kind == event.kind);
        let same = Event { kind: event.kind.clone(), ..entry.event.clone() } == *event;
        let (Some((commit, _)), true) = (known, same) else {
            let what = format_args!("{event:?} never read so; it was {:?}", entry.event);
            return Err(Invariant::I6.broken(what));
        };
        self.may_get(person, event.thread, *commit)?;
        let what = format_args!("{person} got {} over a connection without a token", event.seq);
        Invariant::I7.holds(void.is_none_or(|void| *commit <= void), what)
    }

    /// Whether something of a thread that a commit did may reach somebody.
    pub(super) fn may_get(&self, person: Person, thread: ThreadId, commit: u64) -> Held {
        let name = self.name(thread);
        match self.sees.get(&(person, thread)) {
            Some(None) => Ok(()),
            Some(Some(until)) => {
                let what = format_args!(
                    "{person} got what commit {commit} did to {name}; access ended at {until}"
                );
                Invariant::I7.holds(commit <= *until, what)
            }
            None => Err(Invariant::I7.broken(format_args!("{person} got something of {name}"))),
        }
    }

    /// News about an event reached somebody.
    pub(crate) fn heard_of(&self, person: Person, thread: ThreadId, seq: Seq) -> Held {
        let entry = self.threads.get(&thread).and_then(|thread| thread.entry(seq));
        let Some(entry) = entry else {
            let what = format_args!("{person} heard of event {seq}, which was never written");
            return Err(Invariant::I6.broken(what));
        };
        let commit = entry.versions.first().map_or(0, |(commit, _)| *commit);
        self.may_get(person, thread, commit)
    }

    /// A summary reached somebody.
    pub(crate) fn summarized(&self, person: Person, summary: &ThreadSummary) -> Held {
        self.heard_of(person, summary.thread, summary.head)?;
        self.reminder_summarized(summary)?;
        let same = self.home(summary.thread).is_some_and(|(_, account)| account == summary.account);
        Invariant::I6.holds(same, format_args!("{summary:?} has another account"))
    }

    /// A receipt reached somebody.
    pub(crate) fn receipt_told(&self, to: Person, thread: ThreadId, receipt: &Receipt) -> Held {
        let known = self.threads.get(&thread);
        let read_by = known.and_then(|known| known.read_by.get(&(receipt.person, receipt.seq)));
        let Some(commit) = read_by else {
            let stands = known.map(|known| known.receipt(receipt.person));
            let what = format_args!("{receipt:?} was told, which never was; it is at {stands:?}");
            return Err(Invariant::I6.broken(what));
        };
        self.may_get(to, thread, *commit)
    }
}
