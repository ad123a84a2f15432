//! Moves a store from one database to another: copies every row, reads both sides back, and only if
//! nothing differs does the copy become durable. All or nothing: it is one transaction.
//!
//! Nobody else writes meanwhile, neither here nor there. What is copied stays as it is.
//!
//! * `tables` says what there is, `record` how a row is read; `copy` and `compare` do the work, in
//!   pages, so that a store of any size takes the same memory.
//! * The modules of the databases hold a whole database for it.

mod compare;
mod copy;
mod error;
mod record;
mod tables;

pub use error::TransferError;

use crate::clock::Entropy;
use crate::postgres::{self, Url};
use crate::sql::{Db, SqlError, params};
use crate::sqlite;
use std::path::Path;
use std::time::Duration;
use tables::{TABLES, Table};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub doing: Doing,
    /// With which table.
    pub table: &'static str,
    /// Rows of it done.
    pub rows: u64,
    /// Rows it has.
    pub of: u64,
}

/// The two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// The rows are written.
    Copying,
    /// Both sides are read and compared.
    Comparing,
}

/// How long a database that is elsewhere may take to be reached.
const PATIENCE: Duration = Duration::from_secs(10);

/// Copies an SQLite database on which no server runs into an empty PostgreSQL database. Gives the
/// number of rows. Waits: not to be called inside an async runtime.
pub fn to_postgres(
    from: &Path,
    to: &Url,
    entropy: &mut dyn Entropy,
    progress: impl FnMut(Progress),
) -> Result<u64, TransferError> {
    let source = sqlite::Still::open(from)?;
    let target = postgres::Held::open(to, PATIENCE, &names(), entropy)?;
    let rows = transfer(source.db(), target.db(), &to.to_string(), progress)?;
    target.moved_in(&names())?;
    target.commit().map_err(|failure| {
        let why = failure.to_string();
        let doubtful = failure.ends_connection();
        if doubtful { TransferError::Doubtful(why) } else { TransferError::Failed(why) }
    })?;
    Ok(rows)
}

/// Copies a PostgreSQL database to which no server is connected into a new SQLite file. Gives the
/// number of rows. Waits: not to be called inside an async runtime.
pub fn to_sqlite(
    from: &Url,
    to: &Path,
    entropy: &mut dyn Entropy,
    progress: impl FnMut(Progress),
) -> Result<u64, TransferError> {
    let target = sqlite::Draft::create(to, entropy)?;
    let source = postgres::Held::open(from, PATIENCE, &names(), entropy)?;
    let rows = transfer(source.db(), target.db(), &to.display().to_string(), progress)?;
    target.finish()?;
    Ok(rows)
}

/// Copies and compares everything. The transactions that the databases are in are the caller's.
fn transfer(
    from: Db<'_>,
    to: Db<'_>,
    target: &str,
    mut progress: impl FnMut(Progress),
) -> Result<u64, TransferError> {
    must_be_empty(to, target)?;
    let mut rows = 0;
    let secret = secret(from)?;
    put_secret(to, &secret)?;
    for table in TABLES {
        rows +=
            copy::table(from, to, table, &mut progress).map_err(|error| failed(table, &error))?;
    }
    if self::secret(to)? != secret {
        return Err(TransferError::SecretDiffers);
    }
    for table in TABLES {
        compare::table(from, to, table, &mut progress)?;
    }
    Ok(rows)
}

fn names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name).collect()
}

fn failed(table: &Table, error: &SqlError) -> TransferError {
    TransferError::Table { table: table.name, why: error.to_string() }
}

fn must_be_empty(db: Db<'_>, target: &str) -> Result<(), TransferError> {
    for table in TABLES {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", table.name);
        if db.exists(&sql, &[])? {
            return Err(TransferError::NotEmpty { target: target.to_owned(), table: table.name });
        }
    }
    Ok(())
}

/// The secret that signs tokens: those that are out there go on being good.
fn secret(db: Db<'_>) -> Result<Vec<u8>, SqlError> {
    let sql = "SELECT value FROM meta WHERE name = 'signing_secret'";
    db.one(sql, &[], |row| row.blob(0).map(<[u8]>::to_owned))
}

/// In place of the target's own, which has signed nothing yet.
fn put_secret(db: Db<'_>, secret: &[u8]) -> Result<(), SqlError> {
    db.write("UPDATE meta SET value = ?1 WHERE name = 'signing_secret'", params![secret])
}

#[cfg(test)]
mod tests;
