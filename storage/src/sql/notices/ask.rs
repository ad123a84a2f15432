//! Mail at one's own asking: a link to log in by, and word of an answer that was not posted. And the
//! use of a link.

use super::{Answered, NewNotice};
use crate::access::Actor;
use crate::operation::{Asked, Done};
use crate::sql::params;
use crate::sql::rows::{self, OpError};
use crate::sql::work::{Work, about, not_found};
use tidings_protocol::{
    FirmId, NoticeId, NoticeKind, Person, Refusal, RefusalCode, Seq, ThreadId, Timestamp,
};

/// Between two mails with a link to log in by, to one person.
const LOGIN_EVERY_MS: i64 = 60 * 1_000;

/// Most of them in a day: whoever finds an old mail can ask for them.
const LOGINS_A_DAY_MAX: u64 = 20;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Between two mails that say that an answer was not posted, about one thread. So two who answer each
/// other by themselves come to rest.
const REFUSAL_EVERY_MS: i64 = 60 * 60 * 1_000;

/// The last one of a kind, and that about a thread or none.
pub(super) const LAST: &str = "SELECT max(created_ms) FROM notices
     WHERE person = ?1 AND created_ms > ?2 AND kind = ?3";
pub(super) const LAST_ABOUT: &str = "SELECT max(created_ms) FROM notices
     WHERE person = ?1 AND created_ms > ?2 AND kind = ?3 AND coalesce(thread, 0) = ?4";

/// How many of a kind.
pub(super) const COUNT: &str = "SELECT count(*) FROM notices
     WHERE person = ?1 AND created_ms > ?2 AND kind = ?3";

impl Work<'_> {
    /// Puts down a mail that somebody asks for, if there was none just now.
    pub(in crate::sql) fn ask_for(
        &mut self,
        actor: Actor,
        thread: Option<ThreadId>,
        asked: Asked,
    ) -> Answered {
        let who = self.who(actor).map_err(|error| match error {
            OpError::Refused(_) => not_found("person"),
            OpError::Sql(_) => error,
        })?;
        let num = match thread {
            None => None,
            Some(id) => Some(
                self.in_thread(&who, id, |_, thread| Ok(thread.num))
                    .map_err(|error| about("thread", error))?,
            ),
        };
        let (kind, detail, every) = match asked {
            Asked::Login => (NoticeKind::Login, 0, LOGIN_EVERY_MS),
            Asked::AnswerRefused(why) => {
                (NoticeKind::AnswerRefused, rows::answer_problem_number(why), REFUSAL_EVERY_MS)
            }
        };
        self.not_just_now(actor.person, num.filter(|_| kind != NoticeKind::Login), kind, every)?;
        let notice = NewNotice {
            person: actor.person,
            kind,
            detail,
            range: (Seq(0), Seq(0)),
            due: self.now,
            digest: false,
        };
        self.add_notice(actor.firm, num, &notice)?;
        Ok((Done::Nothing, None))
    }

    /// Refuses one more of a kind so soon after another.
    fn not_just_now(
        &self,
        person: Person,
        thread: Option<i64>,
        kind: NoticeKind,
        every_ms: i64,
    ) -> Result<(), OpError> {
        let since = self.now.plus_millis(-every_ms);
        let number = rows::notice_kind_number(kind);
        let bound = params![person.uuid(), since, number, thread.unwrap_or(0)];
        let last = match kind {
            NoticeKind::Login => {
                self.db.one(LAST, &bound[..3], |row| rows::maybe_timestamp(row, 0))?
            }
            _ => self.db.one(LAST_ABOUT, bound, |row| rows::maybe_timestamp(row, 0))?,
        };
        let wait = match last {
            Some(last) => last.0.saturating_add(every_ms).saturating_sub(self.now.0),
            None if self.asked_enough(person, kind)? => every_ms,
            None => return Ok(()),
        };
        let wait = u32::try_from(wait).unwrap_or(u32::MAX);
        Err(Refusal::new(RefusalCode::RateLimited).retry_after_ms(wait).into())
    }

    /// Whether somebody has asked often enough today.
    fn asked_enough(&self, person: Person, kind: NoticeKind) -> Result<bool, OpError> {
        let since = self.now.plus_millis(-DAY_MS);
        let bound = params![person.uuid(), since, rows::notice_kind_number(kind)];
        let asked = self.db.one(COUNT, bound, |row| rows::unsigned(row, 0))?;
        Ok(kind == NoticeKind::Login && asked >= LOGINS_A_DAY_MAX)
    }

    /// Logs somebody in by the link of a notice: once, and not for long.
    pub(in crate::sql) fn use_login(&mut self, notice: NoticeId, since: Timestamp) -> Answered {
        let sql = "SELECT n.firm, n.person_kind, n.person, n.mail_ms, n.used_ms, t.id
             FROM notices n LEFT JOIN threads t ON t.num = n.thread WHERE n.id = ?1";
        let found = self.db.row(sql, params![notice.0], |row| {
            let actor = Actor { firm: FirmId(row.id(0)?), person: rows::person(row, 1, 2)? };
            let thread = rows::maybe_id(row, 5)?.map(ThreadId);
            Ok((actor, rows::maybe_timestamp(row, 3)?, row.is_null(4)?, thread))
        })?;
        let Some((actor, mailed, unused, thread)) = found else {
            return Err(RefusalCode::NotFound.into());
        };
        let void = |why: &str| OpError::Refused(Refusal::new(RefusalCode::NotAllowed).because(why));
        if mailed.is_none_or(|mailed| mailed < since) {
            return Err(void("the link has run out"));
        }
        if !unused {
            return Err(void("the link was used before"));
        }
        self.who(actor)?;
        let used = self.db.change(
            "UPDATE notices SET used_ms = ?2 WHERE id = ?1 AND used_ms IS NULL",
            params![notice.0, self.now],
        )?;
        if used == 0 {
            return Err(void("the link was used before"));
        }
        Ok((Done::LoggedIn(actor, thread), None))
    }
}
