//! Answers by email: a listener that speaks LMTP and SMTP, for the operator's mail server to hand
//! over to it what is for the domain of reply addresses.
//!
//! ```text
//! connection ─▶ wire ─▶ session ─▶ desk ─▶ read, automatic, text ─▶ decide ─▶ Answers (the store)
//!  bytes, time  lines    replies    one mail  pure                    pure
//! ```
//!
//! * [`listen`] takes connections; what it needs is a [`Reception`].
//! * [`Answers`] is what it asks of the store; [`Office`] is the store in that place.
//! * `session` is the protocol without the connection; `reply` is all that we ever say.
//! * `automatic` tells machines from people; `text` finds what somebody wrote among what was quoted.
//! * `decide` says what is done with it.
//!
//! There is no TLS and nobody logs in: it belongs on loopback or in a private network, behind a mail
//! server that keeps spam and forged senders (DMARC) away. The sender's address is compared here,
//! its truth is not proved. LMTP is the better choice where there is one: a mail for several reply
//! addresses gets several replies.
//!
//! **Invariant:** no mail is lost in silence. It is posted; or its sender is told, by our email or by
//! the own mail server, to which we said no; or the mail server keeps it, to which we said "later".
//! Only what a machine sent is taken and dropped.
//!
//! **Invariant:** nothing is ever sent to whoever wrote a mail. Our emails go to the person whom the
//! notice was for, at most one an hour for a thread and a reason: so nobody is written to in
//! another's name. What answers such an email of ours is never answered by another one, but refused
//! or posted: so a machine that answers everything, and says nowhere that it is one, gets one more
//! email for one of ours, and comes to rest.

mod answers;
mod automatic;
mod connection;
mod decide;
mod desk;
mod limits;
mod listen;
mod memory;
mod office;
mod outcome;
mod read;
mod reply;
mod session;
mod text;
mod wire;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use answers::{Answers, Away, Explained, Posting};
pub use automatic::Own;
pub use limits::Limits;
pub use listen::{Reception, listen};
pub use office::Office;
pub use outcome::Outcome;
