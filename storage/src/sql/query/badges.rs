//! The numbers on a person's icons. Asked on every connect and after changes, so each of them is
//! at most one walk over what the person sees.

use super::access;
use super::scope::{Scope, still_visible};
use super::threads::UNREAD;
use super::waiting::waits;
use crate::access::{Access, Actor};
use crate::sql::rows;
use crate::sql::{Db, SqlError, given, params};
use tidings_protocol::{Badges, ThreadItem, WaitingItem};

/// All of them; zeros for whoever has no access.
pub(in crate::sql) fn badges(db: Db<'_>, actor: Actor) -> Result<Badges, SqlError> {
    match access::standing(db, actor)? {
        Some(access) => of(db, actor, &access),
        None => Ok(Badges::default()),
    }
}

/// All of them for an access that is known.
pub(super) fn of(db: Db<'_>, actor: Actor, access: &Access) -> Result<Badges, SqlError> {
    let scope = Scope::of(access, None);
    let mut badges = db.one(
        &threads_statement(scope),
        given(params![actor.firm.0, actor.person.uuid(), scope.account()]),
        |row| {
            Ok(Badges {
                unread_threads: rows::unsigned(row, 0)?,
                unread_messages: rows::unsigned(row, 1)?,
                inbox: 0,
                waiting: rows::unsigned(row, 2)?,
            })
        },
    )?;
    if let Access::Team { .. } = access {
        let own = params![actor.firm.0, actor.person.uuid()];
        // Who sees all of the firm is asked for alone.
        let own = if access.sees_all_accounts() { &own[1..] } else { own };
        badges.inbox = db.one(&inbox_statement(access), own, |row| rows::unsigned(row, 0))?;
    }
    Ok(badges)
}

/// All of a contact's whose threads have all been read, and what waits of them.
pub(super) fn of_contact(threads: &[ThreadItem], waiting: &[WaitingItem]) -> Badges {
    let unread = threads.iter().map(|item| item.unread).filter(|unread| *unread > 0);
    Badges {
        unread_threads: unread.clone().count() as u64,
        unread_messages: unread.sum(),
        inbox: 0,
        waiting: waiting.len() as u64,
    }
}

/// What is unread, and for a contact what waits. The team's does not count that.
pub(super) fn threads_statement(scope: Scope) -> String {
    let waiting = match scope {
        Scope::Firm => return FIRM_UNREAD.to_owned(),
        Scope::Account(_) => format!("count(*) FILTER (WHERE {})", waits()),
        Scope::Member | Scope::MemberOfMany | Scope::MemberWithin(_) | Scope::Nothing => {
            "0".to_owned()
        }
    };
    format!(
        "SELECT count(*) FILTER (WHERE {UNREAD}),
             CAST(coalesce(sum(t.messages - coalesce(p.read_messages, 0)), 0) AS BIGINT), {waiting}
         FROM threads t LEFT JOIN participants p ON p.thread = t.num AND p.person = ?2
         WHERE {}",
        scope.condition(3)
    )
}

/// Over a whole firm: all there is, which an index alone answers, less what the person has read.
/// Most have read in few of the threads that they see; to ask each thread would cost many times
/// as much.
const FIRM_UNREAD: &str = "SELECT a.threads - r.threads, a.messages - r.messages, 0 FROM
     (SELECT count(*) AS threads, CAST(coalesce(sum(t.messages), 0) AS BIGINT) AS messages
         FROM threads t WHERE t.firm = ?1) a,
     (SELECT count(*) FILTER (WHERE p.read_messages >= t.messages) AS threads,
             CAST(coalesce(sum(p.read_messages), 0) AS BIGINT) AS messages
         FROM participants o
         CROSS JOIN participants p ON p.thread = o.thread AND p.person = o.person
         CROSS JOIN threads t ON t.num = o.thread
         WHERE o.person = ?2 AND t.firm = ?1) r";

/// Who sees every thread of the firm sees all of its own inbox: its index alone answers.
pub(super) fn inbox_statement(access: &Access) -> String {
    if access.sees_all_accounts() {
        return "SELECT count(*) FROM inbox i WHERE i.member = ?1 AND i.archived = 0".to_owned();
    }
    format!(
        "SELECT count(*) FROM inbox i CROSS JOIN threads t ON t.num = i.thread
         WHERE i.member = ?2 AND i.archived = 0 AND {}",
        still_visible(access)
    )
}
