//! Starting a thread.

use super::mention::Called;
use super::post::{FIRST_MESSAGE, repeated};
use crate::access::Side;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::Thread;
use crate::sql::work::{Answer, Made, Who, Work, about, not_allowed, not_found};
use crate::sql::{Keyed, params};
use crate::text;
use std::ops::ControlFlow;
use tidings_protocol::limits::{MENTIONS_PER_MESSAGE_MAX, TASKS_PER_THREAD_MAX};
use tidings_protocol::{
    AccountId, ClientKey, EventKind, InboxKind, MemberId, MessageId, Person, RefusalCode, Reminder,
    Reply, Seq, ThreadId,
};

/// Most events that come with the first message of a thread, after it.
const AFTER_THE_FIRST_MAX: usize = TASKS_PER_THREAD_MAX + MENTIONS_PER_MESSAGE_MAX;

/// A thread that somebody wants to start: the fields of the command.
pub(super) struct Draft {
    pub(super) account: AccountId,
    pub(super) key: ClientKey,
    pub(super) subject: String,
    pub(super) body: String,
    pub(super) tasks: Vec<String>,
    pub(super) reminder: Option<Reminder>,
    pub(super) mentions: Vec<MemberId>,
}

impl Work<'_> {
    /// Starts a thread, once for each key.
    pub(super) fn create_thread(&mut self, who: &Who, draft: Draft) -> Result<Answer, OpError> {
        let account = self.memory.account(self.db, draft.account)?;
        let in_firm = account.is_some_and(|account| account.firm == who.actor.firm);
        if !in_firm || !who.facts.access.sees_account(draft.account) {
            return Err(not_found("account"));
        }
        if let Some(answer) = self.created_before(who, &draft)? {
            return Ok(answer);
        }
        self.may_create(who, &draft).map_err(|error| about("account", error))?;
        let id = ThreadId(rows::new_id(self.now, self.entropy));
        let thread = Thread::new(
            id,
            (who.actor.firm, draft.account),
            (who.actor.person, self.now),
            text::subject(draft.subject.clone(), &draft.body),
            draft.reminder.unwrap_or_default(),
        );
        let called = self.mentions_of(who, &thread, &draft.body, &draft.mentions)?;
        let mut thread = Box::new(thread);
        let made = self.begin(who, &mut thread, draft, &called)?;
        self.reassess(&mut thread)?;
        let reply = Reply::ThreadCreated { thread: id, head: thread.head, at_ms: self.now };
        let commit = made.commit(&thread);
        self.keep(thread);
        Ok(Answer { reply, commit: Some(commit) })
    }

    /// What is not for everybody.
    fn may_create(&mut self, who: &Who, draft: &Draft) -> Result<(), OpError> {
        self.reachable(who, draft.account)?;
        if who.facts.access.side() == Side::Team {
            return Ok(());
        }
        let firm = self.memory.firm(self.db, who.actor.firm)?;
        if !firm.is_some_and(|firm| firm.contacts_may_start) {
            return Err(RefusalCode::NotAllowed.into());
        }
        if !draft.tasks.is_empty() {
            return Err(not_allowed("tasks"));
        }
        if draft.reminder.is_some() {
            return Err(not_allowed("reminder"));
        }
        Ok(())
    }

    /// Stores the thread and its first events. Nothing is refused any more.
    fn begin(
        &mut self,
        who: &Who,
        thread: &mut Thread,
        draft: Draft,
        called: &[Called],
    ) -> Result<Made, OpError> {
        let actor = who.actor.person;
        let mut made = Made::default();
        thread.insert(self.db, self.memory.ahead().number())?;
        let created = EventKind::ThreadCreated {
            account: thread.account,
            subject: thread.subject.clone(),
            reminder: thread.reminder,
        };
        self.log(thread, actor, created, &mut made)?;
        let posted = self
            .append_message(who, thread, draft.key, draft.body)?
            .expect("the key was looked up before");
        made.events.push(posted);
        for text in &draft.tasks {
            self.log_task(thread, actor, text, &mut made)?;
        }
        if matches!(actor, Person::Member(_)) {
            thread.change_part(actor, |part| part.following = true);
        }
        let kinds: &[InboxKind] = match who.facts.access.side() {
            Side::Team => &[],
            Side::Client => &[InboxKind::ThreadStarted],
        };
        self.after_posting(who, thread, FIRST_MESSAGE, kinds, called, &mut made)?;
        Ok(made)
    }

    /// The answer that this key had, if it has started a thread of this account.
    fn created_before(&mut self, who: &Who, draft: &Draft) -> Result<Option<Answer>, OpError> {
        repeated(self.keyed(who.actor.person, draft.key)?, |before| {
            if before.kind != rows::MESSAGE_POSTED || before.seq != FIRST_MESSAGE {
                return Ok(None);
            }
            let thread = self.db.row(
                "SELECT id FROM threads WHERE num = ?1 AND account = ?2",
                params![before.thread, draft.account.0],
                |row| row.id(0).map(ThreadId),
            )?;
            let Some(thread) = thread else { return Ok(None) };
            let head = self.first_head(before)?;
            Ok(Some(Reply::ThreadCreated { thread, head, at_ms: before.at }))
        })
    }

    /// How far the log went when the thread was started. After the first message came its tasks,
    /// which unlike later ones have no key, and those whom the first message called in.
    fn first_head(&self, first: &Keyed) -> Result<Seq, OpError> {
        let mut head = first.seq;
        let sql = "SELECT payload, client_key IS NULL FROM events WHERE thread = ?1 AND seq > ?2
             ORDER BY seq LIMIT ?3";
        let limit = rows::int(AFTER_THE_FIRST_MAX as u64);
        let bound = params![first.thread, rows::int(first.seq.0), limit];
        self.db.each(sql, bound, |row| {
            let keyless = row.bool(1)?;
            let of_the_start = keyless
                && match rows::event_kind(row, 0)? {
                    EventKind::TaskAdded { .. } => true,
                    EventKind::MemberMentioned { message, .. } => {
                        message == Some(MessageId(first.seq.0))
                    }
                    _ => false,
                };
            if !of_the_start {
                return Ok(ControlFlow::Break(()));
            }
            head = head.next();
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(head)
    }
}
