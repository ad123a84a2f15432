//! `tidings store move`: takes everything from one database to another, when a firm's host outgrows
//! one machine.

use super::say;
use anyhow::bail;
use std::io::Write as _;
use std::path::PathBuf;
use tidings_storage::SystemEntropy;
use tidings_storage::postgres::Url;
use tidings_storage::transfer::{self, Doing, Progress};

/// Where a password comes from that is not in an address, as with PostgreSQL's own tools: addresses
/// on a command line are for everybody to see.
const PASSWORD_VARIABLE: &str = "PGPASSWORD";

/// So many rows later it says again how far it is: it hears of it every 256 rows.
const ROWS_TOLD: u64 = 256 * 400;

/// One end of a move.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Sqlite(PathBuf),
    Postgres(Url),
}

/// `sqlite:PATH` or `postgres://…`.
pub(super) fn parse_place(text: &str) -> Result<Place, String> {
    if Url::is_meant(text) {
        return text.parse().map(Place::Postgres).map_err(|error| format!("{error}"));
    }
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() && !path.starts_with("//") => Ok(Place::Sqlite(path.into())),
        _ => Err("must be sqlite:PATH or postgres://USER@HOST:PORT/DATABASE".to_owned()),
    }
}

/// Moves a store, says on the way how far it is, and prints `rows COUNT`.
pub(super) fn move_store(from: &Place, to: &Place) -> anyhow::Result<()> {
    let rows = match (from, to) {
        (Place::Sqlite(from), Place::Postgres(to)) => {
            transfer::to_postgres(from, &with_password(to), &mut SystemEntropy, tell)?
        }
        (Place::Postgres(from), Place::Sqlite(to)) => {
            transfer::to_sqlite(&with_password(from), to, &mut SystemEntropy, tell)?
        }
        (Place::Sqlite(_), Place::Sqlite(_)) => {
            bail!("from SQLite to SQLite: `tidings backup` makes a copy")
        }
        (Place::Postgres(_), Place::Postgres(_)) => {
            bail!("from PostgreSQL to PostgreSQL: pg_dump and pg_restore do that")
        }
    };
    say(&format!("rows {rows}\n"))
}

fn with_password(url: &Url) -> Url {
    match std::env::var(PASSWORD_VARIABLE) {
        Ok(password) if !url.has_password() => url.clone().with_password(&password),
        _ => url.clone(),
    }
}

/// For people; scripts read standard output.
fn tell(Progress { doing, table, rows, of }: Progress) {
    if rows == 0 || rows < of && !rows.is_multiple_of(ROWS_TOLD) {
        return;
    }
    let what = match doing {
        Doing::Copying => "copied",
        Doing::Comparing => "compared",
    };
    // Not to be able to say it is no reason to end.
    let _ = writeln!(std::io::stderr(), "{table}: {what} {rows} of {of}");
}
