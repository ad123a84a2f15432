//! Tells people by email of what they have not seen: unread messages, reminders, links to log in.
//!
//! ```text
//! due? ─▶ look again, claim ─▶ letter ─▶ mail ─▶ deliver ─▶ settle
//!   ▲         (the store, in a transaction)   │
//!   └──────── a reader ◀──────────────────────┘
//! answers by email ─▶ inbound ─▶ posted, or refused with an email
//! ```
//!
//! * [`run`] is the loop: asks what is due, and goes this way with it.
//! * [`mail`] writes a letter as an email: text, HTML, headers, in its reader's language.
//! * [`markdown`] turns what people write into HTML, for emails and for pages.
//! * [`deliver`] hands it to a mail server, or puts it into a folder.
//! * [`inbound`] takes answers by email.
//! * [`signed`] makes the tokens in links and reply addresses.
//!
//! **Invariant:** nothing is sent that the store has not been asked about in the same moment, and
//! nothing is forgotten that it was not told about: a notifier that dies at any point delays, and
//! repeats at most what a mail server took without our knowing, under the same `Message-ID`.

pub mod deliver;
pub mod inbound;
pub mod mail;
pub mod markdown;
pub mod run;
pub mod signed;
mod store;

pub use lettre::Address;
pub use store::Store;
