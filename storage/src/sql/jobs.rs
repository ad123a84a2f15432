//! What keeps the store tidy, a bounded piece at a time, and who of the nodes does it.

use super::{Db, SqlError, params};
use crate::operation::Job;
use tidings_protocol::Timestamp;
use uuid::Uuid;

/// The number of a job in `leases`.
fn number(job: Job) -> i64 {
    match job {
        Job::Forget => 0,
    }
}

/// Takes the lease of a job, if nobody has it, if it has run out, or if it is the holder's already.
pub(super) fn claim(
    db: Db<'_>,
    job: Job,
    holder: Uuid,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, SqlError> {
    let taken = db.change(
        "INSERT INTO leases (job, holder, until_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms
             WHERE leases.holder = excluded.holder OR leases.until_ms <= ?4",
        params![number(job), holder, until.0, now.0],
    )?;
    Ok(taken > 0)
}

/// Forgets revocations of tokens that have run out, those first that have done so longest ago.
pub(super) fn forget_revocations(db: Db<'_>, limit: u32, now: Timestamp) -> Result<u64, SqlError> {
    db.change(
        // Asked twice: what was found may be revoked anew, for longer, before it is deleted.
        "DELETE FROM revoked_tokens WHERE expires_ms < ?1 AND (firm, id) IN
             (SELECT firm, id FROM revoked_tokens WHERE expires_ms < ?1
              ORDER BY expires_ms LIMIT ?2)",
        params![now.0, limit],
    )
}

pub(super) const FORGET_NOTICES: &str = "DELETE FROM notices WHERE state <> 0 AND id IN
     (SELECT id FROM notices WHERE state <> 0 AND created_ms < ?1 ORDER BY created_ms LIMIT ?2)";

/// Forgets what became of notices that were made before a time, the oldest first.
pub(super) fn forget_notices(db: Db<'_>, before: Timestamp, limit: u32) -> Result<u64, SqlError> {
    db.change(FORGET_NOTICES, params![before.0, limit])
}
