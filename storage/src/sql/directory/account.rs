//! Clients, and which members they are assigned to.

use super::member::sees_all;
use super::{Changed, missing, read};
use crate::operation::{AccessChange, Done};
use crate::sql::rows::OpError;
use crate::sql::{Db, params};
use crate::zone;
use tidings_protocol::{
    Account, AccountId, AccountPatch, FirmId, Member, MemberId, NewAccount, Person,
};
use uuid::Uuid;

/// Makes an account.
pub(super) fn create(db: Db<'_>, firm: FirmId, new: &NewAccount, id: Uuid) -> Changed {
    zone::check(&new.time_zone)?;
    db.write(
        "INSERT INTO accounts (id, firm, name, time_zone) VALUES (?1, ?2, ?3, ?4)",
        params![id, firm.0, &new.name, &new.time_zone],
    )?;
    let account = Account {
        account: AccountId(id),
        name: new.name.clone(),
        time_zone: new.time_zone.clone(),
        members: Vec::new(),
    };
    Ok((Done::Account(account), Vec::new()))
}

/// Changes an account.
pub(super) fn patch(db: Db<'_>, firm: FirmId, id: AccountId, patch: &AccountPatch) -> Changed {
    let mut account = account(db, firm, id)?;
    account.name = patch.name.clone().unwrap_or(account.name);
    if let Some(name) = &patch.time_zone {
        zone::check(name)?;
        account.time_zone.clone_from(name);
    }
    db.write(
        "UPDATE accounts SET name = ?3, time_zone = ?4 WHERE id = ?1 AND firm = ?2",
        params![id.0, firm.0, &account.name, &account.time_zone],
    )?;
    Ok((Done::Account(account), Vec::new()))
}

/// Gives a member access to an account.
pub(super) fn assign(db: Db<'_>, firm: FirmId, id: AccountId, member: MemberId) -> Changed {
    let sql = "INSERT INTO assignments (account, member) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    reassign(db, firm, id, member, sql, AccessChange::Grew)
}

/// Takes it away.
pub(super) fn unassign(db: Db<'_>, firm: FirmId, id: AccountId, member: MemberId) -> Changed {
    let sql = "DELETE FROM assignments WHERE account = ?1 AND member = ?2";
    reassign(db, firm, id, member, sql, AccessChange::Shrank)
}

fn reassign(
    db: Db<'_>,
    firm: FirmId,
    id: AccountId,
    member: MemberId,
    sql: &str,
    change: fn(Person) -> AccessChange,
) -> Changed {
    account(db, firm, id)?;
    let whom: Member = read::member(db, firm, member)?.ok_or_else(missing)?;
    let changed = db.change(sql, params![id.0, member.0])? > 0;
    let felt = changed && whom.active && !sees_all(&whom);
    let access = felt.then(|| change(Person::Member(member)));
    Ok((Done::Account(account(db, firm, id)?), access.into_iter().collect()))
}

fn account(db: Db<'_>, firm: FirmId, id: AccountId) -> Result<Account, OpError> {
    read::account(db, firm, id)?.ok_or_else(missing)
}
