//! Keeps the write-ahead log short. SQLite copies it into the database by itself every so many
//! pages, but it starts it anew only when no reader is looking at that moment: under load that
//! may be never. So once in a while, and when idle, we insist.

use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest WAL in bytes that is left alone under load: well beyond where SQLite begins to copy.
const BUSY_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Longest WAL in bytes that is left alone when there is nothing else to do.
const IDLE_BYTES_MAX: u64 = 1024 * 1024;

/// Commits between two looks at the WAL's length: a look costs a system call.
const COMMITS_BETWEEN_LOOKS: u32 = 64;

/// How long commits wait for the readers to step aside; if they don't, the next look tries again.
const PATIENCE: Duration = Duration::from_millis(100);

/// The write-ahead log beside a database file.
pub(super) struct Wal {
    file: Option<PathBuf>,
    commits: u32,
}

impl Wal {
    /// Of that database; one in memory has none.
    pub(super) fn of(database: Option<&Path>) -> Self {
        let file = database.map(|path| {
            let mut wal = path.as_os_str().to_owned();
            wal.push("-wal");
            PathBuf::from(wal)
        });
        Self { file, commits: 0 }
    }

    /// Looks now and then whether it has grown too long.
    pub(super) fn after_commit(&mut self, db: &Connection) {
        self.commits += 1;
        if self.commits >= COMMITS_BETWEEN_LOOKS {
            self.commits = 0;
            self.keep_below(BUSY_BYTES_MAX, db);
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
