//! A load tester for Tidings: thousands of clients that behave like people and devices. It
//! measures, and it proves that nothing was lost.
//!
//! It knows a server only by what is said on the wire, and so shares no code with it but the
//! `protocol` crate.
//!
//! # A run, in six steps
//!
//! 1. A [`target`] is found, or a server started for the run on a core of its own. A [`cast`] of
//!    people, accounts and threads is made over the HTTP API.
//! 2. [`client`] devices connect and join. Each is a task on one thread: there are no locks, and one
//!    read takes all that is there into a buffer that all share. What thousands of sockets receive
//!    alike is decoded once, and then known again by comparing its bytes.
//! 3. A [`scenario`] makes things happen at moments that it has fixed before, whatever the server
//!    does (an open model). Every latency counts from the moment at which something was due, so a
//!    server that stalls can't hide it by slowing its clients down.
//! 4. All the while a [`record`] is kept of what was acknowledged and what every device saw, as
//!    intervals of positions and hashes of contents, and a [`meter`] counts.
//! 5. When everything has come to rest, all logs and receipts are read back, and the pure function
//!    [`check::check`] holds the record against the promises: nothing lost, doubled, reordered or
//!    invented, nothing seen without access, no receipt that goes back, no wrong number of unread
//!    messages.
//! 6. A [`report`] is made for the terminal, as JSON, and as a page with plots. It fails a run in
//!    which a promise was broken, a threshold missed, or too little was done to mean anything.
//!
//! What a server costs is compared with a [`floor`], a server that does nothing but send, under the
//! same load in the same run. [`summary`] does all of it several times and prints medians.

pub mod cast;
pub mod check;
pub mod cli;
pub mod client;
pub mod floor;
pub mod machine;
pub mod meter;
pub mod options;
pub mod outages;
mod readback;
pub mod record;
pub mod report;
pub mod scenario;
pub mod summary;
pub mod target;
pub mod world;
