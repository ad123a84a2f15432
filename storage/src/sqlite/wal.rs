//! Keeps the write-ahead log short. Under load it is copied into the database beside the writer.
//! Should that not keep up, SQLite copies it within a commit, and when it has grown too long all the
//! same, because readers were looking at it all the time, we insist; also when idle.

use super::checkpoint::Checkpointer;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest WAL in bytes that is left alone under load: well beyond where SQLite begins to copy.
const BUSY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Longest WAL in bytes that is left alone when there is nothing else to do.
const IDLE_BYTES_MAX: u64 = 1024 * 1024;

/// Commits between two looks at the WAL's length: a look costs a system call.
const COMMITS_BETWEEN_LOOKS: u32 = 64;

/// Pages between two copies: under full load half a second's. A copy writes each page once, however
/// often it has changed, so fewer copies cost less, and the log gets longer.
const PAGES_PER_COPY: usize = 32_768;

/// Pages that a commit writes, by estimate: some for itself, and some for each operation. Large bodies
/// take more; then commits copy.
const PAGES_PER_COMMIT: usize = 6;
const PAGES_PER_OPERATION: usize = 4;

const _: () = assert!(PAGES_PER_COPY < super::open::AUTOCHECKPOINT_PAGES as usize);

/// How long commits wait for the readers to step aside; if they don't, the next look tries again.
const PATIENCE: Duration = Duration::from_millis(100);

/// The write-ahead log beside a database file.
pub(super) struct Wal {
    database: Option<PathBuf>,
    file: Option<PathBuf>,
    commits: u32,
    /// Pages written since the last copy, by estimate.
    pages: usize,
    /// There from when it is first needed: small databases never need it.
    checkpointer: Option<Checkpointer>,
}

impl Wal {
    /// Of that database; one in memory has none.
    pub(super) fn of(database: Option<&Path>) -> Self {
        let file = database.map(|path| {
            let mut wal = path.as_os_str().to_owned();
            wal.push("-wal");
            PathBuf::from(wal)
        });
        let database = database.map(Path::to_path_buf);
        Self { database, file, commits: 0, pages: 0, checkpointer: None }
    }

    /// After a commit of so many operations: sees to it that it is copied now and then, and looks
    /// whether it has grown too long.
    pub(super) fn after_commit(&mut self, db: &Connection, operations: usize) {
        self.pages += PAGES_PER_COMMIT + PAGES_PER_OPERATION * operations;
        if self.pages >= PAGES_PER_COPY {
            self.pages = 0;
            self.copy();
        }
        self.commits += 1;
        if self.commits >= COMMITS_BETWEEN_LOOKS {
            self.commits = 0;
            self.keep_below(BUSY_BYTES_MAX, db);
        }
    }

    fn copy(&mut self) {
        let Some(database) = &self.database else { return };
        if self.checkpointer.is_none() {
            match Checkpointer::start(database) {
                Ok(started) => self.checkpointer = Some(started),
                // Then commits do it.
                Err(error) => tracing::warn!(%error, "the write-ahead log is copied by commits"),
            }
        }
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.ask();
        }
    }

    /// Uses the time.
    pub(super) fn when_idle(&mut self, db: &Connection) {
        self.keep_below(IDLE_BYTES_MAX, db);
    }

    fn keep_below(&self, bytes_max: u64, db: &Connection) {
        let Some(file) = &self.file else { return };
        let bytes = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
        if bytes > bytes_max
            && let Err(error) = truncate(db)
        {
            // The log only stays long; what was promised is in it.
            tracing::warn!(bytes, %error, "the write-ahead log can't be shortened");
        }
    }
}

/// Copies all of it into the database and empties it; returns without having done so if a reader
/// doesn't step aside in time.
fn truncate(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(PATIENCE)?;
    let result = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    db.busy_timeout(super::open::BUSY_TIMEOUT)?;
    result
}
