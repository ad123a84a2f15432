//! Unread is what the log says: messages up to the head, less messages up to the last one read.

use crate::check::facts::Facts;
use crate::check::log::Log;
use crate::check::{Kind, Verdict};
use crate::record::UnreadClaim;

pub(super) fn check(facts: &Facts, verdict: &mut Verdict) {
    for claim in &facts.history.unread_claims {
        if let Some(log) = facts.log(claim.thread) {
            verdict.examined.unread_numbers += 1;
            judge(facts, claim, log, verdict);
        }
    }
}

fn judge(facts: &Facts, claim: &UnreadClaim, log: &Log, verdict: &mut Verdict) {
    let UnreadClaim { person, thread, head, messages, read, unread } = *claim;
    let about = facts.about(thread).person(facts.person(person)).at(head);
    let end = log.head();
    if head > end || read > end {
        verdict.add(Kind::Unread, about, || {
            format!("was told of head {head}, read up to {read}; the log ends at event {end}")
        });
        return;
    }
    // A position that the log lacks further down is reported as a gap, and says nothing here.
    let (Some(in_all), Some(were_read)) = (log.messages(head), log.messages(read)) else { return };
    if messages != in_all {
        verdict.add(Kind::Unread, about, || {
            format!("was told of {messages} messages up to event {head}, the log has {in_all}")
        });
    }
    let expected = in_all.saturating_sub(were_read);
    if unread != expected {
        verdict.add(Kind::Unread, about, || {
            format!(
                "was told that {unread} of them are unread, having read up to event {read}; \
                 by the log it is {expected}"
            )
        });
    }
}
