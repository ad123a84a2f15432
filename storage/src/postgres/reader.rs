//! Snapshots on a connection of their own. A snapshot begins with the first statement of a question
//! and ends after its last one, neither of which is waited for: a question of one statement is one
//! journey.

use super::session::Session;
use crate::backend::Unavailable;
use crate::sql::{Crowds, Db, Snapshots, SqlError};
use std::path::Path;
use std::time::Duration;

/// How long a question waits for a database that has just gone.
const GRACE: Duration = Duration::from_secs(2);

/// A reader of a PostgreSQL database.
pub struct PostgresReader {
    session: Session,
    crowds: Crowds,
}

impl PostgresReader {
    /// Reads by a session.
    pub(super) fn new(session: Session) -> Self {
        Self { session, crowds: Crowds::default() }
    }

    fn once<T, E: From<SqlError>>(
        &self,
        question: &mut impl FnMut(Db<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let sql = |failure| E::from(SqlError::Postgres(failure));
        self.session.reach_soon(GRACE).map_err(sql)?;
        self.session.send("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").map_err(sql)?;
        let answer = question(Db::Postgres(&self.session));
        // Whether or not it has an answer, and was not lost. There is nothing that could fail.
        let _ = self.session.send("COMMIT");
        self.session.flush();
        answer
    }
}

impl Snapshots for PostgresReader {
    fn snapshot<T, E: From<SqlError>>(
        &mut self,
        mut question: impl FnMut(Db<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let answer = self.once(&mut question);
        if answer.is_ok() || self.session.is_connected() {
            return answer;
        }
        // A connection that has been idle may have been lost long ago.
        self.once(&mut question)
    }

    fn crowds(&mut self) -> &mut Crowds {
        &mut self.crowds
    }

    fn backup(&mut self, _: &Path) -> Result<(), Unavailable> {
        let why = "a PostgreSQL is backed up by its own tools: see pg_dump and pg_basebackup";
        Err(Unavailable(why.to_owned()))
    }
}
