//! Each device was sent each thread as it was promised, and has all of it in the end.

use crate::check::facts::Facts;
use crate::check::span::{Span, after};
use crate::check::walk::{Odd, Walk};
use crate::check::{Kind, Verdict};
use crate::record::{Seen, Step};
use tidings_protocol::Seq;

pub(super) fn check(facts: &Facts, verdict: &mut Verdict) {
    for seen in &facts.history.seen {
        let mut walk = Walk::default();
        let mut odd = |odd| report(facts, seen, odd, verdict);
        for step in &seen.steps {
            match *step {
                Step::Joined { after, from, complete } => {
                    walk.joined(after, from, complete, &mut odd);
                }
                Step::Events { first, last } => walk.events(first, last, &mut odd),
            }
        }
        let next = walk.end(&mut odd);
        beyond_log(facts, seen, verdict);
        at_end(facts, seen, next, verdict);
    }
}

fn report(facts: &Facts, seen: &Seen, odd: Odd, verdict: &mut Verdict) {
    let about = facts.about_seen(seen);
    match odd {
        Odd::Skipped { had, from } => verdict.add(Kind::Lost, about.at(after(had)), || {
            format!("had events up to {had}, and was told that it misses nothing before {from}")
        }),
        Odd::Never(span) => {
            // A position that no log has can't be missing.
            let known = match facts.log(seen.thread) {
                Some(log) => span.up_to(log.head()),
                None => Some(span),
            };
            if let Some(span) = known {
                verdict.add(Kind::Lost, about.at(span.first), || {
                    format!("was sent what comes after {span}, but never that")
                });
            }
        }
        Odd::Again(span) => verdict.add(Kind::Doubled, about.at(span.first), || {
            format!("was sent {span} twice after one join")
        }),
        Odd::Had { had, span } => verdict.add(Kind::Doubled, about.at(span.first), || {
            format!("joined with events up to {had}, and was sent {span} again")
        }),
        Odd::Late(span) => verdict.add(Kind::Reordered, about.at(span.first), || {
            format!("was sent {span} after later ones")
        }),
        Odd::Unpromised { from, span } => {
            verdict.add(Kind::Reordered, about.at(span.first), || {
                format!("was promised events from {from} on, and was sent {span} after that")
            });
        }
        Odd::Unjoined(span) => verdict.add(Kind::Reordered, about.at(span.first), || {
            format!("was sent {span} before it had joined")
        }),
        Odd::Zero => verdict.add(Kind::Invented, about.at(Seq(0)), || {
            "was sent an event at position 0, where none can be".into()
        }),
    }
}

/// What no log has. Positions near the log are found by what was seen there; this finds those far
/// beyond it, which are not kept, and promises of what can't come.
fn beyond_log(facts: &Facts, seen: &Seen, verdict: &mut Verdict) {
    let Some(log) = facts.log(seen.thread) else { return };
    let (about, head) = (facts.about_seen(seen), log.head());
    let kept = Seq(facts.thread(seen.thread).seen.len() as u64);
    for step in &seen.steps {
        match *step {
            Step::Joined { from, .. } if from > after(head) => {
                verdict.add(Kind::Lost, about.at(from), || {
                    format!("was promised events from {from} on, but the log ends at event {head}")
                });
            }
            Step::Joined { .. } => {}
            Step::Events { first, last } => {
                let Some(span) = Span::of(first, last) else { continue };
                verdict.examined.deliveries += span.len();
                if last > head && last > kept {
                    verdict.add(Kind::Lost, about.at(last), || {
                        format!("was sent {span}, but the log ends at event {head}")
                    });
                }
            }
        }
    }
}

/// Who lost access need not have the end.
fn at_end(facts: &Facts, seen: &Seen, next: Seq, verdict: &mut Verdict) {
    if !seen.joined_at_end || facts.end_of_access(seen.person).is_some() {
        return;
    }
    if let Some(missing) = Span::of(next, facts.head(seen.thread)) {
        verdict.add(Kind::Lost, facts.about_seen(seen).at(missing.first), || {
            format!("was still joined when all was at rest, but was not sent {missing}")
        });
    }
}
