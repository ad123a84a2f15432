//! A server and its clients in miniature, which do everything right, and a history of it.

use crate::record::{
    AccessEnd, Answer, Digest, History, LogEntry, Micros, PersonIx, Post, PostIx, ReceiptAcked,
    ReceiptFinal, Seen, SeenEvent, Send, Step, ThreadHistory, ThreadIx, UnreadClaim,
};
use std::collections::BTreeMap;
use tidings_protocol::{ClientKey, MemberId, Person, RefusalCode, Seq, ThreadId};
use uuid::Uuid;

/// Most missed events that a join sends; a newest page has [`PAGE`].
pub(super) const RESUME_MAX: u64 = 6;
pub(super) const PAGE: u64 = 4;

#[derive(Default)]
pub(super) struct World {
    pub(super) history: History,
    logs: Vec<Vec<LogEntry>>,
    /// The connection of each device, by its place in [`History::seen`].
    live: Vec<Option<u32>>,
    receipts: BTreeMap<(ThreadIx, PersonIx), Seq>,
    now: u64,
    connections: u32,
}

pub(super) fn key(number: u128) -> ClientKey {
    ClientKey(Uuid::from_u128(number))
}

pub(super) fn digest(entry: &LogEntry) -> Digest {
    let key = entry.key.map_or(0, |key| key.0.as_u64_pair().1);
    let body = entry.body.unwrap_or(0);
    Digest(entry.seq.0 ^ key.rotate_left(20) ^ body.rotate_left(40) ^ entry.messages << 32)
}

impl World {
    pub(super) fn new(people: u32) -> Self {
        let mut world = Self::default();
        let person = |number| Person::Member(MemberId(Uuid::from_u128(number)));
        world.history.people = (0..u128::from(people)).map(person).collect();
        world
    }

    pub(super) fn thread(&mut self, people: &[u32]) -> ThreadIx {
        let number = self.logs.len();
        let ix = ThreadIx(u32::try_from(number).unwrap());
        self.history.threads.push(ThreadHistory {
            thread: ThreadId(Uuid::from_u128(1000 + number as u128)),
            people: people.iter().copied().map(PersonIx).collect(),
            log: None,
            seen: Vec::new(),
            disagreements: Vec::new(),
        });
        self.logs.push(Vec::new());
        self.append(ix, PersonIx(people[0]), None);
        ix
    }

    pub(super) fn device(&mut self, person: u32, thread: ThreadIx) -> usize {
        let device = self.live.len();
        self.live.push(None);
        self.history.seen.push(Seen {
            person: PersonIx(person),
            device: u32::try_from(device).unwrap(),
            thread,
            steps: Vec::new(),
            joined_at_end: false,
        });
        device
    }

    fn head(&self, thread: ThreadIx) -> Seq {
        Seq(self.logs[thread.0 as usize].len() as u64)
    }

    pub(super) fn is_live(&self, device: usize) -> bool {
        self.live[device].is_some()
    }

    pub(super) fn may_join(&self, device: usize) -> bool {
        let person = self.history.seen[device].person;
        self.history.access_ends.iter().all(|end| end.person != person)
    }

    /// On a new connection.
    pub(super) fn join(&mut self, device: usize) {
        let head = self.head(self.history.seen[device].thread);
        let after = self.history.seen[device].steps.iter().rev().find_map(|step| match step {
            Step::Events { last, .. } => Some(*last),
            Step::Joined { complete: false, from, .. } => Some(Seq(from.0 - 1)),
            Step::Joined { after, .. } => *after,
        });
        let page = Seq(head.0.saturating_sub(PAGE) + 1);
        let (from, complete) = match after {
            Some(after) if head.0 - after.0 <= RESUME_MAX => (after.next(), true),
            Some(_) => (page, false),
            None => (page, page == Seq(1)),
        };
        self.history.seen[device].steps.push(Step::Joined { after, from, complete });
        for seq in from.0..=head.0 {
            self.deliver(device, Seq(seq));
        }
        self.connections += 1;
        self.live[device] = Some(self.connections);
    }

    pub(super) fn drop(&mut self, device: usize) {
        self.live[device] = None;
    }

    fn deliver(&mut self, device: usize, seq: Seq) {
        let Seen { thread, steps, .. } = &mut self.history.seen[device];
        match steps.last_mut() {
            Some(Step::Events { last, .. }) if last.next() == seq => *last = seq,
            _ => steps.push(Step::Events { first: seq, last: seq }),
        }
        let at = usize::try_from(seq.0).unwrap() - 1;
        let entry = self.logs[thread.0 as usize][at];
        let seen = &mut self.history.threads[thread.0 as usize].seen;
        seen.resize(seen.len().max(at + 1), None);
        seen[at] = Some(SeenEvent { digest: entry.digest, key: entry.key });
    }

