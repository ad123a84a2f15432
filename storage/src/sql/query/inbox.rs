//! The inbox of a member: one item a thread, for as long as the member sees the thread.

use super::access;
use super::cursor;
use super::scope::still_visible;
use crate::access::{Access, Actor};
use crate::sql::rows::{self, OpError};
use crate::sql::{Db, Row, SqlError, params};
use tidings_protocol::{AccountId, InboxItem, Page, RefusalCode, Reply, ThreadId};

/// Answers `list_inbox`.
pub(super) fn list(
    db: Db<'_>,
    actor: Actor,
    archived: bool,
    page: &Page,
) -> Result<Reply, OpError> {
    let access = access::required(db, actor)?;
    if matches!(access, Access::Contact { .. }) {
        return Err(RefusalCode::NotAllowed.into());
    }
    let (items, next) = of(db, actor, &access, archived, page)?;
    Ok(Reply::Inbox { items, next })
}

pub(super) fn statement(access: &Access) -> String {
    format!(
        "SELECT t.id, t.account, t.subject, i.kind, i.actor_kind, i.actor, i.seq, i.at_ms,
             i.archived
         FROM inbox i CROSS JOIN threads t ON t.num = i.thread
         WHERE i.member = ?2 AND i.archived = ?3 AND (i.at_ms, i.thread) < (?4, ?5) AND {}
         ORDER BY i.at_ms DESC, i.thread DESC LIMIT ?6",
        still_visible(access)
    )
}

/// The inbox of a member.
pub(super) fn of(
    db: Db<'_>,
    actor: Actor,
    access: &Access,
    archived: bool,
    page: &Page,
) -> Result<(Vec<InboxItem>, Option<String>), OpError> {
    let limit = cursor::limit(page)?;
    let (below_ms, below_num) = cursor::below_thread(db, actor, page)?;
    let params =
        params![actor.firm.0, actor.person.uuid(), archived, below_ms, below_num, limit + 1];
    let mut items = db.rows(&statement(access), params, item)?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more);
    let next = next.map(|item| cursor::after_thread(item.at_ms, item.thread));
    Ok((items, next))
}

fn item(row: &Row<'_>) -> Result<InboxItem, SqlError> {
    Ok(InboxItem {
        thread: ThreadId(row.id(0)?),
        account: AccountId(row.id(1)?),
        subject: row.text(2)?,
        kind: rows::inbox_kind(row, 3)?,
        actor: rows::person(row, 4, 5)?,
        seq: rows::seq(row, 6)?,
        at_ms: rows::timestamp(row, 7)?,
        archived: row.bool(8)?,
    })
}
