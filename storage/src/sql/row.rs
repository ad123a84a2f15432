//! A row of an answer, read in place: columns by their position. What they mean is in `rows`.

use super::error::SqlError;
use crate::postgres::value;
use uuid::Uuid;

/// One row, for as long as it is looked at.
pub(crate) enum Row<'a> {
    /// Of SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// Of PostgreSQL.
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// A number, of whatever width.
    pub(crate) fn int(&self, column: usize) -> Result<i64, SqlError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(column)?),
            Self::Postgres(row) => value::int(row, column),
        }
    }

    /// A number, or NULL.
    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, SqlError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(column)?),
            Self::Postgres(row) => value::maybe_int(row, column),
        }
    }

    /// Whether there is nothing.
    pub(crate) fn is_null(&self, column: usize) -> Result<bool, SqlError> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(column)? == rusqlite::types::ValueRef::Null),
            Self::Postgres(row) => value::is_null(row, column),
        }
    }

    /// A flag: a number that is 0 or not, or a condition as a column.
    pub(crate) fn bool(&self, column: usize) -> Result<bool, SqlError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(column)?),
            Self::Postgres(row) => Ok(value::int(row, column)? != 0),
        }
    }

    /// A text, to be kept.
    pub(crate) fn text(&self, column: usize) -> Result<String, SqlError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(column)?),
            Self::Postgres(row) => value::text(row, column).map(str::to_owned),
        }
    }

    /// Bytes.
    pub(crate) fn blob(&self, column: usize) -> Result<&[u8], SqlError> {
        match self {
            Self::Sqlite(row) => {
                let bytes = row.get_ref(column)?.as_blob();
                bytes.map_err(|error| SqlError::broken(column, error))
            }
            Self::Postgres(row) => value::blob(row, column),
        }
    }

    /// An id.
    pub(crate) fn id(&self, column: usize) -> Result<Uuid, SqlError> {
        let id = Uuid::from_slice(self.blob(column)?);
        id.map_err(|error| SqlError::broken(column, error))
    }
}
