//! What Tidings says on the wire, and the rules of it: ids, events, commands, replies, limits,
//! refusals, close codes, and the two encodings.
//!
//! * [`ClientFrame`] holds a [`Command`]; [`ServerFrame`] holds its [`Reply`] or what happens by
//!   itself. [`Encoding`] turns frames into bytes and back.
//! * [`Event`] is one entry of a thread's log, the same in the store, live and in history.
//! * [`Checked`] is a command whose fields keep their [`limits`]. Nothing acts on less.
//! * [`Refusal`] is the answer to a command that was not done; [`CloseCode`] says why a connection
//!   ended and whether to come back.
//!
//! ```
//! use tidings_protocol::{ClientFrame, Command, Encoding, RequestId};
//!
//! let frame = ClientFrame { id: RequestId(1), command: Command::GetPreferences {} };
//! let bytes = Encoding::Json.encode_client(&frame);
//! assert_eq!(bytes, br#"{"id":1,"command":{"get_preferences":{}}}"#);
//! assert_eq!(Encoding::Json.decode_client(&bytes), Ok(frame));
//! ```
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
mod explain;
mod ids;
mod joined;
pub mod limits;
mod notice;
mod passable;
mod refusal;
mod reply;
mod thread;

pub use check::{Checked, at_most, filled, number, one_line, time_zone};
pub use close::{CloseCode, Reconnect};
pub use codec::{DecodeError, Encoding, from_json};
pub use command::{ClientFrame, Command, CommandRequest, HistoryFrom, Page, ThreadFilter};
pub use directory::*;
pub use event::{Event, EventKind};
pub use ids::*;
pub use joined::{SharedJoined, SharedPeople};
pub use notice::{Notice, NoticeKind, NoticeReason, NoticeState};
pub use refusal::{Refusal, RefusalCode};
pub use reply::{Joined, Outcome, Reply, ServerFrame, ThreadView, Welcome};
pub use thread::*;
