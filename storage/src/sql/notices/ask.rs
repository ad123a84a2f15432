//! Mail at one's own asking: a link to log in by, and word of an answer that was not posted. And the
//! use of a link.

use super::{Answered, NewNotice};
use crate::access::Actor;
use crate::operation::{Asked, Done};
use crate::sql::rows::{self, OpError};
use crate::sql::work::{Work, about, not_found};
use crate::sql::{Row, params};
use tidings_protocol::{
    FirmId, NoticeId, NoticeKind, Person, Refusal, RefusalCode, Seq, ThreadId, Timestamp,
};

/// Between two mails with a link to log in by, to one person.
const LOGIN_EVERY_MS: i64 = 60 * 1_000;

/// When so many of them were sent in a day, nobody gets one more by the link of an old mail: whoever
/// finds one can ask. The host application still can.
const LOGINS_AGAIN_A_DAY_MAX: u32 = 20;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Between two mails that say of one thread that an answer was not posted, for one reason. So two who
/// answer each other by themselves are slow.
const REFUSAL_EVERY_MS: i64 = 60 * 60 * 1_000;

/// The last one of a kind, and that about a thread or none.
pub(super) const LAST: &str = "SELECT max(created_ms) FROM notices
     WHERE person = ?1 AND created_ms > ?2 AND kind = ?3";
pub(super) const LAST_ABOUT: &str = "SELECT max(created_ms) FROM notices
     WHERE person = ?1 AND created_ms > ?2 AND kind = ?3 AND coalesce(thread, 0) = ?4
         AND detail = ?5";

/// The one of a kind after which there were so many.
pub(super) const NTH_LAST: &str = "SELECT created_ms FROM notices
     WHERE person = ?1 AND created_ms > ?2 AND kind = ?3
     ORDER BY created_ms DESC, id DESC LIMIT 1 OFFSET ?4";

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
        let (kind, detail) = match asked {
            Asked::Login | Asked::LoginAgain => (NoticeKind::Login, 0),
            Asked::AnswerRefused(why) => {
                (NoticeKind::AnswerRefused, rows::answer_problem_number(why))
            }
        };
        self.not_just_now(actor.person, num, asked)?;
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
        asked: Asked,
    ) -> Result<(), OpError> {
        let person = person.uuid();
        let since = |back_ms: i64| self.now.plus_millis(-back_ms);
        let login = rows::notice_kind_number(NoticeKind::Login);
        let last = |row: &Row<'_>| rows::maybe_timestamp(row, 0);
        let until = match asked {
            Asked::Login | Asked::LoginAgain => {
                let params = params![person, since(LOGIN_EVERY_MS), login];
                let last = self.db.one(LAST, params, last)?;
                let until = last.map(|last| last.plus_millis(LOGIN_EVERY_MS));
                if until.is_none() && asked == Asked::LoginAgain {
                    let params = params![person, since(DAY_MS), login, LOGINS_AGAIN_A_DAY_MAX - 1];
                    let of_today = self.db.row(NTH_LAST, params, |row| rows::timestamp(row, 0))?;
                    of_today.map(|first| first.plus_millis(DAY_MS))
                } else {
                    until
                }
            }
            Asked::AnswerRefused(why) => {
                let kind = rows::notice_kind_number(NoticeKind::AnswerRefused);
                let (about, why) = (thread.unwrap_or(0), rows::answer_problem_number(why));
                let params = params![person, since(REFUSAL_EVERY_MS), kind, about, why];
                let last = self.db.one(LAST_ABOUT, params, last)?;
                last.map(|last| last.plus_millis(REFUSAL_EVERY_MS))
            }
        };
        let Some(until) = until else { return Ok(()) };
        let wait = u32::try_from(until.0.saturating_sub(self.now.0)).unwrap_or(u32::MAX);
        Err(Refusal::new(RefusalCode::RateLimited).retry_after_ms(wait).into())
    }

    /// Logs somebody in by the link of a notice: once, and not for long.
    pub(in crate::sql) fn use_login(&mut self, notice: NoticeId, since: Timestamp) -> Answered {
        // A mail that was tried for a day is new to whoever gets it.
        let sql = "SELECT n.firm, n.person_kind, n.person,
                 CASE WHEN n.state = 1 THEN n.settled_ms ELSE n.mail_ms END, n.used_ms, t.id,
                 coalesce(m.tokens_from_ms, c.tokens_from_ms, 0)
             FROM notices n LEFT JOIN threads t ON t.num = n.thread
             LEFT JOIN members m ON n.person_kind = 0 AND m.id = n.person
             LEFT JOIN contacts c ON n.person_kind = 1 AND c.id = n.person
             WHERE n.id = ?1";
        let found = self.db.row(sql, params![notice.0], |row| {
            let actor = Actor { firm: FirmId(row.id(0)?), person: rows::person(row, 1, 2)? };
            let thread = rows::maybe_id(row, 5)?.map(ThreadId);
            let tokens_from = rows::timestamp(row, 6)?;
            let mailed = rows::maybe_timestamp(row, 3)?;
            Ok((actor, mailed, tokens_from, row.is_null(4)?, thread))
        })?;
        let Some((actor, mailed, tokens_from, unused, thread)) = found else {
            return Err(RefusalCode::NotFound.into());
        };
        let void = |why: &str| OpError::Refused(Refusal::new(RefusalCode::NotAllowed).because(why));
        // Whoever's tokens were revoked does not get a new one by what was sent before.
        if mailed.is_none_or(|mailed| mailed < since.max(tokens_from)) {
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
