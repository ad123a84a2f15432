//! Sessions against a real server: what the operator has set for everybody, and what makes a
//! connection useless.

use super::*;
use crate::sql::params;
use tidings_tests::Postgres;

/// An empty database, gone with its test.
struct Database {
    name: String,
}

impl Database {
    fn new() -> Self {
        let name = format!("session_{}", Uuid::new_v4().simple());
        Postgres::shared().create_database(&name);
        Self { name }
    }

    fn run(&self, sql: &str) {
        Postgres::shared().query(&self.name, sql);
    }

    fn session(&self, parameters: &str) -> Session {
        let url = Postgres::shared().url(&self.name) + parameters;
        let session = Session::new(url.parse().unwrap()).unwrap();
        session.reach(monotonic()).unwrap();
        session
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        Postgres::shared().drop_database(&self.name);
    }
}

fn text(session: &Session, sql: &str) -> String {
    session.rows(sql, params![]).unwrap()[0].get(0)
}

#[test]
fn whatever_the_default_who_writes_sees_what_is_committed_meanwhile() {
    for isolation in ["repeatable read", "serializable"] {
        let database = Database::new();
        let name = &database.name;
        database.run("CREATE TABLE t (a text); INSERT INTO t VALUES ('before')");
        let set =
            format!("ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}'");
        database.run(&set);
        let session = database.session("");
        session.send(BEGIN).unwrap();
        assert_eq!(text(&session, "SELECT a FROM t"), "before");
        database.run("UPDATE t SET a = 'after'");
        assert_eq!(text(&session, "SELECT a FROM t"), "after", "{isolation}");
    }
}

#[test]
fn a_session_has_its_settings_whatever_the_operator_has_set_for_others() {
    let database = Database::new();
    let name = &database.name;
    database.run(&format!("ALTER DATABASE {name} SET lock_timeout = '1h'"));
    database.run(&format!("ALTER DATABASE {name} SET synchronous_commit = off"));
    // Of the operator's own options one stays, and one is not ours to give away.
    let session = database.session("?options=-c%20work_mem%3D3MB%20-c%20statement_timeout%3D0");
    let settings = "SELECT concat_ws(' ', current_setting('lock_timeout'),
         current_setting('statement_timeout'), current_setting('enable_seqscan'),
         current_setting('synchronous_commit'), current_setting('work_mem'))";
    assert_eq!(text(&session, settings), "4s 5s off on 3MB");
}

#[test]
fn more_than_a_local_sync_stays_as_the_operator_wants_it() {
    let database = Database::new();
    let name = &database.name;
    database.run(&format!("ALTER DATABASE {name} SET synchronous_commit = remote_apply"));
    let session = database.session("");
    assert_eq!(text(&session, "SELECT current_setting('synchronous_commit')"), "remote_apply");
}

#[test]
fn statements_that_were_prepared_for_a_table_as_it_was_are_prepared_anew() {
    let database = Database::new();
    database.run("CREATE TABLE t (a text); INSERT INTO t VALUES ('a')");
    let session = database.session("");
    let all = "SELECT * FROM t";
    assert_eq!(text(&session, all), "a");
    database.run("ALTER TABLE t ADD COLUMN b text");
    let error = session.rows(all, params![]).unwrap_err();
    assert!(error.passes() && !session.is_connected(), "{error}");
    session.reach(monotonic()).unwrap();
    assert_eq!(text(&session, all), "a");
}

#[test]
fn what_is_refused_at_the_door_is_not_tried_again() {
    let url = Postgres::shared().url("there_is_no_such_database");
    let session = Session::new(url.parse().unwrap()).unwrap();
    let failure = session.reach(monotonic() + Duration::from_mins(10)).unwrap_err();
    assert!(!failure.passes(), "{failure}");
}

#[test]
fn nobody_waits_for_what_has_been_away_for_long() {
    // Nobody listens there.
    let session = Session::new("postgres://tidings@127.0.0.1:1/tidings".parse().unwrap()).unwrap();
    let (grace, long) = (Duration::from_millis(50), Duration::from_mins(1));
    let began = monotonic();
    assert!(session.reach_soon(began + grace, grace).is_err());
    std::thread::sleep(grace);
    assert!(session.reach_soon(began + long, grace).is_err());
    assert!(began.elapsed() < long / 2, "{:?}", began.elapsed());
}

#[test]
fn what_can_not_be_sent_is_an_error_at_once_and_not_left_out() {
    let database = Database::new();
    database.run("CREATE TABLE t (a smallint)");
    let session = database.session("");
    session.send(BEGIN).unwrap();
    session.write("INSERT INTO t VALUES (?1)", params![1_i64]).unwrap();
    session.write("INSERT INTO t VALUES (?1)", params![1_000_000_i64]).unwrap_err();
}
