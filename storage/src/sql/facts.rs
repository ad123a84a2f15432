//! What the writer has to know of people, firms and accounts to decide over an operation, read
//! from the directory.

use super::rows;
use crate::access::Access;
use crate::mention::Names;
use crate::operation::Epoch;
use crate::sql::{Db, Row, SqlError, params};
use crate::zone::Zone;
use std::collections::HashSet;
use std::sync::Arc;
use tidings_protocol::{AccountId, ContactId, ContactState, FirmId, MemberId, Person, Role};

/// Somebody who may log in.
#[derive(Debug)]
pub(crate) struct PersonFacts {
    /// The tenant.
    pub(crate) firm: FirmId,
    /// What it sees. Mentions are not in here: each thread knows whom it let in.
    pub(crate) access: Access,
    /// Of a member, where kinds of inbox items go: `members.channels`.
    pub(crate) channels: u16,
}

impl PersonFacts {
    /// Whether it owns its firm.
    pub(crate) fn is_owner(&self) -> bool {
        matches!(self.access, Access::Team { role: Role::Owner, .. })
    }

    /// Takes in that a member was given an account.
    pub(crate) fn assign(&mut self, account: AccountId) {
        if !self.access.sees_all_accounts()
            && let Access::Team { accounts, .. } = &mut self.access
        {
            accounts.insert(account);
        }
    }
}

/// A tenant.
#[derive(Debug)]
pub(crate) struct FirmFacts {
    /// Whether contacts may start threads.
    pub(crate) contacts_may_start: bool,
    /// How often access has ended in it.
    pub(crate) epoch: Epoch,
    /// The owner, once there is one.
    pub(crate) owner: Option<MemberId>,
    /// How long events are gathered for an email, in milliseconds.
    pub(crate) mail_delay_ms: i64,
}

/// A client.
#[derive(Clone, Debug)]
pub(crate) struct AccountFacts {
    /// The tenant.
    pub(crate) firm: FirmId,
    /// Whether it has an active contact.
    pub(crate) reachable: bool,
    /// Where its days are counted: the name of a zone.
    pub(crate) time_zone: Arc<str>,
}

impl AccountFacts {
    /// Where its days are counted.
    pub(super) fn zone(&self) -> Zone {
        Zone::or_utc(&self.time_zone)
    }
}

/// Somebody, if there is such a person and it may log in.
pub(super) fn person(db: Db<'_>, person: Person) -> Result<Option<PersonFacts>, SqlError> {
    match person {
        Person::Member(id) => member(db, id),
        Person::Contact(id) => contact(db, id),
    }
}

/// Columns of `members` from which [`member_of`] reads.
pub(crate) const MEMBER: &str = "firm, role, rights, channels";

/// A member to whom no account is assigned, from the columns [`MEMBER`].
pub(crate) fn member_of(row: &Row<'_>) -> Result<PersonFacts, SqlError> {
    let access = Access::Team {
        role: rows::role(row, 1)?,
        rights: rows::rights(row, 2)?,
        accounts: HashSet::new(),
        mentioned: HashSet::new(),
    };
    Ok(PersonFacts { firm: FirmId(row.id(0)?), access, channels: rows::small(row, 3)? })
}

fn member(db: Db<'_>, id: MemberId) -> Result<Option<PersonFacts>, SqlError> {
    let sql = format!("SELECT {MEMBER} FROM members WHERE id = ?1 AND active = 1");
    let Some(mut found) = db.row(&sql, params![id.0], member_of)? else { return Ok(None) };
    // Who sees all of them anyway needs no list.
    if !found.access.sees_all_accounts() {
        let sql = "SELECT account FROM assignments WHERE member = ?1";
        for account in db.rows(sql, params![id.0], |row| row.id(0))? {
            found.assign(AccountId(account));
        }
    }
    Ok(Some(found))
}

/// Columns of `contacts` from which [`contact_of`] reads.
pub(crate) const CONTACT: &str = "firm, account";

/// A contact, from the columns [`CONTACT`].
pub(crate) fn contact_of(row: &Row<'_>) -> Result<PersonFacts, SqlError> {
    let access = Access::Contact { account: AccountId(row.id(1)?) };
    Ok(PersonFacts { firm: FirmId(row.id(0)?), access, channels: 0 })
}

fn contact(db: Db<'_>, id: ContactId) -> Result<Option<PersonFacts>, SqlError> {
    let sql = format!("SELECT {CONTACT} FROM contacts WHERE id = ?1 AND state = ?2");
    let active = rows::contact_state_number(ContactState::Active);
    db.row(&sql, params![id.0, active], contact_of)
}

/// Columns of `firms` from which [`firm_of`] reads.
pub(crate) const FIRM: &str = "contacts_may_start, access_epoch, mail_delay_s";

/// A firm whose owner is not known yet, from the columns [`FIRM`].
pub(crate) fn firm_of(row: &Row<'_>) -> Result<FirmFacts, SqlError> {
    let epoch = Epoch(rows::unsigned(row, 1)?);
    let mail_delay_ms = row.int(2)? * 1_000;
    Ok(FirmFacts { contacts_may_start: row.bool(0)?, epoch, owner: None, mail_delay_ms })
}

/// A firm, if there is one.
pub(super) fn firm(db: Db<'_>, id: FirmId) -> Result<Option<FirmFacts>, SqlError> {
    let sql = format!("SELECT {FIRM} FROM firms WHERE id = ?1");
    let Some(mut found) = db.row(&sql, params![id.0], firm_of)? else { return Ok(None) };
    let sql = "SELECT id FROM members WHERE firm = ?1 AND role = 0 AND active = 1";
    found.owner = db.row(sql, params![id.0], |row| row.id(0).map(MemberId))?;
    Ok(Some(found))
}

/// The active team of a firm, by name.
pub(super) fn names(db: Db<'_>, firm: FirmId) -> Result<Names, SqlError> {
    let sql = "SELECT id, name FROM members WHERE firm = ?1 AND active = 1";
    let team = db.rows(sql, params![firm.0], |row| Ok((MemberId(row.id(0)?), row.text(1)?)))?;
    Ok(Names::new(team))
}

/// Columns of `accounts a` from which [`account_of`] reads.
pub(crate) const ACCOUNT: &str =
    "a.firm, EXISTS (SELECT 1 FROM contacts c WHERE c.account = a.id AND c.state = 2), a.time_zone";

/// An account, from the columns [`ACCOUNT`].
pub(crate) fn account_of(row: &Row<'_>) -> Result<AccountFacts, SqlError> {
    let time_zone = row.text(2)?.into();
    Ok(AccountFacts { firm: FirmId(row.id(0)?), reachable: row.bool(1)?, time_zone })
}

/// An account, if there is one.
pub(super) fn account(db: Db<'_>, id: AccountId) -> Result<Option<AccountFacts>, SqlError> {
    db.row(&format!("SELECT {ACCOUNT} FROM accounts a WHERE a.id = ?1"), params![id.0], account_of)
}
