//! What the suite needs of a backend: an empty one, that can be closed and opened again.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tidings_storage::sqlite::{Location, Mode, Sqlite};
use tidings_storage::{Entropy, Reader, Writer, postgres, transfer};
use tidings_tests::Postgres;

/// An opened store.
pub struct Opened {
    /// Its one writer.
    pub writer: Box<dyn Writer>,
    /// Readers beside it.
    pub readers: [Box<dyn Reader>; 2],
}

/// A store of one test, gone with it.
pub trait Backend {
    /// Opens it; what was opened before has been dropped.
    fn open(&mut self) -> Opened;

    /// Makes a backup in a file, as its operator would.
    fn backup(&self, reader: &mut dyn Reader, to: &Path);

    /// Another one, that begins with a backup.
    fn restored(&self, from: &Path) -> Box<dyn Backend>;

    /// One of another kind, to which everything was moved from here, where nothing is opened.
    fn moved(&self) -> Box<dyn Backend>;
}

/// SQLite in a file.
struct SqliteBackend {
    folder: TempDir,
    opened: u64,
}

/// An empty database.
pub fn sqlite() -> Box<dyn Backend> {
    Box::new(SqliteBackend { folder: tempfile::tempdir().unwrap(), opened: 0 })
}

impl SqliteBackend {
    fn path(&self) -> PathBuf {
        self.folder.path().join("tidings.db")
    }
}

impl Backend for SqliteBackend {
    fn open(&mut self) -> Opened {
        self.opened += 1;
        let mut chance = Numbers(self.opened);
        let database =
            Sqlite::open(&Location::File(self.path()), Mode::Serve, &mut chance).unwrap();
        let readers = [
            Box::new(database.reader().unwrap()) as Box<dyn Reader>,
            Box::new(database.reader().unwrap()),
        ];
        Opened { writer: Box::new(database.writer(Box::new(chance)).unwrap()), readers }
    }

    fn backup(&self, reader: &mut dyn Reader, to: &Path) {
        reader.backup(to).unwrap();
    }

    fn restored(&self, from: &Path) -> Box<dyn Backend> {
        let restored = SqliteBackend { folder: tempfile::tempdir().unwrap(), opened: 1_000 };
        std::fs::copy(from, restored.path()).unwrap();
        Box::new(restored)
    }

    fn moved(&self) -> Box<dyn Backend> {
        let moved = PostgresBackend::empty(&new_name(), 2_000);
        transfer::to_postgres(&self.path(), &moved.url(), &mut Numbers(2_000), |_| ()).unwrap();
        Box::new(moved)
    }
}

/// A database in the PostgreSQL that the tests of this process share.
struct PostgresBackend {
    name: String,
    opened: u64,
}

/// An empty database, which already has its tables: making them takes longer than most tests.
pub fn postgres() -> Box<dyn Backend> {
    static TEMPLATE: Once = Once::new();
    TEMPLATE.call_once(|| {
        let template = PostgresBackend::empty("template_tidings", 0);
        open(&Postgres::shared().url(&template.name), &mut Numbers(0));
        // Its copies are what is dropped.
        std::mem::forget(template);
    });
    let name = new_name();
    Postgres::shared().copy_database("template_tidings", &name);
    Box::new(PostgresBackend { name, opened: 0 })
}

fn new_name() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    format!("test_{}", MADE.fetch_add(1, Ordering::Relaxed))
}

fn open(url: &str, chance: &mut Numbers) -> postgres::Postgres {
    postgres::Postgres::open(&url.parse().unwrap(), Duration::ZERO, chance).unwrap()
}

impl PostgresBackend {
    fn empty(name: &str, opened: u64) -> Self {
        Postgres::shared().create_database(name);
        Self { name: name.to_owned(), opened }
    }

    fn url(&self) -> postgres::Url {
        Postgres::shared().url(&self.name).parse().unwrap()
    }
}

impl Backend for PostgresBackend {
    fn open(&mut self) -> Opened {
        self.opened += 1;
        let mut chance = Numbers(self.opened);
        let database = open(&Postgres::shared().url(&self.name), &mut chance);
        let readers = [
            Box::new(database.reader().unwrap()) as Box<dyn Reader>,
            Box::new(database.reader().unwrap()),
        ];
        Opened { writer: Box::new(database.writer(Box::new(chance)).unwrap()), readers }
    }

    fn backup(&self, _: &mut dyn Reader, to: &Path) {
        Postgres::shared().dump(&self.name, to);
    }

    fn restored(&self, from: &Path) -> Box<dyn Backend> {
        let restored = Self::empty(&new_name(), 1_000);
        Postgres::shared().restore(&restored.name, from);
        Box::new(restored)
    }

    fn moved(&self) -> Box<dyn Backend> {
        let moved = SqliteBackend { folder: tempfile::tempdir().unwrap(), opened: 2_000 };
        transfer::to_sqlite(&self.url(), &moved.path(), &mut Numbers(2_000), |_| ()).unwrap();
        Box::new(moved)
    }
}

impl Drop for PostgresBackend {
    fn drop(&mut self) {
        Postgres::shared().drop_database(&self.name);
    }
}

/// Chance that is the same in every run (Steele's `splitmix64`).
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

impl Entropy for Numbers {
    fn bytes(&mut self) -> [u8; 16] {
        let (high, low) = (self.next(), self.next());
        (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
    }
}
