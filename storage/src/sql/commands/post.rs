//! Posting a message: the path that has to be short.

use super::mention::Called;
use crate::access::{Side, ThreadAction, permit};
use crate::notice::Happened;
use crate::operation::ReadCommit;
use crate::sql::Keyed;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::{LastMessage, Thread};
use crate::sql::work::{Answer, Made, Who, Work};
use crate::text;
use tidings_protocol::{
    AccountId, ClientKey, Event, EventKind, InboxKind, MemberId, MessageId, Refusal, RefusalCode,
    Reply, Seq, ThreadId,
};

/// Where the first message of a thread stands, which bears the key of `create_thread`.
pub(super) const FIRST_MESSAGE: Seq = Seq(2);

impl Work<'_> {
    /// Posts a message, once for each key.
    pub(super) fn post(
        &mut self,
        who: &Who,
        thread: ThreadId,
        key: ClientKey,
        body: String,
        mentions: &[MemberId],
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            let called = match work.may_post(who, thread, &body, mentions) {
                Ok(called) => called,
                Err(OpError::Refused(refusal)) => {
                    return work.posted_before(who, thread, key)?.ok_or(refusal.into());
                }
                Err(error) => return Err(error),
            };
            let Some(posted) = work.append_message(who, thread, key, body)? else {
                let before = work.posted_before(who, thread, key)?;
                return before.ok_or_else(|| key_reused().into());
            };
            let kinds: &[InboxKind] = match who.facts.access.side() {
                Side::Team => &[InboxKind::ColleagueAnswered],
                Side::Client => &[InboxKind::ContactAnswered],
            };
            let seq = posted.seq;
            let mut made = Made { events: vec![posted], ..Made::default() };
            work.after_posting(who, thread, seq, kinds, &called, &mut made)?;
            Ok(work.written(thread, seq, made))
        })
    }

    fn may_post(
        &mut self,
        who: &Who,
        thread: &Thread,
        body: &str,
        mentions: &[MemberId],
    ) -> Result<Vec<Called>, OpError> {
        permit(who.facts.access.side(), thread.archived, ThreadAction::Post)?;
        self.reachable(who, thread.account)?;
        self.mentions_of(who, thread, body, mentions)
    }

    /// Refuses what the team says to a client of whom nobody would read it.
    pub(super) fn reachable(&mut self, who: &Who, account: AccountId) -> Result<(), OpError> {
        let account = self.memory.account(self.db, account)?;
        let reachable = account.is_some_and(|account| account.reachable);
        if who.facts.access.side() == Side::Team && !reachable {
            return Err(RefusalCode::NoActiveContact.into());
        }
        Ok(())
    }

    /// Appends a message and makes it the last one. None if the key was used before.
    pub(super) fn append_message(
        &mut self,
        who: &Who,
        thread: &mut Thread,
        key: ClientKey,
        body: String,
    ) -> Result<Option<Event>, OpError> {
        let author = who.actor.person;
        let excerpt = text::excerpt(&body);
        let kind = EventKind::MessagePosted { key, body, edited_ms: None, deleted: false };
        let Some(event) = self.append(thread, author, kind, Some(key))? else { return Ok(None) };
        let message = MessageId(event.seq.0);
        thread.last = LastMessage { message, at: self.now, author, excerpt };
        Ok(Some(event))
    }

    /// What follows from a posted message: members are called in, its author has read it, the
    /// team is told.
    pub(super) fn after_posting(
        &mut self,
        who: &Who,
        thread: &mut Thread,
        message: Seq,
        kinds: &[InboxKind],
        called: &[Called],
        made: &mut Made,
    ) -> Result<(), OpError> {
        self.call_in(who, thread, called, Some(MessageId(message.0)), made)?;
        made.read = self.mark_read(who, thread, thread.head, thread.messages);
        let mentioned: Vec<MemberId> = called.iter().map(Called::member).collect();
        let happened = Happened { actor: who.actor.person, kinds, mentioned: &mentioned };
        self.notify(thread, &happened, message, made)
    }

    /// Moves the actor's receipt forward. None if it stands there or further.
    pub(super) fn mark_read(
        &self,
        who: &Who,
        thread: &mut Thread,
        seq: Seq,
        messages: u64,
    ) -> Option<ReadCommit> {
        let person = who.actor.person;
        if thread.part(person).read >= seq {
            return None;
        }
        thread.change_part(person, |part| {
            part.read = seq;
            part.read_messages = messages;
            part.read_at = self.now;
        });
        Some(ReadCommit { person, seq, messages })
    }

    /// The answer that a post with this key had, if there was one.
    fn posted_before(
        &mut self,
        who: &Who,
        thread: &Thread,
        key: ClientKey,
    ) -> Result<Option<Answer>, OpError> {
        repeated(self.keyed(who.actor.person, key)?, |before| {
            let same = before.thread == thread.num
                && before.kind == rows::MESSAGE_POSTED
                && before.seq != FIRST_MESSAGE;
            Ok(same.then_some(Reply::Written { seq: before.seq, at_ms: before.at }))
        })
    }
}

/// The answer that a key had, if it was used: `same` makes it if it was for the same deed.
pub(super) fn repeated(
    before: Option<Keyed>,
    same: impl FnOnce(&Keyed) -> Result<Option<Reply>, OpError>,
) -> Result<Option<Answer>, OpError> {
    let Some(before) = before else { return Ok(None) };
    match same(&before)? {
        Some(reply) => Ok(Some(Answer::quiet(reply))),
        None => Err(key_reused().into()),
    }
}

fn key_reused() -> Refusal {
    Refusal::new(RefusalCode::KeyReused).at("key")
}
