//! A receipt only ever moves forward, and not beyond the log.

use crate::check::facts::Facts;
use crate::check::log::Log;
use crate::check::{About, Kind, Verdict};
use crate::record::{PersonIx, ThreadIx};
use std::collections::HashMap;
use tidings_protocol::Seq;
use tidings_protocol::limits::THREAD_PEOPLE_MAX;

pub(super) fn check(facts: &Facts, verdict: &mut Verdict) {
    for back in &facts.history.receipts_back {
        let about = about(facts, back.person, back.thread).at(back.after);
        verdict.add(Kind::Receipt, about, || {
            format!("a device knew the receipt at {}, then was told {}", back.before, back.after)
        });
    }
    untold(facts, verdict);
    let mut last: HashMap<(PersonIx, ThreadIx), Seq> = HashMap::new();
    let mut listed: HashMap<ThreadIx, usize> = HashMap::new();
    for at_end in &facts.history.receipts_final {
        last.insert((at_end.person, at_end.thread), at_end.seq);
        *listed.entry(at_end.thread).or_default() += 1;
        beyond_log(facts, at_end.person, at_end.thread, at_end.seq, verdict);
    }
    for acked in &facts.history.receipts_acked {
        let known = match last.get(&(acked.person, acked.thread)) {
            Some(seq) => *seq,
            // A list that is not full has everybody who has read something.
            None if (1..THREAD_PEOPLE_MAX).contains(listed.get(&acked.thread).unwrap_or(&0))
                && facts.end_of_access(acked.person).is_none() =>
            {
                Seq(0)
            }
            None => continue,
        };
        if known < acked.seq {
            let about = about(facts, acked.person, acked.thread).at(acked.seq);
            verdict.add(Kind::Receipt, about, || {
                format!("acknowledged at {}, but in the end it stands at {known}", acked.seq)
            });
        }
    }
}

/// Whoever is joined has been told how far the others have read: by a frame, by the answer to its
/// join, or by a message of theirs, which reads what comes before it.
fn untold(facts: &Facts, verdict: &mut Verdict) {
    let mut posted: HashMap<(ThreadIx, PersonIx), Seq> = HashMap::new();
    for (ix, thread) in facts.threads() {
        let messages = thread.log.iter().flatten().filter(|entry| entry.key.is_some());
        posted.extend(messages.filter_map(|entry| Some(((ix, entry.actor?), entry.seq))));
    }
    let mut finals: HashMap<ThreadIx, Vec<(PersonIx, Seq)>> = HashMap::new();
    for one in &facts.history.receipts_final {
        finals.entry(one.thread).or_default().push((one.person, one.seq));
    }
    for known in &facts.history.receipts_known {
        let told: HashMap<PersonIx, Seq> = known.furthest.iter().copied().collect();
        let others = finals.get(&known.thread).into_iter().flatten();
        for (person, seq) in others.filter(|(person, _)| *person != known.person) {
            let told = told.get(person).copied().unwrap_or_default();
            let told = told.max(posted.get(&(known.thread, *person)).copied().unwrap_or_default());
            if told < *seq && facts.end_of_access(known.person).is_none() {
                let about = About {
                    device: Some(known.device),
                    ..about(facts, *person, known.thread).at(*seq)
                };
                verdict.add(Kind::Receipt, about, || {
                    format!(
                        "the receipt stands at {seq}, but a device was told no more than {told}"
                    )
                });
            }
        }
    }
}

fn beyond_log(facts: &Facts, person: PersonIx, thread: ThreadIx, seq: Seq, verdict: &mut Verdict) {
    let Some(head) = facts.log(thread).map(Log::head) else { return };
    if seq > head {
        verdict.add(Kind::Receipt, about(facts, person, thread).at(seq), || {
            format!("in the end it stands at {seq}, but the log ends at event {head}")
        });
    }
}

fn about(facts: &Facts, person: PersonIx, thread: ThreadIx) -> About {
    facts.about(thread).person(facts.person(person))
}
