//! A thread as the writer holds it: its row and everybody's part in it. Changed in memory by many
//! operations, written once a batch.

use super::facts::PersonFacts;
use super::rows;
use crate::sql::{Db, Row, SqlError, given, params};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use tidings_protocol::{
    AccountId, FirmId, MemberId, MessageId, Person, Reminder, ReminderState, Seq, ThreadId,
    Timestamp,
};

/// One row of `threads`, with its participants.
#[derive(Debug)]
pub(crate) struct Thread {
    /// Its small number; 0 until it is stored.
    pub(crate) num: i64,
    pub(crate) id: ThreadId,
    pub(super) firm: FirmId,
    pub(crate) account: AccountId,
    pub(super) subject: String,
    pub(super) creator: Person,
    pub(super) created: Timestamp,
    pub(crate) head: Seq,
    pub(crate) messages: u64,
    pub(super) last: LastMessage,
    pub(super) archived: bool,
    pub(super) tasks_open: u32,
    pub(super) tasks_total: u32,
    pub(super) reminder: Reminder,
    /// Whether emails show its content; none: as the firm has it.
    pub(super) show_content: Option<bool>,
    /// By which waiting-for-action is ordered.
    pub(super) waiting: Timestamp,
    /// The last message of the firm, and of the client; 0 for none.
    pub(super) firm_wrote: Seq,
    pub(super) client_wrote: Seq,
    /// When somebody may be due an email.
    pub(super) look: Option<Timestamp>,
    /// Up to here it was decided for all contacts whether to send them one.
    pub(super) looked: Seq,
    /// How far its reminders are.
    pub(super) cycle: Cycle,
    /// What was last told of them.
    told: ReminderState,
    people: BTreeMap<Person, Part>,
    /// Whether the row differs from what is stored.
    dirty: bool,
    /// Whose part does.
    dirty_people: BTreeSet<Person>,
}

/// The last message, as lists show it.
#[derive(Clone, Debug)]
pub(super) struct LastMessage {
    pub(super) message: MessageId,
    pub(super) at: Timestamp,
    pub(super) author: Person,
    pub(super) excerpt: String,
}

/// How far the reminders of a thread are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cycle {
    /// When the next one is due, if one is pending.
    pub(super) due: Option<Timestamp>,
    /// From when its days are counted.
    pub(super) from: Timestamp,
    /// The member in whose name.
    pub(super) by: Option<MemberId>,
    /// How many were sent.
    pub(super) sent: u16,
    /// Whether the team was told that nobody gets them.
    pub(super) warned: bool,
    /// Whether the due time is to be reckoned anew.
    pub(super) moved: bool,
}

/// Columns of `threads` from which [`Thread::from_row`] reads.
pub(crate) const THREAD: &str = "id, num, firm, account, subject, creator_kind, creator,
     created_ms, head, messages, last_ms, last_author_kind, last_author, last_message, excerpt,
     archived, tasks_open, tasks_total, reminder_on, reminder_days, reminder_count, show_content,
     waiting_ms, firm_seq, client_seq, look_ms, looked_seq, remind_ms, remind_from_ms, remind_by,
     reminders_sent, reminder_warned";

impl Part {
    /// Whether it is to be told that it was called again, which is no event.
    pub(super) fn was_called_again(&self) -> bool {
        self.mail.kinds != 0 && self.mail.last == Seq(0)
    }
}

/// Columns of `participants` from which [`part`] reads.
pub(crate) const PART: &str =
    "person_kind, person, read_seq, read_messages, read_ms, following, mentioned, muted, mail_seq,
     mail_to, mail_ms, mail_kinds";

/// How many they are.
pub(crate) const PART_COLUMNS: usize = 12;

/// One person's part in a thread: a row of `participants`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// The receipt: the last event read.
    pub(super) read: Seq,
    /// Messages up to there.
    pub(super) read_messages: u64,
    /// When that was.
    pub(super) read_at: Timestamp,
    /// Whether this member is told.
    pub(super) following: bool,
    /// Whether it was mentioned, and so sees the thread.
    pub(super) mentioned: bool,
    /// Whether it gets no emails of what happens in it.
    pub(super) muted: bool,
    /// Of a member, what it is to be told of by email and was not decided yet.
    pub(super) mail: Undecided,
}

