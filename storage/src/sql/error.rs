//! Why a statement has no answer. Nothing of the transaction it was in is done.

use crate::backend::Unavailable;
use crate::postgres::Failure;

/// A failed statement.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SqlError {
    /// SQLite refuses.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refuses, or is away.
    #[error(transparent)]
    Postgres(#[from] Failure),
    /// What is stored is not what is ever written.
    #[error("column {column} of an answer: {why}")]
    Broken {
        /// Its position.
        column: usize,
        /// What is wrong with it.
        why: String,
    },
    /// What an event did can't be written down.
    #[error("payload of an event: {0}")]
    Encoding(postcard::Error),
    /// Nothing is stored where something always is.
    #[error("no row for: {sql}")]
    Missing {
        /// The statement.
        sql: String,
    },
}

impl SqlError {
    /// Whether the same may succeed a little later.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Self::Postgres(failure) if failure.passes())
    }

    /// A column holds what it never should.
    pub(crate) fn broken(column: usize, why: impl std::fmt::Display) -> Self {
        Self::Broken { column, why: why.to_string() }
    }
}

impl From<SqlError> for Unavailable {
    fn from(error: SqlError) -> Self {
        Self(error.to_string())
    }
}
