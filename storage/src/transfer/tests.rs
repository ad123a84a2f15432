//! When a store is not moved, and that nothing is left behind then. That it is moved whole is in the
//! contract suite.

use super::*;
use crate::backend::{Reader, Writer};
use crate::clock::SystemEntropy;
use crate::operation::{Done, Operation};
use crate::sqlite::{Location, Mode, Sqlite};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tidings_protocol::{FirmId, Timestamp};
use tidings_tests::Postgres;

const FIRMS: usize = 300;

/// A store in SQLite with some firms in it.
struct Source {
    folder: TempDir,
    firms: Vec<FirmId>,
}

impl Source {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("tidings.db"));
        let sqlite = Sqlite::open(&location, Mode::Serve, &mut SystemEntropy).unwrap();
        let mut writer = sqlite.writer(Box::new(SystemEntropy)).unwrap();
        let new = |number| Operation::CreateFirm { name: format!("Firm {number}") };
        let applied = writer.apply((0..FIRMS).map(new).collect(), Timestamp(1_000)).unwrap();
        let firms = applied.into_iter().map(|applied| match applied.outcome {
            Ok(Done::Firm(firm)) => firm.firm,
            other => panic!("{other:?}"),
        });
        Self { firms: firms.collect(), folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tidings.db")
    }

    /// Moves it, and says why not.
    fn refused_by(&self, target: &Target) -> String {
        let moved = to_postgres(&self.path(), &target.url(), &mut SystemEntropy, |_| ());
        moved.unwrap_err().to_string()
    }

    fn moves_to(&self, target: &Target) {
        let rows = to_postgres(&self.path(), &target.url(), &mut SystemEntropy, |_| ()).unwrap();
        assert_eq!(rows, FIRMS as u64);
    }
}

/// A database in PostgreSQL.
struct Target {
    name: String,
}

impl Target {
    fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let name = format!("moved_{}", MADE.fetch_add(1, Ordering::Relaxed));
        Postgres::shared().create_database(&name);
        Self { name }
    }

    /// One that has its tables, and a trap in the table of firms.
    fn with_trap(condition: &str, trap: &str) -> Self {
        let target = Self::new();
        postgres::Postgres::open(&target.url(), Duration::ZERO, &mut SystemEntropy).unwrap();
        target.query(&format!(
            "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN {trap}; RETURN NEW; END';
             CREATE TRIGGER trap BEFORE INSERT ON firms FOR EACH ROW
                 WHEN ({condition}) EXECUTE FUNCTION trap()"
        ));
        target
    }

    fn url(&self) -> Url {
        Postgres::shared().url(&self.name).parse().unwrap()
    }

    fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        Postgres::shared().query(&self.name, sql)
    }

    fn firms(&self) -> String {
        self.query("SELECT count(*) FROM firms")[0][0].clone().unwrap()
    }
}

#[test]
fn every_row_is_told_of_twice() {
    let (source, target) = (Source::new(), Target::new());
    let mut steps = Vec::new();
    to_postgres(&source.path(), &target.url(), &mut SystemEntropy, |step| steps.push(step))
        .unwrap();
    for doing in [Doing::Copying, Doing::Comparing] {
        let of = |table| {
            let steps = steps.iter().filter(move |one| one.doing == doing && one.table == table);
            steps.map(|one| (one.rows, one.of)).collect::<Vec<_>>()
        };
        assert_eq!(of("firms"), [(256, 300), (300, 300)]);
        assert_eq!(of("inbox"), [(0, 0)]);
    }
    assert_eq!(steps.len(), 2 * (TABLES.len() + 1));
}

#[test]
fn a_store_that_is_served_is_not_moved() {
    let (source, target) = (Source::new(), Target::new());
    let location = Location::File(source.path());
    let serving = Sqlite::open(&location, Mode::Serve, &mut SystemEntropy).unwrap();
    let why = source.refused_by(&target);
    assert!(why.contains("tidings.db is in use by a running server"), "{why}");
    drop(serving);
    source.moves_to(&target);
}

