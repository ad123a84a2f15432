//! The directory as the HTTP API reads it: whole rows, by id or by name, always inside one firm.

use super::cursor::{self, bad};
use crate::sqlite::rows::{self, OpError};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use tidings_protocol::{
    Account, AccountId, ApiKey, ApiKeyId, Contact, ContactId, Firm, FirmId, List, Member, MemberId,
    Page, Person, RefusalCode,
};
use uuid::Uuid;

const MEMBER: &str = "SELECT id, name, email, role, rights, active FROM members";
const CONTACT: &str =
    "SELECT id, account, name, email, notify, state, language, time_zone FROM contacts";

/// A firm.
pub(in crate::sqlite) fn firm(db: &Connection, firm: FirmId) -> rusqlite::Result<Option<Firm>> {
    db.prepare_cached("SELECT name, contacts_may_start, created_ms FROM firms WHERE id = ?1")?
        .query_row([firm.0.as_bytes()], |row| {
            Ok(Firm {
                firm,
                name: row.get(0)?,
                contacts_may_start: row.get(1)?,
                created_ms: rows::timestamp(row, 2)?,
            })
        })
        .optional()
}

/// Name and id of the row in which the page before ended; before everything for the first page.
/// The table is one of ours, never from outside.
pub(super) fn position(
    db: &Connection,
    table: &'static str,
    firm: FirmId,
    page: &Page,
    field: &str,
) -> Result<(String, Vec<u8>), OpError> {
    let Some(id) = cursor::id(page, field)? else { return Ok((String::new(), Vec::new())) };
    let name = db
        .prepare_cached(&format!("SELECT name FROM {table} WHERE id = ?1 AND firm = ?2"))?
        .query_row(params![id.as_bytes(), firm.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok((name.ok_or_else(|| bad(field))?, id.as_bytes().to_vec()))
}

/// Runs a query for one item more than a page has, and cuts it.
fn listed<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    limit: u32,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
    id: fn(&T) -> Uuid,
) -> rusqlite::Result<List<T>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut items = statement.query_map(params, read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|item| cursor::after_id(id(item)));
    Ok(List { items, next })
}

fn read_member(row: &Row<'_>) -> rusqlite::Result<Member> {
    Ok(Member {
        member: MemberId(rows::uuid(row, 0)?),
        name: row.get(1)?,
        email: row.get(2)?,
        role: rows::role(row, 3)?,
        rights: rows::rights(row, 4)?,
        active: row.get(5)?,
    })
}

/// A page of the team.
pub(in crate::sqlite) fn members(
    db: &Connection,
    firm: FirmId,
    page: &Page,
) -> Result<List<Member>, OpError> {
    let limit = cursor::limit(page)?;
    let (name, id) = position(db, "members", firm, page, "cursor")?;
    let sql =
        format!("{MEMBER} WHERE firm = ?1 AND (name, id) > (?2, ?3) ORDER BY name, id LIMIT ?4");
    let bound = params![firm.0.as_bytes(), name, id, limit + 1];
    Ok(listed(db, &sql, bound, limit, read_member, |member| member.member.0)?)
}

/// One of the team.
pub(in crate::sqlite) fn member(
    db: &Connection,
    firm: FirmId,
    member: MemberId,
) -> rusqlite::Result<Option<Member>> {
    db.prepare_cached(&format!("{MEMBER} WHERE id = ?1 AND firm = ?2"))?
        .query_row(params![member.0.as_bytes(), firm.0.as_bytes()], read_member)
        .optional()
}

/// An account without its members.
fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let account = AccountId(rows::uuid(row, 0)?);
    Ok(Account { account, name: row.get(1)?, members: Vec::new() })
}

fn assigned(db: &Connection, account: AccountId) -> rusqlite::Result<Vec<MemberId>> {
    let sql = "SELECT member FROM assignments WHERE account = ?1 ORDER BY member";
    let mut statement = db.prepare_cached(sql)?;
    let members =
        statement.query_map([account.0.as_bytes()], |row| rows::uuid(row, 0).map(MemberId))?;
    members.collect()
}

