//! What is set for a thread as a whole: archived or not, reminders, who follows it.

use crate::access::{ThreadAction, permit};
use crate::sql::rows::OpError;
use crate::sql::thread::Thread;
use crate::sql::work::{Answer, Made, Who, Work};
use tidings_protocol::{EventKind, Reminder, Reply, ThreadId};

impl Work<'_> {
    /// Archives or reopens a thread.
    pub(super) fn set_archived(
        &mut self,
        who: &Who,
        thread: ThreadId,
        archived: bool,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::Archive)?;
            if thread.archived == archived {
                return Ok(Answer::unchanged(thread));
            }
            thread.archived = archived;
            let kind = if archived { EventKind::Archived {} } else { EventKind::Reopened {} };
            work.say(who, thread, kind)
        })
    }

    /// Sets the reminders of a thread.
    pub(super) fn set_reminder(
        &mut self,
        who: &Who,
        thread: ThreadId,
        reminder: Reminder,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::SetReminder)?;
            if thread.reminder == reminder {
                return Ok(Answer::unchanged(thread));
            }
            thread.reminder = reminder;
            work.say(who, thread, EventKind::ReminderSet { reminder })
        })
    }

    /// Follows a thread, or stops following it. Concerns nobody else, so nobody is told.
    pub(super) fn follow(
        &mut self,
        who: &Who,
        thread: ThreadId,
        following: bool,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |_, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::Follow)?;
            thread.change_part(who.actor.person, |part| part.following = following);
            Ok(Answer::quiet(Reply::Done {}))
        })
    }

    /// Appends one event and answers with it.
    pub(super) fn say(
        &mut self,
        who: &Who,
        thread: &mut Thread,
        kind: EventKind,
    ) -> Result<Answer, OpError> {
        let mut made = Made::default();
        let seq = self.log(thread, who.actor.person, kind, &mut made)?;
        Ok(self.written(thread, seq, made))
    }
}
