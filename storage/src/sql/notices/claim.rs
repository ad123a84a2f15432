//! Taking notices that are due, to send them: looked at once more, for between the decision and now
//! somebody may have read, or lost access, or the night begun.

use super::audience::{self, ContactFacts};
use super::look::{OfMember, before, why_not};
use super::{Answered, traces};
use crate::operation::{Done, NoticesOf};
use crate::reminder;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::{Thread, Undecided};
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
    Send(Told),
    Wait(Timestamp),
    Drop(NoticeReason, Told),
}

/// Up to which event it tells, and what.
#[derive(Clone, Copy)]
struct Told {
    to: Seq,
    detail: i64,
}

impl Stored {
    fn told(&self) -> Told {
        Told { to: self.to, detail: self.detail }
    }
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
        let mut found = Vec::new();
        for (id, thread) in wanted.notices.iter().take(NOTICES_IN_A_MAIL_MAX) {
            found.extend(self.stored(wanted, *id)?.map(|notice| (notice, *thread)));
        }
        // Those that are not due only come along with one that is.
        found.sort_by_key(|(notice, _)| notice.next > self.now);
        let (mut claimed, mut mail) = (Vec::new(), None);
        let first_mail = found.first().and_then(|(notice, _)| notice.mail);
        for (notice, thread) in found {
            let early = notice.next > self.now && claimed.is_empty();
            // Another mail than the first one's is another claim, and so is what was in none yet when
            // that mail was tried before: whoever has got it then would not see it come again.
            if early || notice.mail != first_mail {
                continue;
            }
            match self.fate(wanted.person, thread, &notice)? {
                Fate::Drop(reason, told) => self.drop_stored(&notice, told, reason)?,
                Fate::Wait(at) => self.postpone(&notice, at)?,
                Fate::Send(told) => {
                    let mail = *mail.get_or_insert(notice.mail.unwrap_or(notice.id.0));
                    if self.take(&notice, told, mail, (holder, until))? {
                        claimed.push(notice.id);
                    }
                }
            }
        }
        let place = |id: &NoticeId| wanted.notices.iter().position(|(other, _)| other == id);
        claimed.sort_by_key(place);
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
        let told = notice.told();
        let no_access = Ok(Fate::Drop(NoticeReason::NoAccess, told));
        if let NoticeKind::Login | NoticeKind::AnswerRefused = notice.kind {
            let may_log_in = self.memory.person(self.db, person)?.is_some();
            return if may_log_in { Ok(Fate::Send(told)) } else { no_access };
        }
        let Some(id) = thread else { return no_access };
        let Some(mut thread) = self.memory.take_thread(self.db, id)? else { return no_access };
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
        let mut told = notice.told();
        let Some(contact) = audience::one_contact(self.db, thread.num, contact)? else {
            return Ok(Fate::Drop(NoticeReason::NoAccess, told));
        };
        let reason = match notice.kind {
            NoticeKind::Activity => {
                if notice.mail.is_none() {
                    told.to = thread.head;
                }
                let unread = before(notice.from).max(contact.read);
                let traces = traces::after(self.db, thread.num, unread, told.to)?;
                why_not(thread, &contact, &traces, unread)
            }
            NoticeKind::Reminder => self.settled(thread, &contact, notice.detail)?,
            _ => contact.cut_off().or(thread.archived.then_some(NoticeReason::Archived)),
        };
        let wait = contact.hours.after(self.now);
        Ok(match reason {
            Some(reason) => Fate::Drop(reason, told),
            None if wait > self.now => Fate::Wait(wait),
            None => Fate::Send(told),
        })
    }

    /// Why the reminder of that number is not sent after all: the client has reacted, or another one is
    /// the last by now. Those before it are dropped when it is put down; a new cycle has sent none.
    fn settled(
        &self,
        thread: &Thread,
        contact: &ContactFacts,
        number: i64,
    ) -> Result<Option<NoticeReason>, OpError> {
        if let Some(reason) = contact.cut_off() {
            return Ok(Some(reason));
        }
        if thread.archived {
            return Ok(Some(NoticeReason::Archived));
        }
        let is_last = number == i64::from(thread.cycle.sent);
        let wanted = is_last && reminder::is_wanted(&thread.reminder_facts(self.db)?);
        Ok((!wanted).then_some(NoticeReason::Settled))
    }

    fn fate_of_member(
        &mut self,
        thread: &mut Thread,
        member: MemberId,
        notice: &Stored,
    ) -> Result<Fate, OpError> {
        let person = Person::Member(member);
        let mut told = notice.told();
        let Some(facts) = audience::one_member(self.db, member)? else {
            return Ok(Fate::Drop(NoticeReason::NoAccess, told));
        };
        let part = thread.part(person);
        // What came since and was not decided yet goes with it.
        let grows = notice.mail.is_none() && notice.kind == NoticeKind::Activity;
        if grows {
            told.detail |= i64::from(part.mail.kinds);
            told.to = told.to.max(part.mail.last);
        }
        let kinds = u16::try_from(told.detail).unwrap_or(0);
        let mut range = (notice.from, told.to);
        if grows && part.was_called_again() && part.read >= told.to {
            range = OfMember::of_no_event(thread);
        }
        let of_member = OfMember { part, kinds, range };
        let reason = self.why_not_member(thread, member, &facts, &of_member)?;
        let wait = facts.hours.after(self.now);
        if reason.is_none() && wait > self.now {
            return Ok(Fate::Wait(wait));
        }
        if grows {
            thread.change_part(person, |part| part.mail = Undecided::default());
        }
        Ok(match reason {
            Some(reason) => Fate::Drop(reason, told),
            None => Fate::Send(told),
        })
    }

    /// Takes one, unless somebody was faster.
    fn take(
        &self,
        notice: &Stored,
        told: Told,
        mail: Uuid,
        (holder, until): (Uuid, Timestamp),
    ) -> Result<bool, SqlError> {
        let taken = self.db.change(
            "UPDATE notices SET to_seq = ?2, detail = ?3, mail = ?4,
                 mail_ms = coalesce(mail_ms, ?5), attempts = ?6, holder = ?7, next_ms = ?8
             WHERE id = ?1 AND state = 0 AND attempts = ?9",
            params![
                notice.id.0,
                rows::int(told.to.0),
                told.detail,
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

    fn drop_stored(
        &self,
        notice: &Stored,
        told: Told,
        reason: NoticeReason,
    ) -> Result<(), SqlError> {
        self.db.write(
            "UPDATE notices SET state = ?2, reason = ?3, settled_ms = ?4, to_seq = ?6, detail = ?7
             WHERE id = ?1 AND state = 0 AND attempts = ?5",
            params![
                notice.id.0,
                rows::notice_state_number(NoticeState::Dropped),
                rows::notice_reason_number(reason),
                self.now,
                notice.attempts,
                rows::int(told.to.0),
                told.detail,
            ],
        )
    }
}
