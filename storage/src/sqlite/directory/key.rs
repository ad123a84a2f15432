//! A firm's API keys. Only the hash of a secret is kept.

use super::{Changed, missing, room_for_one};
use crate::operation::Done;
use rusqlite::{Connection, params};
use tidings_protocol::limits::API_KEYS_PER_FIRM_MAX;
use tidings_protocol::{ApiKey, ApiKeyId, FirmId, Timestamp};
use uuid::Uuid;

/// Keeps a new key.
pub(super) fn create(
    db: &Connection,
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
    db.prepare_cached(
        "INSERT INTO api_keys (id, firm, label, hash, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![id.as_bytes(), firm.0.as_bytes(), label, hash, now.0])?;
    let key = ApiKey { key: ApiKeyId(id), label: label.to_owned(), created_ms: now };
    Ok((Done::ApiKey(key), Vec::new()))
}

/// Forgets a key.
pub(super) fn delete(db: &Connection, firm: FirmId, id: ApiKeyId) -> Changed {
    let gone = db
        .prepare_cached("DELETE FROM api_keys WHERE id = ?1 AND firm = ?2")?
        .execute(params![id.0.as_bytes(), firm.0.as_bytes()])?;
    if gone == 0 { Err(missing()) } else { Ok((Done::Nothing, Vec::new())) }
}
