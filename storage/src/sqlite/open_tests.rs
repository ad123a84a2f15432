//! Who may open a database, and what happens to one that is full.

use super::*;
use crate::backend::{Reader, Writer};
use crate::operation::{Done, Operation};
use tidings_protocol::{RefusalCode, Timestamp};

/// Counts: the same bytes in every run.
struct Counter(u8);

impl Entropy for Counter {
    fn bytes(&mut self) -> [u8; 16] {
        self.0 += 1;
        [self.0; 16]
    }
}

fn open(path: &Path, mode: Mode) -> Result<Sqlite, OpenError> {
    Sqlite::open(&Location::File(path.to_owned()), mode, &mut Counter(0))
}

fn database() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    (folder, path)
}

fn firm(writer: &mut SqliteWriter, name: &str) -> Result<Done, String> {
    let operation = Operation::CreateFirm { name: name.to_owned() };
    let mut applied = writer.apply(vec![operation], Timestamp(1)).map_err(|e| e.to_string())?;
    applied.remove(0).outcome.map_err(|refusal| refusal.to_string())
}

fn firms(database: &Sqlite) -> i64 {
    let db = database.connect().unwrap();
    db.query_row("SELECT count(*) FROM firms", [], |row| row.get(0)).unwrap()
}

#[test]
fn two_servers_never_share_a_database() {
    let (_folder, path) = database();
    let first = open(&path, Mode::Serve).unwrap();
    let error = open(&path, Mode::Serve).err().unwrap();
    assert!(matches!(error, OpenError::InUse { .. }));
    assert!(error.to_string().contains("tidings.db"), "{error}");
    // Its connections hold it too.
    let writer = first.writer(Box::new(Counter(0))).unwrap();
    drop(first);
    assert!(matches!(open(&path, Mode::Serve), Err(OpenError::InUse { .. })));
    drop(writer);
    open(&path, Mode::Serve).unwrap();
}

#[cfg(unix)]
#[test]
fn two_servers_do_not_share_a_database_by_a_link_either() {
    let (folder, path) = database();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let _first = open(&path, Mode::Serve).unwrap();
    assert!(matches!(open(&link, Mode::Serve), Err(OpenError::InUse { .. })));
}

#[test]
fn a_tool_works_beside_a_server_which_notices() {
    let (_folder, path) = database();
    let server = open(&path, Mode::Serve).unwrap();
    let mut serving = server.writer(Box::new(Counter(0))).unwrap();
    firm(&mut serving, "One").unwrap();
    let tool = open(&path, Mode::Tool).unwrap();
    firm(&mut tool.writer(Box::new(Counter(100))).unwrap(), "Two").unwrap();
    firm(&mut serving, "Three").unwrap();
    assert_eq!(firms(&server), 3);
}

#[test]
fn the_secret_is_made_once() {
    let (_folder, path) = database();
    let secret = |mode| open(&path, mode).unwrap().reader().unwrap().signing_secret().unwrap();
    let first = secret(Mode::Tool);
    assert_eq!(first[..], [[1; 16], [2; 16]].concat());
    let again = Sqlite::open(&Location::File(path.clone()), Mode::Serve, &mut Counter(50)).unwrap();
    assert_eq!(again.reader().unwrap().signing_secret().unwrap(), first);
}

#[test]
fn a_database_of_a_later_version_is_left_alone() {
    let (_folder, path) = database();
    open(&path, Mode::Tool)
        .unwrap()
        .connect()
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = open(&path, Mode::Serve).err().unwrap();
    assert!(matches!(error, OpenError::TooNew { found: 99, .. }), "{error}");
}

#[test]
fn a_database_of_any_version_is_copied_as_it_is() {
    for version in [0, 99] {
        let (folder, path) = database();
        let database = open(&path, Mode::Tool).unwrap();
        firm(&mut database.writer(Box::new(Counter(0))).unwrap(), "One").unwrap();
        drop(database);
        // Of another version, and without what this program would look for.
        let db = Connection::open(&path).unwrap();
        db.pragma_update(None, "user_version", version).unwrap();
        db.execute_batch("DROP TABLE inbox").unwrap();
        db.close().unwrap();
        let before = std::fs::read(&path).unwrap();
        let copy = folder.path().join("copy.db");
        Sqlite::backup(&path, &copy).unwrap();
        assert!(std::fs::read(&path).unwrap() == before, "not a byte of it has changed");
        let copied = Connection::open(&copy).unwrap();
        let number = |sql| copied.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(number("PRAGMA user_version"), version);
        assert_eq!(number("SELECT count(*) FROM firms"), 1);
        assert_eq!(number("SELECT count(*) FROM sqlite_schema WHERE name = 'inbox'"), 0);
    }
}

