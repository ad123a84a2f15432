//! The handle by which every statement is run, inside a transaction that the writer or the reader
//! of a database has begun. Statements are kept prepared, by their text.
//!
//! What is written against it must mean the same in every database:
//! * parameters are `?1`, `?2`…, each of them used, and in a place that tells its type;
//! * `CROSS JOIN … ON` guides the planner of SQLite, and a `+` before a column of a table that is
//!   compared by `=` (`+t.firm = ?1`) every planner: it keeps it from that column's index. They mean
//!   nothing else;
//! * sums are cast (`CAST(sum(x) AS BIGINT)`), flags are compared with 0 and 1, a condition that
//!   never holds is `1 = 0`; conditions as columns are read by [`Row::bool`].

use super::error::SqlError;
use super::row::Row;
use super::value::Value;
use crate::postgres::Session;
use rusqlite::params_from_iter;
use std::ops::ControlFlow;
use uuid::Uuid;

/// A transaction under way.
#[derive(Clone, Copy)]
pub(crate) enum Db<'a> {
    /// In SQLite.
    Sqlite(&'a rusqlite::Connection),
    /// In PostgreSQL.
    Postgres(&'a Session),
}

impl Db<'_> {
    /// All rows of an answer.
    pub(crate) fn rows<T>(
        self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut found = Vec::new();
        self.each(sql, params, |row| {
            found.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// Looks at the rows of an answer in their order, until told to stop. The statement bounds how
    /// many there are: they may all have been fetched by then.
    pub(crate) fn each(
        self,
        sql: &str,
        params: &[Value<'_>],
        mut look: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, SqlError>,
    ) -> Result<(), SqlError> {
        match self {
            Self::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                let mut rows = statement.query(params_from_iter(params))?;
                while let Some(row) = rows.next()? {
                    if look(&Row::Sqlite(row))?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
            Self::Postgres(session) => {
                for row in &session.rows(sql, params)? {
                    if look(&Row::Postgres(row))?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    /// The same, when the caller stops once the bytes of a column have come to more than so many: from
    /// a database that is elsewhere no more than that is fetched, and the row that goes beyond it.
    /// `order` is that of the statement, by columns of its answer.
    pub(crate) fn each_within(
        self,
        (sql, order): (&str, &str),
        (column, bytes_max): (&str, usize),
        params: &[Value<'_>],
        look: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, SqlError>,
    ) -> Result<(), SqlError> {
        if let Self::Sqlite(_) = self {
            return self.each(sql, params, look);
        }
        let bounded = format!(
            "SELECT * FROM (SELECT a.*, sum(octet_length(a.{column})) OVER (ORDER BY {order})
                 - octet_length(a.{column}) AS bytes_before FROM ({sql}) a) b
             WHERE bytes_before <= {bytes_max} ORDER BY {order}"
        );
        self.each(&bounded, params, look)
    }

    /// The rows for each of several ids, which is `?1`, in the order of the ids: as many questions,
    /// but not as many journeys to a database that is elsewhere.
    pub(crate) fn rows_of<T>(
        self,
        sql: &str,
        ids: impl IntoIterator<Item = Uuid>,
        mut read: impl FnMut(Uuid, &Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        self.rows_of_keys(sql, ids.into_iter().map(|id| [id]), |[id], row| read(id, row))
    }

    /// As [`Self::rows_of`], for keys of several ids: `?1`, `?2`…
    pub(crate) fn rows_of_keys<T, const N: usize>(
        self,
        sql: &str,
        keys: impl IntoIterator<Item = [Uuid; N]>,
        mut read: impl FnMut([Uuid; N], &Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut found = Vec::new();
        match self {
            Self::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                for key in keys {
                    let mut rows = statement.query(params_from_iter(key.map(Value::Id)))?;
                    while let Some(row) = rows.next()? {
                        found.push(read(key, &Row::Sqlite(row))?);
                    }
                }
            }
            Self::Postgres(session) => {
                let keys: Vec<[Uuid; N]> = keys.into_iter().collect();
                for (key, rows) in session.rows_of(sql, &keys)? {
                    for row in &rows {
                        found.push(read(key, &Row::Postgres(row))?);
                    }
                }
            }
        }
        Ok(found)
    }

    /// The row of an answer that has one at most.
    pub(crate) fn row<T>(
        self,
        sql: &str,
        params: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Option<T>, SqlError> {
        match self {
            Self::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                let mut rows = statement.query(params_from_iter(params))?;
                rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
            }
            Self::Postgres(session) => {
                let rows = session.rows(sql, params)?;
                rows.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// The row of an answer that always has one.
    pub(crate) fn one<T>(
        self,
        sql: &str,
        params: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        self.row(sql, params, read)?.ok_or_else(|| SqlError::Missing { sql: sql.to_owned() })
    }

    /// Whether an answer has any row.
    pub(crate) fn exists(self, sql: &str, params: &[Value<'_>]) -> Result<bool, SqlError> {
        Ok(self.row(sql, params, |_| Ok(()))?.is_some())
    }

    /// Changes rows, and says how many.
    pub(crate) fn change(self, sql: &str, params: &[Value<'_>]) -> Result<u64, SqlError> {
        match self {
            Self::Sqlite(db) => {
                Ok(db.prepare_cached(sql)?.execute(params_from_iter(params))? as u64)
            }
            Self::Postgres(session) => session.change(sql, params),
        }
    }

    /// Changes rows when nobody asks how many. SQLite does it at once; a database that is elsewhere
    /// is sent it and not waited for: what it refuses fails the next statement that is waited for,
    /// or the commit.
    pub(crate) fn write(self, sql: &str, params: &[Value<'_>]) -> Result<(), SqlError> {
        match self {
            Self::Sqlite(_) => self.change(sql, params).map(|_| ()),
            Self::Postgres(session) => session.write(sql, params),
        }
    }

    /// A number that is another one whenever anything may have been committed since it was last
    /// asked for by this connection. None where there is no such number.
    pub(crate) fn version(self) -> Result<Option<i64>, SqlError> {
        match self {
            Self::Sqlite(_) => self.one("PRAGMA data_version", &[], |row| row.int(0)).map(Some),
            Self::Postgres(_) => Ok(None),
        }
    }
}
