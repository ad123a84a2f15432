//! Faults to plant in a random run, at a random place; none where the run has no such place.

use super::world::key;
use crate::check::Kind;
use crate::record::{
    Answer, Digest, Disagreement, History, LogEntry, PersonIx, Post, ReceiptBack, Seen, Step,
    Stray, ThreadIx,
};
use fastrand::Rng;
use tidings_protocol::{Seq, ThreadId};
use uuid::Uuid;

type Plant = fn(&mut History, &mut Rng) -> Option<()>;

pub(super) const FAULTS: [(&str, Kind, Plant); 20] = [
    ("an event lacks in the log", Kind::Lost, |history, rng| {
        let (log, at) = entry(history, rng, |_| true)?;
        // If nobody saw the last one, and it is no message, nobody can know of it.
        (at + 1 < log.len()).then(|| _ = log.remove(at))
    }),
    ("an acked message is no message in the log", Kind::Lost, |history, rng| {
        let (thread, seq) = acked(history, rng)?;
        let log = history.threads[thread.0 as usize].log.as_mut()?;
        log[at(seq)].key = None;
        Some(())
    }),
    ("a device misses an event", Kind::Lost, |history, rng| {
        let (seen, first, last) = run(history, rng, |first, last| last - first >= 2)?;
        let hole = rng.u64(first + 1..last);
        put(seen, &[(first, hole - 1), (hole + 1, last)])
    }),
    ("a device that is joined misses the end", Kind::Lost, |history, rng| {
        let (seen, first, last) = run(history, rng, |first, last| first < last)?;
        seen.joined_at_end.then(|| put(seen, &[(first, last - 1)]))?
    }),
    ("a device was promised less than it needs", Kind::Lost, |history, rng| {
        let steps = &mut choose(&mut history.seen, rng, |_| true)?.steps;
        let joins = steps.iter_mut().filter_map(|step| match step {
            Step::Joined { from, complete: true, .. } => Some(from),
            _ => None,
        });
        joins.last().map(|from| from.0 += 1)
    }),
    ("a message is twice in the log", Kind::Doubled, |history, rng| {
        let (log, one) = entry(history, rng, |entry| entry.key.is_some())?;
        let other = rng.usize(..log.len());
        (one != other).then(|| log[other].key = log[one].key)
    }),
    ("a device gets an event again", Kind::Doubled, |history, rng| {
        let (seen, first, last) = run(history, rng, |_, _| true)?;
        let again = rng.u64(first..=last);
        put(seen, &[(first, again), (again, last)])
    }),
    ("a message was acked twice", Kind::Doubled, |history, rng| {
        let post = choose(&mut history.posts, rng, is_acked)?;
        post.other_position = Some(Seq(rng.u64(100_000..)));
        Some(())
    }),
    ("a device gets an event late", Kind::Reordered, |history, rng| {
        let (seen, first, last) = run(history, rng, |first, last| last - first >= 2)?;
        let late = rng.u64(first + 1..last);
        put(seen, &[(first, late - 1), (late + 1, last), (late, late)])
    }),
    ("the log is out of order", Kind::Reordered, |history, rng| {
        let (log, at) = entry(history, rng, |_| true)?;
        (at > 0).then(|| log.swap(at, at - 1))
    }),
    ("an ack names another position", Kind::Reordered, |history, rng| {
        let (thread, seq) = acked(history, rng)?;
        let acked = Some(Answer::Acked(seq));
        let mut posts = history.posts.iter_mut();
        let post = posts.find(|post| post.thread == thread && post.answer == acked)?;
        post.answer = Some(Answer::Acked(Seq(seq.0 + 1)));
        Some(())
    }),
    ("another body is in the log", Kind::Invented, |history, rng| {
        let (log, at) = entry(history, rng, |entry| entry.key.is_some())?;
        log[at].body = Some(rng.u64(..));
        Some(())
    }),
    ("nobody's message is in the log", Kind::Invented, |history, rng| {
        let (log, at) = entry(history, rng, |_| true)?;
        log[at].key = Some(key(rng.u128(..1000)));
        Some(())
    }),
    ("a refused message is in the log", Kind::Invented, |history, rng| {
        let refused = |post: &Post| post.refusals == 1 && !is_acked(post);
        let post = choose(&mut history.posts, rng, refused)?;
        // Only one sending, which was refused.
        let (post, at) = (post.clone(), history.sends.len());
        let ix = history.posts.iter().position(|other| other.key == post.key)?;
        let sends = history.sends.iter().filter(|send| send.post.0 as usize == ix);
        if at == 0 || sends.count() > 1 {
            return None;
        }
        let log = history.threads[post.thread.0 as usize].log.as_mut()?;
        log.last_mut().map(|entry| entry.key = Some(post.key))
    }),
    ("a device was told something else", Kind::Invented, |history, rng| {
        let thread = choose(&mut history.threads, rng, |thread| thread.log.is_some())?;
        let (at, seen) =
            thread.seen.iter_mut().enumerate().find_map(|(at, it)| Some((at, it.as_mut()?)))?;
        if rng.bool() {
            seen.digest = Digest(rng.u64(..));
        } else {
            thread.disagreements.push(Disagreement { seq: Seq(at as u64 + 1), other: *seen });
        }
        Some(())
    }),
    ("somebody else was told", Kind::Forbidden, |history, rng| {
        let outsider = PersonIx(u32::try_from(history.people.len()).ok()?);
        history.people.push(history.people[0]);
        choose(&mut history.seen, rng, |seen| !seen.steps.is_empty())?.person = outsider;
        Some(())
    }),
    ("a frame of another thread", Kind::Forbidden, |history, rng| {
        let (person, thread) = (PersonIx(0), ThreadId(Uuid::from_u128(rng.u128(..1000))));
        history.strays.push(Stray { person, thread, seq: None });
        Some(())
    }),
    ("a message after the end of access", Kind::Forbidden, |history, rng| {
        let end = *history.access_ends.first()?;
        let person = |seen: &Seen| seen.person == end.person && !seen.steps.is_empty();
        let seen = choose(&mut history.seen, rng, person)?;
        let late = history.posts.iter().find_map(|post| match post.answer {
            Some(Answer::Acked(seq)) if post.thread == seen.thread && post.sent > end.at => {
                Some(seq)
            }
            _ => None,
        })?;
        seen.steps.push(Step::Events { first: late, last: late });
        Some(())
    }),
    ("a receipt went back", Kind::Receipt, |history, rng| {
        if rng.bool() {
            let (person, thread) = (PersonIx(0), ThreadIx(0));
            let back = ReceiptBack { person, thread, before: Seq(5), after: Seq(4) };
            history.receipts_back.push(back);
            return Some(());
        }
        let last = choose(&mut history.receipts_final, rng, |_| true)?;
        last.seq.0 = rng.u64(..last.seq.0);
        Some(())
    }),
    ("a number is wrong", Kind::Unread, |history, rng| {
        let logs: Vec<bool> = history.threads.iter().map(|thread| thread.log.is_some()).collect();
        if rng.bool() {
            let (log, at) = entry(history, rng, |_| true)?;
            log[at].messages += 1;
            return Some(());
        }
        let logged = |thread: ThreadIx| logs[thread.0 as usize];
        let claim = choose(&mut history.unread_claims, rng, |claim| logged(claim.thread))?;
        match rng.u32(..3) {
            0 => claim.messages += rng.u64(1..9),
            1 => claim.unread += rng.u64(1..9),
            _ => claim.head.0 += 100_000,
        }
        Some(())
    }),
];

