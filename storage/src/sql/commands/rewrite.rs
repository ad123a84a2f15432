//! Editing and taking back one's own message. The log keeps that it happened; what was
//! written before is gone from it.

use crate::access::{Side, ThreadAction, permit};
use crate::sql::params;
use crate::sql::rows::{self, OpError};
use crate::sql::thread::Thread;
use crate::sql::work::{Answer, Who, Work, not_found};
use crate::text;
use tidings_protocol::{EventKind, MessageId, Seq, ThreadId};

/// Edits looked at together: each may hold a long body.
const EDITS_AT_ONCE: i64 = 16;

/// Messages looked at together: the same.
const MESSAGES_AT_ONCE: i64 = 4;

impl Work<'_> {
    /// Replaces the body of one's own message.
    pub(super) fn edit(
        &mut self,
        who: &Who,
        thread: ThreadId,
        message: MessageId,
        body: String,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            let stored = work.own_message(who, thread, message)?;
            let EventKind::MessagePosted { key, body: old, edited_ms, deleted } = stored else {
                return Err(not_found("message"));
            };
            if deleted {
                return Err(not_found("message"));
            }
            if old == body {
                return Ok(Answer::unchanged(thread));
            }
            if edited_ms.is_some() {
                work.empty_last_edit(thread, message)?;
            }
            let edited_ms = Some(work.now);
            let now = EventKind::MessagePosted { key, body: body.clone(), edited_ms, deleted };
            work.rewrite(thread, message.into(), &now)?;
            show(thread, message, &body);
            work.say(who, thread, EventKind::MessageEdited { message, body })
        })
    }

    /// Takes one's own message back.
    pub(super) fn delete(
        &mut self,
        who: &Who,
        thread: ThreadId,
        message: MessageId,
    ) -> Result<Answer, OpError> {
        self.in_thread(who, thread, |work, thread| {
            let stored = work.own_message(who, thread, message)?;
            let EventKind::MessagePosted { key, edited_ms, deleted, .. } = stored else {
                return Err(not_found("message"));
            };
            if deleted {
                return Ok(Answer::unchanged(thread));
            }
            if edited_ms.is_some() {
                work.empty_last_edit(thread, message)?;
            }
            let body = String::new();
            let now = EventKind::MessagePosted { key, body, edited_ms, deleted: true };
            work.rewrite(thread, message.into(), &now)?;
            show(thread, message, "");
            // Nobody is reminded to answer what is not there any more, nor has answered by it.
            if thread.firm_wrote == message.into() {
                thread.firm_wrote = work.wrote_before(thread, message, Side::Team)?;
            }
            if thread.client_wrote == message.into() {
                thread.client_wrote = work.wrote_before(thread, message, Side::Client)?;
            }
            work.say(who, thread, EventKind::MessageDeleted { message })
        })
    }

    /// Where a side's last message stands before one that was taken back; 0 if there is none.
    fn wrote_before(
        &self,
        thread: &Thread,
        message: MessageId,
        side: Side,
    ) -> Result<Seq, OpError> {
        let mut below = Seq::from(message);
        let side: u8 = match side {
            Side::Team => 0,
            Side::Client => 1,
        };
        loop {
            let messages = self.db.rows(
                &messages_of_side_statement(),
                params![thread.num, rows::int(below.0), MESSAGES_AT_ONCE, side],
                |row| Ok((rows::seq(row, 0)?, rows::event_kind(row, 1)?)),
            )?;
            let Some((last, _)) = messages.last() else { return Ok(Seq(0)) };
            below = *last;
            let stands =
                |kind: &EventKind| !matches!(kind, EventKind::MessagePosted { deleted: true, .. });
            if let Some((seq, _)) = messages.iter().find(|(_, kind)| stands(kind)) {
                return Ok(*seq);
            }
        }
    }

    /// The event of a message that the actor may change.
    fn own_message(
        &self,
        who: &Who,
        thread: &Thread,
        message: MessageId,
    ) -> Result<EventKind, OpError> {
        let found = self.db.row(
            "SELECT actor_kind, actor, payload FROM events
             WHERE thread = ?1 AND seq = ?2 AND kind = ?3",
            params![thread.num, rows::int(message.0), rows::MESSAGE_POSTED],
            |row| Ok((rows::person(row, 0, 1)?, rows::event_kind(row, 2)?)),
        )?;
        let Some((author, kind)) = found else { return Err(not_found("message")) };
        let own = author == who.actor.person;
        permit(who.facts.access.side(), thread.archived, ThreadAction::Rewrite { own })
            .map_err(|refusal| if own { refusal } else { refusal.at("message") })?;
        Ok(kind)
    }

    /// Empties the newest edit of a message in the log; the ones before it are empty already.
    fn empty_last_edit(&self, thread: &Thread, edited: MessageId) -> Result<(), OpError> {
        let mut below = i64::MAX;
        loop {
            let edits = self.db.rows(
                &edits_statement(),
                params![thread.num, rows::int(edited.0), below, EDITS_AT_ONCE],
                |row| Ok((rows::seq(row, 0)?, rows::event_kind(row, 1)?)),
            )?;
            let Some((last, _)) = edits.last() else { return Ok(()) };
            below = rows::int(last.0);
            for (seq, kind) in edits {
                if let EventKind::MessageEdited { message, .. } = kind
                    && message == edited
                {
                    let empty = EventKind::MessageEdited { message, body: String::new() };
                    return self.rewrite(thread, seq, &empty);
                }
            }
        }
    }

    fn rewrite(&self, thread: &Thread, seq: Seq, kind: &EventKind) -> Result<(), OpError> {
        self.db.write(
            "UPDATE events SET payload = ?3 WHERE thread = ?1 AND seq = ?2",
            params![thread.num, rows::int(seq.0), rows::payload(kind)?.as_slice()],
        )?;
        Ok(())
    }
}

/// The edits of a thread between two positions, newest first. Apart so that its plan can be tested.
pub(in crate::sql) fn edits_statement() -> String {
    format!(
        "SELECT seq, payload FROM events
         WHERE thread = ?1 AND seq > ?2 AND seq < ?3 AND kind = {} ORDER BY seq DESC LIMIT ?4",
        rows::MESSAGE_EDITED
    )
}

/// The firm's messages before a position, newest first.
fn messages_of_side_statement() -> String {
    format!(
        "SELECT seq, payload FROM events
         WHERE thread = ?1 AND seq < ?2 AND kind = {} AND actor_kind = ?4
         ORDER BY seq DESC LIMIT ?3",
        rows::MESSAGE_POSTED
    )
}

/// Lists show the last message as it is now.
fn show(thread: &mut Thread, message: MessageId, body: &str) {
    if thread.last.message == message {
        thread.last.excerpt = text::excerpt(body);
        thread.touch();
    }
}
