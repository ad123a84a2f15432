//! Brings a database to this version's schema, and gives a new one its identity. Each step is one
//! transaction, so that a crash leaves the version before or the version after.

use super::open::OpenError;
use crate::clock::Entropy;
use rusqlite::Connection;

/// Step `n` leads from version `n` to `n + 1`. Released steps never change.
const STEPS: &[&str] = &[include_str!("schema.sql")];

/// Marks the file as ours (`PRAGMA application_id`): "TIDI".
const APPLICATION_ID: i64 = 0x5449_4449;

/// How a database stands to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has this version's schema.
    Current,
    /// It is empty, or of an earlier version: so many steps have been made.
    Behind(usize),
}

/// Whether Tidings made a database, of whatever version.
pub(super) fn is_ours(db: &Connection) -> rusqlite::Result<bool> {
    Ok(number(db, "application_id")? == APPLICATION_ID)
}

fn number(db: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, pragma, |row| row.get(0))
}

/// Looks at a database without changing it.
pub(super) fn standing(db: &Connection, path: &str) -> Result<Standing, OpenError> {
    let version = number(db, "user_version")?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if !is_ours(db)? && (version != 0 || tables != 0) {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    let known = STEPS.len();
    match usize::try_from(version) {
        Ok(version) if version < known => Ok(Standing::Behind(version)),
        Ok(version) if version == known => Ok(Standing::Current),
        _ => Err(OpenError::TooNew { path: path.to_owned(), found: version, known }),
    }
}

/// Makes the steps that are missing. Another process may have made them in the meantime.
pub(super) fn migrate(
    db: &mut Connection,
    path: &str,
    entropy: &mut dyn Entropy,
) -> Result<(), OpenError> {
    while let Standing::Behind(version) = standing(db, path)? {
        let step = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if standing(&step, path)? != Standing::Behind(version) {
            continue;
        }
        step.execute_batch(STEPS[version])?;
        if version == 0 {
            let secret = [entropy.bytes(), entropy.bytes()].concat();
            step.execute("INSERT INTO meta VALUES ('signing_secret', ?1)", [secret])?;
            step.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        step.pragma_update(None, "user_version", i64::try_from(version + 1).unwrap_or(i64::MAX))?;
        step.commit()?;
    }
    Ok(())
}
