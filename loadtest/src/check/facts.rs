//! What every question needs to look up: messages by key, logs by position, names by place.

use crate::check::About;
use crate::check::log::Log;
use crate::record::{
    Answer, History, Micros, PersonIx, Post, PostIx, Seen, ThreadHistory, ThreadIx,
};
use std::collections::HashMap;
use tidings_protocol::{ClientKey, Person, Seq};

/// A history, with what is needed to find something in it.
pub(super) struct Facts<'a> {
    pub(super) history: &'a History,
    keys: HashMap<ClientKey, PostIx>,
    logs: Vec<Option<Log<'a>>>,
    sends: Vec<u32>,
    ends: HashMap<PersonIx, Micros>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(history: &'a History) -> Self {
        let mut sends = vec![0; history.posts.len()];
        for send in &history.sends {
            sends[send.post.0 as usize] += 1;
        }
        let mut ends = HashMap::new();
        for end in history.access_ends.iter().filter(|end| end.until.is_none()) {
            let at = ends.entry(end.person).or_insert(end.at);
            *at = end.at.min(*at);
        }
        let logs = history.threads.iter().map(|thread| thread.log.as_deref().map(Log::of));
        Self { history, keys: keys(&history.posts), logs: logs.collect(), sends, ends }
    }

    pub(super) fn person(&self, person: PersonIx) -> Person {
        self.history.people[person.0 as usize]
    }

    pub(super) fn thread(&self, thread: ThreadIx) -> &'a ThreadHistory {
        &self.history.threads[thread.0 as usize]
    }

    pub(super) fn threads(&self) -> impl Iterator<Item = (ThreadIx, &'a ThreadHistory)> + use<'a> {
        (0..).map(ThreadIx).zip(&self.history.threads)
    }

    pub(super) fn post(&self, post: PostIx) -> &'a Post {
        &self.history.posts[post.0 as usize]
    }

    pub(super) fn posts(&self) -> impl Iterator<Item = (PostIx, &'a Post)> + use<'a> {
        (0..).map(PostIx).zip(&self.history.posts)
    }

    /// The message of the run that has this key.
    pub(super) fn by_key(&self, key: ClientKey) -> Option<PostIx> {
        self.keys.get(&key).copied()
    }

    /// The log of a thread, if it was read back.
    pub(super) fn log(&self, thread: ThreadIx) -> Option<&Log<'a>> {
        self.logs[thread.0 as usize].as_ref()
    }

    /// The last event of a thread, as far as is known: nobody may have seen the last one of a
    /// thread that was not read back.
    pub(super) fn head(&self, thread: ThreadIx) -> Seq {
        if let Some(log) = self.log(thread) {
            return log.head();
        }
        let seen = self.thread(thread).seen.iter().rposition(Option::is_some);
        Seq(seen.map_or(0, |at| at as u64 + 1))
    }

    /// How often a message was sent.
    pub(super) fn sends(&self, post: PostIx) -> u32 {
        self.sends[post.0 as usize]
    }

    /// Whether all that was ever said of a message, at each sending, is no.
    pub(super) fn refused(&self, post: PostIx) -> bool {
        let Post { answer, other_position, refusals, .. } = self.post(post);
        matches!(answer, Some(Answer::Refused(_)))
            && other_position.is_none()
            && *refusals >= self.sends(post)
    }

    /// When somebody's access ended for good, if it did.
    pub(super) fn end_of_access(&self, person: PersonIx) -> Option<Micros> {
        self.ends.get(&person).copied()
    }

    /// Whether anybody's access ended for good.
    pub(super) fn access_ended(&self) -> bool {
        !self.ends.is_empty()
    }

    pub(super) fn about(&self, thread: ThreadIx) -> About {
        About { thread: Some(self.thread(thread).thread), ..About::default() }
    }

    pub(super) fn about_post(&self, post: &Post) -> About {
        self.about(post.thread).person(self.person(post.person)).key(Some(post.key))
    }

    pub(super) fn about_seen(&self, seen: &Seen) -> About {
        let about = self.about(seen.thread).person(self.person(seen.person));
        About { device: Some(seen.device), ..about }
    }
}

/// Messages by key. A key that was used again on purpose, and refused for it, stays the first's.
fn keys(posts: &[Post]) -> HashMap<ClientKey, PostIx> {
    let mut keys = HashMap::with_capacity(posts.len());
    for (ix, post) in (0..).map(PostIx).zip(posts) {
        let known = keys.entry(post.key).or_insert(ix);
        if matches!(posts[known.0 as usize].answer, Some(Answer::Refused(_))) {
            *known = ix;
        }
    }
    keys
}