/// A page of the accounts.
pub(in crate::sqlite) fn accounts(
    db: &Connection,
    firm: FirmId,
    page: &Page,
) -> Result<List<Account>, OpError> {
    let limit = cursor::limit(page)?;
    let (name, id) = position(db, "accounts", firm, page, "cursor")?;
    let sql = "SELECT id, name FROM accounts WHERE firm = ?1 AND (name, id) > (?2, ?3)
         ORDER BY name, id LIMIT ?4";
    let bound = params![firm.0.as_bytes(), name, id, limit + 1];
    let mut list = listed(db, sql, bound, limit, read_account, |account| account.account.0)?;
    for account in &mut list.items {
        account.members = assigned(db, account.account)?;
    }
    Ok(list)
}

/// One account.
pub(in crate::sqlite) fn account(
    db: &Connection,
    firm: FirmId,
    account: AccountId,
) -> rusqlite::Result<Option<Account>> {
    let found = db
        .prepare_cached("SELECT id, name FROM accounts WHERE id = ?1 AND firm = ?2")?
        .query_row(params![account.0.as_bytes(), firm.0.as_bytes()], read_account)
        .optional()?;
    let Some(mut found) = found else { return Ok(None) };
    found.members = assigned(db, account)?;
    Ok(Some(found))
}

fn read_contact(row: &Row<'_>) -> rusqlite::Result<Contact> {
    Ok(Contact {
        contact: ContactId(rows::uuid(row, 0)?),
        account: AccountId(rows::uuid(row, 1)?),
        name: row.get(2)?,
        email: row.get(3)?,
        notify: row.get(4)?,
        state: rows::contact_state(row, 5)?,
        language: rows::language(row, 6)?,
        time_zone: row.get(7)?,
    })
}

/// A page of the contacts of a firm, or of one of its accounts.
pub(in crate::sqlite) fn contacts(
    db: &Connection,
    firm: FirmId,
    account: Option<AccountId>,
    page: &Page,
) -> Result<List<Contact>, OpError> {
    let limit = cursor::limit(page)?;
    let (name, id) = position(db, "contacts", firm, page, "cursor")?;
    let condition = match account {
        None => "firm = ?1 AND ?5 IS NULL",
        Some(account) => {
            let sql = "SELECT 1 FROM accounts WHERE id = ?1 AND firm = ?2";
            let known = params![account.0.as_bytes(), firm.0.as_bytes()];
            if !db.prepare_cached(sql)?.exists(known)? {
                return Err(RefusalCode::NotFound.into());
            }
            "+firm = ?1 AND account = ?5"
        }
    };
    let sql =
        format!("{CONTACT} WHERE {condition} AND (name, id) > (?2, ?3) ORDER BY name, id LIMIT ?4");
    let account = account.map(|account| account.0.into_bytes());
    let bound = params![firm.0.as_bytes(), name, id, limit + 1, account];
    Ok(listed(db, &sql, bound, limit, read_contact, |contact| contact.contact.0)?)
}

/// One contact.
pub(in crate::sqlite) fn contact(
    db: &Connection,
    firm: FirmId,
    contact: ContactId,
) -> rusqlite::Result<Option<Contact>> {
    db.prepare_cached(&format!("{CONTACT} WHERE id = ?1 AND firm = ?2"))?
        .query_row(params![contact.0.as_bytes(), firm.0.as_bytes()], read_contact)
        .optional()
}

/// A firm's API keys, oldest first. They are few: there is a bound.
pub(in crate::sqlite) fn api_keys(db: &Connection, firm: FirmId) -> rusqlite::Result<Vec<ApiKey>> {
    let sql = "SELECT id, label, created_ms FROM api_keys WHERE firm = ?1 ORDER BY created_ms, id";
    let mut statement = db.prepare_cached(sql)?;
    let keys = statement.query_map([firm.0.as_bytes()], |row| {
        Ok(ApiKey {
            key: ApiKeyId(rows::uuid(row, 0)?),
            label: row.get(1)?,
            created_ms: rows::timestamp(row, 2)?,
        })
    })?;
    keys.collect()
}

/// Which firm a person belongs to, whether it may log in or not.
pub(in crate::sqlite) fn firm_of(
    db: &Connection,
    person: Person,
) -> rusqlite::Result<Option<FirmId>> {
    let sql = match person {
        Person::Member(_) => "SELECT firm FROM members WHERE id = ?1",
        Person::Contact(_) => "SELECT firm FROM contacts WHERE id = ?1",
    };
    db.prepare_cached(sql)?
        .query_row([person.uuid().into_bytes()], |row| rows::uuid(row, 0).map(FirmId))
        .optional()
}
