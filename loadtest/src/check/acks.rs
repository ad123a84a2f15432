//! Acknowledged means durable: the message is in the log, where the acknowledgement said, and the
//! same was said each time.

use crate::check::facts::Facts;
use crate::check::keys::Places;
use crate::check::{Kind, Verdict};
use crate::record::{Answer, Post};

pub(super) fn check(facts: &Facts, places: &Places, verdict: &mut Verdict) {
    for (ix, post) in facts.posts() {
        if let Post { answer: Some(Answer::Acked(last)), other_position: Some(first), .. } = post {
            verdict.add(Kind::Doubled, facts.about_post(post).at(*last), || {
                format!("acknowledged as event {last}, and before that as event {first}")
            });
        }
        let Some(Answer::Acked(acked)) = post.answer else { continue };
        let logged = facts.log(post.thread).is_some();
        verdict.examined.acks += u64::from(logged);
        let about = facts.about_post(post).at(acked);
        match places.of(ix) {
            // One key was acknowledged at two positions: said above, whichever it has.
            Some(place) if place == acked || post.other_position == Some(place) => {}
            // It is there, so nothing is lost but the order that the sender was told.
            Some(place) => verdict.add(Kind::Reordered, about, || {
                format!("acknowledged as event {acked}, but it is event {place}")
            }),
            None if logged => verdict.add(Kind::Lost, about, || {
                format!("acknowledged as event {acked}, but not in the log")
            }),
            None => {}
        }
    }
}
