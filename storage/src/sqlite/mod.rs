//! SQLite: the embedded default. One connection writes, others read beside it (WAL).
//!
//! * `open` finds or makes the database, locks it, and hands out connections; `migrate` brings it
//!   to this version's schema, which is `schema.sql`.
//! * `writer` takes batches; `work` is the inside of one transaction, `commands` what each command
//!   does there, `directory` the changes to who there is. `wal` keeps the log of SQLite short, and
//!   `checkpoint` copies it into the database beside the writer.
//! * `memory` is what the writer remembers between batches: `thread`s, and `facts` of people.
//! * `reader` answers queries, which are in `query`; `backup` copies all of it.
//!
//! A post touches eight trees: the log and its two indexes, the thread's row and the index by time,
//! the author's receipt, the inbox item and its index. So what a commit costs is mostly the pages it
//! writes (each by two system calls, 4 or 5 µs) and the sync. Many messages in one commit share
//! both: with 500 busy threads on a disk, a message costs the writer 99 µs in batches of 3, 38 µs
//! in batches of 25, 27 µs in batches of 200. Smaller pages save bytes, but no time: as many are
//! touched, and more are split. `examples/writer_cost.rs` counts all this.
//!
//! **Invariant:** nothing here reads a clock or makes a random number: a seed replays exactly.

mod backup;
mod checkpoint;
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
