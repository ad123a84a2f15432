//! Having the client told of a thread once more, by email.

use super::post::repeated;
use crate::access::{ThreadAction, permit};
use crate::sql::notices::{NewNotice, contacts_who_get_mail};
use crate::sql::rows::{self, OpError};
use crate::sql::work::{Answer, Made, Who, Work};
use tidings_protocol::{ClientKey, EventKind, NoticeKind, RefusalCode, Reply, ThreadId};

impl Work<'_> {
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
            let contacts = contacts_who_get_mail(work.db, thread.account)?;
            if contacts.is_empty() {
                return Err(RefusalCode::NobodyToNotify.into());
            }
            let event = work
                .append(thread, who.actor.person, EventKind::Resent {}, Some(key))?
                .expect("the key was looked up before");
            thread.waiting = thread.waiting.max(work.now);
            let seq = event.seq;
            for contact in contacts {
                let notice = NewNotice {
                    person: contact.person(),
                    kind: NoticeKind::Resent,
                    detail: 0,
                    range: (seq, seq),
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
