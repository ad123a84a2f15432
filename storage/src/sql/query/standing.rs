//! How many people stand, with their tokens, on a handful of journeys to the database: what
//! `access` and `tokens` say of each of them. The contract suite holds the two against each other.

use crate::access::{Access, Actor};
use crate::backend::{Claim, Standing};
use crate::sql::{Db, Row, SqlError, rows};
use std::collections::{HashMap, HashSet};
use tidings_protocol::{
    AccountId, ContactId, FirmId, MemberId, Person, ThreadId, Timestamp, TokenId,
};
use uuid::Uuid;

const MEMBERS: &str =
    "SELECT tokens_from_ms, active, role, rights FROM members WHERE id = ?1 AND firm = ?2";
const CONTACTS: &str =
    "SELECT tokens_from_ms, state, account FROM contacts WHERE id = ?1 AND firm = ?2";
const ASSIGNED: &str = "SELECT account FROM assignments WHERE member = ?1";
const MENTIONED: &str = "SELECT t.id FROM participants p CROSS JOIN threads t ON t.num = p.thread
     WHERE p.person = ?1 AND p.mentioned = 1";
const REVOKED: &str = "SELECT 1 FROM revoked_tokens WHERE firm = ?1 AND id = ?2";

/// Somebody who exists in the firm.
struct Found {
    /// None if it may not log in.
    access: Option<Access>,
    /// What was issued before is void.
    tokens_from: Timestamp,
}

/// How all of these stand.
pub(in crate::sql) fn standings(db: Db<'_>, claims: &[Claim]) -> Result<Vec<Standing>, SqlError> {
    let mut people = people(db, claims)?;
    fill_in(db, &mut people)?;
    let revoked = revoked(db, claims)?;
    let standings = claims.iter().map(|Claim { actor, tokens }| {
        let Some(found) = people.get(actor) else {
            return Standing { access: None, tokens_stand: false };
        };
        let tokens_stand = tokens.iter().all(|(token, issued)| {
            *issued >= found.tokens_from
                && token.is_none_or(|token| !revoked.contains(&(actor.firm, token)))
        });
        Standing { access: found.access.clone(), tokens_stand }
    });
    Ok(standings.collect())
}

/// Those who exist, as yet without what was given to each of the team.
fn people(db: Db<'_>, claims: &[Claim]) -> Result<HashMap<Actor, Found>, SqlError> {
    let (mut members, mut contacts) = (HashSet::new(), HashSet::new());
    for Actor { firm, person } in claims.iter().map(|claim| claim.actor) {
        match person {
            Person::Member(id) => members.insert([id.0, firm.0]),
            Person::Contact(id) => contacts.insert([id.0, firm.0]),
        };
    }
    let mut found = db.rows_of_keys(MEMBERS, members, |[id, firm], row| {
        let actor = Actor { firm: FirmId(firm), person: Person::Member(MemberId(id)) };
        Ok((actor, member(row)?))
    })?;
    found.extend(db.rows_of_keys(CONTACTS, contacts, |[id, firm], row| {
        let actor = Actor { firm: FirmId(firm), person: Person::Contact(ContactId(id)) };
        Ok((actor, contact(row)?))
    })?);
    Ok(found.into_iter().collect())
}

fn member(row: &Row<'_>) -> Result<Found, SqlError> {
    let access = Access::Team {
        role: rows::role(row, 2)?,
        rights: rows::rights(row, 3)?,
        accounts: HashSet::new(),
        mentioned: HashSet::new(),
    };
    let access = (row.int(1)? == 1).then_some(access);
    Ok(Found { access, tokens_from: rows::timestamp(row, 0)? })
}

fn contact(row: &Row<'_>) -> Result<Found, SqlError> {
    let access = Access::Contact { account: AccountId(row.id(2)?) };
    let active = rows::contact_state(row, 1)? == tidings_protocol::ContactState::Active;
    Ok(Found { access: active.then_some(access), tokens_from: rows::timestamp(row, 0)? })
}

/// Adds what those see who do not see everything anyway.
fn fill_in(db: Db<'_>, people: &mut HashMap<Actor, Found>) -> Result<(), SqlError> {
    // Ids of people are of one firm each.
    let mut lists = HashMap::new();
    for (actor, found) in people {
        if let Some(access) = &mut found.access
            && !access.sees_all_accounts()
            && let Access::Team { accounts, mentioned, .. } = access
        {
            lists.insert(actor.person.uuid(), (accounts, mentioned));
        }
    }
    let ids: Vec<Uuid> = lists.keys().copied().collect();
    for (id, account) in
        db.rows_of(ASSIGNED, ids.iter().copied(), |id, row| Ok((id, row.id(0)?)))?
    {
        if let Some((accounts, _)) = lists.get_mut(&id) {
            accounts.insert(AccountId(account));
        }
    }
    for (id, thread) in db.rows_of(MENTIONED, ids, |id, row| Ok((id, row.id(0)?)))? {
        if let Some((_, mentioned)) = lists.get_mut(&id) {
            mentioned.insert(ThreadId(thread));
        }
    }
    Ok(())
}

/// Which of the tokens were revoked by their ids.
fn revoked(db: Db<'_>, claims: &[Claim]) -> Result<HashSet<(FirmId, TokenId)>, SqlError> {
    let named = claims.iter().flat_map(|Claim { actor, tokens }| {
        tokens.iter().filter_map(|(token, _)| Some([actor.firm.0, (*token)?.0]))
    });
    let revoked =
        db.rows_of_keys(REVOKED, named, |[firm, token], _| Ok((FirmId(firm), TokenId(token))))?;
    Ok(revoked.into_iter().collect())
}
