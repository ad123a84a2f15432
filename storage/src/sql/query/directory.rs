//! The directory as the HTTP API reads it: whole rows, by id or by name, always inside one firm.

use super::cursor::{self, bad};
use crate::sql::rows::{self, OpError};
use crate::sql::{Db, Row, SqlError, Value, given, params};
use std::collections::HashMap;
use tidings_protocol::{
    Account, AccountId, ApiKey, ApiKeyId, Contact, ContactId, Firm, FirmId, List, MailSettings,
    Member, MemberId, Page, Person, RefusalCode,
};
use uuid::Uuid;

const MEMBER: &str = "SELECT id, name, email, role, rights, active FROM members";
const CONTACT: &str =
    "SELECT id, account, name, email, notify, state, language, time_zone FROM contacts t";

/// A firm.
pub(in crate::sql) fn firm(db: Db<'_>, firm: FirmId) -> Result<Option<Firm>, SqlError> {
    db.row(
        "SELECT name, contacts_may_start, created_ms, mail_delay_s, mail_shown, mail_answers,
             mail_login_links, mail_portal_url, mail_colour, mail_logo_url, mail_footer
         FROM firms WHERE id = ?1",
        params![firm.0],
        |row| {
            Ok(Firm {
                firm,
                name: row.text(0)?,
                contacts_may_start: row.bool(1)?,
                created_ms: rows::timestamp(row, 2)?,
                mail: MailSettings {
                    delay_s: rows::small(row, 3)?,
                    show_content: row.bool(4)?,
                    answers: rows::answers(row, 5)?,
                    login_links: row.bool(6)?,
                    portal_url: row.text(7)?,
                    colour: row.text(8)?,
                    logo_url: row.text(9)?,
                    footer: row.text(10)?,
                },
            })
        },
    )
}

/// Name and id of the row in which the page before ended; before everything for the first page.
/// The table is one of ours, never from outside.
pub(super) fn position(
    db: Db<'_>,
    table: &'static str,
    firm: FirmId,
    page: &Page,
    field: &str,
) -> Result<(String, Uuid), OpError> {
    let Some(id) = cursor::id(page, field)? else { return Ok((String::new(), Uuid::nil())) };
    let name = db.row(
        &format!("SELECT name FROM {table} WHERE id = ?1 AND firm = ?2"),
        params![id, firm.0],
        |row| row.text(0),
    )?;
    Ok((name.ok_or_else(|| bad(field))?, id))
}

