//! SQLite: the embedded default. One connection writes, others read beside it (WAL).
//!
//! * `open` finds or makes the database, locks it, and hands out connections; `migrate` brings it
//!   to this version's schema, which is `schema.sql`.
//! * `writer` makes each batch one transaction, `reader` each question one snapshot; what happens
//!   inside is in `sql`. `backup` copies all of it.
//! * `still` holds a whole database, or a new one, for moving a store.
//! * `wal` keeps the log of SQLite short, and `checkpoint` copies it into the database beside the
//!   writer.
//!
//! No other server writes here, so the writer remembers from batch to batch what it has read and
//! written, and most operations read nothing.
//!
//! A post touches eight trees: the log and its two indexes, the thread's row and the index by time,
//! the author's receipt, the inbox item and its index. So what a commit costs is mostly the pages it
//! writes (each by two system calls, 4 or 5 µs) and the sync. Many messages in one commit share
//! both: with 500 busy threads on a disk, a message costs the writer 99 µs in batches of 3, 38 µs
//! in batches of 25, 27 µs in batches of 200. Smaller pages save bytes, but no time: as many are
//! touched, and more are split. `examples/writer_cost.rs` counts all this.

mod backup;
mod checkpoint;
mod migrate;
mod open;
#[cfg(test)]
pub(crate) mod plan;
mod reader;
mod still;
mod wal;
mod writer;

pub use open::{BackupError, Location, Mode, OpenError, Sqlite};
pub use reader::SqliteReader;
pub(crate) use still::{Draft, DraftError, Still};
pub use writer::SqliteWriter;
