//! What people see of the directory from a socket: colleagues to mention, accounts to write to,
//! their own preferences.

use super::cursor::{self, IN_COMMANDS, bad};
use super::{access, directory};
use crate::access::{Access, Actor};
use crate::sql::rows::{self, OpError};
use crate::sql::{Db, given, params};
use tidings_protocol::{
    AccountId, AccountItem, Colleague, MemberId, Page, Person, Preferences, RefusalCode, Reply,
};
use uuid::Uuid;

/// Answers `list_members`.
pub(super) fn members(db: Db<'_>, actor: Actor, page: &Page) -> Result<Reply, OpError> {
    if matches!(access::required(db, actor)?, Access::Contact { .. }) {
        return Err(RefusalCode::NotAllowed.into());
    }
    let limit = cursor::limit(page)?;
    let (name, id) = directory::position(db, "members", actor.firm, page, IN_COMMANDS)?;
    let sql = "SELECT id, name FROM members WHERE firm = ?1 AND (name, id) > (?2, ?3)
         AND active = 1 ORDER BY name, id LIMIT ?4";
    let mut items = db.rows(sql, params![actor.firm.0, &name, id, limit + 1], |row| {
        Ok(Colleague { member: MemberId(row.id(0)?), name: row.text(1)? })
    })?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|item| cursor::after_id(item.member.0));
    Ok(Reply::Members { items, next })
}

/// Whose accounts are listed: those of the person of a plain member, or the one account of a
/// contact. None for all of the firm.
fn whose(access: &Access, actor: Actor) -> Option<Uuid> {
    match access {
        Access::Contact { account } => Some(account.0),
        Access::Team { .. } if access.sees_all_accounts() => None,
        Access::Team { .. } => Some(actor.person.uuid()),
    }
}

/// Accounts `a` of the firm `?1` that a person sees; [`whose`] is the parameter of this number.
fn accounts_from(access: &Access, whose: usize) -> String {
    match access {
        Access::Contact { .. } => format!("accounts a WHERE a.id = ?{whose} AND a.firm = ?1"),
        Access::Team { .. } if access.sees_all_accounts() => {
            "accounts a WHERE a.firm = ?1".to_owned()
        }
        Access::Team { .. } => format!(
            "assignments s CROSS JOIN accounts a ON a.id = s.account
             WHERE s.member = ?{whose} AND a.firm = ?1"
        ),
    }
}

pub(super) fn accounts_statement(access: &Access) -> String {
    let from = accounts_from(access, 5);
    format!(
        "SELECT a.id, a.name, EXISTS
             (SELECT 1 FROM contacts c WHERE c.account = a.id AND c.state = 2)
         FROM {from} AND (a.name, a.id) > (?2, ?3) ORDER BY a.name, a.id LIMIT ?4"
    )
}

/// Answers `list_accounts`.
pub(super) fn accounts(db: Db<'_>, actor: Actor, page: &Page) -> Result<Reply, OpError> {
    let access = access::required(db, actor)?;
    let limit = cursor::limit(page)?;
    let (name, id) = account_position(db, actor, &access, page)?;
    let params = params![actor.firm.0, &name, id, limit + 1, whose(&access, actor)];
    let mut items = db.rows(&accounts_statement(&access), given(params), |row| {
        let account = AccountId(row.id(0)?);
        Ok(AccountItem { account, name: row.text(1)?, reachable: row.bool(2)? })
    })?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|item| cursor::after_id(item.account.0));
    Ok(Reply::Accounts { items, next })
}

/// Name and id after which the list goes on. The cursor's account must be one that the person
/// sees: from others not even the order of names is to be learned.
fn account_position(
    db: Db<'_>,
    actor: Actor,
    access: &Access,
    page: &Page,
) -> Result<(String, Uuid), OpError> {
    let Some(id) = cursor::id(page, IN_COMMANDS)? else { return Ok((String::new(), Uuid::nil())) };
    let sql = format!("SELECT a.name FROM {} AND a.id = ?2", accounts_from(access, 3));
    let params = params![actor.firm.0, id, whose(access, actor)];
    let name = db.row(&sql, given(params), |row| row.text(0))?;
    Ok((name.ok_or_else(|| bad(IN_COMMANDS))?, id))
}

/// What a person has chosen.
pub(in crate::sql) fn preferences(db: Db<'_>, actor: Actor) -> Result<Preferences, OpError> {
    access::required(db, actor)?;
    let (sql, member) = match actor.person {
        Person::Member(_) => (
            "SELECT language, time_zone, 1, quiet_from, quiet_to, channels, digest_min FROM members
             WHERE id = ?1 AND firm = ?2",
            true,
        ),
        Person::Contact(_) => {
            let sql = "SELECT language, time_zone, notify, quiet_from, quiet_to FROM contacts
                 WHERE id = ?1 AND firm = ?2";
            (sql, false)
        }
    };
    let ids = params![actor.person.uuid(), actor.firm.0];
    let preferences = db.one(sql, ids, |row| {
        Ok(Preferences {
            language: rows::language(row, 0)?,
            time_zone: row.text(1)?,
            notify: row.bool(2)?,
            quiet: rows::quiet(row, 3)?,
            kinds: if member { rows::kind_channels(rows::small(row, 5)?) } else { Vec::new() },
            digest_min: if member { rows::small(row, 6)? } else { 0 },
        })
    })?;
    Ok(preferences)
}