/// Runs a query for one item more than a page has, and cuts it.
fn listed<T>(
    db: Db<'_>,
    sql: &str,
    params: &[Value<'_>],
    limit: u32,
    read: fn(&Row<'_>) -> Result<T, SqlError>,
    id: fn(&T) -> Uuid,
) -> Result<List<T>, SqlError> {
    let mut items = db.rows(sql, params, read)?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|item| cursor::after_id(id(item)));
    Ok(List { items, next })
}

fn read_member(row: &Row<'_>) -> Result<Member, SqlError> {
    Ok(Member {
        member: MemberId(row.id(0)?),
        name: row.text(1)?,
        email: row.text(2)?,
        role: rows::role(row, 3)?,
        rights: rows::rights(row, 4)?,
        active: row.bool(5)?,
    })
}

/// A page of the team.
pub(in crate::sql) fn members(
    db: Db<'_>,
    firm: FirmId,
    page: &Page,
) -> Result<List<Member>, OpError> {
    let limit = cursor::limit(page)?;
    let (name, id) = position(db, "members", firm, page, "cursor")?;
    let sql =
        format!("{MEMBER} WHERE firm = ?1 AND (name, id) > (?2, ?3) ORDER BY name, id LIMIT ?4");
    let bound = params![firm.0, &name, id, limit + 1];
    Ok(listed(db, &sql, bound, limit, read_member, |member| member.member.0)?)
}

/// One of the team.
pub(in crate::sql) fn member(
    db: Db<'_>,
    firm: FirmId,
    member: MemberId,
) -> Result<Option<Member>, SqlError> {
    db.row(&format!("{MEMBER} WHERE id = ?1 AND firm = ?2"), params![member.0, firm.0], read_member)
}

/// An account without its members.
fn read_account(row: &Row<'_>) -> Result<Account, SqlError> {
    let account = AccountId(row.id(0)?);
    Ok(Account { account, name: row.text(1)?, time_zone: row.text(2)?, members: Vec::new() })
}

/// The members of accounts, by id.
fn assigned(
    db: Db<'_>,
    accounts: impl IntoIterator<Item = AccountId>,
) -> Result<HashMap<AccountId, Vec<MemberId>>, SqlError> {
    let sql = "SELECT member FROM assignments WHERE account = ?1 ORDER BY member";
    let ids = accounts.into_iter().map(|account| account.0);
    let found =
        db.rows_of(sql, ids, |account, row| Ok((AccountId(account), MemberId(row.id(0)?))))?;
    let mut members: HashMap<_, Vec<_>> = HashMap::new();
    for (account, member) in found {
        members.entry(account).or_default().push(member);
    }
    Ok(members)
}

/// A page of the accounts.
pub(in crate::sql) fn accounts(
    db: Db<'_>,
    firm: FirmId,
    page: &Page,
) -> Result<List<Account>, OpError> {
    let limit = cursor::limit(page)?;
    let (name, id) = position(db, "accounts", firm, page, "cursor")?;
    let sql = "SELECT id, name, time_zone FROM accounts WHERE firm = ?1 AND (name, id) > (?2, ?3)
         ORDER BY name, id LIMIT ?4";
    let bound = params![firm.0, &name, id, limit + 1];
    let mut list = listed(db, sql, bound, limit, read_account, |account| account.account.0)?;
    let mut members = assigned(db, list.items.iter().map(|account| account.account))?;
    for account in &mut list.items {
        account.members = members.remove(&account.account).unwrap_or_default();
    }
    Ok(list)
}

/// One account.
pub(in crate::sql) fn account(
    db: Db<'_>,
    firm: FirmId,
    account: AccountId,
) -> Result<Option<Account>, SqlError> {
    let found = db.row(
        "SELECT id, name, time_zone FROM accounts WHERE id = ?1 AND firm = ?2",
        params![account.0, firm.0],
        read_account,
    )?;
    let Some(mut found) = found else { return Ok(None) };
    found.members = assigned(db, [account])?.remove(&account).unwrap_or_default();
    Ok(Some(found))
}

fn read_contact(row: &Row<'_>) -> Result<Contact, SqlError> {
    Ok(Contact {
        contact: ContactId(row.id(0)?),
        account: AccountId(row.id(1)?),
        name: row.text(2)?,
        email: row.text(3)?,
        notify: row.bool(4)?,
        state: rows::contact_state(row, 5)?,
        language: rows::language(row, 6)?,
        time_zone: row.text(7)?,
    })
}

/// A page of the contacts of a firm, or of one of its accounts.
pub(in crate::sql) fn contacts(
    db: Db<'_>,
    firm: FirmId,
    account: Option<AccountId>,
    page: &Page,
) -> Result<List<Contact>, OpError> {
    let limit = cursor::limit(page)?;
    let (name, id) = position(db, "contacts", firm, page, "cursor")?;
    let condition = match account {
        None => "firm = ?1",
        Some(account) => {
            let sql = "SELECT 1 FROM accounts WHERE id = ?1 AND firm = ?2";
            if !db.exists(sql, params![account.0, firm.0])? {
                return Err(RefusalCode::NotFound.into());
            }
            "+t.firm = ?1 AND account = ?5"
        }
    };
    let sql =
        format!("{CONTACT} WHERE {condition} AND (name, id) > (?2, ?3) ORDER BY name, id LIMIT ?4");
    let params = params![firm.0, &name, id, limit + 1, account.map(|account| account.0)];
    Ok(listed(db, &sql, given(params), limit, read_contact, |contact| contact.contact.0)?)
}

/// One contact.
pub(in crate::sql) fn contact(
    db: Db<'_>,
    firm: FirmId,
    contact: ContactId,
) -> Result<Option<Contact>, SqlError> {
    db.row(
        &format!("{CONTACT} WHERE id = ?1 AND firm = ?2"),
        params![contact.0, firm.0],
        read_contact,
    )
}

/// A firm's API keys, oldest first. They are few: there is a bound.
pub(in crate::sql) fn api_keys(db: Db<'_>, firm: FirmId) -> Result<Vec<ApiKey>, SqlError> {
    let sql = "SELECT id, label, created_ms FROM api_keys WHERE firm = ?1 ORDER BY created_ms, id";
    db.rows(sql, params![firm.0], |row| {
        Ok(ApiKey {
            key: ApiKeyId(row.id(0)?),
            label: row.text(1)?,
            created_ms: rows::timestamp(row, 2)?,
        })
    })
}

/// Which firm a person belongs to, whether it may log in or not.
pub(in crate::sql) fn firm_of(db: Db<'_>, person: Person) -> Result<Option<FirmId>, SqlError> {
    let sql = match person {
        Person::Member(_) => "SELECT firm FROM members WHERE id = ?1",
        Person::Contact(_) => "SELECT firm FROM contacts WHERE id = ?1",
    };
    db.row(sql, params![person.uuid()], |row| row.id(0).map(FirmId))
}
