//! What a device has of one thread, and the rule of positions: from where it joined, every event
//! once, in order, without gaps.

use crate::invariant::{Held, Invariant};
use std::collections::BTreeMap;
use tidings_protocol::{Event, EventKind, Joined, Person, Receipt, RequestId, Seq};

/// One thread on one device.
#[derive(Default)]
pub(crate) struct Replica {
    pub(crate) phase: Phase,
    /// It was joined, and is to be joined again after a reconnect.
    pub(crate) wanted: bool,
    /// Events without a hole.
    pub(crate) log: BTreeMap<Seq, Event>,
    /// The last of them.
    pub(crate) last: Seq,
    pub(crate) receipts: BTreeMap<Person, Seq>,
    /// Which state of the reminders it was told last, of all that there were, while it was joined.
    pub(crate) reminded: usize,
}

/// How it stands to the live stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not joined. What still comes is passed over.
    #[default]
    Out,
    /// Asked to join with what it has. What comes before the answer is passed over.
    Joining { id: RequestId, after: Option<Seq> },
    /// Joined.
    Live,
}

impl Replica {
    /// What a join says it has.
    pub(crate) fn after(&self) -> Option<Seq> {
        (self.last > Seq(0)).then_some(self.last)
    }

    /// The join was answered.
    pub(crate) fn joined(&mut self, after: Option<Seq>, joined: &Joined) -> Held {
        let due = after.map_or(Seq(1), Seq::next);
        let what = format_args!("joined with {after:?}, which goes on at {}", joined.from);
        Invariant::I4.holds(!joined.complete || joined.from == due, what)?;
        if joined.from != self.last.next() {
            self.log.clear();
            self.last = Seq(joined.from.0 - 1);
        }
        self.phase = Phase::Live;
        self.wanted = true;
        joined.view.receipts.iter().for_each(|receipt| self.read(receipt));
        Ok(())
    }

    /// An event came on the live stream, or on the pages before it.
    pub(crate) fn take(&mut self, event: Event) -> Held {
        let (seq, last) = (event.seq, self.last);
        Invariant::I4.holds(seq > last, format_args!("event {seq} came after {last}"))?;
        Invariant::I3.holds(seq == last.next(), format_args!("event {seq} came after {last}"))?;
        self.last = seq;
        if reads(&event) {
            self.read(&Receipt { person: event.actor, seq });
        }
        self.log.insert(seq, event);
        Ok(())
    }

    /// Somebody has read further, or the news is old.
    pub(crate) fn read(&mut self, receipt: &Receipt) {
        let known = self.receipts.entry(receipt.person).or_default();
        *known = (*known).max(receipt.seq);
    }

    /// The connection is over.
    pub(crate) fn unlink(&mut self) {
        self.phase = Phase::Out;
    }
}

/// Whether an event's actor has read it by that: posting reads, and calling somebody in by a post.
pub(super) fn reads(event: &Event) -> bool {
    match event.kind {
        EventKind::MessagePosted { .. } => true,
        EventKind::MemberMentioned { message, .. } => message.is_some(),
        _ => false,
    }
}
