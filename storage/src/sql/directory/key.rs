//! A firm's API keys. Only the hash of a secret is kept.

use super::{Changed, missing, room_for_one};
use crate::operation::Done;
use crate::sql::{Db, params};
use tidings_protocol::limits::API_KEYS_PER_FIRM_MAX;
use tidings_protocol::{ApiKey, ApiKeyId, FirmId, Timestamp};
use uuid::Uuid;

/// Keeps a new key.
pub(super) fn create(
    db: Db<'_>,
    firm: FirmId,
    (label, hash): (&str, &[u8; 32]),
    now: Timestamp,
    id: Uuid,
) -> Changed {
    room_for_one(
        db,
        "SELECT count(*) FROM api_keys WHERE firm = ?1",
        firm.0,
        "API keys of a firm",
        API_KEYS_PER_FIRM_MAX,
    )?;
    db.write(
        "INSERT INTO api_keys (id, firm, label, hash, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, firm.0, label, hash.as_slice(), now.0],
    )?;
    let key = ApiKey { key: ApiKeyId(id), label: label.to_owned(), created_ms: now };
    Ok((Done::ApiKey(key), Vec::new()))
}

/// Forgets a key.
pub(super) fn delete(db: Db<'_>, firm: FirmId, id: ApiKeyId) -> Changed {
    let gone =
        db.change("DELETE FROM api_keys WHERE id = ?1 AND firm = ?2", params![id.0, firm.0])?;
    if gone == 0 { Err(missing()) } else { Ok((Done::Nothing, Vec::new())) }
}
