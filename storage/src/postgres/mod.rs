//! PostgreSQL: for several nodes on one store.
//!
//! * `open` reaches a database by its `url`; `migrate` brings it to this version's schema, which is
//!   `schema.sql`. `held` is a database held as a whole, to move a store.
//! * `tls` says whom to trust.
//! * `session` is a connection as a thread holds it, made again when it is lost (`backoff`, `failure`);
//!   `link` is the connection itself, on which statements are sent without waiting for the answers to
//!   those before. `dialect` turns the text of a statement, `value` what goes in and comes out.
//! * `writer` takes batches: `needs` is what they ask for, `warm` locks and reads it before they begin.
//! * `reader` gives the snapshots from which questions are answered.
//!
//! What operations do and what questions ask is in `sql`, for every database. Here is
//! how a batch of a node gets in beside those of others:
//!
//! ```text
//! BEGIN, number, locks, threads ──▶  one journey   the number says whether the batch was done, should
//!                                                  the answer be lost; firms are shared (alone to
//!                                                  change who there is), threads held, both in order
//! people, accounts ───────────────▶  one journey   whatever the operations will ask for
//! INSERT … UPDATE … COMMIT ───────▶  one journey   sent as they are made, waited for at the end
//! ```
//!
//! So a batch is three journeys, of one operation or of a thousand. The reader's question is one journey
//! if it is one statement. What differs from SQLite, and why:
//!
//! * There, one server owns the file, and remembers from batch to batch what it wrote. Here others
//!   write too, so every batch reads what it is about; of people in a thread only its members and
//!   those contacts who act. Nothing is kept from one join to the next either.
//! * A batch that fails is done again: a connection may be lost, two nodes may wait for each other, or
//!   start the same thread. After ten seconds it is refused, unless its commit was sent: then nobody
//!   is answered before it is known what became of it.
//! * A deleted message is gone from the rows and from every dump made later. PostgreSQL's own files
//!   may have its words until `VACUUM` has been there, and its write-ahead log and what is archived of
//!   it for as long as they are kept.
//! * Copies are made with PostgreSQL's own tools.
//!
//! **Invariant:** nothing here is called from inside an async runtime: it waits.

mod backoff;
mod dialect;
mod failure;
mod held;
mod link;
mod migrate;
mod needs;
mod open;
#[cfg(test)]
pub(crate) mod plan;
mod reader;
mod session;
mod tls;
mod url;
pub(crate) mod value;
mod warm;
mod writer;

pub(crate) use failure::Failure;
pub(crate) use held::Held;
pub use open::{OpenError, Postgres};
pub use reader::PostgresReader;
pub(crate) use session::Session;
pub use url::{Url, UrlError};
pub use writer::PostgresWriter;
