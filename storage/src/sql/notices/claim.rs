//! Taking notices that are due, to send them: looked at once more, for between the decision and now
//! somebody may have read, or lost access, or the night begun.

use super::audience::{self, ContactFacts};
use super::look::{Told, why_not};
use super::{Answered, traces};
use crate::operation::{Done, NoticesOf};
use crate::reminder;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::Thread;
use crate::sql::work::Work;
use crate::sql::{Row, SqlError, params};
use tidings_protocol::{
    ContactId, MemberId, NoticeId, NoticeKind, NoticeReason, NoticeState, Person, Seq, ThreadId,
    Timestamp,
};
use uuid::Uuid;

/// Most notices that go in one mail.
const NOTICES_IN_A_MAIL_MAX: usize = 50;

/// A notice as it stands.
struct Stored {
    id: NoticeId,
    kind: NoticeKind,
    detail: i64,
    from: Seq,
    to: Seq,
    next: Timestamp,
    digest: bool,
    mail: Option<Uuid>,
    attempts: u32,
}

/// What is to be done with a notice that is due.
enum Fate {
    Send {
        to: Seq,
        detail: i64,
    },
    Wait(Timestamp),
    /// Up to there it was looked at.
    Drop(NoticeReason, Seq),
}

impl Work<'_> {
    /// Takes those that are still due and still have something to tell.
    pub(in crate::sql) fn claim(
        &mut self,
        wanted: &NoticesOf,
        holder: Uuid,
        until: Timestamp,
    ) -> Answered {
        self.flush()?;
        let mut claimed = Vec::new();
        let mut mail = None;
        for (id, thread) in wanted.notices.iter().take(NOTICES_IN_A_MAIL_MAX) {
            let Some(notice) = self.stored(wanted, *id)? else { continue };
            // Another mail than the first one's is another claim.
            if mail.is_some() && notice.mail.is_some_and(|own| Some(own) != mail) {
                continue;
            }
            match self.fate(wanted.person, *thread, &notice)? {
                Fate::Drop(reason, to) => self.drop_stored(&notice, reason, to)?,
                Fate::Wait(at) => self.postpone(&notice, at)?,
                Fate::Send { to, detail } => {
                    let mail = *mail.get_or_insert(notice.mail.unwrap_or(id.0));
                    if self.take(&notice, (to, detail), mail, (holder, until))? {
                        claimed.push(*id);
                    }
                }
            }
        }
        Ok((Done::Notices(claimed), None))
    }

    /// A notice that waits, and that nobody else has taken.
    fn stored(&self, wanted: &NoticesOf, id: NoticeId) -> Result<Option<Stored>, SqlError> {
        let sql = "SELECT kind, detail, from_seq, to_seq, next_ms, digest, mail, attempts
             FROM notices WHERE id = ?1 AND firm = ?2 AND person = ?3 AND state = 0";
        let bound = params![id.0, wanted.firm.0, wanted.person.uuid()];
        let read = |row: &Row<'_>| {
            Ok(Stored {
                id,
                kind: rows::notice_kind(row, 0)?,
                detail: row.int(1)?,
                from: rows::seq(row, 2)?,
                to: rows::seq(row, 3)?,
                next: rows::timestamp(row, 4)?,
                digest: row.bool(5)?,
                mail: rows::maybe_id(row, 6)?,
                attempts: rows::small(row, 7)?,
            })
        };
        let found = self.db.row(sql, bound, read)?;
        // Of a digest, those come along that are due later.
        let early = |notice: &Stored| notice.digest && notice.mail.is_none();
        Ok(found.filter(|notice| notice.next <= self.now || early(notice)))
    }

    fn fate(
        &mut self,
        person: Person,
        thread: Option<ThreadId>,
        notice: &Stored,
    ) -> Result<Fate, OpError> {
        let as_it_is = Fate::Send { to: notice.to, detail: notice.detail };
        if let NoticeKind::Login | NoticeKind::AnswerRefused = notice.kind {
            let may_log_in = self.memory.person(self.db, person)?.is_some();
            return Ok(if may_log_in {
                as_it_is
            } else {
                Fate::Drop(NoticeReason::NoAccess, notice.to)
            });
        }
        let Some(id) = thread else { return Ok(Fate::Drop(NoticeReason::NoAccess, notice.to)) };
        let Some(mut thread) = self.memory.take_thread(self.db, id)? else {
            return Ok(Fate::Drop(NoticeReason::NoAccess, notice.to));
        };
        let fate = match person {
            Person::Contact(contact) => self.fate_of_contact(&thread, contact, notice),
            Person::Member(member) => self.fate_of_member(&mut thread, member, notice),
        };
        self.keep(thread);
        fate
    }

    fn fate_of_contact(
        &mut self,
        thread: &Thread,
        contact: ContactId,
        notice: &Stored,
    ) -> Result<Fate, OpError> {
        let Some(contact) = audience::one_contact(self.db, thread.num, contact)? else {
            return Ok(Fate::Drop(NoticeReason::NoAccess, notice.to));
        };
        let (reason, to) = match notice.kind {
            NoticeKind::Activity => {
                let head = if notice.mail.is_some() { notice.to } else { thread.head };
                let before = Seq(notice.from.0.saturating_sub(1));
                let traces = traces::after(self.db, thread.num, before, head)?;
                (why_not(thread, &contact, &traces, before), head)
            }
            NoticeKind::Reminder => (self.settled(thread, &contact)?, notice.to),
            _ => (contact.cut_off(), notice.to),
        };
        let wait = contact.hours.after(self.now);
        Ok(match reason {
            Some(reason) => Fate::Drop(reason, to),
            None if wait > self.now => Fate::Wait(wait),
            None => Fate::Send { to, detail: notice.detail },
        })
    }

    /// Why a reminder is not sent after all.
    fn settled(
        &self,
        thread: &Thread,
        contact: &ContactFacts,
    ) -> Result<Option<NoticeReason>, OpError> {
        if let Some(reason) = contact.cut_off() {
            return Ok(Some(reason));
        }
        if thread.archived {
            return Ok(Some(NoticeReason::Archived));
        }
        let wanted = reminder::is_wanted(&thread.reminder_facts(self.db)?);
        Ok((!wanted).then_some(NoticeReason::Settled))
    }

    fn fate_of_member(
        &mut self,
        thread: &mut Thread,
        member: MemberId,
        notice: &Stored,
    ) -> Result<Fate, OpError> {
        let person = Person::Member(member);
        let Some(facts) = audience::one_member(self.db, member)? else {
            return Ok(Fate::Drop(NoticeReason::NoAccess, notice.to));
        };
        let part = thread.part(person);
        let mut kinds = u16::try_from(notice.detail).unwrap_or(0);
        let mut to = notice.to;
        if notice.mail.is_none() {
            // What came since and was not decided yet goes with it.
            kinds |= part.mail_kinds;
            to = thread.head;
        }
        let owner = self.memory.firm(self.db, thread.firm)?.and_then(|firm| firm.owner);
        let told = Told { part, kinds, from: notice.from, owner };
        let reason = self.why_not_member(thread, member, &facts, &told)?;
        let wait = facts.hours.after(self.now);
        if reason.is_none() && wait > self.now {
            return Ok(Fate::Wait(wait));
        }
        if notice.mail.is_none() {
            thread.change_part(person, |part| {
                part.mail = Seq(0);
                part.mail_kinds = 0;
            });
        }
        Ok(match reason {
            Some(reason) => Fate::Drop(reason, to),
            None => Fate::Send { to, detail: kinds.into() },
        })
    }

    /// Takes one, unless somebody was faster.
    fn take(
        &self,
        notice: &Stored,
        (to, detail): (Seq, i64),
        mail: Uuid,
        (holder, until): (Uuid, Timestamp),
    ) -> Result<bool, SqlError> {
        let taken = self.db.change(
            "UPDATE notices SET to_seq = ?2, detail = ?3, mail = ?4,
                 mail_ms = coalesce(mail_ms, ?5), attempts = ?6, holder = ?7, next_ms = ?8
             WHERE id = ?1 AND state = 0 AND attempts = ?9",
            params![
                notice.id.0,
                rows::int(to.0),
                detail,
                mail,
                self.now,
                notice.attempts + 1,
                holder,
                until,
                notice.attempts,
            ],
        )?;
        Ok(taken > 0)
    }

    fn postpone(&self, notice: &Stored, at: Timestamp) -> Result<(), SqlError> {
        self.db.write(
            "UPDATE notices SET due_ms = ?2, next_ms = ?2
             WHERE id = ?1 AND state = 0 AND attempts = ?3",
            params![notice.id.0, at, notice.attempts],
        )
    }

    fn drop_stored(&self, notice: &Stored, reason: NoticeReason, to: Seq) -> Result<(), SqlError> {
        self.db.write(
            "UPDATE notices SET state = ?2, reason = ?3, settled_ms = ?4, to_seq = ?6
             WHERE id = ?1 AND state = 0 AND attempts = ?5",
            params![
                notice.id.0,
                rows::notice_state_number(NoticeState::Dropped),
                rows::notice_reason_number(reason),
                self.now,
                notice.attempts,
                rows::int(to.0),
            ],
        )
    }
}
