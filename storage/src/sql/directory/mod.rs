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
use tidings_protocol::{
    Firm, FirmId, FirmPatch, MailPatch, MailSettings, Refusal, RefusalCode, Timestamp,
};
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
        C::PatchMember(id, patch) => member::patch(db, firm, *id, patch, now),
        C::CreateAccount(new) => account::create(db, firm, new, new_id(now, entropy)),
        C::PatchAccount(id, patch) => account::patch(db, firm, *id, patch),
        C::Assign(account, member) => account::assign(db, firm, *account, *member),
        C::Unassign(account, member) => account::unassign(db, firm, *account, *member),
        C::CreateContact(new) => contact::create(db, firm, new, new_id(now, entropy)),
        C::PatchContact(id, patch) => contact::patch(db, firm, *id, patch, now),
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
        mail: MailSettings::default(),
    };
    db.write(
        "INSERT INTO firms (id, name, contacts_may_start, created_ms, mail_delay_s, mail_shown,
             mail_answers, mail_login_links, mail_portal_url, mail_colour, mail_logo_url,
             mail_footer)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', '', '', '')",
        params![
            firm.firm.0,
            &firm.name,
            firm.contacts_may_start,
            now.0,
            firm.mail.delay_s,
            firm.mail.show_content,
            rows::answers_number(firm.mail.answers),
            firm.mail.login_links,
        ],
    )?;
    Ok(firm)
}

fn patch_firm(db: Db<'_>, mut firm: Firm, patch: &FirmPatch) -> Changed {
    if let Some(name) = &patch.name {
        firm.name.clone_from(name);
    }
    firm.contacts_may_start = patch.contacts_may_start.unwrap_or(firm.contacts_may_start);
    firm.mail = patched(firm.mail, &patch.mail);
    if !firm.mail.login_links && firm.mail.portal_url.is_empty() {
        return Err(Refusal::new(RefusalCode::Invalid)
            .at("mail.login_links")
            .because("emails would lead nowhere: set mail.portal_url first")
            .into());
    }
    db.write(
        "UPDATE firms SET name = ?2, contacts_may_start = ?3, mail_delay_s = ?4, mail_shown = ?5,
             mail_answers = ?6, mail_login_links = ?7, mail_portal_url = ?8, mail_colour = ?9,
             mail_logo_url = ?10, mail_footer = ?11
         WHERE id = ?1",
        params![
            firm.firm.0,
            &firm.name,
            firm.contacts_may_start,
            firm.mail.delay_s,
            firm.mail.show_content,
            rows::answers_number(firm.mail.answers),
            firm.mail.login_links,
            &firm.mail.portal_url,
            &firm.mail.colour,
            &firm.mail.logo_url,
            &firm.mail.footer,
        ],
    )?;
    Ok((Done::Firm(firm), Vec::new()))
}

fn patched(before: MailSettings, patch: &MailPatch) -> MailSettings {
    let text = |new: &Option<String>, old: String| new.clone().unwrap_or(old);
    MailSettings {
        delay_s: patch.delay_s.unwrap_or(before.delay_s),
        show_content: patch.show_content.unwrap_or(before.show_content),
        answers: patch.answers.unwrap_or(before.answers),
        login_links: patch.login_links.unwrap_or(before.login_links),
        portal_url: text(&patch.portal_url, before.portal_url),
        colour: text(&patch.colour, before.colour),
        logo_url: text(&patch.logo_url, before.logo_url),
        footer: text(&patch.footer, before.footer),
    }
}

fn missing() -> OpError {
    RefusalCode::NotFound.into()
}

/// Links in mails to an address that somebody has left log nobody in any more.
fn void_links(db: Db<'_>, person: Uuid, now: Timestamp) -> Result<(), SqlError> {
    let sql = "UPDATE notices SET used_ms = ?2
         WHERE person = ?1 AND used_ms IS NULL AND mail_ms IS NOT NULL";
    db.write(sql, params![person, now])
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
