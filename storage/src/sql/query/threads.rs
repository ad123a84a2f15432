//! Lists of threads, the one with the newest message first. `list_threads`, the welcome,
//! waiting-for-action and task progress are the same walk with other conditions.

use super::access;
use super::cursor;
use super::scope::Scope;
use super::thread::{AFTER_ITEM, ITEM, SUMMARY, item};
use crate::access::{Access, Actor};
use crate::sql::rows::OpError;
use crate::sql::{Db, given, params};
use std::fmt::Write as _;
use tidings_protocol::{Page, Refusal, RefusalCode, Reply, ThreadFilter, ThreadItem};

/// Condition: there is something that the person has not read.
pub(super) const UNREAD: &str = "t.messages > coalesce(p.read_messages, 0)";

/// Answers `list_threads`.
pub(super) fn list(
    db: Db<'_>,
    actor: Actor,
    filter: &ThreadFilter,
    page: &Page,
) -> Result<Reply, OpError> {
    let access = with_account(db, actor, filter)?;
    let scope = Scope::of(&access, filter.account);
    let mut walk = walk(db, actor, (scope, Order::Last), &conditions(&access, filter)?, page)?;
    let items = walk.found.drain(..).map(|(item, _)| item).collect();
    Ok(Reply::Threads { items, next: walk.next })
}

/// The actor's access, as far as the filter needs it.
fn with_account(db: Db<'_>, actor: Actor, filter: &ThreadFilter) -> Result<Access, OpError> {
    match filter.account {
        None => access::required(db, actor),
        Some(account) => access::for_account(db, actor, account),
    }
}

fn conditions(access: &Access, filter: &ThreadFilter) -> Result<String, Refusal> {
    if filter.following && matches!(access, Access::Contact { .. }) {
        return Err(Refusal::new(RefusalCode::NotAllowed)
            .at("filter.following")
            .because("only members follow threads"));
    }
    let wanted = [
        filter.archived.map(|archived| if archived { "t.archived = 1" } else { "t.archived = 0" }),
        filter.unread.then_some(UNREAD),
        filter.open_tasks.then_some("t.tasks_open > 0"),
        filter.following.then_some("p.following = 1"),
    ];
    let mut sql = String::new();
    for condition in wanted.into_iter().flatten() {
        // Writing to a String can't fail.
        let _ = write!(sql, " AND {condition}");
    }
    Ok(sql)
}

/// A page of threads.
pub(super) struct Walk {
    /// Each with its small number.
    pub(super) found: Vec<(ThreadItem, i64)>,
    /// The next page, if there is one.
    pub(super) next: Option<String>,
}

impl Walk {
    /// The page ends earlier, after `kept` threads.
    pub(super) fn shorten(&mut self, kept: usize) {
        if kept < self.found.len() {
            self.found.truncate(kept);
            self.next = self.found.last().map(|(item, _)| Order::Last.after(item));
        }
    }
}

/// By what a walk is ordered, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The last message.
    Last,
    /// The last message or resending.
    Waiting,
}

impl Order {
    fn column(self) -> &'static str {
        match self {
            Self::Last => "last_ms",
            Self::Waiting => "waiting_ms",
        }
    }

    fn after(self, item: &ThreadItem) -> String {
        let at = match self {
            Self::Last => item.summary.last_ms,
            Self::Waiting => item.summary.waiting_ms,
        };
        cursor::after_thread(at, item.summary.thread)
    }
}

/// The statement of a walk, apart from the function so that its plan can be tested.
pub(super) fn statement(scope: Scope, order: Order, conditions: &str) -> String {
    let column = order.column();
    format!(
        "SELECT {SUMMARY}, {ITEM}, t.num FROM threads t
         LEFT JOIN participants p ON p.thread = t.num AND p.person = ?2
         WHERE {}{conditions} AND (t.{column}, t.num) < (?3, ?4)
         ORDER BY t.{column} DESC, t.num DESC LIMIT ?5",
        scope.condition(6)
    )
}

/// Reads a page of the threads in a scope for which the further conditions, each behind an `AND`,
/// hold too.
pub(super) fn walk(
    db: Db<'_>,
    actor: Actor,
    (scope, order): (Scope, Order),
    conditions: &str,
    page: &Page,
) -> Result<Walk, OpError> {
    let limit = cursor::limit(page)?;
    let (below_ms, below_num) = cursor::below_thread(db, actor, page)?;
    let scope = scope.in_order(db, actor)?;
    let params =
        params![actor.firm.0, actor.person.uuid(), below_ms, below_num, limit + 1, scope.account()];
    let mut found = db.rows(&statement(scope, order, conditions), given(params), |row| {
        Ok((item(row)?, row.int(AFTER_ITEM)?))
    })?;
    let more = cursor::cut(&mut found, limit);
    let next = found.last().filter(|_| more).map(|(item, _)| order.after(item));
    Ok(Walk { found, next })
}