#[test]
fn somebody_elses_database_is_left_alone() {
    let (folder, path) = database();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(open(&path, Mode::Serve), Err(OpenError::Foreign { .. })));
    let copied = Sqlite::backup(&path, &folder.path().join("copy.db"));
    assert!(matches!(copied, Err(BackupError::Open(OpenError::Foreign { .. }))), "{copied:?}");
    assert!(std::fs::read(&path).unwrap() == before, "not a byte of it has changed");
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = database();
    let database = open(&path, Mode::Serve).unwrap();
    firm(&mut database.writer(Box::new(Counter(0))).unwrap(), "One").unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{file:?}");
        seen += 1;
    }
    assert_eq!(seen, 4, "the database, its log, the log's index and the lock");
}

#[test]
fn commits_are_synced_and_logged_ahead() {
    let (_folder, path) = database();
    let database = open(&path, Mode::Serve).unwrap();
    let db = database.connect().unwrap();
    let pragma =
        |name| db.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
    assert_eq!(pragma("journal_mode").unwrap(), "wal".to_owned().into());
    assert_eq!(pragma("synchronous").unwrap(), 2.into());
    assert_eq!(pragma("foreign_keys").unwrap(), 1.into());
    assert_eq!(pragma("wal_autocheckpoint").unwrap(), AUTOCHECKPOINT_PAGES.into());
}

#[test]
fn databases_in_memory_are_apart() {
    let one = Sqlite::open(&Location::Memory, Mode::Serve, &mut Counter(0)).unwrap();
    let two = Sqlite::open(&Location::Memory, Mode::Serve, &mut Counter(0)).unwrap();
    firm(&mut one.writer(Box::new(Counter(0))).unwrap(), "One").unwrap();
    assert_eq!((firms(&one), firms(&two)), (1, 0));
}

#[test]
fn a_full_disk_refuses_writes_keeps_reading_and_recovers() {
    let (_folder, path) = database();
    let database = open(&path, Mode::Serve).unwrap();
    let mut writer = database.writer(Box::new(Counter(0))).unwrap();
    let mut reader = database.reader().unwrap();
    let Ok(Done::Firm(first)) = firm(&mut writer, "One") else { panic!("there is room") };

    writer.limit_pages(Some(1));
    let name = "x".repeat(200);
    let mut done = 1;
    let refused = loop {
        match firm(&mut writer, &name) {
            Ok(_) => done += 1,
            Err(refused) => break refused,
        }
        assert!(done < 200, "the disk never gets full");
    };
    assert!(refused.contains("full"), "{refused}");
    assert_eq!(reader.firm(first.firm).unwrap().unwrap().name, "One");
    assert_eq!(firms(&database), done);
    assert!(firm(&mut writer, &name).is_err(), "still full");

    writer.limit_pages(None);
    let Ok(Done::Firm(last)) = firm(&mut writer, "Last") else { panic!("there is room again") };
    assert_eq!(reader.firm(last.firm).unwrap().unwrap().name, "Last");
    assert_eq!(firms(&database), done + 1);
}

#[test]
fn a_refused_operation_leaves_its_batch_alone() {
    let database = Sqlite::open(&Location::Memory, Mode::Serve, &mut Counter(0)).unwrap();
    let mut writer = database.writer(Box::new(Counter(0))).unwrap();
    let names = ["One", "", "Two"];
    let batch = names.map(|name| Operation::CreateFirm { name: name.to_owned() }).into();
    let applied = writer.apply(batch, Timestamp(1)).unwrap();
    let codes: Vec<_> =
        applied.iter().map(|one| one.outcome.as_ref().err().map(|refusal| refusal.code)).collect();
    assert_eq!(codes, [None, Some(RefusalCode::Invalid), None]);
    assert_eq!(firms(&database), 2);
}
