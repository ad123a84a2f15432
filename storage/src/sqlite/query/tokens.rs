//! What stands between a token and a login: revocations, API keys, the secret that signs.

use crate::access::Actor;
use crate::sqlite::rows;
use rusqlite::{Connection, OptionalExtension, params};
use tidings_protocol::{FirmId, Person, Timestamp, TokenId};

/// Whether a token still stands. `issued` is exact to the second, as tokens are.
pub(in crate::sqlite) fn stands(
    db: &Connection,
    actor: Actor,
    token: Option<TokenId>,
    issued: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = match actor.person {
        Person::Member(_) => "SELECT tokens_from_ms FROM members WHERE id = ?1 AND firm = ?2",
        Person::Contact(_) => "SELECT tokens_from_ms FROM contacts WHERE id = ?1 AND firm = ?2",
    };
    let firm = actor.firm.0.as_bytes();
    let from = db
        .prepare_cached(sql)?
        .query_row(params![actor.person.uuid().into_bytes(), firm], |row| rows::timestamp(row, 0))
        .optional()?;
    if from.is_none_or(|from| issued < from) {
        return Ok(false);
    }
    let Some(token) = token else { return Ok(true) };
    let revoked = db
        .prepare_cached("SELECT 1 FROM revoked_tokens WHERE firm = ?1 AND id = ?2")?
        .exists(params![firm, token.0.as_bytes()])?;
    Ok(!revoked)
}

/// Whose API key has this SHA-256.
pub(in crate::sqlite) fn firm_of_api_key(
    db: &Connection,
    hash: &[u8; 32],
) -> rusqlite::Result<Option<FirmId>> {
    db.prepare_cached("SELECT firm FROM api_keys WHERE hash = ?1")?
        .query_row([hash], |row| rows::uuid(row, 0).map(FirmId))
        .optional()
}

/// The secret that the store was born with.
pub(in crate::sqlite) fn signing_secret(db: &Connection) -> rusqlite::Result<[u8; 32]> {
    db.prepare_cached("SELECT value FROM meta WHERE name = 'signing_secret'")?
        .query_row([], |row| row.get(0))
}
