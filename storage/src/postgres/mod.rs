//! PostgreSQL: for several nodes on one store.

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
