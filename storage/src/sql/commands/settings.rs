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
            let answer = work.say(who, thread, EventKind::ReminderSet { reminder })?;
            thread.reminder = reminder;
            thread.cycle.moved = true;
            Ok(answer)
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

    /// Stops emails to the actor of what happens in a thread, or starts them again. Concerns nobody
    /// else either.
    pub(super) fn mute(
        &mut self,
        who: &Who,
        thread: ThreadId,
        muted: bool,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |_, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::Mute)?;
            thread.change_part(who.actor.person, |part| part.muted = muted);
            Ok(Answer::quiet(Reply::Done {}))
        })
    }

    /// Sets whether emails about a thread show its content.
    pub(super) fn show_content(
        &mut self,
        who: &Who,
        thread: ThreadId,
        shown: Option<bool>,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            permit(who.facts.access.side(), thread.archived, ThreadAction::ShowContent)?;
            if thread.show_content == shown {
                return Ok(Answer::unchanged(thread));
            }
            thread.show_content = shown;
            work.say(who, thread, EventKind::ContentShown { shown })
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
