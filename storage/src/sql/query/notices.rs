//! What is due for a notifier, what is known of a notice, and the ledger as the team reads it.

use super::scope::still_visible;
use super::{access, cursor};
use crate::access::{Actor, Side};
use crate::backend::{DueWork, NoticeFacts, NoticeFilter};
use crate::operation::NoticesOf;
use crate::sql::rows::{self, OpError};
use crate::sql::{Db, Row, SqlError, Value, params};
use std::collections::HashSet;
use tidings_protocol::{
    FirmId, List, Notice, NoticeId, Page, Person, RefusalCode, ThreadId, Timestamp,
};
use uuid::Uuid;

/// Most notices that go in one mail.
const NOTICES_IN_A_MAIL_MAX: u32 = 50;

pub(in crate::sql) const TO_LOOK_AT: &str = "SELECT t.firm, t.id FROM threads t
     WHERE t.look_ms IS NOT NULL AND t.look_ms <= ?1 ORDER BY t.look_ms LIMIT ?2";

pub(in crate::sql) const TO_REMIND: &str = "SELECT t.firm, t.id FROM threads t
     WHERE t.remind_ms IS NOT NULL AND t.remind_ms <= ?1 ORDER BY t.remind_ms LIMIT ?2";

pub(in crate::sql) const TO_SEND: &str =
    "SELECT n.id, n.firm, n.person_kind, n.person, t.id, n.digest, n.mail
     FROM notices n LEFT JOIN threads t ON t.num = n.thread
     WHERE n.state = 0 AND n.next_ms <= ?1 ORDER BY n.next_ms, n.id LIMIT ?2";

/// The same of links to log in: whoever asked for one waits for it.
pub(in crate::sql) const TO_SEND_FIRST: &str =
    "SELECT n.id, n.firm, n.person_kind, n.person, t.id, n.digest, n.mail
     FROM notices n LEFT JOIN threads t ON t.num = n.thread
     WHERE n.state = 0 AND n.kind = 4 AND n.next_ms <= ?1 ORDER BY n.next_ms, n.id LIMIT ?2";

/// Of one mail, those that wait; and of a digest that is in no mail yet, those first that are due.
pub(in crate::sql) const OF_MAIL: &str = "SELECT n.id, t.id
     FROM notices n LEFT JOIN threads t ON t.num = n.thread
     WHERE n.person = ?1 AND n.mail = ?2 AND n.state = 0 ORDER BY +n.created_ms, n.id LIMIT ?3";
pub(in crate::sql) const OF_DIGEST: &str = "SELECT n.id, t.id
     FROM notices n LEFT JOIN threads t ON t.num = n.thread
     WHERE n.person = ?1 AND n.mail IS NULL AND n.digest = 1 AND n.state = 0
     ORDER BY +n.next_ms, n.id LIMIT ?2";

/// A notice that is due.
struct Due {
    id: NoticeId,
    firm: FirmId,
    person: Person,
    thread: Option<ThreadId>,
    digest: bool,
    mail: Option<Uuid>,
}

/// What is due at a time.
pub(in crate::sql) fn due(db: Db<'_>, now: Timestamp, limit: u32) -> Result<DueWork, SqlError> {
    let thread = |row: &Row<'_>| Ok((FirmId(row.id(0)?), ThreadId(row.id(1)?)));
    let look = db.rows(TO_LOOK_AT, params![now, limit], thread)?;
    let remind = db.rows(TO_REMIND, params![now, limit], thread)?;
    let found = |sql| {
        db.rows(sql, params![now, limit], |row| {
            Ok(Due {
                id: NoticeId(row.id(0)?),
                firm: FirmId(row.id(1)?),
                person: rows::person(row, 2, 3)?,
                thread: rows::maybe_id(row, 4)?.map(ThreadId),
                digest: row.bool(5)?,
                mail: rows::maybe_id(row, 6)?,
            })
        })
    };
    let (first, others) = (found(TO_SEND_FIRST)?, found(TO_SEND)?);
    let (mut all, mut taken) = (Vec::new(), HashSet::new());
    mails(db, &first, &mut taken, &mut all)?;
    let urgent = all.len();
    mails(db, &others, &mut taken, &mut all)?;
    Ok(DueWork { look, remind, mails: all, urgent })
}

/// Those that go together, together; without those that are taken already.
fn mails(
    db: Db<'_>,
    found: &[Due],
    taken: &mut HashSet<NoticeId>,
    mails: &mut Vec<NoticesOf>,
) -> Result<(), SqlError> {
    for due in found {
        if taken.contains(&due.id) {
            continue;
        }
        let pair =
            |row: &Row<'_>| Ok((NoticeId(row.id(0)?), rows::maybe_id(row, 1)?.map(ThreadId)));
        let person = due.person.uuid();
        let notices = match due.mail {
            Some(mail) => db.rows(OF_MAIL, params![person, mail, NOTICES_IN_A_MAIL_MAX], pair)?,
            None if due.digest => {
                db.rows(OF_DIGEST, params![person, NOTICES_IN_A_MAIL_MAX], pair)?
            }
            None => vec![(due.id, due.thread)],
        };
        taken.extend(notices.iter().map(|(id, _)| *id));
        mails.push(NoticesOf { firm: due.firm, person: due.person, notices });
    }
    Ok(())
}

