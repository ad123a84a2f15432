//! Brings a database to this version's schema, and gives a new one its identity. All of it is one
//! transaction under a lock, so that of nodes which start at once one does it and the others find
//! it done. Steps only add, so that nodes of the version before go on beside.

use super::failure::Failure;
use super::open::{Missing, OpenError};
use super::session::{BEGIN, Session};
use crate::sql::SqlError;

/// Step `n` leads from version `n` to `n + 1`. Released steps never change.
const STEPS: &[&str] = &[include_str!("schema.sql")];

/// Marks a database as ours.
const APPLICATION: &[u8] = b"tidings";

/// The names of what `meta` keeps.
const APPLICATION_NAME: &str = "application";
const VERSION_NAME: &str = "schema_version";
const SECRET_NAME: &str = "signing_secret";

/// The oldest server that has all that is used.
const SERVER_MIN: i64 = 140_000;

/// Whether a server and a database in it can be used at all.
pub(super) fn check_server(session: &Session, name: &str) -> Result<(), OpenError> {
    let sql = "SELECT current_setting('server_version_num')::bigint,
                   current_setting('server_version'),
                   current_setting('server_encoding'), current_setting('fsync') = 'on'";
    let rows = session.rows(sql, &[])?;
    let [row] = rows.as_slice() else { return Err(OpenError::foreign(name)) };
    let (number, version): (i64, &str) = (row.get(0), row.get(1));
    if number < SERVER_MIN {
        return Err(OpenError::TooOld { url: name.to_owned(), found: version.to_owned() });
    }
    let encoding: &str = row.get(2);
    if encoding != "UTF8" {
        return Err(OpenError::Encoding { url: name.to_owned(), found: encoding.to_owned() });
    }
    if !row.get::<_, bool>(3) {
        tracing::warn!(url = name, "fsync is off: a crash of that machine loses what was promised");
    }
    Ok(())
}

/// Makes the steps that are missing.
pub(super) fn migrate(
    session: &Session,
    name: &str,
    missing: Missing<'_>,
) -> Result<(), OpenError> {
    if version(session, name)? == Some(STEPS.len()) {
        return Ok(());
    }
    session.send(BEGIN)?;
    // Somebody else may be at it for long, and then a step may take long.
    session.be_patient(true);
    let done = under_lock(session, name, missing);
    match &done {
        Ok(()) => session.send("COMMIT")?,
        Err(_) => session.send("ROLLBACK")?,
    }
    session.settle()?;
    session.be_patient(false);
    done
}

fn under_lock(session: &Session, name: &str, missing: Missing<'_>) -> Result<(), OpenError> {
    session.send("SET LOCAL statement_timeout = 0")?;
    session.send("SET LOCAL lock_timeout = 0")?;
    session.send("SET LOCAL client_min_messages = warning")?;
    session.rows("SELECT pg_advisory_xact_lock(hashtextextended('tidings', 0))", &[])?;
    let from = version(session, name)?;
    if from.is_none() {
        let Missing::Made(entropy) = missing else {
            return Err(OpenError::Empty { url: name.to_owned() });
        };
        session.send("CREATE TABLE meta (name text PRIMARY KEY, value bytea NOT NULL)")?;
        session.settle()?;
        put(session, APPLICATION_NAME, APPLICATION)?;
        put(session, SECRET_NAME, &[entropy.bytes(), entropy.bytes()].concat())?;
    }
    for step in &STEPS[from.unwrap_or(0)..] {
        session.send(step)?;
        session.settle()?;
    }
    put(session, VERSION_NAME, STEPS.len().to_string().as_bytes())
}

fn put(session: &Session, name: &str, value: &[u8]) -> Result<(), OpenError> {
    let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    session.change(sql, crate::sql::params![name, value])?;
    Ok(())
}

/// The version of a database; none of an empty one.
fn version(session: &Session, name: &str) -> Result<Option<usize>, OpenError> {
    let tables = "SELECT count(*), count(*) FILTER (WHERE tablename = 'meta')
         FROM pg_tables WHERE schemaname = current_schema()";
    let rows = session.rows(tables, &[])?;
    let (all, meta): (i64, i64) = rows.first().map_or((0, 0), |row| (row.get(0), row.get(1)));
    if all == 0 {
        return Ok(None);
    }
    if meta == 0 {
        return Err(OpenError::foreign(name));
    }
    // Not of this shape if it is somebody else's.
    let found = session.rows("SELECT name::text, value::bytea FROM meta", &[]);
    let rows = match found {
        Err(SqlError::Postgres(Failure::Refused(_))) => return Err(OpenError::foreign(name)),
        other => other?,
    };
    let value = |wanted: &str| {
        let row = rows.iter().find(|row| row.get::<_, &str>(0) == wanted)?;
        Some(row.get::<_, &[u8]>(1))
    };
    if value(APPLICATION_NAME) != Some(APPLICATION) {
        return Err(OpenError::foreign(name));
    }
    let number = value(VERSION_NAME).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    match number {
        Some(version) if version <= STEPS.len() => Ok(Some(version)),
        Some(found) => Err(OpenError::TooNew { url: name.to_owned(), found, known: STEPS.len() }),
        None => Err(OpenError::foreign(name)),
    }
}
