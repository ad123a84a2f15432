//! The inside of one transaction: what commands read and change things with, and the rows that
//! are written once at its end.
//!
//! **Invariant:** a command checks everything before it changes anything, so that a refusal
//! leaves nothing half done; an SQL error ends the whole batch.

use super::ahead::{Keyed, Use};
use super::facts::PersonFacts;
use super::memory::Memory;
use super::rows::{self, OpError};
use super::thread::Thread;
use crate::access::Actor;
use crate::clock::Entropy;
use crate::operation::{Commit, Epoch, ReadCommit, ThreadCommit};
use crate::sql::{Db, SqlError, params};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidings_protocol::{
    ClientKey, Event, EventKind, InboxItem, InboxKind, MemberId, Person, RefusalCode, Reply, Seq,
    ThreadId, Timestamp,
};

/// One transaction under way.
pub(super) struct Work<'a> {
    pub(super) db: Db<'a>,
    pub(super) memory: &'a mut Memory,
    pub(super) pending: &'a mut Pending,
    pub(super) entropy: &'a mut dyn Entropy,
    pub(super) now: Timestamp,
}

/// Rows to be written at the end of the transaction.
#[derive(Default)]
pub(super) struct Pending {
    /// Threads that may have changed.
    threads: Vec<ThreadId>,
    /// Inbox items, by owner and number of the thread.
    inbox: BTreeMap<(MemberId, i64), InboxRow>,
}

/// One row of `inbox`.
#[derive(Clone, Copy, Debug)]
pub(super) struct InboxRow {
    pub(super) kind: InboxKind,
    pub(super) actor: Person,
    pub(super) seq: Seq,
    pub(super) at: Timestamp,
    pub(super) archived: bool,
}

/// Whoever acts, and what the directory says of it.
pub(super) struct Who {
    pub(super) actor: Actor,
    pub(super) facts: Arc<PersonFacts>,
}

macro_rules! insert_event {
    ($unless:literal) => {
        concat!(
            "INSERT INTO events
                 (thread, seq, at_ms, actor_kind, actor, messages, kind, payload, client_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            $unless
        )
    };
}

/// Puts an event into the log.
const INSERT_EVENT: &str = insert_event!("");

/// The same, unless its key was used before.
const INSERT_UNLESS_USED: &str =
    insert_event!(" ON CONFLICT (actor, client_key) WHERE client_key IS NOT NULL DO NOTHING");

/// The answer to a command, and what there is to tell others.
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) commit: Option<Commit>,
}

/// What one command has made of a thread so far.
#[derive(Default)]
pub(super) struct Made {
    pub(super) events: Vec<Event>,
    pub(super) read: Option<ReadCommit>,
    pub(super) inbox: Vec<(MemberId, InboxItem)>,
    pub(super) access: Vec<crate::operation::AccessChange>,
    /// Whether the next reminder is due at another time, though nothing stands in the log.
    pub(super) timer_moved: bool,
}

impl Answer {
    /// An answer that tells nobody anything.
    pub(super) fn quiet(reply: Reply) -> Self {
        Self { reply, commit: None }
    }

    /// The answer to what was so already: the head, and nothing written.
    pub(super) fn unchanged(thread: &Thread) -> Self {
        Self::quiet(Reply::Written { seq: thread.head, at_ms: thread.last.at })
    }
}

impl Made {
    /// The commit of it, which has something to tell.
    pub(super) fn commit(self, thread: &Thread) -> Commit {
        let told = !self.events.is_empty() || self.read.is_some() || self.timer_moved;
        let thread_commit = told.then_some(ThreadCommit {
            thread: thread.id,
            account: thread.account,
            head: thread.head,
            events: self.events,
            read: self.read,
            // Known when all is done.
            reminder: None,
        });
        Commit {
            firm: thread.firm,
            epoch: Epoch::default(),
            thread: thread_commit,
            inbox: self.inbox,
            access: self.access,
        }
    }
}

