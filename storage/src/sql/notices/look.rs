//! Looking at a thread that is due: who is to be told of what happened in it. The first thing that
//! concerns somebody and was not decided yet fixes when it is; when it is due, all that came since
//! goes with it.

use super::audience::{self, ContactFacts, MemberFacts};
use super::traces::{self, Traces};
use super::{Answered, NewNotice};
use crate::operation::Done;
use crate::sql::params;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::{Part, STANDS_IN, Thread, Undecided};
use crate::sql::work::Work;
use tidings_protocol::{
    FirmId, InboxKind, MemberId, NoticeId, NoticeKind, NoticeReason, NoticeState, Person, Seq,
    ThreadId, Timestamp,
};

/// For so long an entry of the ledger about who cannot log in goes on: it is kept from when it was begun.
const SHUT_OUT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// When the next one is due, of those that are not yet.
#[derive(Default)]
struct Later(Option<Timestamp>);

impl Later {
    fn at(&mut self, due: Timestamp) {
        self.0 = Some(self.0.map_or(due, |earliest| earliest.min(due)));
    }
}

impl Work<'_> {
    /// Looks at a thread, if it is due.
    pub(in crate::sql) fn look(&mut self, firm: FirmId, id: ThreadId) -> Answered {
        // What is pending is read back by statements here.
        self.flush()?;
        let Some(mut thread) = self.memory.take_thread(self.db, id)? else {
            return Ok((Done::Nothing, None));
        };
        let due = thread.firm == firm && thread.look.is_some_and(|at| at <= self.now);
        let looked = if due { self.look_at(&mut thread) } else { Ok(()) };
        self.keep(thread);
        looked.map(|()| (Done::Nothing, None))
    }

    pub(super) fn look_at(&mut self, thread: &mut Thread) -> Result<(), OpError> {
        let firm = self.memory.firm(self.db, thread.firm)?;
        let delay_ms = firm.map_or(0, |firm| firm.mail_delay_ms);
        let mut later = Later::default();
        self.look_for_contacts(thread, delay_ms, &mut later)?;
        let undecided = thread.parts().filter_map(|(person, part)| match person {
            Person::Member(member) if part.mail.kinds != 0 => Some((member, *part)),
            _ => None,
        });
        for of in undecided.collect::<Vec<_>>() {
            self.look_for_member(thread, of, delay_ms, &mut later)?;
        }
        thread.look = later.0;
        thread.touch();
        Ok(())
    }

    fn look_for_contacts(
        &mut self,
        thread: &mut Thread,
        delay_ms: i64,
        later: &mut Later,
    ) -> Result<(), OpError> {
        let traces = traces::after(self.db, thread.num, thread.looked, thread.head)?;
        let mut undecided = false;
        if !traces.all.is_empty() {
            for contact in audience::contacts(self.db, thread.num, thread.account)? {
                let Some(first) = first_undecided(&traces, &contact) else { continue };
                let due = first.1.plus_millis(delay_ms);
                if let Some(waiting) = contact.waits {
                    self.hasten(&contact, waiting)?;
                    continue;
                }
                if due > self.now {
                    undecided = true;
                    later.at(due);
                    continue;
                }
                self.decide_for_contact(thread, &traces, &contact, first.0)?;
            }
        }
        if undecided {
            // What is beyond these is looked at when they are due.
            return Ok(());
        }
        thread.looked = traces.upto;
        if traces.upto < thread.head {
            later.at(self.now);
        }
        Ok(())
    }

    /// Who wants its mails sooner by now gets the one that waits sooner, too.
    fn hasten(
        &self,
        contact: &ContactFacts,
        waiting: (NoticeId, Timestamp),
    ) -> Result<(), OpError> {
        let (notice, due) = waiting;
        let sooner = contact.hours.after(self.now);
        if sooner < due {
            self.db.write(
                "UPDATE notices SET due_ms = ?2, next_ms = ?2 WHERE id = ?1",
                params![notice.0, sooner],
            )?;
        }
        Ok(())
    }

    fn decide_for_contact(
        &mut self,
        thread: &Thread,
        traces: &Traces,
        contact: &ContactFacts,
        first: Seq,
    ) -> Result<(), OpError> {
        let person = contact.person();
        let notice = NewNotice {
            person,
            kind: NoticeKind::Activity,
            detail: 0,
            range: (first, traces.upto),
            due: contact.hours.after(self.now),
            digest: false,
        };
        let Some(reason) = why_not(thread, contact, traces, contact.decided) else {
            return Ok(self.add_notice(thread.firm, Some(thread.num), &notice)?);
        };
        let shut_out = reason == NoticeReason::NoAccess;
        if !(shut_out && self.extend_shut_out(thread, contact, &notice)?) {
            self.drop_notice(thread.firm, thread.num, &notice, reason)?;
        }
        Ok(())
    }

    /// Of who cannot log in not every decision is put down: the last one is made to reach up to here,
    /// if it was the same. So it stays decided, should it be let in later. Not of what is in a mail:
    /// that may have been sent all the same, and did not say more. False if there is none such.
    fn extend_shut_out(
        &self,
        thread: &Thread,
        contact: &ContactFacts,
        notice: &NewNotice,
    ) -> Result<bool, OpError> {
        let longer = self.db.change(
            "UPDATE notices SET to_seq = ?4, settled_ms = ?5
             WHERE thread = ?1 AND person = ?2 AND to_seq = ?3 AND kind = ?6 AND state = ?7
                 AND reason = ?8 AND mail IS NULL AND created_ms > ?9",
            params![
                thread.num,
                notice.person.uuid(),
                rows::int(contact.decided.0),
                rows::int(notice.range.1.0),
                self.now,
                rows::notice_kind_number(notice.kind),
                rows::notice_state_number(NoticeState::Dropped),
                rows::notice_reason_number(NoticeReason::NoAccess),
                self.now.plus_millis(-SHUT_OUT_MS),
            ],
        )?;
        Ok(longer > 0)
    }

    fn look_for_member(
        &mut self,
        thread: &mut Thread,
        (member, part): (MemberId, Part),
        delay_ms: i64,
        later: &mut Later,
    ) -> Result<(), OpError> {
        let mail = part.mail;
        let due = mail.since.plus_millis(delay_ms);
        if due > self.now {
            later.at(due);
            return Ok(());
        }
        let person = Person::Member(member);
        thread.change_part(person, |part| part.mail = Undecided::default());
        let kind = kind_of(mail.kinds);
        let Some(facts) = audience::one_member(self.db, member)? else { return Ok(()) };
        let digest = facts.digest_ms > 0;
        let due = self.now.max(mail.since.plus_millis(facts.digest_ms));
        if let Some(waiting) = audience::waiting_notice(self.db, thread.num, person, kind)? {
            let mut range = (waiting.from, waiting.to.max(mail.last));
            if part.was_called_again() && part.read >= waiting.to {
                range = OfMember::of_no_event(thread);
            }
            // Who wants its mails sooner by now gets this one sooner, too.
            let due = facts.hours.after(due).min(waiting.due);
            return Ok(self.db.write(
                "UPDATE notices SET detail = ?2, from_seq = ?3, to_seq = ?4, digest = ?5,
                     due_ms = ?6, next_ms = ?6
                 WHERE id = ?1",
                params![
                    waiting.id,
                    waiting.detail | i64::from(mail.kinds),
                    rows::int(range.0.0),
                    rows::int(range.1.0),
                    digest,
                    due,
                ],
            )?);
        }
        let notice = NewNotice {
            person,
            kind,
            detail: mail.kinds.into(),
            range: match (kind, mail.first) {
                (NoticeKind::Activity, Seq(0)) => OfMember::of_no_event(thread),
                (NoticeKind::Activity, first) => (first, mail.last),
                _ => (thread.head, thread.head),
            },
            due: facts.hours.after(due),
            digest,
        };
        let told = OfMember { part, kinds: mail.kinds, range: notice.range };
        match self.why_not_member(thread, member, &facts, &told)? {
            Some(reason) => self.drop_notice(thread.firm, thread.num, &notice, reason)?,
            None => self.add_notice(thread.firm, Some(thread.num), &notice)?,
        }
        Ok(())
    }

    /// Why a member is not told after all.
    pub(super) fn why_not_member(
        &mut self,
        thread: &Thread,
        member: MemberId,
        facts: &MemberFacts,
        told: &OfMember,
    ) -> Result<Option<NoticeReason>, OpError> {
        let person = Person::Member(member);
        let access = self.memory.person(self.db, person)?;
        if !access.is_some_and(|access| thread.seen_by(person, &access)) {
            return Ok(Some(NoticeReason::NoAccess));
        }
        if thread.archived {
            return Ok(Some(NoticeReason::Archived));
        }
        let kinds = rows::kinds_of(told.kinds);
        if rows::kinds_by_mail(facts.channels, &kinds) == 0 {
            return Ok(Some(NoticeReason::NotWanted));
        }
        let called = kinds.contains(&InboxKind::Mentioned);
        let stands_in = told.kinds & STANDS_IN != 0;
        if told.part.muted || !(told.part.following || called || stands_in) {
            return Ok(Some(NoticeReason::Muted));
        }
        if kinds.contains(&InboxKind::DeliveryFailed) {
            return Ok(None);
        }
        let (from, to) = told.range;
        if from > to {
            // It was called again, and nothing happened.
            return Ok(None);
        }
        if told.part.read >= to {
            return Ok(Some(NoticeReason::Read));
        }
        let unread = told.part.read.max(before(from));
        let traces = traces::after(self.db, thread.num, unread, to)?;
        let left = traces.all.iter().any(|trace| trace.tells(person, &kinds));
        Ok((!left).then_some(NoticeReason::Deleted))
    }
}

