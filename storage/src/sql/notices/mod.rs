//! Who is told of what by email: what is due is looked at again, taken and settled, each in the
//! transaction that locks its thread, so that any number of notifiers may be at it.
//!
//! * `look` decides what somebody is told of; `remind` reminds; `ask` is mail at one's own asking.
//! * `claim` takes what is due for sending, `settle` puts down what became of it.
//! * `audience` is what is known of those who may be told; `traces` is what happened in the log, as
//!   far as they are concerned.
//!
//! A notice that waits and is in no mail yet grows: whatever happens until it is claimed goes with it.
//! Once claimed, its range stays: the same mail says the same, however often it is tried.

mod ask;
mod audience;
mod claim;
mod look;
#[cfg(test)]
mod plan;
mod remind;
mod settle;
mod traces;

pub(super) use audience::contacts_who_get_mail;
pub(super) use traces::{Trace, happened_after};

use super::rows::{self, OpError};
use super::work::Work;
use super::{SqlError, params};
use crate::operation::{Commit, Done};
use tidings_protocol::{FirmId, NoticeKind, NoticeReason, NoticeState, Person, Seq, Timestamp};

/// What an operation of this family comes to.
type Answered = Result<(Done, Option<Commit>), OpError>;

/// A notice to be put down.
pub(super) struct NewNotice {
    pub(super) person: Person,
    pub(super) kind: NoticeKind,
    /// Of a reminder, which one; of a member's, bits of kinds of inbox items; of a refused answer, why.
    pub(super) detail: i64,
    /// The first and the last event it tells of.
    pub(super) range: (Seq, Seq),
    pub(super) due: Timestamp,
    /// Whether it goes in one mail with all others of its person.
    pub(super) digest: bool,
}

impl Work<'_> {
    /// Puts down a notice that waits.
    pub(super) fn add_notice(
        &mut self,
        firm: FirmId,
        thread: Option<i64>,
        notice: &NewNotice,
    ) -> Result<(), SqlError> {
        self.put_notice(firm, thread, notice, None)
    }

    /// Puts down that somebody is not told, and why.
    fn drop_notice(
        &mut self,
        firm: FirmId,
        thread: i64,
        notice: &NewNotice,
        reason: NoticeReason,
    ) -> Result<(), SqlError> {
        self.put_notice(firm, Some(thread), notice, Some(reason))
    }

    /// What somebody was still to be told of a thread by a kind of notices is not told: what comes now
    /// goes in its place. The first event that it would have told of.
    pub(in crate::sql) fn replace_notices(
        &self,
        thread: i64,
        person: Person,
        kind: NoticeKind,
    ) -> Result<Option<Seq>, SqlError> {
        let kind = rows::notice_kind_number(kind);
        let waits = "SELECT min(from_seq) FROM notices
             WHERE thread = ?1 AND person = ?2 AND kind = ?3 AND state = 0";
        let bound = params![thread, person.uuid(), kind];
        let Some(first) = self.db.one(waits, bound, |row| row.maybe_int(0))? else {
            return Ok(None);
        };
        self.db.write(
            "UPDATE notices SET state = ?4, reason = ?5, settled_ms = ?6
             WHERE thread = ?1 AND person = ?2 AND kind = ?3 AND state = 0",
            params![
                thread,
                person.uuid(),
                kind,
                rows::notice_state_number(NoticeState::Dropped),
                rows::notice_reason_number(NoticeReason::Settled),
                self.now,
            ],
        )?;
        Ok(u64::try_from(first).ok().map(Seq))
    }

    fn put_notice(
        &mut self,
        firm: FirmId,
        thread: Option<i64>,
        notice: &NewNotice,
        dropped: Option<NoticeReason>,
    ) -> Result<(), SqlError> {
        let id = rows::new_id(self.now, self.entropy);
        let state = if dropped.is_some() { NoticeState::Dropped } else { NoticeState::Waiting };
        self.db.write(
            "INSERT INTO notices (id, firm, thread, person_kind, person, kind, detail, from_seq,
                 to_seq, created_ms, due_ms, next_ms, digest, state, reason, message_id, attempts,
                 answer, settled_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?14, '', 0, '',
                 ?15)",
            params![
                id,
                firm.0,
                thread,
                rows::person_kind(notice.person),
                notice.person.uuid(),
                rows::notice_kind_number(notice.kind),
                notice.detail,
                rows::int(notice.range.0.0),
                rows::int(notice.range.1.0),
                self.now,
                notice.due,
                notice.digest,
                rows::notice_state_number(state),
                dropped.map(rows::notice_reason_number),
                dropped.map(|_| self.now),
            ],
        )
    }
}
