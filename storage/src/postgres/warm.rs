//! What is done before the operations of a batch: whoever could come in between is locked out.

use super::needs::Needs;
use super::session::Session;
use crate::operation::Operation;
use crate::sql::{Scribe, SqlError};
use uuid::Uuid;

/// Marks advisory locks as ours, beside those of others in the same database: "TIDI".
const LOCK_CLASS: i32 = 0x5449_4449;

/// Firms, in the order given: whoever changes a directory waits for those who decide by it, and they
/// for it.
const LOCK_FIRMS: &str = "SELECT CASE WHEN w.alone THEN pg_advisory_xact_lock($1, w.key)
         ELSE pg_advisory_xact_lock_shared($1, w.key) END
     FROM unnest($2::int4[], $3::bool[]) AS w(key, alone)";

const LOCK_THREADS: &str =
    "SELECT num FROM threads WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";

/// Locks and reads what a batch needs.
pub(super) fn warm(
    session: &Session,
    scribe: &mut Scribe,
    batch: &[Operation],
) -> Result<(), SqlError> {
    let needs = Needs::of(batch);
    let (keys, alone): (Vec<i32>, Vec<bool>) = needs.locks.into_iter().unzip();
    session.ask(LOCK_FIRMS, &[&LOCK_CLASS, &keys, &alone])?;
    let threads: Vec<Uuid> = needs.threads.into_iter().collect();
    session.ask(LOCK_THREADS, &[&threads])?;
    let _ = scribe;
    Ok(())
}
