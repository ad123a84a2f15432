//! The log as it was read back: 1, 2, 3… to its head, each event with the right number of
//! messages so far.

use crate::check::facts::Facts;
use crate::check::span::{Span, after, before};
use crate::check::{Kind, Verdict};
use crate::record::{LogEntry, ThreadIx};
use std::borrow::Cow;
use tidings_protocol::Seq;

/// A log in order, each position once, whatever was read back.
pub(super) struct Log<'a> {
    entries: Cow<'a, [LogEntry]>,
}

impl<'a> Log<'a> {
    pub(super) fn of(entries: &'a [LogEntry]) -> Self {
        if entries.is_sorted_by(|one, next| one.seq < next.seq) {
            return Self { entries: Cow::Borrowed(entries) };
        }
        let mut entries = entries.to_vec();
        entries.sort_by_key(|entry| entry.seq);
        entries.dedup_by_key(|entry| entry.seq);
        Self { entries: Cow::Owned(entries) }
    }

    /// The last position; 0 if the log is empty.
    pub(super) fn head(&self) -> Seq {
        self.entries.last().map_or(Seq(0), |entry| entry.seq)
    }

    pub(super) fn at(&self, seq: Seq) -> Option<&LogEntry> {
        // Where it is if nothing is missing.
        let likely = usize::try_from(seq.0).ok()?.checked_sub(1)?;
        match self.entries.get(likely) {
            Some(entry) if entry.seq == seq => Some(entry),
            _ => {
                let at = self.entries.binary_search_by_key(&seq, |entry| entry.seq).ok()?;
                self.entries.get(at)
            }
        }
    }

    /// Messages up to and including a position, as the log says; none if it does not have it.
    pub(super) fn messages(&self, seq: Seq) -> Option<u64> {
        if seq == Seq(0) { Some(0) } else { self.at(seq).map(|entry| entry.messages) }
    }
}

pub(super) fn check(facts: &Facts, verdict: &mut Verdict) {
    for (ix, thread) in facts.threads() {
        let (Some(read), Some(log)) = (&thread.log, facts.log(ix)) else { continue };
        verdict.examined.threads += 1;
        verdict.examined.events += read.len() as u64;
        order(facts, ix, read, verdict);
        gaps(facts, ix, log, verdict);
        counts(facts, ix, log, verdict);
    }
}

fn order(facts: &Facts, thread: ThreadIx, read: &[LogEntry], verdict: &mut Verdict) {
    let mut highest = Seq(0);
    for entry in read {
        if entry.seq <= highest {
            let about = facts.about(thread).at(entry.seq).key(entry.key);
            verdict.add(Kind::Reordered, about, || {
                format!("the log read back has event {} after event {highest}", entry.seq)
            });
        }
        highest = highest.max(entry.seq);
    }
}

fn gaps(facts: &Facts, thread: ThreadIx, log: &Log, verdict: &mut Verdict) {
    let mut expected = Seq(1);
    for entry in log.entries.iter() {
        if let Some(missing) = Span::of(expected, before(entry.seq)) {
            verdict.add(Kind::Lost, facts.about(thread).at(missing.first), || {
                format!("the log read back goes on to {}, but lacks {missing}", entry.seq)
            });
        }
        expected = after(entry.seq);
    }
}

/// An offset is reported where it begins, not again at every event after it.
fn counts(facts: &Facts, thread: ThreadIx, log: &Log, verdict: &mut Verdict) {
    let (mut last, mut counted, mut right) = (Seq(0), 0, true);
    for entry in log.entries.iter() {
        if entry.seq == after(last) {
            counted += u64::from(entry.key.is_some());
            if right && entry.messages != counted {
                verdict.add(Kind::Unread, facts.about(thread).at(entry.seq), || {
                    let said = entry.messages;
                    format!("the event says {said} messages so far, but there are {counted}")
                });
            }
            right = entry.messages == counted;
        } else {
            // How many messages a gap had is not known; the gap itself is reported.
            (counted, right) = (entry.messages, true);
        }
        last = entry.seq;
    }
}
