//! What a person may see, read from the directory. What follows from it is decided by
//! [`Access`], here as everywhere.

use crate::access::{Access, Actor};
use crate::sql::rows::{self, OpError};
use crate::sql::{Db, SqlError, params};
use std::collections::HashSet;
use tidings_protocol::{AccountId, Person, Refusal, RefusalCode, ThreadId};
use uuid::Uuid;

/// A person's role, or its account, with no account or thread filled in. None if it may not log
/// in or is not of that firm.
pub(in crate::sql) fn standing(db: Db<'_>, actor: Actor) -> Result<Option<Access>, SqlError> {
    let (sql, id) = match actor.person {
        Person::Member(id) => {
            ("SELECT role, rights FROM members WHERE id = ?1 AND firm = ?2 AND active = 1", id.0)
        }
        Person::Contact(id) => {
            ("SELECT account FROM contacts WHERE id = ?1 AND firm = ?2 AND state = 2", id.0)
        }
    };
    db.row(sql, params![id, actor.firm.0], |row| match actor.person {
        Person::Member(_) => Ok(Access::Team {
            role: rows::role(row, 0)?,
            rights: rows::rights(row, 1)?,
            accounts: HashSet::new(),
            mentioned: HashSet::new(),
        }),
        Person::Contact(_) => Ok(Access::Contact { account: AccountId(row.id(0)?) }),
    })
}

/// As [`standing`], refused for whoever may not log in.
pub(super) fn required(db: Db<'_>, actor: Actor) -> Result<Access, OpError> {
    standing(db, actor)?.ok_or_else(|| RefusalCode::Unauthenticated.into())
}

/// All that a person may see. Of who sees everything no list is read: it would only be long.
pub(in crate::sql) fn whole(db: Db<'_>, actor: Actor) -> Result<Option<Access>, SqlError> {
    let mut access = standing(db, actor)?;
    if access.as_ref().is_some_and(Access::sees_all_accounts) {
        return Ok(access);
    }
    if let Some(Access::Team { accounts, mentioned, .. }) = &mut access {
        let person = actor.person.uuid();
        let assigned = "SELECT account FROM assignments WHERE member = ?1";
        *accounts = ids(db, assigned, person)?.into_iter().map(AccountId).collect();
        let called = "SELECT t.id FROM participants p CROSS JOIN threads t ON t.num = p.thread
             WHERE p.person = ?1 AND p.mentioned = 1";
        *mentioned = ids(db, called, person)?.into_iter().map(ThreadId).collect();
    }
    Ok(access)
}

fn ids(db: Db<'_>, sql: &str, person: Uuid) -> Result<Vec<Uuid>, SqlError> {
    db.rows(sql, params![person], |row| row.id(0))
}

/// As [`required`], with one account filled in.
pub(super) fn for_account(db: Db<'_>, actor: Actor, account: AccountId) -> Result<Access, OpError> {
    let mut access = required(db, actor)?;
    if let Access::Team { accounts, .. } = &mut access {
        let assigned = db.exists(
            "SELECT 1 FROM assignments WHERE account = ?1 AND member = ?2",
            params![account.0, actor.person.uuid()],
        )?;
        accounts.extend(assigned.then_some(account));
    }
    Ok(access)
}

/// A thread that the actor sees, by its small number. Missing and forbidden are both `not_found`.
pub(super) fn thread(db: Db<'_>, actor: Actor, thread: ThreadId) -> Result<i64, OpError> {
    let mut access = required(db, actor)?;
    let found = db.row(
        "SELECT t.num, t.account,
             EXISTS (SELECT 1 FROM assignments a
                 WHERE a.account = t.account AND a.member = ?3),
             EXISTS (SELECT 1 FROM participants p
                 WHERE p.thread = t.num AND p.person = ?3 AND p.mentioned = 1)
         FROM threads t WHERE t.id = ?1 AND t.firm = ?2",
        params![thread.0, actor.firm.0, actor.person.uuid()],
        |row| {
            let account = AccountId(row.id(1)?);
            Ok((row.int(0)?, account, row.bool(2)?, row.bool(3)?))
        },
    )?;
    let Some((num, account, assigned, called)) = found else {
        return Err(missing());
    };
    if let Access::Team { accounts, mentioned, .. } = &mut access {
        accounts.extend(assigned.then_some(account));
        mentioned.extend(called.then_some(thread));
    }
    if access.sees_thread(account, thread) { Ok(num) } else { Err(missing()) }
}

fn missing() -> OpError {
    Refusal::new(RefusalCode::NotFound).at("thread").into()
}

/// Whether a person sees a thread.
pub(super) fn sees(db: Db<'_>, actor: Actor, id: ThreadId) -> Result<bool, SqlError> {
    match thread(db, actor, id) {
        Ok(_) => Ok(true),
        Err(OpError::Refused(_)) => Ok(false),
        Err(OpError::Sql(error)) => Err(error),
    }
}
