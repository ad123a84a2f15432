//! What stands between a token and a login: revocations, API keys, the secret that signs.

use crate::access::Actor;
use crate::sql::rows;
use crate::sql::{Db, SqlError, params};
use tidings_protocol::{FirmId, Person, Timestamp, TokenId};

/// Whether a token still stands. `issued` is exact to the second, as tokens are.
pub(in crate::sql) fn stands(
    db: Db<'_>,
    actor: Actor,
    token: Option<TokenId>,
    issued: Timestamp,
) -> Result<bool, SqlError> {
    let sql = match actor.person {
        Person::Member(_) => "SELECT tokens_from_ms FROM members WHERE id = ?1 AND firm = ?2",
        Person::Contact(_) => "SELECT tokens_from_ms FROM contacts WHERE id = ?1 AND firm = ?2",
    };
    let firm = actor.firm.0;
    let from = db.row(sql, params![actor.person.uuid(), firm], |row| rows::timestamp(row, 0))?;
    if from.is_none_or(|from| issued < from) {
        return Ok(false);
    }
    let Some(token) = token else { return Ok(true) };
    let revoked = db.exists(
        "SELECT 1 FROM revoked_tokens WHERE firm = ?1 AND id = ?2",
        params![firm, token.0],
    )?;
    Ok(!revoked)
}

/// Whose API key has this SHA-256.
pub(in crate::sql) fn firm_of_api_key(
    db: Db<'_>,
    hash: &[u8; 32],
) -> Result<Option<FirmId>, SqlError> {
    db.row("SELECT firm FROM api_keys WHERE hash = ?1", params![hash.as_slice()], |row| {
        row.id(0).map(FirmId)
    })
}

/// The secret that the store was born with.
pub(in crate::sql) fn signing_secret(db: Db<'_>) -> Result<[u8; 32], SqlError> {
    db.one("SELECT value FROM meta WHERE name = 'signing_secret'", &[], |row| {
        row.blob(0)?.try_into().map_err(|error| SqlError::broken(0, error))
    })
}
