//! The ledger as the team reads it: why somebody did or didn't get an email.

use super::scope::{THREADS_OF_MEMBER, still_visible};
use super::{access, cursor};
use crate::access::{Actor, Side};
use crate::backend::NoticeFilter;
use crate::sql::rows::{self, OpError};
use crate::sql::{Db, Row, SqlError, Value, params};
use tidings_protocol::{FirmId, List, Notice, NoticeId, Page, RefusalCode, ThreadId, Timestamp};
use uuid::Uuid;

/// Most notices of a firm that are walked through for a page of those that one member sees. Who finds
/// no page among so many sees a small part of the firm: that is gathered from its threads.
const WALKED_MAX: u32 = 1_000;

/// Below everything: the first page.
const NEWEST: Place = (Timestamp(i64::MAX), Uuid::max());
const OLDEST: Place = (Timestamp(i64::MIN), Uuid::nil());

/// The notice at which such a walk is given up.
pub(in crate::sql) const END_OF_WALK: &str = "SELECT n.created_ms, n.id FROM notices n
     WHERE n.firm = ?1 AND (n.created_ms, n.id) < (?2, ?3)
     ORDER BY n.created_ms DESC, n.id DESC LIMIT 1 OFFSET ?4";

/// Where a notice stands among those of its firm.
type Place = (Timestamp, Uuid);

/// Whoever reads the ledger: the firm, or one of its team.
struct Asking {
    firm: FirmId,
    /// A member who does not see all of the firm, and the condition of what it sees.
    member: Option<(Uuid, &'static str)>,
}

/// A page of a firm's ledger, newest first.
pub(in crate::sql) fn ledger(
    db: Db<'_>,
    firm: FirmId,
    actor: Option<Actor>,
    filter: NoticeFilter,
    page: &Page,
) -> Result<List<Notice>, OpError> {
    let limit = cursor::limit(page)?;
    let asking = Asking::new(db, firm, actor)?;
    let below = asking.below(db, page)?;
    let mut items = match (asking.member, filter) {
        (Some(member), NoticeFilter { thread: None, person: None }) => {
            of_member(db, firm, member, below, limit + 1)?
        }
        _ => asking.filtered(db, filter, below, limit + 1)?,
    };
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|item| cursor::after_id(item.notice.0));
    Ok(List { items, next })
}

/// The newest of those that a member sees.
fn of_member(
    db: Db<'_>,
    firm: FirmId,
    (member, visible): (Uuid, &str),
    below: Place,
    limit: u32,
) -> Result<Vec<Notice>, SqlError> {
    let bound = params![firm.0, below.0, below.1, WALKED_MAX];
    let end = db.row(END_OF_WALK, bound, |row| Ok((rows::timestamp(row, 0)?, row.id(1)?)))?;
    let last = end.unwrap_or(OLDEST);
    let bound = params![firm.0, member, below.0, below.1, last.0, last.1, limit];
    let walked = db.rows(&walk_statement(visible), bound, entry)?;
    if end.is_none() || walked.len() >= limit as usize {
        return Ok(walked);
    }
    let bound = params![firm.0, member, below.0, below.1, limit];
    db.rows(&gather_statement(), bound, entry)
}

/// A page; so many at most as the parameter of this number says.
pub(in crate::sql) fn page_statement(conditions: &str, limit: usize) -> String {
    format!(
        "SELECT n.id, t.id, n.person_kind, n.person, n.kind, n.state, n.reason, n.from_seq,
             n.to_seq, n.created_ms, n.due_ms, n.settled_ms, n.attempts, n.message_id, n.answer
         FROM notices n LEFT JOIN threads t ON t.num = n.thread
         WHERE {conditions} ORDER BY n.created_ms DESC, n.id DESC LIMIT ?{limit}"
    )
}

/// A page of what a member sees, found by a walk through some of the firm's.
pub(in crate::sql) fn walk_statement(visible: &str) -> String {
    let walked = "(n.created_ms, n.id) < (?3, ?4) AND (n.created_ms, n.id) >= (?5, ?6)";
    page_statement(&format!("n.firm = ?1 AND {walked} AND {visible}"), 7)
}

/// The same, found by the threads that it sees.
pub(in crate::sql) fn gather_statement() -> String {
    let below = "(n.created_ms, n.id) < (?3, ?4)";
    page_statement(&format!("+n.firm = ?1 AND n.thread IN {THREADS_OF_MEMBER} AND {below}"), 5)
}