impl Work<'_> {
    /// Who acts, if it may log in and is of that firm.
    pub(super) fn who(&mut self, actor: Actor) -> Result<Who, OpError> {
        match self.memory.person(self.db, actor.person)? {
            Some(facts) if facts.firm == actor.firm => Ok(Who { actor, facts }),
            _ => Err(RefusalCode::Unauthenticated.into()),
        }
    }

    /// Does something in a thread that the actor sees; any other one looks like a missing one.
    /// A refusal that names no field is about the thread.
    pub(super) fn in_thread<R>(
        &mut self,
        who: &Who,
        id: ThreadId,
        deed: impl FnOnce(&mut Self, &mut Thread) -> Result<R, OpError>,
    ) -> Result<R, OpError> {
        let Some(mut thread) = self.memory.take_thread(self.db, id)? else {
            return Err(not_found("thread"));
        };
        let result = if thread.seen_by(who.actor.person, &who.facts) {
            deed(self, &mut thread).and_then(|done| {
                self.reassess(&mut thread)?;
                Ok(done)
            })
        } else {
            Err(not_found("thread"))
        };
        self.keep(thread);
        result.map_err(|error| about("thread", error))
    }

    /// Remembers a thread, and that it is to be written if it has changed.
    pub(super) fn keep(&mut self, thread: Box<Thread>) {
        if thread.is_dirty() {
            self.pending.threads.push(thread.id);
        }
        self.memory.put_thread(thread);
    }

    /// Appends an event to a thread's log. None, and nothing is done, if its key was used before.
    pub(super) fn append(
        &mut self,
        thread: &mut Thread,
        actor: Person,
        kind: EventKind,
        key: Option<ClientKey>,
    ) -> Result<Option<Event>, OpError> {
        let messages = thread.messages + u64::from(kind.is_message());
        let seq = thread.head.next();
        let payload = rows::payload(&kind)?;
        let values = params![
            thread.num,
            rows::int(seq.0),
            self.now.0,
            rows::person_kind(actor),
            actor.uuid(),
            rows::int(messages),
            rows::event_number(&payload),
            payload.as_slice(),
            key.map(|key| key.0),
        ];
        match key.map(|key| self.memory.ahead().use_of(actor, key)) {
            None | Some(Use::Free) => self.db.write(INSERT_EVENT, values)?,
            Some(Use::By(_)) => return Ok(None),
            Some(Use::Unknown) => {
                if self.db.change(INSERT_UNLESS_USED, values)? == 0 {
                    return Ok(None);
                }
            }
        }
        if let Some(key) = key {
            let kind = rows::event_number(&payload);
            let event = Keyed { thread: thread.num, seq, kind, at: self.now };
            self.memory.ahead().use_here(actor, key, event);
        }
        thread.head = seq;
        thread.messages = messages;
        thread.touch();
        thread.enter(actor, self.now);
        let delay = self.memory.firm(self.db, thread.firm)?.map_or(0, |firm| firm.mail_delay_ms);
        thread.take_note(actor, &kind, seq, self.now, delay);
        Ok(Some(Event { thread: thread.id, seq, at_ms: self.now, actor, messages, kind }))
    }

    /// Appends an event that has no key.
    pub(super) fn log(
        &mut self,
        thread: &mut Thread,
        actor: Person,
        kind: EventKind,
        made: &mut Made,
    ) -> Result<Seq, OpError> {
        let event = self.append(thread, actor, kind, None)?.expect("no key, so none used before");
        let seq = event.seq;
        made.events.push(event);
        Ok(seq)
    }

    /// The answer to a command that wrote one event.
    pub(super) fn written(&self, thread: &Thread, seq: Seq, made: Made) -> Answer {
        let reply = Reply::Written { seq, at_ms: self.now };
        Answer { reply, commit: Some(made.commit(thread)) }
    }

    /// The event that a person's key stands for.
    pub(super) fn keyed(
        &mut self,
        actor: Person,
        key: ClientKey,
    ) -> Result<Option<Keyed>, OpError> {
        match self.memory.ahead().use_of(actor, key) {
            Use::By(event) => return Ok(Some(event)),
            Use::Free => return Ok(None),
            Use::Unknown => {}
        }
        let found = self.db.row(
            "SELECT thread, seq, kind, at_ms FROM events WHERE actor = ?1 AND client_key = ?2",
            params![actor.uuid(), key.0],
            |row| {
                Ok(Keyed {
                    thread: row.int(0)?,
                    seq: rows::seq(row, 1)?,
                    kind: row.int(2)?,
                    at: rows::timestamp(row, 3)?,
                })
            },
        )?;
        Ok(found)
    }

    /// An inbox item as it will be when the transaction ends.
    pub(super) fn inbox_row(
        &self,
        member: MemberId,
        thread: i64,
    ) -> Result<Option<InboxRow>, OpError> {
        if let Some(row) = self.pending.inbox.get(&(member, thread)) {
            return Ok(Some(*row));
        }
        let found = self.db.row(
            "SELECT kind, actor_kind, actor, seq, at_ms, archived FROM inbox
             WHERE member = ?1 AND thread = ?2",
            params![member.0, thread],
            |row| {
                Ok(InboxRow {
                    kind: rows::inbox_kind(row, 0)?,
                    actor: rows::person(row, 1, 2)?,
                    seq: rows::seq(row, 3)?,
                    at: rows::timestamp(row, 4)?,
                    archived: row.bool(5)?,
                })
            },
        )?;
        Ok(found)
    }

    /// Puts an inbox item down for writing, and says how its owner will see it.
    pub(super) fn put_inbox(
        &mut self,
        member: MemberId,
        thread: &Thread,
        row: InboxRow,
    ) -> InboxItem {
        self.pending.inbox.insert((member, thread.num), row);
        InboxItem {
            thread: thread.id,
            account: thread.account,
            subject: thread.subject.clone(),
            kind: row.kind,
            actor: row.actor,
            seq: row.seq,
            at_ms: row.at,
            archived: row.archived,
        }
    }

    /// Writes all that is pending.
    pub(super) fn flush(&mut self) -> Result<(), SqlError> {
        for id in std::mem::take(&mut self.pending.threads) {
            if let Some(thread) = self.memory.thread_mut(id) {
                thread.save(self.db)?;
            }
        }
        for ((member, thread), row) in std::mem::take(&mut self.pending.inbox) {
            self.db.write(
                "INSERT INTO inbox (member, thread, kind, actor_kind, actor, seq, at_ms, archived)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (member, thread) DO UPDATE SET kind = excluded.kind,
                     actor_kind = excluded.actor_kind, actor = excluded.actor,
                     seq = excluded.seq, at_ms = excluded.at_ms, archived = excluded.archived",
                params![
                    member.0,
                    thread,
                    rows::inbox_kind_number(row.kind),
                    rows::person_kind(row.actor),
                    row.actor.uuid(),
                    rows::int(row.seq.0),
                    row.at.0,
                    row.archived,
                ],
            )?;
        }
        Ok(())
    }
}

impl Pending {
    /// Drops what was to be written.
    pub(super) fn clear(&mut self) {
        self.threads.clear();
        self.inbox.clear();
    }
}

/// The same error; a refusal that names no field yet names this one.
pub(super) fn about(field: &str, error: OpError) -> OpError {
    match error {
        OpError::Refused(mut refusal) => {
            refusal.field.get_or_insert_with(|| field.to_owned());
            OpError::Refused(refusal)
        }
        OpError::Sql(_) => error,
    }
}

/// A refusal that names what was not found; forbidden looks the same.
pub(super) fn not_found(field: &str) -> OpError {
    OpError::Refused(tidings_protocol::Refusal::new(RefusalCode::NotFound).at(field))
}

/// A refusal that names what this side of the table may not give.
pub(super) fn not_allowed(field: &str) -> OpError {
    OpError::Refused(tidings_protocol::Refusal::new(RefusalCode::NotAllowed).at(field))
}
