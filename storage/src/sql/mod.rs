//! What every database shares: statements and what they are about, written once against a small
//! handle, [`Db`]. A database of its own module opens, begins and ends transactions.

mod db;
mod error;
mod row;
mod value;

pub(crate) use db::Db;
pub(crate) use error::SqlError;
pub(crate) use row::Row;
pub(crate) use value::{Value, params};
