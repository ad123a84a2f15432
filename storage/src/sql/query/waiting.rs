//! Waiting-for-action: what a contact has not read or done yet.

use super::access;
use super::scope::Scope;
use super::threads::{Order, UNREAD, walk};
use crate::access::{Access, Actor};
use crate::sql::Db;
use crate::sql::rows::OpError;
use std::cmp::Reverse;
use tidings_protocol::{AccountId, Page, RefusalCode, Reply, ThreadItem, WaitingItem};

/// Condition: the thread waits for the contact.
pub(super) fn waits() -> String {
    format!("t.archived = 0 AND (t.tasks_open > 0 OR {UNREAD})")
}

/// Those that wait among all of a contact's threads.
pub(super) fn among(threads: &[ThreadItem]) -> Vec<WaitingItem> {
    let mut waiting: Vec<_> =
        threads.iter().filter(|thread| is_waiting(thread)).map(item).collect();
    waiting.sort_by_key(|item| Reverse(item.summary.waiting_ms));
    waiting
}

/// The same of a thread that was read.
fn is_waiting(item: &ThreadItem) -> bool {
    let ThreadItem { summary, unread, .. } = item;
    !summary.archived && (summary.tasks_open > 0 || *unread > 0)
}

/// A thread that waits, as it is listed.
fn item(item: &ThreadItem) -> WaitingItem {
    WaitingItem {
        unread: item.unread,
        open_tasks: item.summary.tasks_open,
        summary: item.summary.clone(),
    }
}

/// Answers `waiting_for_action`.
pub(super) fn list(db: Db<'_>, actor: Actor, page: &Page) -> Result<Reply, OpError> {
    match access::required(db, actor)? {
        Access::Contact { account } => {
            let (items, next) = of(db, actor, account, page)?;
            Ok(Reply::Waiting { items, next })
        }
        Access::Team { .. } => Err(RefusalCode::NotAllowed.into()),
    }
}

/// What waits for a contact of an account.
pub(super) fn of(
    db: Db<'_>,
    actor: Actor,
    account: AccountId,
    page: &Page,
) -> Result<(Vec<WaitingItem>, Option<String>), OpError> {
    let conditions = format!(" AND {}", waits());
    let walk = walk(db, actor, (Scope::Account(account), Order::Waiting), &conditions, page)?;
    Ok((walk.found.iter().map(|(found, _)| item(found)).collect(), walk.next))
}
