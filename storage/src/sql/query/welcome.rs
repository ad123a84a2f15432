//! How things stand for whoever connects, in one snapshot.

use super::scope::Scope;
use super::threads::Order;
use super::{access, badges, inbox, threads, waiting};
use crate::access::{Access, Actor};
use crate::sql::rows::OpError;
use crate::sql::{Db, SqlError, params};
use tidings_protocol::{Page, Person, ThreadItem, Timestamp, Welcome};

/// Items of each list in a welcome: a screen.
const ITEMS: u32 = 20;

/// Everything but the token and the clock, which are 0. None for whoever has no access.
pub(in crate::sql) fn welcome(db: Db<'_>, actor: Actor) -> Result<Option<Welcome>, OpError> {
    let Some(access) = access::standing(db, actor)? else { return Ok(None) };
    let (firm_name, name) = names(db, actor)?;
    let page = Page { cursor: None, limit: Some(ITEMS) };
    let walk = {
        let scope = Scope::of(&access, None);
        threads::walk(db, actor, (scope, Order::Last), "", &page)?
    };
    // Who sees no more threads than these has all there is to know of them here: to ask for it
    // again would be half of what a connect of a contact costs the store.
    let all_seen = walk.next.is_none();
    let threads: Vec<ThreadItem> = walk.found.into_iter().map(|(item, _)| item).collect();
    let (mut inbox, mut waiting) = (Vec::new(), Vec::new());
    let account = match &access {
        Access::Team { .. } => {
            inbox = inbox::of(db, actor, &access, false, &page)?.0;
            None
        }
        Access::Contact { account } => {
            waiting = if all_seen {
                waiting::among(&threads)
            } else {
                waiting::of(db, actor, *account, &page)?.0
            };
            Some(*account)
        }
    };
    let badges = match account {
        Some(_) if all_seen => badges::of_contact(&threads, &waiting),
        _ => badges::of(db, actor, &access)?,
    };
    Ok(Some(Welcome {
        firm: actor.firm,
        firm_name,
        person: actor.person,
        name,
        account,
        token_expires_ms: Timestamp(0),
        now_ms: Timestamp(0),
        badges,
        threads,
        inbox,
        waiting,
    }))
}

/// Names of the firm and of the person.
fn names(db: Db<'_>, actor: Actor) -> Result<(String, String), SqlError> {
    let sql = match actor.person {
        Person::Member(_) => {
            "SELECT f.name, p.name FROM members p JOIN firms f ON f.id = p.firm
             WHERE p.id = ?1 AND p.firm = ?2"
        }
        Person::Contact(_) => {
            "SELECT f.name, p.name FROM contacts p JOIN firms f ON f.id = p.firm
             WHERE p.id = ?1 AND p.firm = ?2"
        }
    };
    let ids = params![actor.person.uuid(), actor.firm.0];
    db.one(sql, ids, |row| Ok((row.text(0)?, row.text(1)?)))
}
