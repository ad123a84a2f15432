//! Reminding the client of a thread: decided once more in the transaction that puts it down.

use super::{Answered, NewNotice, audience};
use crate::operation::Done;
use crate::reminder;
use crate::sql::params;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::Thread;
use crate::sql::work::{Made, Work};
use tidings_protocol::{
    EventKind, FirmId, NoticeKind, NoticeReason, NoticeState, Person, ThreadId, Timestamp,
};

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
        let Some(due) = thread.cycle.due.filter(|due| *due <= self.now) else { return Ok(()) };
        let contacts = audience::contacts_who_get_mail(self.db, thread.account)?;
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
            self.drop_earlier_reminders(thread)?;
            for contact in contacts {
                let notice = NewNotice {
                    person: contact.person,
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

    /// Whoever was not reached by the one before, for the night or a mail server that was away, is
    /// reminded once, by this one.
    fn drop_earlier_reminders(&self, thread: &Thread) -> Result<(), OpError> {
        self.db.write(
            "UPDATE notices SET state = ?2, reason = ?3, settled_ms = ?4
             WHERE thread = ?1 AND kind = ?5 AND state = 0",
            params![
                thread.num,
                rows::notice_state_number(NoticeState::Dropped),
                rows::notice_reason_number(NoticeReason::Settled),
                self.now,
                rows::notice_kind_number(NoticeKind::Reminder),
            ],
        )?;
        Ok(())
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
