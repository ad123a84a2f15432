//! SQLite: the embedded default. One connection writes, others read beside it (WAL).
//!
//! * `open` finds or makes the database, locks it, and hands out connections; `migrate` brings it
//!   to this version's schema, which is `schema.sql`.
//! * `writer` takes batches; `work` is the inside of one transaction, `commands` what each command
//!   does there, `directory` the changes to who there is. `wal` keeps the log of SQLite short.
//! * `memory` is what the writer remembers between batches: `thread`s, and `facts` of people.
//! * `reader` answers queries, which are in `query`; `backup` copies all of it.
//!
//! **Invariant:** nothing here reads a clock or makes a random number: a seed replays exactly.

mod backup;
mod commands;
mod directory;
mod facts;
mod memory;
mod migrate;
mod open;
mod query;
mod reader;
mod rows;
mod thread;
mod wal;
mod work;
mod writer;

pub use open::{BackupError, Location, Mode, OpenError, Sqlite};
pub use reader::SqliteReader;
pub use writer::SqliteWriter;