fn at(seq: Seq) -> usize {
    usize::try_from(seq.0).unwrap() - 1
}

fn is_acked(post: &Post) -> bool {
    matches!(post.answer, Some(Answer::Acked(_)))
}

fn choose<'a, T>(from: &'a mut [T], rng: &mut Rng, fits: impl Fn(&T) -> bool) -> Option<&'a mut T> {
    let fitting = from.iter_mut().filter(|one| fits(one));
    rng.choice(fitting.collect::<Vec<_>>())
}

/// A place in a log that was read back.
fn entry<'a>(
    history: &'a mut History,
    rng: &mut Rng,
    fits: impl Fn(&LogEntry) -> bool,
) -> Option<(&'a mut Vec<LogEntry>, usize)> {
    let log = choose(&mut history.threads, rng, |thread| thread.log.is_some())?.log.as_mut()?;
    let fitting = (0..log.len()).filter(|at| fits(&log[*at]));
    let at = rng.choice(fitting.collect::<Vec<_>>())?;
    Some((log, at))
}

/// Where a message is, by its acknowledgement.
fn acked(history: &mut History, rng: &mut Rng) -> Option<(ThreadIx, Seq)> {
    let logs: Vec<bool> = history.threads.iter().map(|thread| thread.log.is_some()).collect();
    let fits = |post: &Post| is_acked(post) && logs[post.thread.0 as usize];
    let post = choose(&mut history.posts, rng, fits)?;
    let Some(Answer::Acked(seq)) = post.answer else { return None };
    Some((post.thread, seq))
}

/// A device whose last step is a run of events, and that run.
fn run<'a>(
    history: &'a mut History,
    rng: &mut Rng,
    fits: impl Fn(u64, u64) -> bool,
) -> Option<(&'a mut Seen, u64, u64)> {
    let last = |seen: &Seen| match seen.steps.last() {
        Some(Step::Events { first, last }) if fits(first.0, last.0) => Some((first.0, last.0)),
        _ => None,
    };
    let seen = choose(&mut history.seen, rng, |seen| last(seen).is_some())?;
    let (first, last) = last(seen)?;
    Some((seen, first, last))
}

fn put(seen: &mut Seen, runs: &[(u64, u64)]) -> Option<()> {
    seen.steps.pop()?;
    seen.steps.extend(runs.iter().map(|run| super::sample::events(run.0, run.1)));
    Some(())
}
