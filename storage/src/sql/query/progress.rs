//! The progress view: the tasks of all threads that one sees, and how far accounts are.

use super::scope::Scope;
use super::threads::{Order, walk};
use super::{access, thread};
use crate::access::{Access, Actor};
use crate::sql::rows::{self, OpError};
use crate::sql::{Db, SqlError, Value, params};
use tidings_protocol::limits::PAGE_BYTES_MAX;
use tidings_protocol::{AccountId, AccountProgress, Page, Reply, ThreadProgress};

/// Answers `task_progress`.
pub(super) fn list(
    db: Db<'_>,
    actor: Actor,
    account: Option<AccountId>,
    page: &Page,
) -> Result<Reply, OpError> {
    let access = match account {
        None => access::required(db, actor)?,
        Some(account) => access::for_account(db, actor, account)?,
    };
    let scope = Scope::of(&access, account);
    let mut walk = walk(db, actor, (scope, Order::Last), " AND t.tasks_total > 0", page)?;
    let (mut threads, mut bytes) = (Vec::new(), 0);
    for (item, num) in &walk.found {
        let tasks = thread::tasks(db, *num)?;
        bytes += tasks.iter().map(|task| task.text.len()).sum::<usize>();
        if bytes > PAGE_BYTES_MAX && !threads.is_empty() {
            break;
        }
        threads.push(ThreadProgress {
            thread: item.summary.thread,
            account: item.summary.account,
            subject: item.summary.subject.clone(),
            done: item.summary.tasks_total.saturating_sub(item.summary.tasks_open),
            total: item.summary.tasks_total,
            tasks,
        });
    }
    walk.shorten(threads.len());
    let accounts = accounts(db, actor, &access, &threads)?;
    Ok(Reply::Progress { threads, accounts, next: walk.next })
}

/// Totals of the accounts on a page, each once, in the order in which they appear.
fn accounts(
    db: Db<'_>,
    actor: Actor,
    access: &Access,
    threads: &[ThreadProgress],
) -> Result<Vec<AccountProgress>, SqlError> {
    let mut totals: Vec<AccountProgress> = Vec::new();
    for ThreadProgress { account, .. } in threads {
        if totals.iter().any(|total| total.account == *account) {
            continue;
        }
        let scope = Scope::of(access, Some(*account));
        // Of an account that is seen whole, the person makes no difference.
        let whole = params![actor.firm.0, account.0];
        let within = params![actor.firm.0, actor.person.uuid(), account.0];
        let bound: &[Value<'_>] =
            if matches!(scope, Scope::MemberWithin(_)) { within } else { whole };
        let sql = format!(
            "SELECT CAST(coalesce(sum(t.tasks_total - t.tasks_open), 0) AS BIGINT),
                 CAST(coalesce(sum(t.tasks_total), 0) AS BIGINT)
             FROM threads t WHERE {}",
            scope.condition(bound.len())
        );
        totals.push(db.one(&sql, bound, |row| {
            Ok(AccountProgress {
                account: *account,
                done: rows::unsigned(row, 0)?,
                total: rows::unsigned(row, 1)?,
            })
        })?);
    }
    Ok(totals)
}
