//! What an event means for emails and reminders, put down in the row of its thread by the same
//! transaction: when to look whether somebody is due an email, and from when a reminder is counted.

use super::rows::OpError;
use super::thread::{Thread, Undecided};
use super::work::Work;
use crate::reminder::{self, Facts, Start};
use crate::sql::{Db, SqlError, params, rows};
use tidings_protocol::{EventKind, Person, Seq, Timestamp};

impl Thread {
    /// Takes note of an event. Contacts are told of messages and tasks; whom of the team it concerns
    /// is told by [`Thread::mail_to`].
    pub(super) fn take_note(
        &mut self,
        actor: Person,
        kind: &EventKind,
        seq: Seq,
        now: Timestamp,
        delay_ms: i64,
    ) {
        let mailed = now.plus_millis(delay_ms);
        match kind {
            EventKind::MessagePosted { .. } => {
                self.waiting = self.waiting.max(now);
                self.look_at(mailed);
                match actor {
                    Person::Member(_) => self.firm_wrote = seq,
                    Person::Contact(_) => self.client_wrote = seq,
                }
            }
            EventKind::TaskAdded { .. } => self.look_at(mailed),
            _ => {}
        }
        match reminder::starts_cycle(kind, actor, self.reminder) {
            Some(Start::Mailed) => self.begin_cycle(actor, mailed),
            // While the email about what began the cycle is still to be sent, from that.
            Some(Start::Now) if self.cycle.sent == 0 => {
                self.begin_cycle(actor, self.cycle.from.clamp(now, mailed));
            }
            Some(Start::Now) => self.begin_cycle(actor, now),
            None => {}
        }
    }

    /// A member is to be told of something by email, of an event if it is one. The first thing that
    /// it was not told of fixes when.
    pub(super) fn mail_to(
        &mut self,
        member: Person,
        event: Option<Seq>,
        kinds: u16,
        now: Timestamp,
        delay_ms: i64,
    ) {
        self.change_part(member, |part| {
            let mail = &mut part.mail;
            if mail.kinds == 0 {
                *mail = Undecided { since: now, ..Undecided::default() };
            }
            mail.kinds |= kinds;
            if let Some(seq) = event {
                mail.first = if mail.first == Seq(0) { seq } else { mail.first };
                mail.last = seq;
            }
        });
        self.look_at(now.plus_millis(delay_ms));
    }

    /// Has it looked at, at that time at the latest.
    pub(super) fn look_at(&mut self, at: Timestamp) {
        let earliest = self.look.map_or(at, |set| set.min(at));
        if self.look != Some(earliest) {
            self.look = Some(earliest);
            self.touch();
        }
    }

    /// Reminders are counted anew from a time: that of the email about what happened, or now.
    fn begin_cycle(&mut self, actor: Person, from: Timestamp) {
        self.cycle.from = from;
        self.cycle.sent = 0;
        self.cycle.warned = false;
        self.cycle.moved = true;
        if let Person::Member(member) = actor {
            self.cycle.by = Some(member);
        }
    }

    /// What decides over its reminders. Whether all was read matters only once all tasks are done.
    pub(super) fn reminder_facts(&self, db: Db<'_>) -> Result<Facts, SqlError> {
        let asked = self.tasks_total > 0 && self.tasks_open == 0;
        Ok(Facts {
            archived: self.archived,
            settings: self.reminder,
            sent: self.cycle.sent,
            tasks_total: self.tasks_total,
            tasks_open: self.tasks_open,
            all_read: asked && self.read_by_client(db)?,
            firm_wrote: self.firm_wrote > Seq(0),
            answered: self.client_wrote > self.firm_wrote,
        })
    }

    /// Whether some contact has read every message that stands. Of those who don't act now, not every
    /// database has given the parts.
    fn read_by_client(&self, db: Db<'_>) -> Result<bool, SqlError> {
        let last = self.firm_wrote.max(self.client_wrote);
        let here = self
            .parts()
            .any(|(person, part)| matches!(person, Person::Contact(_)) && part.read >= last);
        if here || last == Seq(0) {
            return Ok(true);
        }
        let sql = "SELECT 1 FROM participants
             WHERE thread = ?1 AND person_kind = 1 AND read_seq >= ?2 LIMIT 1";
        db.exists(sql, params![self.num, rows::int(last.0)])
    }
}

impl Work<'_> {
    /// Decides anew whether a reminder is pending, and when it is due.
    pub(super) fn reassess(&mut self, thread: &mut Thread) -> Result<(), OpError> {
        if !thread.reminder.on && thread.cycle.due.is_none() {
            thread.cycle.moved = false;
            return Ok(());
        }
        let pending = reminder::is_pending(&thread.reminder_facts(self.db)?);
        let due = match thread.cycle.due {
            _ if !pending => None,
            Some(due) if !thread.cycle.moved => Some(due),
            _ => {
                let account = self.memory.account(self.db, thread.account)?;
                account.map(|account| {
                    reminder::due(thread.cycle.from, thread.reminder.days, &account.zone())
                })
            }
        };
        thread.cycle.moved = false;
        if thread.cycle.due != due {
            thread.cycle.due = due;
            thread.touch();
        }
        Ok(())
    }
}