/// What a member is to be told of.
pub(super) struct OfMember {
    pub(super) part: Part,
    pub(super) kinds: u16,
    /// The first event and the last one; turned around, if it is no event that it is told of.
    pub(super) range: (Seq, Seq),
}

impl OfMember {
    /// The range of what is no event: it was called again.
    pub(super) fn of_no_event(thread: &Thread) -> (Seq, Seq) {
        (thread.head.next(), thread.head)
    }
}

/// A mail that fails alone is about that; anything else is about what happened.
fn kind_of(kinds: u16) -> NoticeKind {
    if rows::kinds_of(kinds) == [InboxKind::DeliveryFailed] {
        NoticeKind::DeliveryFailed
    } else {
        NoticeKind::Activity
    }
}

/// The first thing that concerns a contact and was not decided yet, and when it was. What was taken
/// back since counts: that nothing is left to tell is a decision, too.
fn first_undecided(traces: &Traces, contact: &ContactFacts) -> Option<(Seq, Timestamp)> {
    let person = contact.person();
    let first = traces.all.iter().find(|trace| {
        let concerns = trace.concerns(person) || trace.was_deleted(person);
        trace.seq > contact.decided && concerns
    })?;
    Some((first.seq, first.at))
}

/// The position before an event.
pub(super) fn before(seq: Seq) -> Seq {
    Seq(seq.0.saturating_sub(1))
}

/// Why a contact is not told after all of what happened after a position.
pub(super) fn why_not(
    thread: &Thread,
    contact: &ContactFacts,
    traces: &Traces,
    after: Seq,
) -> Option<NoticeReason> {
    let person = contact.person();
    if let Some(reason) = contact.cut_off() {
        return Some(reason);
    }
    if thread.archived {
        return Some(NoticeReason::Archived);
    }
    if contact.muted {
        return Some(NoticeReason::Muted);
    }
    let unread = after.max(contact.read);
    let mut left = traces.all.iter().filter(|trace| trace.seq > unread);
    if left.clone().any(|trace| trace.concerns(person)) {
        return None;
    }
    let deleted = left.any(|trace| trace.was_deleted(person));
    Some(if deleted { NoticeReason::Deleted } else { NoticeReason::Read })
}
