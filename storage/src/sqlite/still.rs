//! Databases that nobody serves and nobody else writes to: one of which everything is read, and a new
//! one that is filled. For moving a store.

use super::backup::{refuse_existing, sync_folder};
use super::migrate::{self, Standing};
use super::open::{Location, Mode, OpenError, Sqlite, as_it_is, lock_beside};
use crate::backend::Unavailable;
use crate::clock::Entropy;
use crate::sql::{Db, SqlError};
use rusqlite::Connection;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A database of this version, of which everything is of one moment. It is not changed.
pub(crate) struct Still {
    db: Connection,
    /// Keeps servers off.
    _lock: File,
}

impl Still {
    /// Opens a database on which no server runs.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let name = path.display().to_string();
        let real =
            fs::canonicalize(path).map_err(|why| OpenError::Io { path: name.clone(), why })?;
        let lock = lock_beside(&real)?;
        let db = as_it_is(&real)?;
        if let Standing::Behind(found) = migrate::standing(&db, &name)? {
            return Err(OpenError::Behind { path: name, found });
        }
        // As who writes, which keeps the operator's other commands from it; but nothing is written.
        db.pragma_update(None, "query_only", false)?;
        db.execute_batch("BEGIN IMMEDIATE")?;
        db.pragma_update(None, "query_only", true)?;
        Ok(Self { db, _lock: lock })
    }

    /// The moment.
    pub(crate) fn db(&self) -> Db<'_> {
        Db::Sqlite(&self.db)
    }
}

/// A new database, which gets its name when it is whole.
pub(crate) struct Draft {
    /// There until it is finished.
    open: Option<(Connection, Sqlite)>,
    partial: PathBuf,
    to: PathBuf,
}

impl Draft {
    /// Makes one that is to have a name which nothing has yet.
    pub(crate) fn create(to: &Path, entropy: &mut dyn Entropy) -> Result<Self, DraftError> {
        let partial = beside(to, ".partial");
        refuse_existing(to)?;
        refuse_existing(&partial)?;
        let sqlite = Sqlite::open(&Location::File(partial.clone()), Mode::Serve, entropy)?;
        let db = sqlite.connect()?;
        db.execute_batch("BEGIN IMMEDIATE").map_err(OpenError::from)?;
        Ok(Self { open: Some((db, sqlite)), partial, to: to.to_owned() })
    }

    /// The transaction that fills it.
    pub(crate) fn db(&self) -> Db<'_> {
        let (db, _) = self.open.as_ref().expect("it is open until it is finished");
        Db::Sqlite(db)
    }

    /// Makes it durable and gives it its name.
    pub(crate) fn finish(mut self) -> Result<(), DraftError> {
        self.db().write("COMMIT", &[])?;
        // The last connection to be closed copies the log into the database and removes it.
        drop(self.open.take());
        let failed = |error: std::io::Error| {
            Unavailable(format!("{} to {}: {error}", self.partial.display(), self.to.display()))
        };
        let log = beside(&self.partial, "-wal");
        if log.exists() {
            return Err(Unavailable(format!("{} is in use", self.partial.display())).into());
        }
        let file = File::options().write(true).open(&self.partial).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        refuse_existing(&self.to)?;
        fs::rename(&self.partial, &self.to).map_err(failed)?;
        Ok(sync_folder(&self.to)?)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        drop(self.open.take());
        for end in ["", "-wal", "-shm", ".lock"] {
            // Those that are there: of a draft that is finished, its lock.
            let _ = fs::remove_file(beside(&self.partial, end));
        }
    }
}

/// Why a new database was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DraftError {
    /// It can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It can't be put there.
    #[error(transparent)]
    Place(#[from] Unavailable),
    /// It can't be written.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
