//! Why a store was not moved. The target is then as it was.

use crate::sql::SqlError;
use crate::{postgres, sqlite};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The SQLite database can't be opened, or somebody uses it.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// The PostgreSQL database can't be opened.
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
    /// Two stores are not made one.
    #[error("{target} is not empty: it has {table}; give it a database of its own")]
    NotEmpty {
        /// The target.
        target: String,
        /// What is in it.
        table: &'static str,
    },
    /// A row could not be copied or read.
    #[error("table {table}: {why}")]
    Table {
        /// Of which table.
        table: &'static str,
        /// Why.
        why: String,
    },
    /// What was written is not what is read.
    #[error("the copy is not the original: {table}, {key}: {what}")]
    Differs {
        /// In which table.
        table: &'static str,
        /// In which row.
        key: String,
        /// How.
        what: String,
    },
    /// The secret that signs tokens did not arrive.
    #[error("the copy is not the original: the signing secret differs")]
    SecretDiffers,
    /// A database failed.
    #[error("{0}")]
    Failed(String),
    /// It is copied and compared, but whether it is durable is not known.
    #[error(
        "the answer to the commit was lost ({0}); begin again: if the copy is there, that is refused"
    )]
    Doubtful(String),
}

impl From<sqlite::DraftError> for TransferError {
    fn from(error: sqlite::DraftError) -> Self {
        match error {
            sqlite::DraftError::Open(error) => Self::Sqlite(error),
            sqlite::DraftError::Place(error) => Self::Failed(error.to_string()),
            sqlite::DraftError::Sql(error) => error.into(),
        }
    }
}

impl From<SqlError> for TransferError {
    fn from(error: SqlError) -> Self {
        Self::Failed(error.to_string())
    }
}
