//! Who takes part in a run: a firm's people, accounts and threads, made over the HTTP API.

mod api;
mod population;

pub use api::{Api, Connection};
pub(crate) use population::token;
pub use population::{Cast, FIRST_BODY, FIRST_SEQ, Group, Plan, Started, populate};