#[test]
fn a_store_of_another_version_is_not_moved_and_not_changed() {
    let (source, target) = (Source::new(), Target::new());
    for (version, expected) in [(0, "run the server of this version on it"), (99, "newer program")]
    {
        let db = Connection::open(source.path()).unwrap();
        db.pragma_update(None, "user_version", version).unwrap();
        db.close().unwrap();
        let before = std::fs::read(source.path()).unwrap();
        let why = source.refused_by(&target);
        assert!(why.contains(expected), "{why}");
        assert!(std::fs::read(source.path()).unwrap() == before);
    }
    let missing = source.folder.path().join("missing.db");
    let why = to_postgres(&missing, &target.url(), &mut SystemEntropy, |_| ()).unwrap_err();
    assert!(why.to_string().contains("missing.db"), "{why}");
    assert!(!missing.exists());
    let tables = target.query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'");
    assert!(tables.is_empty(), "nothing was made");
}

#[test]
fn two_stores_are_not_made_one() {
    let (source, target) = (Source::new(), Target::new());
    source.moves_to(&target);
    let other = Source::new();
    let why = other.refused_by(&target);
    assert!(why.contains("is not empty: it has firms"), "{why}");
    assert_eq!(target.firms(), "300");
    let theirs = Target::new();
    theirs.query("CREATE TABLE theirs (a int)");
    let why = source.refused_by(&theirs);
    assert!(why.contains("not those of Tidings"), "{why}");
}

#[test]
fn nothing_is_moved_to_where_a_server_is_connected() {
    let (source, target) = (Source::new(), Target::new());
    let opened = postgres::Postgres::open(&target.url(), Duration::ZERO, &mut SystemEntropy);
    let mut reader = opened.unwrap().reader().unwrap();
    reader.signing_secret().unwrap();
    let why = source.refused_by(&target);
    assert!(why.contains("is in use by a running server"), "{why}");
    drop(reader);
    source.moves_to(&target);
}

#[test]
fn what_arrives_changed_is_noticed_and_nothing_of_it_stays() {
    let source = Source::new();
    let (firm, name) = (source.firms[270], "NEW.name = 'Firm 270'");
    let key = format!("firms, id {firm}: ");
    let target = Target::with_trap(name, "NEW.name := NEW.name || '' ''");
    let why = source.refused_by(&target);
    assert!(why.ends_with(&format!("{key}name differs")), "{why}");
    assert_eq!(target.firms(), "0");
    let target = Target::with_trap(name, "RETURN NULL");
    let why = source.refused_by(&target);
    assert!(why.contains(&format!("{key}is missing")), "{why}");
    assert_eq!(target.firms(), "0");
    let target = Target::with_trap(name, "RAISE ''no room''");
    let why = source.refused_by(&target);
    assert!(why.contains("table firms: PostgreSQL: no room"), "{why}");
    assert_eq!(target.firms(), "0");
}

#[test]
fn a_new_file_has_its_name_only_when_all_of_it_is_there() {
    let (source, target) = (Source::new(), Target::new());
    source.moves_to(&target);
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let back = folder.path().join("back.db");
    let opened = postgres::Postgres::open(&target.url(), Duration::ZERO, &mut SystemEntropy);
    let mut reader = opened.unwrap().reader().unwrap();
    let secret = reader.signing_secret().unwrap();
    let why = to_sqlite(&target.url(), &back, &mut SystemEntropy, |_| ()).unwrap_err();
    assert!(why.to_string().contains("is in use by a running server"), "{why}");
    assert_eq!(files(), 0, "nothing is left behind");
    drop(reader);
    let rows = to_sqlite(&target.url(), &back, &mut SystemEntropy, |_| ()).unwrap();
    assert_eq!((rows, files()), (FIRMS as u64, 1));
    let before = std::fs::read(&back).unwrap();
    let why = to_sqlite(&target.url(), &back, &mut SystemEntropy, |_| ()).unwrap_err();
    assert!(why.to_string().contains("exists already"), "{why}");
    assert!(std::fs::read(&back).unwrap() == before);
    let opened = Sqlite::open(&Location::File(back), Mode::Serve, &mut SystemEntropy).unwrap();
    assert_eq!(opened.reader().unwrap().signing_secret().unwrap(), secret);
}
