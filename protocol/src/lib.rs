//! What Tidings says on the wire, and the rules of it: ids, events, commands, replies, limits,
//! refusals, close codes, and the two encodings.
//!
//! There is no I/O and no clock here, and no decision that needs to know what is stored. The same
//! types serve the server and a Rust client; `PROTOCOL.md` beside this crate says the same for
//! everybody else.
//!
//! **Invariant:** the order of variants and fields is the postcard format. Within `v1` it is
//! append only, and golden files pin it.

mod check;
mod close;
mod codec;
mod command;
mod directory;
mod event;
mod ids;
pub mod limits;
mod refusal;
mod reply;
mod thread;

pub use check::{Checked, at_most, filled, one_line};
pub use close::{CloseCode, Reconnect};
pub use codec::{DecodeError, Encoding};
pub use command::{ClientFrame, Command, CommandRequest, HistoryFrom, Page, ThreadFilter};
pub use directory::*;
pub use event::{Event, EventKind};
pub use ids::*;
pub use refusal::{Refusal, RefusalCode};
pub use reply::{Joined, Outcome, Reply, ServerFrame, ThreadView, Welcome};
pub use thread::*;
