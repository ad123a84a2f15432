//! Reminding the client of a thread: decided once more in the transaction that puts it down.

use super::{Answered, NewNotice, audience};
use crate::operation::Done;
use crate::reminder;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::Thread;
use crate::sql::work::{Made, Work};
use crate::sql::{SqlError, params};
use tidings_protocol::{EventKind, FirmId, NoticeKind, NoticeReason, Person, ThreadId, Timestamp};

impl Work<'_> {
    /// Reminds, if a reminder is due. However late that is, it is one.
    pub(in crate::sql) fn remind(&mut self, firm: FirmId, id: ThreadId) -> Answered {
        self.flush()?;
        let Some(mut thread) = self.memory.take_thread(self.db, id)? else {
            return Ok((Done::Nothing, None));
        };
        let mut made = Made::default();
        let reminded =
            if thread.firm == firm { self.remind_of(&mut thread, &mut made) } else { Ok(()) };
        let commit = made.timer_moved.then(|| made.commit(&thread));
        self.keep(thread);
        reminded.map(|()| (Done::Nothing, commit))
    }

    fn remind_of(&mut self, thread: &mut Thread, made: &mut Made) -> Result<(), OpError> {
        self.reassess(thread)?;
        if thread.cycle.due.is_some_and(|due| due <= self.now) && thread.cycle.sent == 0 {
            self.start_with_mail(thread, made)?;
        }
        let Some(due) = thread.cycle.due.filter(|due| *due <= self.now) else { return Ok(()) };
        let contacts = audience::contacts_who_get_mail(self.db, thread.num, thread.account)?;
        let by = thread.cycle.by.map_or(thread.creator, Person::Member);
        if contacts.is_empty() {
            if !thread.cycle.warned {
                thread.cycle.warned = true;
                self.log(thread, by, EventKind::ReminderNotSent {}, made)?;
            }
        } else {
            thread.cycle.sent += 1;
            let number = thread.cycle.sent;
            let seq = self.log(thread, by, EventKind::ReminderSent { number }, made)?;
            for contact in contacts {
                // Whoever was not reached by the one before, for the night or a mail server that was
                // away, is reminded once.
                self.replace_notices(thread.num, contact.person(), NoticeKind::Reminder)?;
                let notice = NewNotice {
                    person: contact.person(),
                    kind: NoticeKind::Reminder,
                    detail: number.into(),
                    range: (seq, seq),
                    due: contact.hours.after(self.now),
                    digest: false,
                };
                self.add_notice(thread.firm, Some(thread.num), &notice)?;
            }
        }
        self.move_timer(thread, due)?;
        made.timer_moved = true;
        self.reassess(thread)
    }

    /// The first one is counted from the email about what happened, if that went out much later than
    /// was meant: whoever was away for days is not told and reminded in one go.
    fn start_with_mail(&mut self, thread: &mut Thread, made: &mut Made) -> Result<(), OpError> {
        if thread.look.is_some_and(|at| at <= self.now) {
            self.look_at(thread)?;
        }
        let Some(mailed) = self.mailed_first(thread)? else { return Ok(()) };
        let from = reminder::timer_with_mail(thread.cycle.from, mailed);
        if from == thread.cycle.from {
            return Ok(());
        }
        thread.cycle.from = from;
        thread.cycle.moved = true;
        thread.touch();
        made.timer_moved = true;
        self.reassess(thread)
    }

    /// When a contact was first told of the last message of the firm, or the last new task; if nobody
    /// was yet, when one will be. None if nobody is to be, or somebody has read it in time.
    fn mailed_first(&self, thread: &Thread) -> Result<Option<Timestamp>, SqlError> {
        let last = "SELECT coalesce(max(task), 0) FROM tasks WHERE thread = ?1";
        let last = self.db.one(last, params![thread.num], |row| rows::seq(row, 0))?;
        // What waits and is in no mail yet takes in all that came since.
        let sql = "SELECT min(CASE WHEN state = 1 THEN settled_ms END),
                 min(CASE WHEN state = 0 THEN next_ms END),
                 count(CASE WHEN state = 2 AND reason = ?5 THEN 1 END)
             FROM notices WHERE thread = ?1 AND person_kind = 1 AND kind IN (?2, ?3)
                 AND from_seq <= ?4 AND (to_seq >= ?4 OR (state = 0 AND mail IS NULL))";
        let bound = params![
            thread.num,
            rows::notice_kind_number(NoticeKind::Activity),
            rows::notice_kind_number(NoticeKind::Resent),
            rows::int(thread.firm_wrote.max(last).0),
            rows::notice_reason_number(NoticeReason::Read),
        ];
        self.db.one(sql, bound, |row| {
            let sent = rows::maybe_timestamp(row, 0)?;
            if sent.is_some() || row.int(2)? > 0 {
                return Ok(sent);
            }
            Ok(rows::maybe_timestamp(row, 1)?.map(|next| next.max(self.now)))
        })
    }

    /// The next one is counted from this one.
    fn move_timer(&mut self, thread: &mut Thread, due: Timestamp) -> Result<(), OpError> {
        if let Some(account) = self.memory.account(self.db, thread.account)? {
            thread.cycle.from = reminder::timer_after(due, self.now, &account.zone());
        }
        thread.cycle.moved = true;
        thread.touch();
        Ok(())
    }
}
