//! Writes down what is said and heard while a run goes on. Called for every delivery, so it keeps
//! intervals instead of events, and compares at once what can be compared at once.

use crate::client::Told;
use crate::record::{
    AccessEnd, Answer, Disagreement, History, LogEntry, Micros, PersonIx, Post, PostIx,
    ReceiptAcked, ReceiptBack, ReceiptFinal, ReceiptsKnown, Seen, SeenEvent, Send, Step, Stray,
    ThreadHistory, ThreadIx, UnreadClaim, WhileOut,
};
use std::collections::{HashMap, HashSet};
use tidings_protocol::{ClientKey, Person, RefusalCode, Seq, ThreadId};

/// Numbers of unread messages that are kept while a run goes on; more are dropped. Those that are read
/// at its end are all kept.
const CLAIMS_MAX: usize = 2_000_000;

/// Strays and receipts that went back that are kept: one is enough to fail.
const FAULTS_MAX: usize = 1_000;

/// What people without access were told that is kept: hardly anything, if all goes well.
const WHILE_OUT_MAX: usize = 100_000;

/// Disagreements kept of each thread.
const DISAGREEMENTS_MAX: usize = 100;

/// Place in [`History::seen`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenIx(u32);

/// The history of a run in the making.
#[derive(Debug, Default)]
pub struct Recorder {
    history: History,
    people: HashMap<Person, PersonIx>,
    threads: HashMap<ThreadId, ThreadIx>,
    acked: HashMap<(PersonIx, ThreadIx), Seq>,
    ending: HashSet<PersonIx>,
    /// Who has no access, since when.
    out: HashMap<PersonIx, Micros>,
}

impl Recorder {
    /// Somebody takes part.
    pub fn person(&mut self, person: Person) -> PersonIx {
        let ix = PersonIx(place(self.history.people.len()));
        self.history.people.push(person);
        self.people.insert(person, ix);
        ix
    }

    /// A thread takes part, seen by these people.
    pub fn thread(&mut self, thread: ThreadId, people: Vec<PersonIx>) -> ThreadIx {
        let ix = ThreadIx(place(self.history.threads.len()));
        let (log, seen, disagreements) = (None, Vec::new(), Vec::new());
        let new = ThreadHistory { thread, people, log, seen, disagreements };
        self.history.threads.push(new);
        self.threads.insert(thread, ix);
        ix
    }

    /// Whom a person of the protocol is here.
    pub fn person_ix(&self, person: Person) -> Option<PersonIx> {
        self.people.get(&person).copied()
    }

    /// What a thread of the protocol is here, if this person may see it.
    pub fn visible(&self, person: PersonIx, thread: ThreadId) -> Option<ThreadIx> {
        let ix = *self.threads.get(&thread)?;
        self.history.threads[ix.0 as usize].people.contains(&person).then_some(ix)
    }

    /// Somebody means to post a message.
    pub fn post(
        &mut self,
        person: PersonIx,
        thread: ThreadIx,
        key: ClientKey,
        body: u64,
        sent: Micros,
    ) -> PostIx {
        let ix = PostIx(place(self.history.posts.len()));
        self.history.posts.push(Post {
            person,
            thread,
            key,
            body,
            sent,
            answer: None,
            refusals: 0,
            other_position: None,
        });
        ix
    }

    /// A message goes out on a connection.
    pub fn sent(&mut self, post: PostIx, connection: u32) {
        self.history.sends.push(Send { post, connection });
    }

    /// A message was acknowledged. Says whether for the first time.
    pub fn acked(&mut self, post: PostIx, seq: Seq) -> bool {
        let post = &mut self.history.posts[post.0 as usize];
        match post.answer.replace(Answer::Acked(seq)) {
            Some(Answer::Acked(before)) => {
                if before != seq {
                    post.other_position = Some(before);
                }
                false
            }
            _ => true,
        }
    }

    /// A message was refused. What was acknowledged once stays so.
    pub fn refused(&mut self, post: PostIx, code: RefusalCode) {
        let post = &mut self.history.posts[post.0 as usize];
        post.refusals += 1;
        post.answer.get_or_insert(Answer::Refused(code));
    }

    /// A device turns to a thread for the first time.
    pub fn seen_by(&mut self, person: PersonIx, device: u32, thread: ThreadIx) -> SeenIx {
        let ix = SeenIx(place(self.history.seen.len()));
        let (steps, joined_at_end) = (Vec::new(), false);
        self.history.seen.push(Seen { person, device, thread, steps, joined_at_end });
        ix
    }

    /// A join was answered.
    pub fn joined(&mut self, seen: SeenIx, after: Option<Seq>, from: Seq, complete: bool) {
        let joined = Step::Joined { after, from, complete };
        self.history.seen[seen.0 as usize].steps.push(joined);
    }

    /// A device was sent an event.
    pub fn event(&mut self, seen: SeenIx, told: &Told) {
        let seen = &mut self.history.seen[seen.0 as usize];
        match seen.steps.last_mut() {
            Some(Step::Events { last, .. }) if last.next() == told.seq => *last = told.seq,
            _ => seen.steps.push(Step::Events { first: told.seq, last: told.seq }),
        }
        self.history.threads[seen.thread.0 as usize].sees(told);
        let (person, thread) = (seen.person, seen.thread);
        self.while_out(person, thread, told.seq, true);
    }

