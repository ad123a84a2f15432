//! The progress view: the tasks of all threads that one sees, and how far accounts are.

use super::scope::Scope;
use super::threads::walk;
use super::{access, thread};
use crate::access::{Access, Actor};
use crate::sqlite::rows::{self, OpError};
use rusqlite::{Connection, params};
use tidings_protocol::limits::PAGE_BYTES_MAX;
use tidings_protocol::{AccountId, AccountProgress, Page, Reply, ThreadProgress};

/// Answers `task_progress`.
pub(super) fn list(
    db: &Connection,
    actor: Actor,
    account: Option<AccountId>,
    page: &Page,
) -> Result<Reply, OpError> {
    let access = match account {
        None => access::required(db, actor)?,
        Some(account) => access::for_account(db, actor, account)?,
    };
    let scope = Scope::of(&access, account);
    let mut walk = walk(db, actor, scope, " AND t.tasks_total > 0", page)?;
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
    db: &Connection,
    actor: Actor,
    access: &Access,
    threads: &[ThreadProgress],
) -> rusqlite::Result<Vec<AccountProgress>> {
    let mut totals: Vec<AccountProgress> = Vec::new();
    for ThreadProgress { account, .. } in threads {
        if totals.iter().any(|total| total.account == *account) {
            continue;
        }
        let scope = Scope::of(access, Some(*account));
        let sql = format!(
            "SELECT coalesce(sum(t.tasks_total - t.tasks_open), 0), coalesce(sum(t.tasks_total), 0)
             FROM threads t WHERE {}",
            scope.condition()
        );
        let ids = params![
            actor.firm.0.as_bytes(),
            actor.person.uuid().into_bytes(),
            account.0.as_bytes()
        ];
        totals.push(db.prepare_cached(&sql)?.query_row(ids, |row| {
            Ok(AccountProgress {
                account: *account,
                done: rows::unsigned(row, 0)?,
                total: rows::unsigned(row, 1)?,
            })
        })?);
    }
    Ok(totals)
}
