//! A thread as the writer holds it: its row and everybody's part in it. Changed in memory by many
//! operations, written once a batch.

mod save;

use self::save::Seldom;
use super::facts::PersonFacts;
use super::rows;
use crate::sql::{Db, Row, SqlError, params};
use std::collections::{BTreeMap, BTreeSet};
use tidings_protocol::{
    AccountId, FirmId, InboxKind, MemberId, MessageId, Person, Reminder, ReminderState, Seq,
    ThreadId, Timestamp,
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
    /// What is stored of that which most events leave alone; none: nothing yet.
    stored: Option<Seldom>,
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
    /// When that was; of who has read nothing, when it took part first.
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

/// Stands beside the kinds of what a member is to be told of: it owned the firm then, and is told
/// whether or not it follows, for nobody else was left. Whoever the firm's owner is by now, its inbox
/// has it.
pub(super) const STANDS_IN: u16 = 1 << 15;
const _: () = assert!(InboxKind::ALL.len() < 15);

/// What a member is to be told of by email, once that is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Undecided {
    /// Bits of kinds of inbox items, and perhaps [`STANDS_IN`]; 0: there is nothing.
    pub(super) kinds: u16,
    /// Since when there is something.
    pub(super) since: Timestamp,
    /// The first event and the last one; 0 for none: a mail that failed is no event.
    pub(super) first: Seq,
    pub(super) last: Seq,
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
            stored: None,
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
        let mut thread = Self {
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
        };
        thread.stored = Some(thread.seldom());
        Ok(thread)
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
    pub(super) fn enter(&mut self, person: Person, now: Timestamp) {
        if self.part(person).read_at == Timestamp::default() {
            self.change_part(person, |part| part.read_at = now);
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
