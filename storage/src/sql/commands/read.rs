//! Read receipts: forward only.

use crate::sql::params;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::Thread;
use crate::sql::work::{Answer, Made, Who, Work};
use tidings_protocol::{Reply, Seq, ThreadId};

impl Work<'_> {
    /// Moves the actor's receipt forward.
    pub(super) fn read(
        &mut self,
        who: &Who,
        thread: ThreadId,
        up_to: Seq,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            let up_to = up_to.min(thread.head);
            let mut commit = None;
            if thread.part(who.actor.person).read < up_to {
                let messages = work.messages_at(thread, up_to)?;
                let read = work.mark_read(who, thread, up_to, messages);
                commit = Some(Made { read, ..Made::default() }.commit(thread));
            }
            let seq = thread.part(who.actor.person).read;
            let unread = thread.unread(who.actor.person);
            Ok(Answer { reply: Reply::ReadUpTo { seq, unread }, commit })
        })
    }

    /// Messages up to and including an event.
    fn messages_at(&mut self, thread: &Thread, seq: Seq) -> Result<u64, OpError> {
        if seq == thread.head {
            return Ok(thread.messages);
        }
        if let Some(messages) = self.memory.ahead().messages_at(thread.id, seq) {
            return Ok(messages);
        }
        let messages = self.db.one(
            "SELECT messages FROM events WHERE thread = ?1 AND seq = ?2",
            params![thread.num, rows::int(seq.0)],
            |row| rows::unsigned(row, 0),
        )?;
        Ok(messages)
    }
}
