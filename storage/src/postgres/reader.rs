//! Snapshots on a connection of their own. A snapshot begins with the first statement of a question
//! and ends after its last one, neither of which is waited for: a question of one statement is one
//! journey.

use super::session::Session;
use crate::backend::Unavailable;
use crate::front::monotonic;
use crate::sql::{Crowds, Db, Snapshots, SqlError};
use std::path::Path;
use std::time::Duration;

/// How long a question waits for a database that has just gone.
const GRACE: Duration = Duration::from_secs(2);

/// A reader of a PostgreSQL database.
pub struct PostgresReader {
    session: Session,
    crowds: Crowds,
    /// A question is under way. If one is when the next comes, it has broken off in the middle.
    asking: bool,
}

impl PostgresReader {
    /// Reads by a session.
    pub(super) fn new(session: Session) -> Self {
        Self { session, crowds: Crowds::default(), asking: false }
    }

    fn once<T, E: From<SqlError>>(
        &mut self,
        question: &mut impl FnMut(Db<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let sql = |failure| E::from(SqlError::Postgres(failure));
        if std::mem::take(&mut self.asking) {
            // Its snapshot is of the past.
            self.session.disconnect();
        }
        self.session.reach_soon(monotonic() + GRACE, GRACE).map_err(sql)?;
        self.session.send("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").map_err(sql)?;
        self.asking = true;
        let answer = question(Db::Postgres(&self.session));
        // Whether or not it has an answer, and was not lost. There is nothing that could fail.
        let _ = self.session.send("COMMIT");
        self.session.flush();
        self.asking = false;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use tidings_tests::Postgres;

    #[test]
    fn a_question_after_one_that_broke_off_sees_what_was_committed_meanwhile() {
        let server = Postgres::shared();
        let name = format!("reader_{}", uuid::Uuid::new_v4().simple());
        server.create_database(&name);
        server.query(&name, "CREATE TABLE t (a int)");
        let session = Session::new(server.url(&name).parse().unwrap()).unwrap();
        let mut reader = PostgresReader::new(session);
        let count = "SELECT count(*) FROM t";
        let broken = catch_unwind(AssertUnwindSafe(|| {
            reader.snapshot(|db| -> Result<i64, SqlError> {
                db.one(count, &[], |row| row.int(0))?;
                panic!("a question breaks off")
            })
        }));
        assert!(broken.is_err());
        server.query(&name, "INSERT INTO t VALUES (1)");
        let seen = reader.snapshot(|db| db.one(count, &[], |row| row.int(0)));
        assert_eq!(seen.unwrap(), 1);
        server.drop_database(&name);
    }
}
