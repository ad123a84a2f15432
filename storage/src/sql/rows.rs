//! How values stand in columns: ids as 16 bytes, people as a kind and an id, enums as small
//! numbers. Writer and readers share it, so that both mean the same by a number. No SQL here.

use super::{Row, SqlError};
use crate::clock::Entropy;
use crate::letter::AnswerProblem;
use tidings_protocol::{
    Answers, Channels, ContactId, ContactState, EventKind, InboxKind, KindChannels, Language,
    MemberId, NoticeKind, NoticeReason, NoticeState, Person, QuietHours, Refusal, RefusalCode,
    ReminderState, Rights, Role, Seq, Timestamp,
};
use uuid::Uuid;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpError {
    /// It may not be: the answer for this one operation; the batch goes on.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database can't: nothing of the whole batch is done.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl From<RefusalCode> for OpError {
    fn from(code: RefusalCode) -> Self {
        Self::Refused(code.into())
    }
}

/// Bits of `members.channels` of a member who has not chosen: everything, everywhere.
pub(super) const CHANNELS_ALL: u16 = (1 << (2 * InboxKind::ALL.len())) - 1;

/// A new id: version 7, so that new rows lie beside one another.
pub(super) fn new_id(now: Timestamp, entropy: &mut dyn Entropy) -> Uuid {
    let [random @ .., _, _, _, _, _, _] = entropy.bytes();
    let millis = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// A person from two columns, its kind and its id.
pub(super) fn person(row: &Row<'_>, kind: usize, id: usize) -> Result<Person, SqlError> {
    let uuid = row.id(id)?;
    match row.int(kind)? {
        0 => Ok(Person::Member(MemberId(uuid))),
        1 => Ok(Person::Contact(ContactId(uuid))),
        other => Err(unknown(kind, "kind of person", other)),
    }
}

/// The number of a kind of person.
pub(super) fn person_kind(person: Person) -> i64 {
    match person {
        Person::Member(_) => 0,
        Person::Contact(_) => 1,
    }
}

/// A position, a count or a number that databases keep signed.
pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> Result<u64, SqlError> {
    let value = row.int(column)?;
    u64::try_from(value).map_err(|error| SqlError::broken(column, error))
}

/// As [`unsigned`], for numbers that stay small.
pub(super) fn small<T: TryFrom<i64>>(row: &Row<'_>, column: usize) -> Result<T, SqlError>
where
    T::Error: std::fmt::Display,
{
    let value = row.int(column)?;
    T::try_from(value).map_err(|error| SqlError::broken(column, error))
}

/// A position from a column.
pub(crate) fn seq(row: &Row<'_>, column: usize) -> Result<Seq, SqlError> {
    unsigned(row, column).map(Seq)
}

/// A time from a column.
pub(crate) fn timestamp(row: &Row<'_>, column: usize) -> Result<Timestamp, SqlError> {
    row.int(column).map(Timestamp)
}

/// A number for a column. Positions and counts never get near the end.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// What an event did, from its payload.
pub(super) fn event_kind(row: &Row<'_>, column: usize) -> Result<EventKind, SqlError> {
    postcard::from_bytes(row.blob(column)?).map_err(|error| SqlError::broken(column, error))
}

/// The payload of an event.
pub(super) fn payload(kind: &EventKind) -> Result<Vec<u8>, SqlError> {
    postcard::to_stdvec(kind).map_err(SqlError::Encoding)
}

/// The number in `events.kind`: postcard writes the variant first, in one byte while there are
/// less than 128 of them.
pub(super) fn event_number(payload: &[u8]) -> i64 {
    payload.first().copied().map_or(0, i64::from)
}

/// `events.kind` of a posted message.
pub(super) const MESSAGE_POSTED: i64 = 1;
/// `events.kind` of an edit.
pub(super) const MESSAGE_EDITED: i64 = 2;
/// `events.kind` of a message that was taken back.
pub(super) const MESSAGE_DELETED: i64 = 3;
/// `events.kind` of a new task: the first of the task events, which follow one another.
pub(super) const TASK_ADDED: i64 = 4;
/// `events.kind` of a ticked task.
pub(super) const TASK_TICKED: i64 = 7;
/// `events.kind` of an unticked task.
pub(super) const TASK_UNTICKED: i64 = 8;
/// `events.kind` of a member who was called in.
pub(super) const MEMBER_MENTIONED: i64 = 10;
/// `events.kind` of a resending.
pub(super) const RESENT: i64 = 16;
/// `events.kind` of a removed task: the last of the task events.
pub(super) const TASK_REMOVED: i64 = 9;

macro_rules! numbered {
    ($($read:ident, $write:ident: $type:ident { $($variant:ident = $number:literal),* })*) => {$(
        #[doc = concat!("A `", stringify!($type), "` from its number.")]
        pub(super) fn $read(row: &Row<'_>, column: usize) -> Result<$type, SqlError> {
            match row.int(column)? {
                $($number => Ok($type::$variant),)*
                other => Err(unknown(column, stringify!($type), other)),
            }
        }

        #[doc = concat!("The number of a `", stringify!($type), "`.")]
        pub(super) fn $write(value: $type) -> i64 {
            match value { $($type::$variant => $number,)* }
        }
    )*};
}

numbered! {
    role, role_number: Role { Owner = 0, Admin = 1, Member = 2 }
    contact_state, contact_state_number: ContactState { None = 0, Invited = 1, Active = 2 }
    language, language_number: Language { En = 0, Nl = 1, Fr = 2, De = 3, Es = 4 }
    inbox_kind, inbox_kind_number: InboxKind {
        ThreadStarted = 0, ContactAnswered = 1, TasksChanged = 2,
        AllTasksCompleted = 3, ColleagueAnswered = 4, Mentioned = 5, DeliveryFailed = 6
    }
    answers, answers_number: Answers { Reject = 0, Deliver = 1 }
    notice_kind, notice_kind_number: NoticeKind {
        Activity = 0, Reminder = 1, Resent = 2, DeliveryFailed = 3, Login = 4, AnswerRefused = 5
    }
    notice_state, notice_state_number: NoticeState {
        Waiting = 0, Sent = 1, Dropped = 2, Failed = 3
    }
    notice_reason, notice_reason_number: NoticeReason {
        Read = 0, Muted = 1, Archived = 2, NoAccess = 3, NotifyOff = 4, NotWanted = 5, Deleted = 6,
        Settled = 7, Refused = 8, GaveUp = 9, BadAddress = 10
    }
}

/// A time from a column, if there is one.
pub(crate) fn maybe_timestamp(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>, SqlError> {
    Ok(row.maybe_int(column)?.map(Timestamp))
}

/// An id from a column, if there is one.
pub(crate) fn maybe_id(row: &Row<'_>, column: usize) -> Result<Option<Uuid>, SqlError> {
    if row.is_null(column)? { Ok(None) } else { row.id(column).map(Some) }
}

/// A flag that may not have been set.
pub(super) fn maybe_bool(row: &Row<'_>, column: usize) -> Result<Option<bool>, SqlError> {
    Ok(row.maybe_int(column)?.map(|flag| flag != 0))
}

/// Quiet hours from two columns.
pub(super) fn quiet(row: &Row<'_>, from: usize) -> Result<QuietHours, SqlError> {
    Ok(QuietHours { from_min: small(row, from)?, to_min: small(row, from + 1)? })
}

/// How far reminders are, from two columns: when the next is due, and how many were sent.
pub(super) fn reminder_state(row: &Row<'_>, due: usize) -> Result<ReminderState, SqlError> {
    let next_ms = maybe_timestamp(row, due)?;
    Ok(ReminderState { pending: next_ms.is_some(), sent: small(row, due + 1)?, next_ms })
}

/// Why an answer was refused, from a number that was read before.
pub(super) fn answer_problem_of(number: i64) -> Result<AnswerProblem, SqlError> {
    let at = usize::try_from(number).ok();
    at.and_then(|at| AnswerProblem::ALL.get(at).copied())
        .ok_or_else(|| unknown(0, "problem of an answer", number))
}

/// The number of a problem.
pub(super) fn answer_problem_number(problem: AnswerProblem) -> i64 {
    let at = AnswerProblem::ALL.iter().position(|other| *other == problem);
    at.and_then(|at| i64::try_from(at).ok()).unwrap_or(0)
}

/// Rights from their bits.
pub(super) fn rights(row: &Row<'_>, column: usize) -> Result<Rights, SqlError> {
    let bits = row.int(column)?;
    Ok(Rights {
        view_all_accounts: bits & 1 != 0,
        manage_documents: bits & 2 != 0,
        manage_templates: bits & 4 != 0,
        manage_organizers: bits & 8 != 0,
    })
}

/// The bits of rights.
pub(super) fn rights_bits(rights: Rights) -> i64 {
    i64::from(rights.view_all_accounts)
        | i64::from(rights.manage_documents) << 1
        | i64::from(rights.manage_templates) << 2
        | i64::from(rights.manage_organizers) << 3
}

/// Where one kind of inbox item goes, by the bits of `members.channels`.
pub(super) fn channels_of(bits: u16, kind: InboxKind) -> Channels {
    let shift = 2 * inbox_kind_number(kind);
    Channels { inbox: bits >> shift & 1 != 0, email: bits >> shift & 2 != 0 }
}

/// Bits of those kinds that go by email.
pub(super) fn kinds_by_mail(bits: u16, kinds: &[InboxKind]) -> u16 {
    let by_mail = kinds.iter().filter(|kind| channels_of(bits, **kind).email);
    by_mail.fold(0, |all, kind| all | 1 << inbox_kind_number(*kind))
}

/// The kinds that bits stand for, in the order of the kinds.
pub(super) fn kinds_of(bits: u16) -> Vec<InboxKind> {
    let set = |kind: &InboxKind| bits >> inbox_kind_number(*kind) & 1 != 0;
    InboxKind::ALL.into_iter().filter(set).collect()
}

/// All lines of a member's preferences, in the order of the kinds.
pub(super) fn kind_channels(bits: u16) -> Vec<KindChannels> {
    InboxKind::ALL.map(|kind| KindChannels { kind, channels: channels_of(bits, kind) }).into()
}

/// The bits with one kind changed.
pub(super) fn with_channels(bits: u16, line: KindChannels) -> u16 {
    let shift = 2 * inbox_kind_number(line.kind);
    let two = u16::from(line.channels.inbox) | u16::from(line.channels.email) << 1;
    bits & !(3 << shift) | two << shift
}

fn unknown(column: usize, what: &str, number: i64) -> SqlError {
    SqlError::broken(column, format_args!("no {what} has the number {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_protocol::{MessageId, TaskId};

    #[test]
    fn numbers_of_event_kinds_are_those_of_their_payloads() {
        let task = TaskId(1);
        let number = |kind: &EventKind| event_number(&payload(kind).unwrap());
        let message = MessageId(2);
        let edited = EventKind::MessageEdited { message, body: String::new() };
        assert_eq!(number(&edited), MESSAGE_EDITED);
        let posted = EventKind::MessagePosted {
            key: tidings_protocol::ClientKey(Uuid::nil()),
            body: String::new(),
            edited_ms: None,
            deleted: false,
        };
        assert_eq!(number(&posted), MESSAGE_POSTED);
        let added = EventKind::TaskAdded { text: String::new(), before: None };
        assert_eq!(number(&added), TASK_ADDED);
        assert_eq!(number(&EventKind::TaskRemoved { task }), TASK_REMOVED);
    }

    #[test]
    fn one_kind_of_channels_changes_alone() {
        let off = Channels { inbox: false, email: true };
        let bits = with_channels(
            CHANNELS_ALL,
            KindChannels { kind: InboxKind::TasksChanged, channels: off },
        );
        for line in kind_channels(bits) {
            let all = Channels { inbox: true, email: true };
            let expected = if line.kind == InboxKind::TasksChanged { off } else { all };
            assert_eq!(line.channels, expected, "{:?}", line.kind);
        }
    }
}
