//! Calling members into a thread: by command, by a list, or by `@Name` in a message.

use crate::access::{Side, ThreadAction, permit};
use crate::notice::Happened;
use crate::operation::AccessChange;
use crate::sql::facts::PersonFacts;
use crate::sql::rows::OpError;
use crate::sql::thread::Thread;
use crate::sql::work::{Answer, Made, Who, Work, not_allowed, not_found};
use std::sync::Arc;
use tidings_protocol::limits::MENTIONS_PER_MESSAGE_MAX;
use tidings_protocol::{EventKind, MemberId, MessageId, Person, Refusal, RefusalCode, ThreadId};

/// A member to be called in.
pub(super) struct Called {
    member: MemberId,
    facts: Arc<PersonFacts>,
}

impl Called {
    /// Who.
    pub(super) fn member(&self) -> MemberId {
        self.member
    }
}

impl Work<'_> {
    /// Calls one member in.
    pub(super) fn mention(
        &mut self,
        who: &Who,
        thread: ThreadId,
        member: MemberId,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::Mention)?;
            let Some(called) = work.callable(thread, member)? else {
                return Err(not_found("member"));
            };
            if who.actor.person == Person::Member(member) {
                return Ok(Answer::unchanged(thread));
            }
            let mut made = Made::default();
            work.call_in(who, thread, &[called], None, &mut made)?;
            let seq = thread.head;
            let happened = Happened { actor: who.actor.person, kinds: &[], mentioned: &[member] };
            work.notify(thread, &happened, seq, &mut made)?;
            if made.events.is_empty() {
                // Called in before: the inbox item moves up, and nothing is written to the log.
                let Answer { reply, .. } = Answer::unchanged(thread);
                let commit = (!made.inbox.is_empty()).then(|| made.commit(thread));
                return Ok(Answer { reply, commit });
            }
            Ok(work.written(thread, seq, made))
        })
    }

    /// Everybody a message calls in, apart from its author. The team may name anybody of the
    /// active team. A contact's `@Name` reaches only those who see the thread already, and a name
    /// it can't reach looks like no name at all.
    pub(super) fn mentions_of(
        &mut self,
        who: &Who,
        thread: &Thread,
        body: &str,
        given: &[MemberId],
    ) -> Result<Vec<Called>, OpError> {
        let side = who.facts.access.side();
        if side == Side::Client && !given.is_empty() {
            return Err(not_allowed("mentions"));
        }
        let mut called: Vec<Called> = Vec::new();
        for (index, member) in given.iter().enumerate() {
            match self.callable(thread, *member)? {
                Some(found) => add(&mut called, who, found),
                None => return Err(not_found(&format!("mentions[{index}]"))),
            }
        }
        if body.contains('@') {
            let names = self.memory.names(self.db, thread.firm)?;
            for member in names.find(body) {
                let Some(found) = self.callable(thread, member)? else { continue };
                if side == Side::Team || thread.seen_by(Person::Member(member), &found.facts) {
                    add(&mut called, who, found);
                }
            }
        }
        if called.len() > MENTIONS_PER_MESSAGE_MAX {
            let message = format!(
                "{} members mentioned, by name or in the list; at most {MENTIONS_PER_MESSAGE_MAX}",
                called.len()
            );
            let refusal = Refusal::new(RefusalCode::TooMany).at("mentions").because(message);
            return Err(refusal.limit(MENTIONS_PER_MESSAGE_MAX as u64).into());
        }
        Ok(called)
    }

    /// Calls members in: they follow the thread from now on and, when the team calls, they see it
    /// and the log says so once.
    pub(super) fn call_in(
        &mut self,
        who: &Who,
        thread: &mut Thread,
        called: &[Called],
        message: Option<MessageId>,
        made: &mut Made,
    ) -> Result<(), OpError> {
        let by_team = who.facts.access.side() == Side::Team;
        for Called { member, facts } in called {
            let person = Person::Member(*member);
            let first = by_team && !thread.part(person).mentioned;
            if first {
                if !thread.seen_by(person, facts) {
                    made.access.push(AccessChange::Grew(person));
                }
                let kind = EventKind::MemberMentioned { member: *member, message };
                self.log(thread, who.actor.person, kind, made)?;
            }
            thread.change_part(person, |part| {
                part.following = true;
                part.mentioned |= first;
            });
        }
        Ok(())
    }

    /// An active member of the thread's firm.
    fn callable(&mut self, thread: &Thread, member: MemberId) -> Result<Option<Called>, OpError> {
        let facts = self.memory.person(self.db, Person::Member(member))?;
        let facts = facts.filter(|facts| facts.firm == thread.firm);
        Ok(facts.map(|facts| Called { member, facts }))
    }
}

fn add(called: &mut Vec<Called>, who: &Who, found: Called) {
    let is_author = who.actor.person == Person::Member(found.member);
    if !is_author && !called.iter().any(|earlier| earlier.member == found.member) {
        called.push(found);
    }
}