/// One notice, whoever asks.
pub(in crate::sql) fn facts(db: Db<'_>, id: NoticeId) -> Result<Option<NoticeFacts>, SqlError> {
    let sql = "SELECT n.firm, n.person_kind, n.person, t.id, n.kind, n.created_ms, n.mail_ms,
             n.used_ms, coalesce(m.email, c.email, ''), f.mail_answers, n.attempts
         FROM notices n JOIN firms f ON f.id = n.firm
         LEFT JOIN threads t ON t.num = n.thread
         LEFT JOIN members m ON n.person_kind = 0 AND m.id = n.person
         LEFT JOIN contacts c ON n.person_kind = 1 AND c.id = n.person
         WHERE n.id = ?1";
    db.row(sql, params![id.0], |row| {
        Ok(NoticeFacts {
            actor: Actor { firm: FirmId(row.id(0)?), person: rows::person(row, 1, 2)? },
            thread: rows::maybe_id(row, 3)?.map(ThreadId),
            kind: rows::notice_kind(row, 4)?,
            created: rows::timestamp(row, 5)?,
            mailed: rows::maybe_timestamp(row, 6)?,
            attempts: rows::small(row, 10)?,
            used: !row.is_null(7)?,
            email: row.text(8)?,
            answers: rows::answers(row, 9)?,
        })
    })
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
    let mut bound: Vec<Value<'_>> = vec![firm.0.into()];
    // Of one thread or person there are few: they are not to be looked for among all of the firm.
    let few = filter.thread.is_some() || filter.person.is_some();
    let mut conditions = vec![if few { "+n.firm = ?1" } else { "n.firm = ?1" }.to_owned()];
    let visible = visible(db, actor)?;
    if let Some(condition) = visible {
        bound.push(actor.map(|actor| actor.person.uuid()).into());
        conditions.push(condition.to_owned());
    }
    let of_reader = bound.clone();
    if let Some(thread) = filter.thread {
        let num = seen(db, (visible, &of_reader), thread)?.ok_or(RefusalCode::NotFound)?;
        bound.push(num.into());
        conditions.push(format!("n.thread = ?{}", bound.len()));
    }
    if let Some(person) = filter.person {
        bound.push(person.uuid().into());
        // A thread has fewer of them than a person.
        let kept = if filter.thread.is_some() { "+" } else { "" };
        conditions.push(format!("{kept}n.person = ?{}", bound.len()));
    }
    if let Some(id) = cursor::id(page, "cursor")? {
        let at = entered(db, firm, (visible, &of_reader), id)?;
        let at = at.ok_or_else(|| cursor::bad("cursor"))?;
        bound.push(at.0.into());
        bound.push(id.into());
        let (at, id) = (bound.len() - 1, bound.len());
        conditions.push(format!("(n.created_ms, n.id) < (?{at}, ?{id})"));
    }
    bound.push((limit + 1).into());
    let sql = page_statement(&conditions.join(" AND "), bound.len());
    let mut items = db.rows(&sql, &bound, entry)?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|item| cursor::after_id(item.notice.0));
    Ok(List { items, next })
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

/// The condition of what a member sees, whose id is `?2`; none for who sees all of the firm.
fn visible(db: Db<'_>, actor: Option<Actor>) -> Result<Option<&'static str>, OpError> {
    let Some(actor) = actor else { return Ok(None) };
    let access = access::required(db, actor)?;
    if access.side() == Side::Client {
        return Err(RefusalCode::NotAllowed.into());
    }
    Ok((!access.sees_all_accounts()).then(|| still_visible(&access)))
}

/// A thread's number, if the ledger's reader sees it: of one that is hidden nothing is told, not even
/// that it is there. `bound` is what [`visible`] speaks of.
fn seen(
    db: Db<'_>,
    (visible, bound): (Option<&str>, &[Value<'_>]),
    thread: ThreadId,
) -> Result<Option<i64>, SqlError> {
    let mut bound = bound.to_vec();
    bound.push(thread.0.into());
    let sql = format!(
        "SELECT t.num FROM threads t WHERE t.id = ?{} AND {}",
        bound.len(),
        visible.unwrap_or("t.firm = ?1")
    );
    db.row(&sql, &bound, |row| row.int(0))
}

/// When a notice was entered, if the ledger's reader sees it.
fn entered(
    db: Db<'_>,
    firm: FirmId,
    reader: (Option<&str>, &[Value<'_>]),
    notice: Uuid,
) -> Result<Option<Timestamp>, SqlError> {
    let sql = "SELECT n.created_ms, t.id FROM notices n LEFT JOIN threads t ON t.num = n.thread
         WHERE n.id = ?1 AND n.firm = ?2";
    let found = db.row(sql, params![notice, firm.0], |row| {
        Ok((rows::timestamp(row, 0)?, rows::maybe_id(row, 1)?.map(ThreadId)))
    })?;
    let Some((at, thread)) = found else { return Ok(None) };
    let sees = match (reader.0, thread) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(thread)) => seen(db, reader, thread)?.is_some(),
    };
    Ok(sees.then_some(at))
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
