//! Receipts and names of large threads, kept from one join to the next: when hundreds of sockets
//! come back to a thread at once, they are read and encoded once and not for each of them.
//!
//! **Invariant:** what is kept is what the same snapshot would read: any commit at all ends it.

use super::thread;
use crate::sql::{Db, SqlError};
use std::collections::VecDeque;
use std::sync::Arc;
use tidings_protocol::SharedPeople;

/// Threads kept: a crowd comes back to one or a few.
const KEPT_MAX: usize = 8;

/// Fewer people than these are as soon read as kept.
const PEOPLE_MIN: usize = 32;

/// What one reader keeps.
#[derive(Default)]
pub(crate) struct Crowds {
    /// What the database was like, as [`Db::version`] says.
    version: Option<i64>,
    /// By the threads' small numbers, newest first.
    kept: VecDeque<(i64, Arc<SharedPeople>)>,
}

impl Crowds {
    /// The people of a thread, inside a snapshot.
    pub(super) fn of(&mut self, db: Db<'_>, num: i64) -> Result<Arc<SharedPeople>, SqlError> {
        let version = db.version()?;
        if version.is_none() || std::mem::replace(&mut self.version, version) != version {
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
