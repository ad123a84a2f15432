//! All who saw an event saw the same, and it is what the log says.

use crate::check::facts::Facts;
use crate::check::{Kind, Verdict};
use crate::record::ThreadIx;
use tidings_protocol::Seq;

pub(super) fn check(facts: &Facts, verdict: &mut Verdict) {
    for (ix, thread) in facts.threads() {
        for other in &thread.disagreements {
            let about = facts.about(ix).at(other.seq).key(other.other.key);
            verdict.add(Kind::Invented, about, || {
                "two devices were told different things of it; this is what the later one was told"
                    .into()
            });
        }
        against_log(facts, ix, verdict);
    }
}

fn against_log(facts: &Facts, thread: ThreadIx, verdict: &mut Verdict) {
    let Some(log) = facts.log(thread) else { return };
    let seen = (1..).map(Seq).zip(&facts.thread(thread).seen);
    for (seq, seen) in seen.filter_map(|(seq, seen)| Some((seq, seen.as_ref()?))) {
        let about = facts.about(thread).at(seq).key(seen.key);
        match log.at(seq) {
            Some(entry) if entry.digest == seen.digest => {}
            Some(_) => verdict.add(Kind::Invented, about, || {
                "the log does not say what a device was told of it".into()
            }),
            // One that is missing further down is reported as a gap.
            None if seq > log.head() => verdict.add(Kind::Lost, about, || {
                format!("a device was told of it, but the log ends at event {}", log.head())
            }),
            None => {}
        }
    }
}
