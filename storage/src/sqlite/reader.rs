//! Snapshots on a connection of their own, beside the writer.

use super::backup;
use crate::backend::Unavailable;
use crate::sql::{Crowds, Db, Snapshots, SqlError};
use rusqlite::Connection;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A reader of an SQLite database.
pub struct SqliteReader {
    db: Connection,
    crowds: Crowds,
    /// Keeps other servers off for as long as there is a reader.
    _lock: Option<Arc<File>>,
}

impl SqliteReader {
    /// Reads by a connection, which from now on can't write.
    pub(super) fn new(db: Connection, lock: Option<Arc<File>>) -> rusqlite::Result<Self> {
        db.pragma_update(None, "query_only", true)?;
        Ok(Self { db, crowds: Crowds::default(), _lock: lock })
    }
}

impl Snapshots for SqliteReader {
    fn snapshot<T, E: From<SqlError>>(
        &mut self,
        mut question: impl FnMut(Db<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        // Dropped without a commit: there is nothing to keep.
        let snapshot = self.db.transaction().map_err(SqlError::from)?;
        question(Db::Sqlite(&snapshot))
    }

    fn crowds(&mut self) -> &mut Crowds {
        &mut self.crowds
    }

    fn backup(&mut self, to: &Path) -> Result<(), Unavailable> {
        backup::backup(&self.db, to)
    }
}
