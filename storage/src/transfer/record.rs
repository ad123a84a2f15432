//! Rows on their way from one database to another: the same values, whatever the columns are called
//! there.

use super::tables::{Kind, Table};
use crate::sql::{Db, Row, SqlError, Value};
use std::fmt::Write as _;
use uuid::Uuid;

/// One value, taken out of its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    Id(Uuid),
}

/// One row.
pub(super) type Record = Vec<Cell>;

/// Rows that are read together. A row may hold a message of 64 KiB.
pub(super) const PAGE_ROWS: usize = 256;

impl Cell {
    fn of(row: &Row<'_>, column: usize, kind: Kind) -> Result<Self, SqlError> {
        Ok(match kind {
            Kind::MaybeInt | Kind::MaybeId if row.is_null(column)? => Self::Null,
            Kind::Int | Kind::MaybeInt => Self::Int(row.int(column)?),
            Kind::Id | Kind::MaybeId => Self::Id(row.id(column)?),
            Kind::Text => Self::Text(row.text(column)?),
            Kind::Blob => Self::Blob(row.blob(column)?.to_owned()),
        })
    }

    /// To be bound.
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
            Self::Id(id) => Value::Id(*id),
        }
    }
}

/// The rows after one, or the first, in the order of their keys. Less than [`PAGE_ROWS`] are the
/// last.
pub(super) fn page(
    db: Db<'_>,
    table: &Table,
    after: Option<&Record>,
) -> Result<Vec<Record>, SqlError> {
    let mut params = vec![Value::Int(i64::try_from(PAGE_ROWS).unwrap_or(i64::MAX))];
    let sql = match after {
        None => table.first_page(),
        Some(after) => {
            params.extend(after[..table.key].iter().map(Cell::value));
            table.next_page()
        }
    };
    db.rows(&sql, &params, |row| {
        let cell = |(column, (_, kind)): (usize, &(_, Kind))| Cell::of(row, column, *kind);
        table.columns.iter().enumerate().map(cell).collect()
    })
}

/// How many rows a table has.
pub(super) fn count(db: Db<'_>, table: &Table) -> Result<u64, SqlError> {
    let sql = format!("SELECT count(*) FROM {}", table.name);
    let rows = db.one(&sql, &[], |row| row.int(0))?;
    Ok(u64::try_from(rows).unwrap_or(0))
}

/// The key of a row, for people: numbers and ids, never words.
pub(super) fn key(table: &Table, record: &Record) -> String {
    let mut text = String::new();
    for ((name, _), cell) in table.columns.iter().zip(&record[..table.key]) {
        let comma = if text.is_empty() { "" } else { ", " };
        // Writing to a String can't fail.
        let _ = match cell {
            Cell::Int(number) => write!(text, "{comma}{name} {number}"),
            Cell::Id(id) => write!(text, "{comma}{name} {id}"),
            Cell::Null | Cell::Text(_) | Cell::Blob(_) => write!(text, "{comma}{name}"),
        };
    }
    text
}
