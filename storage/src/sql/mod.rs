//! What every database shares: what operations do and what questions ask, written once against a
//! small handle, [`Db`]. The module of a database opens it, makes its tables, and begins and ends its
//! transactions.
//!
//! * `db` is the handle, with `value`s that are bound, `row`s that are read and `error`s; `rows` says
//!   how things stand in columns.
//! * [`Scribe`] does a batch of operations; `work` is the inside of one transaction, `commands` what
//!   each command does there, `directory` the changes to who there is, `jobs` what keeps the store
//!   tidy. `memory` is what is known of `thread`s and of people (`facts`) without reading it again;
//!   `ahead` is what a database read at once for the whole batch, before it began.
//! * `reader` answers every question of a [`Reader`](crate::Reader) from the [`Snapshots`] that a
//!   database gives; the questions are in `query`.
//!
//! Where databases differ, and it is not a matter of words:
//!
//! * whether anything was committed by others ([`Db::version`]): SQLite counts it. Then the memory
//!   lasts from batch to batch, and what is kept for crowds from join to join.
//! * [`Db::write`]: SQLite does it at once.
//!
//! **Invariant:** nothing here reads a clock or makes a random number: a seed replays exactly.

mod ahead;
mod batch;
mod commands;
mod db;
mod directory;
mod error;
pub(crate) mod facts;
mod jobs;
pub(crate) mod memory;
mod notices;
mod outbox;
mod query;
mod reader;
mod row;
pub(crate) mod rows;
pub(crate) mod thread;
mod value;
mod work;

pub(crate) use ahead::Keyed;
pub(crate) use batch::Scribe;
pub(crate) use db::Db;
pub(crate) use error::SqlError;
pub(crate) use query::crowd::Crowds;
pub(crate) use reader::Snapshots;
pub(crate) use row::Row;
pub(crate) use value::{Value, given, params};