    fn append(&mut self, thread: ThreadIx, actor: PersonIx, message: Option<(ClientKey, u64)>) {
        let log = &mut self.logs[thread.0 as usize];
        let seq = Seq(log.len() as u64 + 1);
        let messages = log.last().map_or(0, |last| last.messages) + u64::from(message.is_some());
        let (key, body) = message.unzip();
        let mut entry =
            LogEntry { seq, actor: Some(actor), key, body, messages, digest: Digest(0) };
        entry.digest = digest(&entry);
        log.push(entry);
        for device in 0..self.live.len() {
            if self.is_live(device) && self.history.seen[device].thread == thread {
                self.deliver(device, seq);
            }
        }
    }

    /// Something that is no message happens.
    pub(super) fn tick(&mut self, device: usize) {
        let Seen { person, thread, .. } = self.history.seen[device];
        self.append(thread, person, None);
    }

    /// Sends a message that does not arrive.
    pub(super) fn send(&mut self, device: usize) -> PostIx {
        self.now += 10_000;
        let Seen { person, thread, .. } = self.history.seen[device];
        let number = self.history.posts.len();
        self.history.posts.push(Post {
            person,
            thread,
            key: key(5000 + number as u128),
            body: 77 * number as u64,
            sent: Micros(self.now),
            answer: None,
            refusals: 0,
            other_position: None,
        });
        let post = PostIx(u32::try_from(number).unwrap());
        self.send_again(device, post);
        post
    }

    pub(super) fn send_again(&mut self, device: usize, post: PostIx) {
        let connection = self.live[device].expect("a device that sends is connected");
        self.history.sends.push(Send { post, connection });
    }

    fn position(&self, post: PostIx) -> Option<Seq> {
        let Post { thread, key, .. } = self.history.posts[post.0 as usize];
        let log = &self.logs[thread.0 as usize];
        log.iter().find(|entry| entry.key == Some(key)).map(|entry| entry.seq)
    }

    /// What was sent arrives, but its answer does not.
    pub(super) fn arrives(&mut self, post: PostIx) {
        let Post { person, thread, key, body, .. } = self.history.posts[post.0 as usize];
        if self.position(post).is_none() {
            self.append(thread, person, Some((key, body)));
        }
    }

    pub(super) fn acked(&mut self, post: PostIx) {
        self.arrives(post);
        let answer = self.position(post).map(Answer::Acked);
        self.history.posts[post.0 as usize].answer = answer;
    }

    pub(super) fn refused(&mut self, post: PostIx, code: RefusalCode) {
        let post = &mut self.history.posts[post.0 as usize];
        post.refusals += 1;
        post.answer.get_or_insert(Answer::Refused(code));
    }

    /// Sends a message, which is taken.
    pub(super) fn post(&mut self, device: usize) -> PostIx {
        let post = self.send(device);
        self.acked(post);
        post
    }

    pub(super) fn read(&mut self, device: usize) {
        let Seen { person, thread, .. } = self.history.seen[device];
        let head = self.head(thread);
        self.receipts.insert((thread, person), head);
        let acked = &mut self.history.receipts_acked;
        acked.retain(|old| (old.thread, old.person) != (thread, person));
        acked.push(ReceiptAcked { person, thread, seq: head });
    }

    pub(super) fn claim(&mut self, device: usize) {
        let Seen { person, thread, .. } = self.history.seen[device];
        let log = &self.logs[thread.0 as usize];
        let messages =
            |seq: Seq| log[..usize::try_from(seq.0).unwrap()].last().map_or(0, |e| e.messages);
        let head = self.head(thread);
        let read = self.receipts.get(&(thread, person)).copied().unwrap_or_default();
        let unread = messages(head) - messages(read);
        let messages = messages(head);
        let claim = UnreadClaim { person, thread, head, messages, read, unread };
        self.history.unread_claims.push(claim);
    }

    pub(super) fn end_access(&mut self, person: u32) {
        self.now += 10_000;
        let person = PersonIx(person);
        for device in 0..self.live.len() {
            if self.history.seen[device].person == person {
                self.drop(device);
            }
        }
        self.history.access_ends.push(AccessEnd { person, at: Micros(self.now), until: None });
    }

    /// All is at rest, and everything is read back.
    pub(super) fn finish(mut self) -> History {
        for (seen, live) in self.history.seen.iter_mut().zip(&self.live) {
            seen.joined_at_end = live.is_some();
        }
        for (thread, log) in self.history.threads.iter_mut().zip(self.logs) {
            thread.log = Some(log);
        }
        let receipts = self.receipts.into_iter();
        let receipts = receipts.map(|((thread, person), seq)| ReceiptFinal { person, thread, seq });
        self.history.receipts_final = receipts.collect();
        self.history
    }
}
