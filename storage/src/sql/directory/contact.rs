//! People who log in for a client. A contact never changes to another account: what it wrote and
//! read belongs to this one.

use super::{Changed, missing, read, room_for_one, void_links};
use crate::operation::{AccessChange, Done};
use crate::sql::rows;
use crate::sql::{Db, params};
use crate::zone;
use tidings_protocol::limits::CONTACTS_PER_ACCOUNT_MAX;
use tidings_protocol::{
    Contact, ContactId, ContactPatch, ContactState, FirmId, NewContact, Person, Refusal,
    RefusalCode, Timestamp,
};
use uuid::Uuid;

/// Makes a contact.
pub(super) fn create(db: Db<'_>, firm: FirmId, new: &NewContact, id: Uuid) -> Changed {
    if read::account(db, firm, new.account)?.is_none() {
        return Err(Refusal::new(RefusalCode::NotFound).at("account").into());
    }
    zone::check(&new.time_zone)?;
    room_for_one(
        db,
        "SELECT count(*) FROM contacts WHERE account = ?1",
        new.account.0,
        "contacts of an account",
        CONTACTS_PER_ACCOUNT_MAX,
    )?;
    let contact = Contact {
        contact: ContactId(id),
        account: new.account,
        name: new.name.clone(),
        email: new.email.clone(),
        notify: new.notify,
        state: new.state,
        language: new.language,
        time_zone: new.time_zone.clone(),
    };
    db.write(
        "INSERT INTO contacts (id, firm, account, name, email, notify, state, language, time_zone,
             tokens_from_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
        params![
            id,
            firm.0,
            contact.account.0,
            &contact.name,
            &contact.email,
            contact.notify,
            rows::contact_state_number(contact.state),
            rows::language_number(contact.language),
            &contact.time_zone,
        ],
    )?;
    Ok((Done::Contact(contact), Vec::new()))
}

/// Changes a contact.
pub(super) fn patch(
    db: Db<'_>,
    firm: FirmId,
    id: ContactId,
    patch: &ContactPatch,
    now: Timestamp,
) -> Changed {
    let Some(before) = read::contact(db, firm, id)? else { return Err(missing()) };
    patch.time_zone.as_deref().map_or(Ok(()), zone::check)?;
    let after = patched(&before, patch);
    db.write(
        "UPDATE contacts SET name = ?2, email = ?3, notify = ?4, state = ?5, language = ?6,
             time_zone = ?7
         WHERE id = ?1",
        params![
            id.0,
            &after.name,
            &after.email,
            after.notify,
            rows::contact_state_number(after.state),
            rows::language_number(after.language),
            &after.time_zone,
        ],
    )?;
    if after.email != before.email {
        void_links(db, id.0, now)?;
    }
    let active = |contact: &Contact| contact.state == ContactState::Active;
    let person = Person::Contact(id);
    let access = match (active(&before), active(&after)) {
        (true, false) => vec![AccessChange::Ended(person)],
        (false, true) => vec![AccessChange::Grew(person)],
        (true, true) | (false, false) => Vec::new(),
    };
    Ok((Done::Contact(after), access))
}

fn patched(before: &Contact, patch: &ContactPatch) -> Contact {
    let text = |new: &Option<String>, old: &str| new.as_deref().unwrap_or(old).to_owned();
    Contact {
        contact: before.contact,
        account: before.account,
        name: text(&patch.name, &before.name),
        email: text(&patch.email, &before.email),
        notify: patch.notify.unwrap_or(before.notify),
        state: patch.state.unwrap_or(before.state),
        language: patch.language.unwrap_or(before.language),
        time_zone: text(&patch.time_zone, &before.time_zone),
    }
}
