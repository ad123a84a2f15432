//! The team. A firm has at most one owner; ownership is handed over, never dropped.

use super::{Changed, missing, read, room_for_one, void_links};
use crate::operation::{AccessChange, Done};
use crate::sql::rows::{self, CHANNELS_ALL, OpError};
use crate::sql::{Db, SqlError, params};
use tidings_protocol::limits::MEMBERS_PER_FIRM_MAX;
use tidings_protocol::{
    FirmId, Language, Member, MemberId, MemberPatch, NewMember, Person, Refusal, RefusalCode, Role,
    Timestamp,
};
use uuid::Uuid;

/// Makes a member.
pub(super) fn create(db: Db<'_>, firm: FirmId, new: &NewMember, id: Uuid) -> Changed {
    room_for_one(
        db,
        "SELECT count(*) FROM members WHERE firm = ?1",
        firm.0,
        "members in a firm",
        MEMBERS_PER_FIRM_MAX,
    )?;
    if new.role == Role::Owner && owner(db, firm)?.is_some() {
        return Err(refused(
            RefusalCode::Invalid,
            "role",
            "the firm has an owner; make this member the owner later on, to hand it over",
        ));
    }
    let member = Member {
        member: MemberId(id),
        name: new.name.clone(),
        email: new.email.clone(),
        role: new.role,
        rights: new.rights,
        active: true,
    };
    db.write(
        "INSERT INTO members (id, firm, name, email, role, rights, active, language, time_zone,
             channels, tokens_from_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, 'UTC', ?8, 0)",
        params![
            id,
            firm.0,
            &member.name,
            &member.email,
            rows::role_number(member.role),
            rows::rights_bits(member.rights),
            rows::language_number(Language::default()),
            CHANNELS_ALL,
        ],
    )?;
    Ok((Done::Member(member), Vec::new()))
}

/// Changes a member.
pub(super) fn patch(
    db: Db<'_>,
    firm: FirmId,
    id: MemberId,
    patch: &MemberPatch,
    now: Timestamp,
) -> Changed {
    let Some(before) = read::member(db, firm, id)? else { return Err(missing()) };
    let after = patched(&before, patch)?;
    if after.role == Role::Owner
        && before.role != Role::Owner
        && let Some(owner) = owner(db, firm)?
    {
        // First: there is never room for two.
        save(db, &Member { role: Role::Admin, ..owner })?;
    }
    save(db, &after)?;
    if after.email != before.email {
        void_links(db, id.0, now)?;
    }
    let access = change(&before, &after).map(|change| change(Person::Member(id)));
    Ok((Done::Member(after), access.into_iter().collect()))
}

fn patched(before: &Member, patch: &MemberPatch) -> Result<Member, OpError> {
    let mut after = before.clone();
    if let Some(name) = &patch.name {
        after.name.clone_from(name);
    }
    if let Some(email) = &patch.email {
        after.email.clone_from(email);
    }
    after.role = patch.role.unwrap_or(before.role);
    after.rights = patch.rights.unwrap_or(before.rights);
    after.active = patch.active.unwrap_or(before.active);
    if before.role == Role::Owner && after.role != Role::Owner {
        let why = "a firm keeps its owner; make another member the owner instead";
        return Err(refused(RefusalCode::NotAllowed, "role", why));
    }
    if after.role == Role::Owner && !after.active {
        return Err(match before.role {
            Role::Owner => refused(RefusalCode::NotAllowed, "active", "the owner stays active"),
            Role::Admin | Role::Member => {
                refused(RefusalCode::NotAllowed, "role", "an inactive member can't be the owner")
            }
        });
    }
    Ok(after)
}

fn refused(code: RefusalCode, field: &str, why: &str) -> OpError {
    Refusal::new(code).at(field).because(why).into()
}

fn owner(db: Db<'_>, firm: FirmId) -> Result<Option<Member>, SqlError> {
    let sql = "SELECT id FROM members WHERE firm = ?1 AND role = 0";
    let owner = db.row(sql, params![firm.0], |row| row.id(0).map(MemberId))?;
    owner.map_or(Ok(None), |owner| read::member(db, firm, owner))
}

fn save(db: Db<'_>, member: &Member) -> Result<(), SqlError> {
    db.write(
        "UPDATE members SET name = ?2, email = ?3, role = ?4, rights = ?5, active = ?6
         WHERE id = ?1",
        params![
            member.member.0,
            &member.name,
            &member.email,
            rows::role_number(member.role),
            rows::rights_bits(member.rights),
            member.active,
        ],
    )
}

/// Whether a member sees every account, whatever is assigned to it.
pub(super) fn sees_all(member: &Member) -> bool {
    match member.role {
        Role::Owner | Role::Admin => true,
        Role::Member => member.rights.view_all_accounts,
    }
}

/// What becomes of what the member sees.
fn change(before: &Member, after: &Member) -> Option<fn(Person) -> AccessChange> {
    match (before.active, after.active) {
        (true, false) => Some(AccessChange::Ended),
        (false, true) => Some(AccessChange::Grew),
        (false, false) => None,
        (true, true) => match (sees_all(before), sees_all(after)) {
            (true, false) => Some(AccessChange::Shrank),
            (false, true) => Some(AccessChange::Grew),
            (true, true) | (false, false) => None,
        },
    }
}
