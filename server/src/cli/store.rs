//! `tidings store move`: takes everything from one database to another, when one machine is no longer
//! enough.

use super::say;
use crate::config::StoreUrl;
use crate::open::with_password;
use anyhow::bail;
use std::io::Write as _;
use std::path::Path;
use tidings_storage::SystemEntropy;
use tidings_storage::transfer::{self, Doing, Progress};

/// So many rows later it says again how far it is: it hears of it every 256 rows.
const ROWS_TOLD: u64 = 256 * 400;

/// Moves a store, says on the way how far it is, and prints `rows COUNT`.
pub(super) fn move_store(
    from: &StoreUrl,
    to: &StoreUrl,
    password_file: Option<&Path>,
) -> anyhow::Result<()> {
    let rows = match (from, to) {
        (StoreUrl::Sqlite(from), StoreUrl::Postgres(to)) => {
            let to = with_password(password_file, to)?;
            transfer::to_postgres(from, &to, &mut SystemEntropy, tell)?
        }
        (StoreUrl::Postgres(from), StoreUrl::Sqlite(to)) => {
            let from = with_password(password_file, from)?;
            transfer::to_sqlite(&from, to, &mut SystemEntropy, tell)?
        }
        (StoreUrl::Sqlite(_), StoreUrl::Sqlite(_)) => {
            bail!("from SQLite to SQLite: `tidings backup` makes a copy")
        }
        (StoreUrl::Postgres(_), StoreUrl::Postgres(_)) => {
            bail!("from PostgreSQL to PostgreSQL: pg_dump and pg_restore do that")
        }
    };
    say(&format!("rows {rows}\n"))
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
