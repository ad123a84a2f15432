//! Every message that is in a log, or that devices saw, is one that somebody of the run posted,
//! there, so, and once.

use crate::check::facts::Facts;
use crate::check::{Kind, Verdict};
use crate::record::{Answer, LogEntry, PostIx, ThreadIx};
use tidings_protocol::{ClientKey, Seq};

/// Where messages were found: in the logs, or by what devices saw where no log was read back.
pub(super) struct Places(Vec<Seq>);

impl Places {
    /// Where a message stands in its thread, if it is there.
    pub(super) fn of(&self, post: PostIx) -> Option<Seq> {
        Some(self.0[post.0 as usize]).filter(|seq| *seq > Seq(0))
    }
}

/// A message that was found.
struct Found<'a> {
    thread: ThreadIx,
    seq: Seq,
    key: ClientKey,
    /// All that the log says, if it was read back.
    entry: Option<&'a LogEntry>,
}

pub(super) fn check(facts: &Facts, verdict: &mut Verdict) -> Places {
    let mut places = Places(vec![Seq(0); facts.history.posts.len()]);
    for (thread, history) in facts.threads() {
        if let Some(log) = &history.log {
            for entry in log {
                if let Some(key) = entry.key {
                    let found = Found { thread, seq: entry.seq, key, entry: Some(entry) };
                    judge(facts, &found, &mut places, verdict);
                }
            }
        } else {
            for (seq, seen) in (1..).map(Seq).zip(&history.seen) {
                if let Some(key) = seen.and_then(|seen| seen.key) {
                    judge(facts, &Found { thread, seq, key, entry: None }, &mut places, verdict);
                }
            }
        }
    }
    places
}

fn judge(facts: &Facts, found: &Found, places: &mut Places, verdict: &mut Verdict) {
    let &Found { thread, seq, key, entry } = found;
    let about = facts.about(thread).at(seq).key(Some(key));
    let Some(ix) = facts.by_key(key) else {
        verdict.add(Kind::Invented, about, || "nobody of the run posted this message".into());
        return;
    };
    let post = facts.post(ix);
    let about = about.person(facts.person(post.person));
    if post.thread != thread {
        verdict.add(Kind::Invented, about, || {
            format!("the message was posted to thread {}", facts.thread(post.thread).thread)
        });
        return;
    }
    if let Some(entry) = entry {
        if entry.actor != Some(post.person) {
            verdict.add(Kind::Invented, about, || match entry.actor {
                Some(actor) => format!("the log says that {} posted it", facts.person(actor)),
                None => "the log says that somebody outside the run posted it".into(),
            });
        }
        if entry.body != Some(post.body) {
            verdict.add(Kind::Invented, about, || "its body is not what was sent".into());
        }
    }
    if let (true, Some(Answer::Refused(code))) = (facts.refused(ix), post.answer) {
        verdict.add(Kind::Invented, about, || {
            format!("it was refused ({}), each time that it was sent", code.name())
        });
    }
    let place = &mut places.0[ix.0 as usize];
    if *place != Seq(0) && *place != seq {
        let first = *place;
        verdict.add(Kind::Doubled, about, || format!("the message is at event {first} already"));
    }
    if *place == Seq(0) || post.answer == Some(Answer::Acked(seq)) {
        *place = seq;
    }
}