    /// Whoever has no access is told of a position: as an event, or as the head of a thread.
    fn while_out(&mut self, person: PersonIx, thread: ThreadIx, seq: Seq, event: bool) {
        let Some(since) = self.out.get(&person).copied() else { return };
        if self.history.while_out.len() < WHILE_OUT_MAX {
            self.history.while_out.push(WhileOut { person, thread, seq, event, since });
        }
    }

    /// Whether a device is joined, with everything at rest.
    pub fn at_end(&mut self, seen: SeenIx, joined: bool) {
        self.history.seen[seen.0 as usize].joined_at_end = joined;
    }

    /// The server told a number of unread messages.
    pub fn unread(&mut self, claim: UnreadClaim) {
        self.while_out(claim.person, claim.thread, claim.head, false);
        if self.history.unread_claims.len() < CLAIMS_MAX {
            self.history.unread_claims.push(claim);
        }
    }

    /// The number of unread messages at the end.
    pub fn unread_at_end(&mut self, claim: UnreadClaim) {
        self.history.unread_claims.push(claim);
    }

    /// The server acknowledged a receipt.
    pub fn receipt_acked(&mut self, person: PersonIx, thread: ThreadIx, seq: Seq) {
        let furthest = self.acked.entry((person, thread)).or_default();
        *furthest = seq.max(*furthest);
    }

    /// A device was told of a receipt that is behind what it had been told.
    pub fn receipt_back(&mut self, back: ReceiptBack) {
        if self.history.receipts_back.len() < FAULTS_MAX {
            self.history.receipts_back.push(back);
        }
    }

    /// What a device that is joined knows of receipts, with everything at rest.
    pub fn receipts_known(&mut self, known: ReceiptsKnown) {
        self.history.receipts_known.push(known);
    }

    /// A receipt as it is at the end.
    pub fn receipt_final(&mut self, person: PersonIx, thread: ThreadIx, seq: Seq) {
        self.history.receipts_final.push(ReceiptFinal { person, thread, seq });
    }

    /// Somebody's access is about to end.
    pub fn access_ends(&mut self, person: PersonIx) {
        self.ending.insert(person);
    }

    /// Somebody's access has ended, as the server has confirmed.
    pub fn access_ended(&mut self, person: PersonIx, at: Micros) {
        self.history.access_ends.push(AccessEnd { person, at, until: None });
        self.out.insert(person, at);
    }

    /// Somebody is about to get access back.
    pub fn access_returns(&mut self, person: PersonIx, at: Micros) {
        let mut ends = self.history.access_ends.iter_mut().rev();
        if let Some(end) = ends.find(|end| end.person == person) {
            end.until = Some(at);
        }
        self.out.remove(&person);
        self.ending.remove(&person);
    }

    /// Whether somebody's access has ended, or is about to, and has not come back.
    pub fn has_ended(&self, person: PersonIx) -> bool {
        self.ending.contains(&person)
    }

    /// A frame came that should not have.
    pub fn stray(&mut self, person: PersonIx, thread: ThreadId, seq: Option<Seq>) {
        if self.history.strays.len() < FAULTS_MAX {
            self.history.strays.push(Stray { person, thread, seq });
        }
    }

    /// The log of a thread, read back from the server.
    pub fn log(&mut self, thread: ThreadIx, log: Vec<LogEntry>) {
        self.history.threads[thread.0 as usize].log = Some(log);
    }

    /// What was recorded so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// All that was recorded.
    pub fn finish(mut self) -> History {
        let acked = self.acked.into_iter();
        let acked = acked.map(|((person, thread), seq)| ReceiptAcked { person, thread, seq });
        self.history.receipts_acked = acked.collect();
        self.history.receipts_acked.sort_unstable_by_key(|acked| (acked.thread, acked.person));
        self.history
    }
}

impl ThreadHistory {
    fn sees(&mut self, told: &Told) {
        // Position 0 is no event; the checker meets it in the steps.
        let Some(at) = usize::try_from(told.seq.0).ok().and_then(|seq| seq.checked_sub(1)) else {
            return;
        };
        // A position out of this world must not take all memory; it is met in the steps as well.
        if at > self.seen.len() + POSITIONS_AHEAD_MAX {
            return;
        }
        if at >= self.seen.len() {
            self.seen.resize(at + 1, None);
        }
        let SeenEvent { digest, .. } =
            *self.seen[at].get_or_insert(SeenEvent { digest: told.digest, key: told.key });
        if digest != told.digest && self.disagreements.len() < DISAGREEMENTS_MAX {
            let other = SeenEvent { digest: told.digest, key: told.key };
            self.disagreements.push(Disagreement { seq: told.seq, other });
        }
    }
}

/// How far beyond all that was seen a position may be.
const POSITIONS_AHEAD_MAX: usize = 1_000_000;

fn place(len: usize) -> u32 {
    u32::try_from(len).expect("a run has fewer than four billion of anything")
}
