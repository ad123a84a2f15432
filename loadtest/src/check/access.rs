//! Nobody is sent what is not for them, from the moment access ends.

use crate::check::facts::Facts;
use crate::check::keys::Places;
use crate::check::{Kind, Verdict};
use crate::record::{Micros, PersonIx, Post, PostIx, Seen, Step, ThreadIx};
use std::collections::{HashMap, HashSet};
use tidings_protocol::Seq;

/// A message of a thread, where it stands.
struct Posted {
    seq: Seq,
    post: PostIx,
    sent: Micros,
    /// The latest sending of all up to here: ascending, so that most can be passed over.
    latest: Micros,
}

pub(super) fn check(facts: &Facts, places: &Places, verdict: &mut Verdict) {
    for stray in &facts.history.strays {
        let mut about = crate::check::About { thread: Some(stray.thread), ..Default::default() };
        about.seq = stray.seq;
        verdict.add(Kind::Forbidden, about.person(facts.person(stray.person)), || {
            "was told of a thread that it could never see".into()
        });
    }
    outsiders(facts, verdict);
    if facts.access_ended() {
        ended(facts, places, verdict);
    }
    while_out(facts, places, verdict);
}

fn outsiders(facts: &Facts, verdict: &mut Verdict) {
    let people: HashSet<(ThreadIx, PersonIx)> = facts
        .threads()
        .flat_map(|(ix, thread)| thread.people.iter().map(move |person| (ix, *person)))
        .collect();
    for seen in &facts.history.seen {
        if seen.steps.is_empty() || people.contains(&(seen.thread, seen.person)) {
            continue;
        }
        let mut about = facts.about_seen(seen);
        about.seq = seen.steps.iter().find_map(|step| match step {
            Step::Events { first, .. } => Some(*first),
            Step::Joined { .. } => None,
        });
        verdict.add(Kind::Forbidden, about, || match about.seq {
            Some(_) => "is not of the thread's people, and was sent its events".into(),
            None => "is not of the thread's people, and could join it".into(),
        });
    }
}

/// Events are older than the end of access for most of the run; only what was posted later than
/// that is compared with what came.
fn ended(facts: &Facts, places: &Places, verdict: &mut Verdict) {
    let threads = posted(facts, places);
    for seen in &facts.history.seen {
        let Some(end) = facts.end_of_access(seen.person) else { continue };
        let Some(posted) = threads.get(&seen.thread) else { continue };
        let later = &posted[posted.partition_point(|one| one.latest <= end)..];
        for step in &seen.steps {
            let Step::Events { first, last } = *step else { continue };
            let start = later.partition_point(|one| one.seq < first);
            let within = later[start..].iter().take_while(|one| one.seq <= last);
            for one in within.filter(|one| one.sent > end) {
                report(facts, seen, one, end, verdict);
            }
        }
    }
}

/// What people were told while they had no access, and what they were told of was posted then.
fn while_out(facts: &Facts, places: &Places, verdict: &mut Verdict) {
    let told = &facts.history.while_out;
    let wanted: HashSet<(ThreadIx, Seq)> = told.iter().map(|one| (one.thread, one.seq)).collect();
    let at = |ix, post: &Post| Some((post.thread, places.of(ix)?));
    let posts = facts.posts().filter_map(|(ix, post)| Some((at(ix, post)?, post)));
    let posts: HashMap<_, _> = posts.filter(|(at, _)| wanted.contains(at)).collect();
    for one in told {
        // Events after an end for good are reported above.
        let reported = one.event && facts.end_of_access(one.person).is_some();
        let Some(post) = posts.get(&(one.thread, one.seq)).filter(|_| !reported) else { continue };
        if post.sent > one.since {
            let about = facts.about_post(post).at(one.seq).person(facts.person(one.person));
            verdict.add(Kind::Forbidden, about, || {
                let what = if one.event { "was sent" } else { "was told of" };
                format!("{what} a message that was posted when it had no access")
            });
        }
    }
}

fn report(facts: &Facts, seen: &Seen, one: &Posted, end: Micros, verdict: &mut Verdict) {
    let about = facts.about_seen(seen).at(one.seq).key(Some(facts.post(one.post).key));
    verdict.add(Kind::Forbidden, about, || {
        let late = (one.sent.0 - end.0).div_ceil(1000);
        format!("was sent a message that was posted {late} ms after the end of its access")
    });
}

/// The messages of threads of which people without access were sent something.
fn posted(facts: &Facts, places: &Places) -> HashMap<ThreadIx, Vec<Posted>> {
    let seen = facts.history.seen.iter();
    let seen = seen.filter(|seen| facts.end_of_access(seen.person).is_some());
    let mut threads: HashMap<_, Vec<_>> = seen.map(|seen| (seen.thread, Vec::new())).collect();
    for (ix, post) in facts.posts() {
        if let (Some(thread), Some(seq)) = (threads.get_mut(&post.thread), places.of(ix)) {
            thread.push(Posted { seq, post: ix, sent: post.sent, latest: post.sent });
        }
    }
    for thread in threads.values_mut() {
        thread.sort_unstable_by_key(|one| one.seq);
        let mut latest = Micros(0);
        for one in thread {
            latest = latest.max(one.sent);
            one.latest = latest;
        }
    }
    threads
}