impl Asking {
    fn new(db: Db<'_>, firm: FirmId, actor: Option<Actor>) -> Result<Self, OpError> {
        let Some(actor) = actor else { return Ok(Self { firm, member: None }) };
        let access = access::required(db, actor)?;
        if access.side() == Side::Client {
            return Err(RefusalCode::NotAllowed.into());
        }
        let member = (actor.person.uuid(), still_visible(&access));
        Ok(Self { firm, member: (!access.sees_all_accounts()).then_some(member) })
    }

    /// What the conditions of what it sees speak of: `?1`, and `?2` if it does not see all.
    fn bound(&self) -> Vec<Value<'static>> {
        let mut bound: Vec<Value<'_>> = vec![self.firm.0.into()];
        bound.extend(self.member.map(|(member, _)| Value::from(member)));
        bound
    }

    /// The newest of one thread or person or of both, or all of the firm.
    fn filtered(
        &self,
        db: Db<'_>,
        filter: NoticeFilter,
        below: Place,
        limit: u32,
    ) -> Result<Vec<Notice>, OpError> {
        let mut bound = self.bound();
        // Of one thread or person there are few: they are not to be looked for among all of the firm.
        let few = filter.thread.is_some() || filter.person.is_some();
        let mut conditions = vec![if few { "+n.firm = ?1" } else { "n.firm = ?1" }.to_owned()];
        conditions.extend(self.member.map(|(_, visible)| visible.to_owned()));
        if let Some(thread) = filter.thread {
            bound.push(self.seen(db, thread)?.ok_or(RefusalCode::NotFound)?.into());
            conditions.push(format!("n.thread = ?{}", bound.len()));
        }
        if let Some(person) = filter.person {
            bound.push(person.uuid().into());
            // A thread has fewer of them than a person.
            let kept = if filter.thread.is_some() { "+" } else { "" };
            conditions.push(format!("{kept}n.person = ?{}", bound.len()));
        }
        bound.extend([Value::from(below.0), Value::from(below.1), Value::from(limit)]);
        let limit = bound.len();
        conditions.push(format!("(n.created_ms, n.id) < (?{}, ?{})", limit - 2, limit - 1));
        let sql = page_statement(&conditions.join(" AND "), limit);
        Ok(db.rows(&sql, &bound, entry)?)
    }

    /// A thread's number, if it is seen: of one that is hidden nothing is told, not even that it is
    /// there.
    fn seen(&self, db: Db<'_>, thread: ThreadId) -> Result<Option<i64>, SqlError> {
        let mut bound = self.bound();
        bound.push(thread.0.into());
        let visible = self.member.map_or("t.firm = ?1", |(_, visible)| visible);
        let sql =
            format!("SELECT t.num FROM threads t WHERE t.id = ?{} AND {visible}", bound.len());
        db.row(&sql, &bound, |row| row.int(0))
    }

    /// Where a page begins: below the notice of its cursor, which must be one that is seen.
    fn below(&self, db: Db<'_>, page: &Page) -> Result<Place, OpError> {
        let Some(id) = cursor::id(page, "cursor")? else { return Ok(NEWEST) };
        let sql = "SELECT n.created_ms, t.id FROM notices n LEFT JOIN threads t ON t.num = n.thread
             WHERE n.id = ?1 AND n.firm = ?2";
        let found = db.row(sql, params![id, self.firm.0], |row| {
            Ok((rows::timestamp(row, 0)?, rows::maybe_id(row, 1)?.map(ThreadId)))
        })?;
        let Some((at, thread)) = found else { return Err(cursor::bad("cursor").into()) };
        let sees = match (self.member, thread) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(_), Some(thread)) => self.seen(db, thread)?.is_some(),
        };
        if sees { Ok((at, id)) } else { Err(cursor::bad("cursor").into()) }
    }
}

fn entry(row: &Row<'_>) -> Result<Notice, SqlError> {
    let filled = |text: String| (!text.is_empty()).then_some(text);
    Ok(Notice {
        notice: NoticeId(row.id(0)?),
        thread: rows::maybe_id(row, 1)?.map(ThreadId),
        person: rows::person(row, 2, 3)?,
        kind: rows::notice_kind(row, 4)?,
        state: rows::notice_state(row, 5)?,
        reason: if row.is_null(6)? { None } else { Some(rows::notice_reason(row, 6)?) },
        from: rows::seq(row, 7)?,
        to: rows::seq(row, 8)?,
        created_ms: rows::timestamp(row, 9)?,
        due_ms: rows::timestamp(row, 10)?,
        settled_ms: rows::maybe_timestamp(row, 11)?,
        attempts: rows::small(row, 12)?,
        message_id: filled(row.text(13)?),
        answer: filled(row.text(14)?),
    })
}
