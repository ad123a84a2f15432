//! What became of a mail.

use super::Answered;
use crate::notice::Happened;
use crate::operation::{Done, NoticesOf, Sending};
use crate::sql::rows::{self, OpError};
use crate::sql::work::{Made, Work};
use crate::sql::{SqlError, params};
use tidings_protocol::{InboxKind, NoticeId, NoticeReason, NoticeState, Person, ThreadId};
use uuid::Uuid;

/// Most of what a mail server said that is kept, in bytes.
const ANSWER_BYTES_MAX: usize = 500;

impl Work<'_> {
    /// Puts down what became of notices. That a mail was sent counts whoever sent it; anything else
    /// only from whom has them.
    pub(in crate::sql) fn settle(
        &mut self,
        wanted: &NoticesOf,
        holder: Uuid,
        sending: &Sending,
    ) -> Answered {
        let mut commit = None;
        for (id, thread) in &wanted.notices {
            match sending {
                Sending::Sent { answer, message_id } => {
                    self.sent(*id, holder, answer, message_id)?;
                }
                Sending::Later { answer, message_id, at } => {
                    self.db.write(
                        "UPDATE notices SET answer = ?3, next_ms = ?5, holder = NULL,
                             message_id = coalesce(nullif(?4, ''), message_id)
                         WHERE id = ?1 AND holder = ?2 AND state = 0",
                        params![id.0, holder, cut(answer), message_id, *at],
                    )?;
                }
                Sending::Failed { answer, message_id, reason } => {
                    let said = (answer.as_str(), message_id.as_str());
                    let failed = self.failed(*id, holder, said, *reason)?;
                    if let (true, Some(thread), Person::Contact(_)) =
                        (failed, thread, wanted.person)
                    {
                        commit = self.tell_of_failure(wanted, *thread)?;
                    }
                }
            }
        }
        Ok((Done::Nothing, commit))
    }

    /// What was dropped after its holder's lease ran out was sent all the same.
    fn sent(
        &self,
        id: NoticeId,
        holder: Uuid,
        answer: &str,
        message_id: &str,
    ) -> Result<(), SqlError> {
        self.db.write(
            "UPDATE notices SET state = ?2, answer = ?3, message_id = ?4, settled_ms = ?5,
                 holder = NULL, reason = NULL
             WHERE id = ?1 AND mail IS NOT NULL AND (state = 0 OR (state = 2 AND holder = ?6))",
            params![
                id.0,
                rows::notice_state_number(NoticeState::Sent),
                cut(answer),
                message_id,
                self.now,
                holder,
            ],
        )
    }

    fn failed(
        &self,
        id: NoticeId,
        holder: Uuid,
        (answer, message_id): (&str, &str),
        reason: NoticeReason,
    ) -> Result<bool, SqlError> {
        let failed = self.db.change(
            "UPDATE notices SET state = ?3, reason = ?4, answer = ?5, settled_ms = ?6,
                 holder = NULL, message_id = coalesce(nullif(?7, ''), message_id)
             WHERE id = ?1 AND holder = ?2 AND state = 0",
            params![
                id.0,
                holder,
                rows::notice_state_number(NoticeState::Failed),
                rows::notice_reason_number(reason),
                cut(answer),
                self.now,
                message_id,
            ],
        )?;
        Ok(failed > 0)
    }

    /// Raises the thread in the inboxes of those who are told of it.
    fn tell_of_failure(
        &mut self,
        wanted: &NoticesOf,
        id: ThreadId,
    ) -> Result<Option<crate::operation::Commit>, OpError> {
        let Some(mut thread) = self.memory.take_thread(self.db, id)? else { return Ok(None) };
        let mut made = Made::default();
        let happened =
            Happened { actor: wanted.person, kinds: &[InboxKind::DeliveryFailed], mentioned: &[] };
        let head = thread.head;
        let told = self.notify(&mut thread, &happened, head, &mut made);
        let commit = (!made.inbox.is_empty()).then(|| made.commit(&thread));
        self.keep(thread);
        told.map(|()| commit)
    }
}

/// At most so much of it.
fn cut(answer: &str) -> &str {
    let mut end = answer.len().min(ANSWER_BYTES_MAX);
    while !answer.is_char_boundary(end) {
        end -= 1;
    }
    &answer[..end]
}
