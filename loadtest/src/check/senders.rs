//! What one connection posts in one thread stands in the log in the order of posting.
//!
//! Only messages that were sent once and taken are compared. One that is sent again, because it
//! was refused for the moment or because its connection was lost, may stand later than those that
//! were sent after its first try.

use crate::check::facts::Facts;
use crate::check::{Kind, Verdict};
use crate::record::{Answer, PostIx, ThreadIx};
use std::collections::HashMap;
use tidings_protocol::Seq;

pub(super) fn check(facts: &Facts, verdict: &mut Verdict) {
    let mut furthest: HashMap<(u32, ThreadIx), (Seq, PostIx)> = HashMap::new();
    for send in &facts.history.sends {
        let post = facts.post(send.post);
        let Some(Answer::Acked(seq)) = post.answer else { continue };
        if facts.sends(send.post) > 1 || post.refusals > 0 || post.other_position.is_some() {
            continue;
        }
        let connection = send.connection;
        let (before, earlier) =
            furthest.entry((connection, post.thread)).or_insert((seq, send.post));
        if seq < *before {
            verdict.add(Kind::Reordered, facts.about_post(post).at(seq), || {
                let key = facts.post(*earlier).key;
                format!(
                    "acknowledged as event {seq}, although connection {connection} had sent \
                     the message {key} before it, which is event {before}"
                )
            });
        } else {
            (*before, *earlier) = (seq, send.post);
        }
    }
}
