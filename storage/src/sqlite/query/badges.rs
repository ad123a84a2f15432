//! The numbers on a person's icons. Asked on every connect and after changes, so each of them is
//! one walk over what the person sees, and no further.

use super::access;
use super::scope::{Scope, still_visible};
use super::threads::UNREAD;
use super::waiting::waits;
use crate::access::{Access, Actor};
use crate::sqlite::rows;
use rusqlite::{Connection, params};
use tidings_protocol::Badges;

/// All of them; zeros for whoever has no access.
pub(in crate::sqlite) fn badges(db: &Connection, actor: Actor) -> rusqlite::Result<Badges> {
    match access::standing(db, actor)? {
        Some(access) => of(db, actor, &access),
        None => Ok(Badges::default()),
    }
}

/// All of them for an access that is known.
pub(super) fn of(db: &Connection, actor: Actor, access: &Access) -> rusqlite::Result<Badges> {
    let scope = Scope::of(access, None);
    let ids = (actor.firm.0.into_bytes(), actor.person.uuid().into_bytes());
    let mut badges = db.prepare_cached(&threads_statement(scope))?.query_row(
        params![ids.0, ids.1, scope.account()],
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
        let mut statement = db.prepare_cached(&inbox_statement(access))?;
        badges.inbox = statement.query_row(params![ids.0, ids.1], |row| rows::unsigned(row, 0))?;
    }
    Ok(badges)
}

/// The team's does not count what waits: without it, an index alone answers for the whole firm.
pub(super) fn threads_statement(scope: Scope) -> String {
    let waiting = match scope {
        Scope::Account(_) => format!("count(*) FILTER (WHERE {})", waits()),
        Scope::Firm | Scope::Member | Scope::MemberWithin(_) | Scope::Nothing => "0".to_owned(),
    };
    format!(
        "SELECT count(*) FILTER (WHERE {UNREAD}),
             coalesce(sum(t.messages - coalesce(p.read_messages, 0)), 0), {waiting}
         FROM threads t LEFT JOIN participants p ON p.thread = t.num AND p.person = ?2
         WHERE {} AND ?3 IS ?3",
        scope.condition()
    )
}

fn inbox_statement(access: &Access) -> String {
    format!(
        "SELECT count(*) FROM inbox i CROSS JOIN threads t ON t.num = i.thread
         WHERE i.member = ?2 AND i.archived = 0 AND {}",
        still_visible(access)
    )
}
