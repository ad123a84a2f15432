//! What people see of the directory from a socket: colleagues to mention, accounts to write to,
//! their own preferences.

use super::cursor::{self, IN_COMMANDS, bad};
use super::{access, directory};
use crate::access::{Access, Actor};
use crate::sqlite::rows::{self, OpError};
use rusqlite::{Connection, OptionalExtension, params};
use tidings_protocol::{
    AccountId, AccountItem, Colleague, MemberId, Page, Person, Preferences, RefusalCode, Reply,
};
use uuid::Uuid;

/// Answers `list_members`.
pub(super) fn members(db: &Connection, actor: Actor, page: &Page) -> Result<Reply, OpError> {
    if matches!(access::required(db, actor)?, Access::Contact { .. }) {
        return Err(RefusalCode::NotAllowed.into());
    }
    let limit = cursor::limit(page)?;
    let (name, id) = directory::position(db, "members", actor.firm, page, IN_COMMANDS)?;
    let mut statement = db.prepare_cached(
        "SELECT id, name FROM members WHERE firm = ?1 AND (name, id) > (?2, ?3) AND active = 1
         ORDER BY name, id LIMIT ?4",
    )?;
    let found = statement
        .query_map(params![actor.firm.0.as_bytes(), name, id, limit + 1], |row| {
            Ok(Colleague { member: MemberId(rows::uuid(row, 0)?), name: row.get(1)? })
        })?;
    let mut items = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|item| cursor::after_id(item.member.0));
    Ok(Reply::Members { items, next })
}

/// Accounts `a` of the firm `?1` that a person sees: `?2` is the person of a plain member or the
/// account of a contact.
fn accounts_from(access: &Access) -> &'static str {
    match access {
        Access::Contact { .. } => "accounts a WHERE a.id = ?2 AND a.firm = ?1",
        Access::Team { .. } if access.sees_all_accounts() => {
            "accounts a WHERE a.firm = ?1 AND ?2 IS ?2"
        }
        Access::Team { .. } => {
            "assignments s CROSS JOIN accounts a ON a.id = s.account
             WHERE s.member = ?2 AND a.firm = ?1"
        }
    }
}

pub(super) fn accounts_statement(access: &Access) -> String {
    let from = accounts_from(access);
    format!(
        "SELECT a.id, a.name, EXISTS
             (SELECT 1 FROM contacts c WHERE c.account = a.id AND c.state = 2)
         FROM {from} AND (a.name, a.id) > (?3, ?4) ORDER BY a.name, a.id LIMIT ?5"
    )
}

/// Answers `list_accounts`.
pub(super) fn accounts(db: &Connection, actor: Actor, page: &Page) -> Result<Reply, OpError> {
    let access = access::required(db, actor)?;
    let limit = cursor::limit(page)?;
    let from = accounts_from(&access);
    let whose = match access {
        Access::Contact { account } => account.0,
        Access::Team { .. } => actor.person.uuid(),
    };
    let (name, id) = account_position(db, actor, from, whose, page)?;
    let mut statement = db.prepare_cached(&accounts_statement(&access))?;
    let found = statement.query_map(
        params![actor.firm.0.as_bytes(), whose.as_bytes(), name, id, limit + 1],
        |row| {
            let account = AccountId(rows::uuid(row, 0)?);
            Ok(AccountItem { account, name: row.get(1)?, reachable: row.get(2)? })
        },
    )?;
    let mut items = found.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|item| cursor::after_id(item.account.0));
    Ok(Reply::Accounts { items, next })
}

/// Name and id after which the list goes on. The cursor's account must be one that the person
/// sees: from others not even the order of names is to be learned.
fn account_position(
    db: &Connection,
    actor: Actor,
    from: &str,
    whose: Uuid,
    page: &Page,
) -> Result<(String, Vec<u8>), OpError> {
    let Some(id) = cursor::id(page, IN_COMMANDS)? else { return Ok((String::new(), Vec::new())) };
    let name = db
        .prepare_cached(&format!("SELECT a.name FROM {from} AND a.id = ?3"))?
        .query_row(params![actor.firm.0.as_bytes(), whose.as_bytes(), id.as_bytes()], |row| {
            row.get(0)
        })
        .optional()?;
    Ok((name.ok_or_else(|| bad(IN_COMMANDS))?, id.as_bytes().to_vec()))
}

/// What a person has chosen.
pub(in crate::sqlite) fn preferences(
    db: &Connection,
    actor: Actor,
) -> Result<Preferences, OpError> {
    access::required(db, actor)?;
    let (sql, member) = match actor.person {
        Person::Member(_) => (
            "SELECT language, time_zone, 1, channels FROM members WHERE id = ?1 AND firm = ?2",
            true,
        ),
        Person::Contact(_) => {
            ("SELECT language, time_zone, notify FROM contacts WHERE id = ?1 AND firm = ?2", false)
        }
    };
    let ids = params![actor.person.uuid().into_bytes(), actor.firm.0.as_bytes()];
    let preferences = db.prepare_cached(sql)?.query_row(ids, |row| {
        Ok(Preferences {
            language: rows::language(row, 0)?,
            time_zone: row.get(1)?,
            notify: row.get(2)?,
            kinds: if member { rows::kind_channels(rows::small(row, 3)?) } else { Vec::new() },
        })
    })?;
    Ok(preferences)
}
