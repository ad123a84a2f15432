//! Receipts and names of large threads, kept from one join to the next: when hundreds of sockets
//! come back to a thread at once, they are read and encoded once and not for each of them.
//!
//! **Invariant:** what is kept is what the same snapshot would read: any commit at all ends it.

use super::thread;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::Arc;
use tidings_protocol::SharedPeople;

/// Threads kept: a crowd comes back to one or a few.
const KEPT_MAX: usize = 8;

/// Fewer people than these are as soon read as kept.
const PEOPLE_MIN: usize = 32;

/// What one reader keeps.
#[derive(Default)]
pub(in crate::sqlite) struct Crowds {
    /// SQLite's count, for this connection, of the commits of others.
    version: i64,
    /// By the threads' small numbers, newest first.
    kept: VecDeque<(i64, Arc<SharedPeople>)>,
}

impl Crowds {
    /// The people of a thread, inside a snapshot.
    pub(super) fn of(&mut self, db: &Connection, num: i64) -> rusqlite::Result<Arc<SharedPeople>> {
        let version =
            db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get::<_, i64>(0))?;
        if std::mem::replace(&mut self.version, version) != version {
            self.kept.clear();
        }
        if let Some((_, people)) = self.kept.iter().find(|(kept, _)| *kept == num) {
            return Ok(Arc::clone(people));
        }
        let (receipts, participants) = thread::people(db, num)?;
        let people = Arc::new(SharedPeople::new(receipts, participants));
        if people.participants().len() >= PEOPLE_MIN {
            self.kept.truncate(KEPT_MAX - 1);
            self.kept.push_front((num, Arc::clone(&people)));
        }
        Ok(people)
    }
}
