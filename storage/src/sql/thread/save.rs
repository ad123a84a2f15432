//! Writing a thread: its row, in two parts, and the parts of its people that have changed.

use super::{Cycle, Thread};
use crate::sql::{Db, SqlError, given, params, rows};
use tidings_protocol::{Person, Reminder, Seq, Timestamp};

/// What most events leave alone. Written only when it differs: SQLite moves the entries of an index
/// whenever a column of it is written, whatever was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seldom {
    archived: bool,
    tasks_open: u32,
    tasks_total: u32,
    reminder: Reminder,
    show_content: Option<bool>,
    look: Option<Timestamp>,
    looked: Seq,
    cycle: Cycle,
}

macro_rules! insert_thread {
    ($column:literal, $value:literal, $returning:literal) => {
        concat!(
            "INSERT INTO threads (id, firm, account, subject, creator_kind, creator, created_ms,
                 head, messages, last_ms, last_author_kind, last_author, last_message, excerpt,
                 archived, tasks_open, tasks_total, reminder_on, reminder_days, reminder_count,
                 waiting_ms, firm_seq, client_seq, looked_seq, remind_from_ms, reminders_sent,
                 reminder_warned",
            $column,
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, ?7, ?5, ?6, 0, '', 0, 0, 0, ?8, ?9, ?10,
                 ?7, 0, 0, 0, ?7, 0, 0",
            $value,
            ")",
            $returning
        )
    };
}

impl Thread {
    /// Stores a new thread's row, by a number that was kept for it, or takes the next one.
    pub(in crate::sql) fn insert(&mut self, db: Db<'_>, num: Option<i64>) -> Result<(), SqlError> {
        let params = params![
            self.id.0,
            self.firm.0,
            self.account.0,
            self.subject.as_str(),
            rows::person_kind(self.creator),
            self.creator.uuid(),
            self.created.0,
            self.reminder.on,
            self.reminder.days,
            self.reminder.count,
            num,
        ];
        self.num = match num {
            Some(num) => {
                db.write(insert_thread!(", num", ", ?11", ""), params)?;
                num
            }
            None => {
                db.one(insert_thread!("", "", " RETURNING num"), given(params), |row| row.int(0))?
            }
        };
        Ok(())
    }

    /// Writes what has changed.
    pub(in crate::sql) fn save(&mut self, db: Db<'_>) -> Result<(), SqlError> {
        if std::mem::take(&mut self.dirty) {
            self.save_row(db)?;
        }
        for person in std::mem::take(&mut self.dirty_people) {
            self.save_part(db, person)?;
        }
        Ok(())
    }

    fn save_row(&mut self, db: Db<'_>) -> Result<(), SqlError> {
        db.write(
            "UPDATE threads SET head = ?2, messages = ?3, last_ms = ?4, last_author_kind = ?5,
                 last_author = ?6, last_message = ?7, excerpt = ?8, waiting_ms = ?9, firm_seq = ?10,
                 client_seq = ?11
             WHERE num = ?1",
            params![
                self.num,
                rows::int(self.head.0),
                rows::int(self.messages),
                self.last.at.0,
                rows::person_kind(self.last.author),
                self.last.author.uuid(),
                rows::int(self.last.message.0),
                self.last.excerpt.as_str(),
                self.waiting.0,
                rows::int(self.firm_wrote.0),
                rows::int(self.client_wrote.0),
            ],
        )?;
        let seldom = self.seldom();
        if self.stored.replace(seldom) == Some(seldom) { Ok(()) } else { seldom.save(db, self.num) }
    }

    pub(super) fn seldom(&self) -> Seldom {
        Seldom {
            archived: self.archived,
            tasks_open: self.tasks_open,
            tasks_total: self.tasks_total,
            reminder: self.reminder,
            show_content: self.show_content,
            look: self.look,
            looked: self.looked,
            cycle: self.cycle,
        }
    }

    fn save_part(&self, db: Db<'_>, person: Person) -> Result<(), SqlError> {
        let part = self.part(person);
        db.write(
            "INSERT INTO participants (thread, person_kind, person, read_seq, read_messages,
                 read_ms, following, mentioned, muted, mail_seq, mail_to, mail_ms, mail_kinds)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (thread, person) DO UPDATE SET read_seq = excluded.read_seq,
                 read_messages = excluded.read_messages, read_ms = excluded.read_ms,
                 following = excluded.following, mentioned = excluded.mentioned,
                 muted = excluded.muted, mail_seq = excluded.mail_seq,
                 mail_to = excluded.mail_to, mail_ms = excluded.mail_ms,
                 mail_kinds = excluded.mail_kinds",
            params![
                self.num,
                rows::person_kind(person),
                person.uuid(),
                rows::int(part.read.0),
                rows::int(part.read_messages),
                part.read_at.0,
                part.following,
                part.mentioned,
                part.muted,
                rows::int(part.mail.first.0),
                rows::int(part.mail.last.0),
                part.mail.since.0,
                part.mail.kinds,
            ],
        )
    }
}

impl Seldom {
    fn save(&self, db: Db<'_>, num: i64) -> Result<(), SqlError> {
        let Self { reminder, cycle, .. } = self;
        db.write(
            "UPDATE threads SET archived = ?2, tasks_open = ?3, tasks_total = ?4, reminder_on = ?5,
                 reminder_days = ?6, reminder_count = ?7, show_content = ?8, look_ms = ?9,
                 looked_seq = ?10, remind_ms = ?11, remind_from_ms = ?12, remind_by = ?13,
                 reminders_sent = ?14, reminder_warned = ?15
             WHERE num = ?1",
            params![
                num,
                self.archived,
                self.tasks_open,
                self.tasks_total,
                reminder.on,
                reminder.days,
                reminder.count,
                self.show_content,
                self.look.map(|at| at.0),
                rows::int(self.looked.0),
                cycle.due.map(|at| at.0),
                cycle.from.0,
                cycle.by.map(|member| member.0),
                cycle.sent,
                cycle.warned,
            ],
        )
    }
}
