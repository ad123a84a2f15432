//! Having the client told of a thread once more, by email.

use super::post::repeated;
use crate::access::{ThreadAction, permit};
use crate::sql::notices::{NewNotice, contacts_who_get_mail};
use crate::sql::params;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::Thread;
use crate::sql::work::{Answer, Made, Who, Work};
use tidings_protocol::{ClientKey, EventKind, NoticeKind, Refusal, RefusalCode, Reply, ThreadId};

/// Between two resendings of a thread.
const EVERY_MS: i64 = 60 * 1_000;

impl Work<'_> {
    /// Refuses one more so soon after another: nobody means that.
    fn not_resent_just_now(&self, thread: &Thread) -> Result<(), OpError> {
        let sql = "SELECT max(created_ms) FROM notices WHERE thread = ?1 AND kind = ?2";
        let kind = rows::notice_kind_number(NoticeKind::Resent);
        let last =
            self.db.one(sql, params![thread.num, kind], |row| rows::maybe_timestamp(row, 0))?;
        let wait = last.map_or(0, |last| last.0.saturating_add(EVERY_MS) - self.now.0);
        match u32::try_from(wait) {
            Ok(wait) if wait > 0 => {
                Err(Refusal::new(RefusalCode::RateLimited).retry_after_ms(wait).into())
            }
            _ => Ok(()),
        }
    }

    /// One more email to each contact who gets any, once for each key. Moves no timer, and counts as
    /// no reminder.
    pub(super) fn resend(
        &mut self,
        who: &Who,
        thread: ThreadId,
        key: ClientKey,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            let num = thread.num;
            let repeated = repeated(work.keyed(who.actor.person, key)?, |earlier| {
                let same = earlier.thread == num && earlier.kind == rows::RESENT;
                Ok(same.then_some(Reply::Written { seq: earlier.seq, at_ms: earlier.at }))
            })?;
            if let Some(answer) = repeated {
                return Ok(answer);
            }
            permit(who.facts.access.side(), thread.archived, ThreadAction::Resend)?;
            work.not_resent_just_now(thread)?;
            let contacts = contacts_who_get_mail(work.db, thread.num, thread.account)?;
            if contacts.is_empty() {
                return Err(RefusalCode::NobodyToNotify.into());
            }
            let event = work
                .append(thread, who.actor.person, EventKind::Resent {}, Some(key))?
                .expect("the key was looked up before");
            thread.waiting = thread.waiting.max(work.now);
            let seq = event.seq;
            for contact in contacts {
                // It tells of all that is unread: whoever was to be told of that is so by this.
                let mut first = contact.decided.next();
                for kind in [NoticeKind::Activity, NoticeKind::Resent] {
                    let replaced = work.replace_notices(thread.num, contact.person(), kind)?;
                    first = first.min(replaced.unwrap_or(first));
                }
                let notice = NewNotice {
                    person: contact.person(),
                    kind: NoticeKind::Resent,
                    detail: 0,
                    range: (first, seq),
                    due: contact.hours.after(work.now),
                    digest: false,
                };
                work.add_notice(thread.firm, Some(thread.num), &notice)?;
            }
            let made = Made { events: vec![event], ..Made::default() };
            Ok(work.written(thread, seq, made))
        })
    }
}
