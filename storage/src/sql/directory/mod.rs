//! Changes to who there is, inside the writer's transaction. Every id is looked up inside the
//! firm; what is another firm's is `not_found`.
//!
//! Each change also says what it does to what people may see. Making somebody says nothing: there
//! is nobody connected yet to tell.

mod account;
mod contact;
mod key;
mod member;
mod revoke;

use super::query::directory as read;
use super::rows::{self, OpError, new_id};
use crate::clock::Entropy;
use crate::operation::{AccessChange, DirectoryChange, Done};
use crate::sql::{Db, SqlError, params};
use tidings_protocol::{Firm, FirmId, FirmPatch, Refusal, RefusalCode, Timestamp};
use uuid::Uuid;

/// What a change gives: the answer, and what it did to access.
pub(super) type Changed = Result<(Done, Vec<AccessChange>), OpError>;

/// Makes one change. On an error the caller takes back what it may have done.
pub(super) fn apply(
    db: Db<'_>,
    firm: FirmId,
    change: &DirectoryChange,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Changed {
    use DirectoryChange as C;
    let Some(settings) = read::firm(db, firm)? else { return Err(missing()) };
    match change {
        C::PatchFirm(patch) => patch_firm(db, settings, patch),
        C::CreateMember(new) => member::create(db, firm, new, new_id(now, entropy)),
        C::PatchMember(id, patch) => member::patch(db, firm, *id, patch),
        C::CreateAccount(new) => account::create(db, firm, new, new_id(now, entropy)),
        C::RenameAccount(id, new) => account::rename(db, firm, *id, new),
        C::Assign(account, member) => account::assign(db, firm, *account, *member),
        C::Unassign(account, member) => account::unassign(db, firm, *account, *member),
        C::CreateContact(new) => contact::create(db, firm, new, new_id(now, entropy)),
        C::PatchContact(id, patch) => contact::patch(db, firm, *id, patch),
        C::CreateApiKey { label, hash } => {
            key::create(db, firm, (label, hash), now, new_id(now, entropy))
        }
        C::DeleteApiKey(id) => key::delete(db, firm, *id),
        C::Revoke { revocation, remember_until } => {
            revoke::revoke(db, firm, revocation, *remember_until, now)
        }
    }
}

/// Makes a firm.
pub(super) fn create_firm(
    db: Db<'_>,
    name: &str,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<Firm, SqlError> {
    let firm = Firm {
        firm: FirmId(new_id(now, entropy)),
        name: name.to_owned(),
        contacts_may_start: true,
        created_ms: now,
    };
    db.write(
        "INSERT INTO firms (id, name, contacts_may_start, created_ms) VALUES (?1, ?2, ?3, ?4)",
        params![firm.firm.0, &firm.name, firm.contacts_may_start, now.0],
    )?;
    Ok(firm)
}

fn patch_firm(db: Db<'_>, mut firm: Firm, patch: &FirmPatch) -> Changed {
    if let Some(name) = &patch.name {
        firm.name.clone_from(name);
    }
    firm.contacts_may_start = patch.contacts_may_start.unwrap_or(firm.contacts_may_start);
    db.write(
        "UPDATE firms SET name = ?2, contacts_may_start = ?3 WHERE id = ?1",
        params![firm.firm.0, &firm.name, firm.contacts_may_start],
    )?;
    Ok((Done::Firm(firm), Vec::new()))
}

fn missing() -> OpError {
    RefusalCode::NotFound.into()
}

/// There are as many as there may be.
fn too_many(what: &str, limit: u64) -> OpError {
    Refusal::new(RefusalCode::TooMany)
        .limit(limit)
        .because(format!("at most {limit} {what}"))
        .into()
}

/// Refuses one more where a count has reached its limit.
fn room_for_one(db: Db<'_>, count: &str, of: Uuid, what: &str, limit: u64) -> Result<(), OpError> {
    let there = db.one(count, params![of], |row| rows::unsigned(row, 0))?;
    if there >= limit { Err(too_many(what, limit)) } else { Ok(()) }
}
