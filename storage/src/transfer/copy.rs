//! Copies the rows of a table, in the order of their keys.

use super::record::{Cell, PAGE_ROWS, Record, count, page};
use super::tables::Table;
use super::{Doing, Progress};
use crate::sql::{Db, SqlError, Value};

/// Rows that are written by one statement. The last rows of a table are written one by one, so that
/// two statements are all that is prepared for it.
const ROWS_AT_ONCE: usize = 32;

const _: () = assert!(PAGE_ROWS.is_multiple_of(ROWS_AT_ONCE));

/// Copies a table, and says how many rows it has.
pub(super) fn table(
    from: Db<'_>,
    to: Db<'_>,
    table: &Table,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, SqlError> {
    let (many, one) = (table.insert(ROWS_AT_ONCE), table.insert(1));
    let of = count(from, table)?;
    let mut rows = 0;
    let mut last: Option<Record> = None;
    loop {
        let mut records = page(from, table, last.as_ref())?;
        for records in records.chunks(ROWS_AT_ONCE) {
            if records.len() == ROWS_AT_ONCE {
                write(to, &many, records)?;
            } else {
                for record in records {
                    write(to, &one, std::slice::from_ref(record))?;
                }
            }
        }
        rows += records.len() as u64;
        progress(Progress { doing: Doing::Copying, table: table.name, rows, of });
        if records.len() < PAGE_ROWS {
            // Writes may be on their way still: what is wrong with one of this table is said here.
            to.exists("SELECT 1 FROM meta LIMIT 1", &[])?;
            return Ok(rows);
        }
        last = records.pop();
    }
}

fn write(to: Db<'_>, sql: &str, records: &[Record]) -> Result<(), SqlError> {
    let values: Vec<Value<'_>> = records.iter().flatten().map(Cell::value).collect();
    to.write(sql, &values)
}