/// What a member is to be told of by email, once that is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Undecided {
    /// Bits of kinds of inbox items; 0: there is nothing.
    pub(super) kinds: u16,
    /// Since when there is something.
    pub(super) since: Timestamp,
    /// The first event and the last one; 0 for none: a mail that failed is no event.
    pub(super) first: Seq,
    pub(super) last: Seq,
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
    /// A thread that is about to be stored: without events yet.
    pub(super) fn new(
        id: ThreadId,
        (firm, account): (FirmId, AccountId),
        (creator, created): (Person, Timestamp),
        subject: String,
        reminder: Reminder,
    ) -> Self {
        Self {
            num: 0,
            id,
            firm,
            account,
            subject,
            creator,
            created,
            head: Seq(0),
            messages: 0,
            last: LastMessage {
                message: MessageId(0),
                at: created,
                author: creator,
                excerpt: String::new(),
            },
            archived: false,
            tasks_open: 0,
            tasks_total: 0,
            reminder,
            show_content: None,
            waiting: created,
            firm_wrote: Seq(0),
            client_wrote: Seq(0),
            look: None,
            looked: Seq(0),
            cycle: Cycle {
                due: None,
                from: created,
                by: None,
                sent: 0,
                warned: false,
                moved: false,
            },
            told: ReminderState::default(),
            people: BTreeMap::new(),
            dirty: false,
            dirty_people: BTreeSet::new(),
        }
    }

    /// Reads a thread, whoever asks.
    pub(super) fn load(db: Db<'_>, id: ThreadId) -> Result<Option<Self>, SqlError> {
        let sql = format!("SELECT {THREAD} FROM threads WHERE id = ?1");
        let Some(mut thread) = db.row(&sql, params![id.0], Self::from_row)? else {
            return Ok(None);
        };
        let sql = format!("SELECT {PART} FROM participants WHERE thread = ?1");
        let people = db.rows(&sql, params![thread.num], part)?;
        thread.people = people.into_iter().collect();
        Ok(Some(thread))
    }

    /// A thread without its people, from the columns [`THREAD`].
    pub(crate) fn from_row(row: &Row<'_>) -> Result<Self, SqlError> {
        let owner = (FirmId(row.id(2)?), AccountId(row.id(3)?));
        let made = (rows::person(row, 5, 6)?, rows::timestamp(row, 7)?);
        let on = row.bool(18)?;
        let reminder = Reminder { on, days: rows::small(row, 19)?, count: rows::small(row, 20)? };
        let cycle = Cycle {
            due: rows::maybe_timestamp(row, 27)?,
            from: rows::timestamp(row, 28)?,
            by: rows::maybe_id(row, 29)?.map(MemberId),
            sent: rows::small(row, 30)?,
            warned: row.bool(31)?,
            moved: false,
        };
        Ok(Self {
            num: row.int(1)?,
            head: rows::seq(row, 8)?,
            messages: rows::unsigned(row, 9)?,
            last: LastMessage {
                message: MessageId(rows::unsigned(row, 13)?),
                at: rows::timestamp(row, 10)?,
                author: rows::person(row, 11, 12)?,
                excerpt: row.text(14)?,
            },
            archived: row.bool(15)?,
            tasks_open: rows::small(row, 16)?,
            tasks_total: rows::small(row, 17)?,
            show_content: rows::maybe_bool(row, 21)?,
            waiting: rows::timestamp(row, 22)?,
            firm_wrote: rows::seq(row, 23)?,
            client_wrote: rows::seq(row, 24)?,
            look: rows::maybe_timestamp(row, 25)?,
            looked: rows::seq(row, 26)?,
            told: cycle.state(),
            cycle,
            ..Self::new(ThreadId(row.id(0)?), owner, made, row.text(4)?, reminder)
        })
    }

    /// Takes in somebody's part as it is stored.
    pub(crate) fn learn_part(&mut self, person: Person, part: Part) {
        self.people.insert(person, part);
    }

    /// Whether somebody of the firm sees it.
    pub(super) fn seen_by(&self, person: Person, facts: &PersonFacts) -> bool {
        facts.firm == self.firm
            && (facts.access.sees_account(self.account) || self.part(person).mentioned)
    }

    /// Somebody's part in it; a stranger has an empty one.
    pub(super) fn part(&self, person: Person) -> Part {
        self.people.get(&person).copied().unwrap_or_default()
    }

    /// Members who follow it, whether or not they still see it.
    pub(crate) fn followers(&self) -> impl Iterator<Item = MemberId> {
        self.people.iter().filter(|(_, part)| part.following).filter_map(|(person, _)| match person
        {
            Person::Member(member) => Some(*member),
            Person::Contact(_) => None,
        })
    }

    /// Messages that somebody has not read.
    pub(super) fn unread(&self, person: Person) -> u64 {
        self.messages.saturating_sub(self.part(person).read_messages)
    }

    /// Changes somebody's part.
    pub(super) fn change_part(&mut self, person: Person, change: impl FnOnce(&mut Part)) {
        let part = self.people.entry(person).or_default();
        let before = *part;
        change(part);
        if *part != before {
            self.dirty_people.insert(person);
        }
    }

    /// Says that somebody takes part: who acts is named with the thread, whatever it has read.
    pub(super) fn enter(&mut self, person: Person) {
        if let Entry::Vacant(place) = self.people.entry(person) {
            place.insert(Part::default());
            self.dirty_people.insert(person);
        }
    }

    /// Everybody's part.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Person, &Part)> {
        self.people.iter().map(|(person, part)| (*person, part))
    }

    /// How far its reminders are, if that is not what was told last.
    pub(super) fn news_of_reminders(&mut self) -> Option<ReminderState> {
        let state = self.cycle.state();
        (std::mem::replace(&mut self.told, state) != state).then_some(state)
    }

    /// Says that the row has changed.
    pub(super) fn touch(&mut self) {
        self.dirty = true;
    }

    /// Whether [`Thread::save`] has anything to write.
    pub(super) fn is_dirty(&self) -> bool {
        self.dirty || !self.dirty_people.is_empty()
    }

    /// Stores a new thread's row, by a number that was kept for it, or takes the next one.
    pub(super) fn insert(&mut self, db: Db<'_>, num: Option<i64>) -> Result<(), SqlError> {
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
    pub(super) fn save(&mut self, db: Db<'_>) -> Result<(), SqlError> {
        if std::mem::take(&mut self.dirty) {
            self.save_row(db)?;
        }
        for person in std::mem::take(&mut self.dirty_people) {
            self.save_part(db, person)?;
        }
        Ok(())
    }

    fn save_row(&self, db: Db<'_>) -> Result<(), SqlError> {
        db.write(
            "UPDATE threads SET head = ?2, messages = ?3, last_ms = ?4, last_author_kind = ?5,
                 last_author = ?6, last_message = ?7, excerpt = ?8, archived = ?9, tasks_open = ?10,
                 tasks_total = ?11, reminder_on = ?12, reminder_days = ?13, reminder_count = ?14,
                 show_content = ?15, waiting_ms = ?16, firm_seq = ?17, client_seq = ?18,
                 look_ms = ?19, looked_seq = ?20, remind_ms = ?21, remind_from_ms = ?22,
                 remind_by = ?23, reminders_sent = ?24, reminder_warned = ?25
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
                self.archived,
                self.tasks_open,
                self.tasks_total,
                self.reminder.on,
                self.reminder.days,
                self.reminder.count,
                self.show_content,
                self.waiting.0,
                rows::int(self.firm_wrote.0),
                rows::int(self.client_wrote.0),
                self.look.map(|at| at.0),
                rows::int(self.looked.0),
                self.cycle.due.map(|at| at.0),
                self.cycle.from.0,
                self.cycle.by.map(|member| member.0),
                self.cycle.sent,
                self.cycle.warned,
            ],
        )
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

impl Cycle {
    /// What is told of it.
    pub(super) fn state(&self) -> ReminderState {
        ReminderState { pending: self.due.is_some(), sent: self.sent, next_ms: self.due }
    }
}

/// A row of `participants`, from the columns [`PART`].
pub(crate) fn part(row: &Row<'_>) -> Result<(Person, Part), SqlError> {
    let part = Part {
        read: rows::seq(row, 2)?,
        read_messages: rows::unsigned(row, 3)?,
        read_at: rows::timestamp(row, 4)?,
        following: row.bool(5)?,
        mentioned: row.bool(6)?,
        muted: row.bool(7)?,
        mail: Undecided {
            first: rows::seq(row, 8)?,
            last: rows::seq(row, 9)?,
            since: rows::timestamp(row, 10)?,
            kinds: rows::small(row, 11)?,
        },
    };
    Ok((rows::person(row, 0, 1)?, part))
}
