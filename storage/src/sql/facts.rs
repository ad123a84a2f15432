//! What the writer has to know of people, firms and accounts to decide over an operation, read
//! from the directory.

use super::rows;
use crate::access::Access;
use crate::mention::Names;
use crate::operation::Epoch;
use crate::sql::{Db, SqlError, params};
use std::collections::HashSet;
use tidings_protocol::{
    AccountId, ContactId, ContactState, FirmId, MemberId, Person, Rights, Role,
};

/// Somebody who may log in.
#[derive(Debug)]
pub(super) struct PersonFacts {
    /// The tenant.
    pub(super) firm: FirmId,
    /// What it sees. Mentions are not in here: each thread knows whom it let in.
    pub(super) access: Access,
    /// Of a member, where kinds of inbox items go: `members.channels`.
    pub(super) channels: u16,
}

/// A tenant.
#[derive(Debug)]
pub(super) struct FirmFacts {
    /// Whether contacts may start threads.
    pub(super) contacts_may_start: bool,
    /// How often access has ended in it.
    pub(super) epoch: Epoch,
    /// The owner, once there is one.
    pub(super) owner: Option<MemberId>,
    /// The active team, by name.
    pub(super) names: Names,
}

/// A client.
#[derive(Clone, Copy, Debug)]
pub(super) struct AccountFacts {
    /// The tenant.
    pub(super) firm: FirmId,
    /// Whether it has an active contact.
    pub(super) reachable: bool,
}

/// Somebody, if there is such a person and it may log in.
pub(super) fn person(db: Db<'_>, person: Person) -> Result<Option<PersonFacts>, SqlError> {
    match person {
        Person::Member(id) => member(db, id),
        Person::Contact(id) => contact(db, id),
    }
}

fn member(db: Db<'_>, id: MemberId) -> Result<Option<PersonFacts>, SqlError> {
    let found = db.row(
        "SELECT firm, role, rights, channels FROM members WHERE id = ?1 AND active = 1",
        params![id.0],
        |row| {
            let channels = rows::small(row, 3)?;
            Ok((row.id(0)?, rows::role(row, 1)?, rows::rights(row, 2)?, channels))
        },
    )?;
    let Some((firm, role, rights, channels)) = found else { return Ok(None) };
    let accounts = assigned(db, id, role, rights)?;
    let access = Access::Team { role, rights, accounts, mentioned: HashSet::new() };
    Ok(Some(PersonFacts { firm: FirmId(firm), access, channels }))
}

/// The accounts a member's view is made of; none for those who see all anyway.
fn assigned(
    db: Db<'_>,
    member: MemberId,
    role: Role,
    rights: Rights,
) -> Result<HashSet<AccountId>, SqlError> {
    if role != Role::Member || rights.view_all_accounts {
        return Ok(HashSet::new());
    }
    let sql = "SELECT account FROM assignments WHERE member = ?1";
    let found = db.rows(sql, params![member.0], |row| row.id(0).map(AccountId))?;
    Ok(found.into_iter().collect())
}

fn contact(db: Db<'_>, id: ContactId) -> Result<Option<PersonFacts>, SqlError> {
    db.row(
        "SELECT firm, account FROM contacts WHERE id = ?1 AND state = ?2",
        params![id.0, rows::contact_state_number(ContactState::Active)],
        |row| {
            let account = AccountId(row.id(1)?);
            let firm = FirmId(row.id(0)?);
            Ok(PersonFacts { firm, access: Access::Contact { account }, channels: 0 })
        },
    )
}

/// A firm, if there is one.
pub(super) fn firm(db: Db<'_>, id: FirmId) -> Result<Option<FirmFacts>, SqlError> {
    let settings = db.row(
        "SELECT contacts_may_start, access_epoch FROM firms WHERE id = ?1",
        params![id.0],
        |row| Ok((row.bool(0)?, Epoch(rows::unsigned(row, 1)?))),
    )?;
    let Some((contacts_may_start, epoch)) = settings else { return Ok(None) };
    let team = db.rows(
        "SELECT id, name, role FROM members WHERE firm = ?1 AND active = 1",
        params![id.0],
        |row| Ok((MemberId(row.id(0)?), row.text(1)?, rows::role(row, 2)?)),
    )?;
    let owner = team.iter().find(|(_, _, role)| *role == Role::Owner).map(|(member, ..)| *member);
    let names = Names::new(team.into_iter().map(|(member, name, _)| (member, name)));
    Ok(Some(FirmFacts { contacts_may_start, epoch, owner, names }))
}

/// An account, if there is one.
pub(super) fn account(db: Db<'_>, id: AccountId) -> Result<Option<AccountFacts>, SqlError> {
    db.row(
        "SELECT firm, EXISTS (SELECT 1 FROM contacts WHERE account = ?1 AND state = ?2)
         FROM accounts WHERE id = ?1",
        params![id.0, rows::contact_state_number(ContactState::Active)],
        |row| Ok(AccountFacts { firm: FirmId(row.id(0)?), reachable: row.bool(1)? }),
    )
}
