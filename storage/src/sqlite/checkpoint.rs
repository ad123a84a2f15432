//! Copies the write-ahead log into the database beside the writer, by a thread and a connection of
//! its own. Done by the writer, as SQLite does it by itself, all commits would wait for it: 30 ms,
//! several times a second under full load.

use rusqlite::{Connection, OpenFlags};
use std::io;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long the second step waits for readers and a commit under way to step aside; later commits wait
/// for as long. If they don't, the next copy tries again.
const PATIENCE: Duration = Duration::from_millis(10);

/// The thread. It ends with this.
pub(super) struct Checkpointer {
    ask: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts it for a database.
    pub(super) fn start(database: &Path) -> io::Result<Self> {
        let db = connect(database).map_err(io::Error::other)?;
        let (ask, asked) = sync_channel(1);
        let thread =
            thread::Builder::new().name("store-checkpoint".to_owned()).spawn(move || {
                for () in asked {
                    if let Err(error) = checkpoint(&db) {
                        // The log only stays long; what was promised is in it.
                        tracing::warn!(%error, "the write-ahead log can't be copied");
                    }
                }
            })?;
        Ok(Self { ask: Some(ask), thread: Some(thread) })
    }

    /// It is time. If one is under way, another one follows it at most.
    pub(super) fn ask(&self) {
        if let Some(ask) = &self.ask {
            // One that waits already will do.
            let _ = ask.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.ask.take());
        if let Some(thread) = self.thread.take() {
            // It has said why if it broke.
            let _ = thread.join();
        }
    }
}

fn connect(database: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(database, flags)?;
    // The log is begun anew only once what was copied is on the disk.
    db.pragma_update(None, "synchronous", "FULL")?;
    db.busy_timeout(PATIENCE)?;
    Ok(db)
}

/// In two steps: most of it while commits go on, and then, for a moment without them, what has come
/// meanwhile, so that the log begins anew and does not grow for ever.
fn checkpoint(db: &Connection) -> rusqlite::Result<()> {
    db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    db.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))
}
