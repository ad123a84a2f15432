//! What Tidings keeps, and what derives from it.
//!
//! ```text
//! submit(operation, ticket) ─▶ front: gathers a batch ─▶ Writer::apply: one durable transaction
//!                                                          │ [(ticket, outcome, commit)] in order
//!                                                          ▼
//!                                                      Observer::applied
//! read(|reader| …) ─▶ a reader thread ─▶ answer
//! ```
//!
//! * [`access`] decides who may do what. Pure.
//! * `reminder` is when a client is reminded, `quiet` when nobody is, `zone` what a day is. Pure.
//! * [`letter`] is what an email says.
//! * `operation` is what goes in and what comes out.
//! * `backend` is what a database has to give; [`sqlite`] and [`postgres`] give it.
//! * `sql` is what databases share: every statement is written there, once.
//! * [`transfer`] moves a store from one database to another.
//! * `store` is the front: threads, batches, pacing.
//!
//! **Invariant:** an outcome is handed to the observer only after its transaction is on disk.
//!
//! **Invariant:** every query and every operation is bound to the firm of its actor.

pub mod access;
mod backend;
mod clock;
mod front;
pub mod letter;
mod mention;
mod notice;
mod operation;
pub mod postgres;
mod queue;
mod quiet;
mod reminder;
mod sql;
pub mod sqlite;
mod store;
mod text;
pub mod transfer;
mod zone;

pub use access::{Access, Actor};
pub use backend::{
    Claim, DueWork, Entrance, NoticeFacts, NoticeFilter, Pulse, QueryError, Reader, Standing,
    Unavailable, Writer,
};
pub use clock::{Clock, Entropy, SystemEntropy};
pub use operation::{
    AccessChange, Applied, Asked, Commit, DirectoryChange, Done, Epoch, Job, NoticesOf, Operation,
    ReadCommit, Sending, ThreadCommit, writes,
};
pub use store::{FrontOptions, Observer, Store};
