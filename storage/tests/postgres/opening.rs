//! A PostgreSQL that can't be opened says why, and is opened when that is over.

use crate::firm::{Firm, NOW, does, one, open, writer};
use crate::waiting::{Stopwatch, until};
use std::time::Duration;
use tidings_protocol::RefusalCode;
use tidings_storage::postgres::{OpenError, Postgres as Store};
use tidings_storage::{Operation, QueryError, Reader, SystemEntropy, Writer};
use tidings_tests::Postgres;
use uuid::Uuid;

fn try_open(url: &str) -> Result<Store, OpenError> {
    Store::open(&url.parse().unwrap(), Duration::ZERO, &mut SystemEntropy)
}

#[test]
fn a_server_without_a_connection_to_spare_is_named_and_serves_later() {
    let server = Postgres::start_with(&["max_connections=4", "superuser_reserved_connections=0"]);
    server.create_database("tidings");
    let url = server.url("tidings");
    let held: Vec<_> = (0..4).map(|_| connected(&url)).collect();
    let why = try_open(&url).err().unwrap().to_string();
    assert!(why.contains("too many clients"), "{why}");
    drop(held);
    // Their backends are gone a moment later.
    Store::open(&url.parse().unwrap(), Duration::from_secs(10), &mut SystemEntropy).unwrap();
}

#[test]
fn a_writer_that_gets_no_connection_refuses_and_goes_on_later() {
    let server = Postgres::start_with(&["max_connections=4", "superuser_reserved_connections=0"]);
    server.create_database("tidings");
    let url = server.url("tidings");
    let mut late = writer(&url);
    let mut reader = open(&url).reader().unwrap();
    let held: Vec<_> = (0..4).map(|_| connected(&url)).collect();
    let firm = || vec![Operation::CreateFirm { name: "Firm".to_owned() }];
    let why = late.apply(firm(), NOW).unwrap_err().to_string();
    assert!(why.contains("too many clients"), "{why}");
    let why = reader.signing_secret().unwrap_err().to_string();
    assert!(why.contains("too many clients") || why.contains("a moment ago"), "{why}");
    drop(held);
    // What has been away for long is tried now and then only.
    until("the writer to go on", || late.apply(firm(), NOW).is_ok());
    until("the reader to go on", || reader.signing_secret().is_ok());
}

/// Something that holds a connection until it is dropped.
fn connected(url: &str) -> impl Sized + use<> {
    let mut reader = open(url).reader().unwrap();
    // Opening the store takes one more connection, which is gone a moment later.
    until("a connection", || reader.signing_secret().is_ok());
    reader
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    let url = Postgres::shared().url("nowhere").replace("tidings@", "tidings:s3cret@");
    let why = try_open(&url).err().unwrap().to_string();
    assert!(why.contains("nowhere") && why.contains("does not exist"), "{why}");
    assert!(!why.contains("s3cret"), "{why}");
}

#[test]
fn an_empty_database_is_not_filled_by_whoever_only_looks() {
    let database = crate::nodes::Database::new();
    let url = database.url.parse().unwrap();
    let looked = Store::open_existing(&url, Duration::ZERO).err().unwrap();
    assert!(matches!(looked, OpenError::Empty { .. }), "{looked}");
    open(&database.url);
    Store::open_existing(&url, Duration::ZERO).unwrap();
}

#[test]
fn a_database_of_a_later_version_is_left_alone() {
    let database = crate::nodes::Database::new();
    open(&database.url);
    let later = "UPDATE meta SET value = '99' WHERE name = 'schema_version'";
    Postgres::shared().query(&database.name, later);
    let why = try_open(&database.url).err().unwrap().to_string();
    assert!(why.contains("schema version 99") && why.contains("newer program"), "{why}");
}

#[test]
fn a_statement_that_takes_too_long_is_given_up_and_the_next_batch_is_done() {
    let database = crate::nodes::Database::new();
    let mut writer = writer(&database.url);
    let firm = Firm::new(&mut writer);
    let thread = firm.thread(&mut writer);
    let holding = Holding::the_threads(&database.url);
    let begun = Stopwatch::start();
    let post = || Firm::posts(firm.client, thread, Uuid::new_v4());
    let why = writer.apply(vec![post()], NOW).unwrap_err().to_string();
    assert!(why.contains("lock timeout") || why.contains("statement timeout"), "{why}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    drop(holding);
    does(&mut writer, post());
    let refused = one(&mut writer, Firm::posts(firm.client, firm_thread(), Uuid::new_v4()));
    assert_eq!(refused.outcome.unwrap_err().code, RefusalCode::NotFound);
    let mut reader = open(&database.url).reader().unwrap();
    let holding = Holding::the_tables(&database.url);
    let why = reader.events_after(thread, tidings_protocol::Seq(0), 10).unwrap_err().to_string();
    assert!(why.contains("timeout"), "{why}");
    drop(holding);
    let read = reader.answer(firm.owner, &get_thread(thread), NOW);
    assert!(!matches!(read, Err(QueryError::Unavailable(_))), "{read:?}");
}

fn firm_thread() -> tidings_protocol::ThreadId {
    tidings_protocol::ThreadId(Uuid::new_v4())
}

fn get_thread(thread: tidings_protocol::ThreadId) -> tidings_protocol::Checked {
    tidings_protocol::Command::GetThread { thread }.try_into().unwrap()
}

/// A transaction of somebody else, which stands still until it is dropped.
struct Holding {
    runtime: tokio::runtime::Runtime,
    client: Option<tokio_postgres::Client>,
}

impl Holding {
    fn the_threads(url: &str) -> Self {
        Self::of(url, "BEGIN; SELECT 1 FROM threads FOR UPDATE")
    }

    fn the_tables(url: &str) -> Self {
        Self::of(url, "BEGIN; LOCK TABLE events, threads IN ACCESS EXCLUSIVE MODE")
    }

    fn of(url: &str, sql: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(sql).await.unwrap();
            client
        });
        Self { runtime, client: Some(client) }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            self.runtime.block_on(async { client.batch_execute("ROLLBACK").await.unwrap() });
        }
    }
}
