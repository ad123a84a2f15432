//! Finding or making the database, keeping a second server off it, and connections with the
//! settings that the promises rest on.

use super::backup;
use super::migrate::{self, Standing};
use super::reader::SqliteReader;
use super::wal::Wal;
use super::writer::SqliteWriter;
use crate::backend::Unavailable;
use crate::clock::Entropy;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In a file; its folder exists.
    File(PathBuf),
    /// In memory, one of its own, gone with the last connection: for tests.
    Memory,
}

/// What a database is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To serve: no second server may open it, until the last connection is dropped.
    Serve,
    /// For a command of the operator, beside a running server if there is one.
    Tool,
}

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Two servers on one database would not hear of one another's messages.
    #[error("{path} is in use by a running server; stop it first")]
    InUse {
        /// The database.
        path: String,
    },
    /// A later version wrote it. Going back would lose what that version keeps.
    #[error("{path} has schema version {found}, this program knows {known}: use a newer program")]
    TooNew {
        /// The database.
        path: String,
        /// Its version.
        found: i64,
        /// The newest one known here.
        known: usize,
    },
    /// An earlier version wrote it, and it is not to be changed.
    #[error("{path} has schema version {found}: run the server of this version on it once")]
    Behind {
        /// The database.
        path: String,
        /// Its version.
        found: usize,
    },
    /// Something else made it.
    #[error("{path} is an SQLite database, but not one of Tidings")]
    Foreign {
        /// The file.
        path: String,
    },
    /// The file system refuses.
    #[error("{path}: {why}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        why: std::io::Error,
    },
    /// The database refuses.
    #[error("database: {0}")]
    Sql(rusqlite::Error),
}

/// By hand, so that it is not the source too: the text has all of it, and who prints causes would
/// print it twice.
impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Why a copy could not be made. There is none then, not half of one either.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// What is to be copied can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It can't be copied to there.
    #[error(transparent)]
    Copy(#[from] Unavailable),
}

/// Most pages of 4 KiB that the WAL has before commits copy them into the database themselves. Under
/// load the checkpointer has done so before.
pub(super) const AUTOCHECKPOINT_PAGES: u32 = 65_536;

/// How long a connection waits for another process' lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Memory for pages of one connection, in KiB.
const CACHE_KIB: i64 = 16 * 1024;

/// Bytes of the file that a connection maps instead of copying.
const MMAP_BYTES: i64 = 64 * 1024 * 1024;

/// Statements a connection keeps prepared: more than there are.
const STATEMENTS_MAX: usize = 128;

/// An opened database, from which connections are made.
pub struct Sqlite {
    name: String,
    file: Option<PathBuf>,
    lock: Option<Arc<File>>,
    /// A database in memory lives as long as somebody holds a connection.
    _anchor: Connection,
}

impl Sqlite {
    /// Opens a database, makes it if it isn't there, and brings it to this version.
    pub fn open(
        location: &Location,
        mode: Mode,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, OpenError> {
        let (name, file) = match location {
            Location::File(path) => (path.display().to_string(), Some(own(path)?)),
            Location::Memory => (memory_name(), None),
        };
        let lock = match (&file, mode) {
            (Some(path), Mode::Serve) => Some(Arc::new(lock_beside(path)?)),
            _ => None,
        };
        let mut db = plain(file.as_deref(), &name)?;
        // Before any setting that stays in the file: somebody else's is left as it is.
        let standing = migrate::standing(&db, &name)?;
        settle(&db)?;
        if let Standing::Behind(_) = standing {
            // Not beneath a server that runs on the schema as it was.
            let _held = match (&file, &lock) {
                (Some(path), None) => Some(lock_beside(path)?),
                _ => None,
            };
            migrate::migrate(&mut db, &name, entropy)?;
        }
        Ok(Self { name, file, lock, _anchor: db })
    }

    /// Copies a database of Tidings of any version to a new file, as it is: it is not brought to
    /// this version, whether or not a server runs on it.
    pub fn backup(from: &Path, to: &Path) -> Result<(), BackupError> {
        Ok(backup::backup(&as_it_is(from)?, to)?)
    }

    /// Its writer: one while serving.
    pub fn writer(&self, entropy: Box<dyn Entropy>) -> Result<SqliteWriter, OpenError> {
        let db = self.connect()?;
        let wal = Wal::of(self.file.as_deref());
        Ok(SqliteWriter::new(db, wal, entropy, self.lock.clone()))
    }

    /// A reader, one of as many as are wanted.
    pub fn reader(&self) -> Result<SqliteReader, OpenError> {
        let db = self.connect()?;
        Ok(SqliteReader::new(db, self.lock.clone())?)
    }

    pub(super) fn connect(&self) -> Result<Connection, OpenError> {
        connect(self.file.as_deref(), &self.name)
    }
}

/// A name no other database in this process has. Nothing depends on which.
fn memory_name() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    format!("file:/tidings-{}?vfs=memdb", MADE.fetch_add(1, Ordering::Relaxed))
}

fn connect(file: Option<&Path>, name: &str) -> Result<Connection, OpenError> {
    let db = plain(file, name)?;
    settle(&db)?;
    Ok(db)
}

/// A connection that changes nothing yet.
fn plain(file: Option<&Path>, name: &str) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = match file {
        Some(path) => Connection::open_with_flags(path, flags)?,
        None => Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_URI)?,
    };
    db.busy_timeout(BUSY_TIMEOUT)?;
    Ok(db)
}

/// A connection to a database of Tidings of any version, by which nothing can be written.
pub(super) fn as_it_is(path: &Path) -> Result<Connection, OpenError> {
    let io = |why| OpenError::Io { path: path.display().to_string(), why };
    // By the path without links, as servers reach it: the log is beside that one.
    let real = std::fs::canonicalize(path).map_err(io)?;
    // Not opened for reading only: then a log that a crash left behind might not be readable.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(real, flags)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    if !migrate::is_ours(&db)? {
        return Err(OpenError::Foreign { path: path.display().to_string() });
    }
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

/// The settings that the promises rest on.
fn settle(db: &Connection) -> Result<(), OpenError> {
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Plans don't depend on the values bound, or statements would be prepared anew for each.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // In memory the answer is `memory`, which is right there.
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // Acknowledged is durable: the WAL is synced by every commit.
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "wal_autocheckpoint", AUTOCHECKPOINT_PAGES)?;
    db.pragma_update(None, "cache_size", -CACHE_KIB)?;
    db.pragma_update(None, "mmap_size", MMAP_BYTES)?;
    db.pragma_update(None, "foreign_keys", true)?;
    // What was deleted is gone from the file too, and so from its copies.
    db.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    Ok(())
}

/// Holds `PATH.lock`. The system lets go of it with the process, however that ends. Nobody else may
/// open it: whoever can read a file can lock it, and so keep the server from starting.
pub(super) fn lock_beside(path: &Path) -> Result<File, OpenError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let io = |why| OpenError::Io { path: beside.display().to_string(), why };
    let mut options = private();
    let file = options.create(true).truncate(false).open(&beside).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.display().to_string() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// Makes the file, if there is none, for its owner's eyes only: it holds everybody's messages and
/// the secret that signs tokens. SQLite gives the files beside it the same permissions. The path it
/// gives has no links in it: by whichever a database is reached, its log and its lock are the same.
fn own(path: &Path) -> Result<PathBuf, OpenError> {
    let io = |why| OpenError::Io { path: path.display().to_string(), why };
    match private().create_new(true).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(io(source)),
    }
    std::fs::canonicalize(path).map_err(io)
}

/// Writes to a file which, if it is made, is its owner's alone.
fn private() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
