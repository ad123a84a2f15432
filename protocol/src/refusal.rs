//! Why a command was not done. A refusal is an answer, not a failure of the connection: the next
//! command is welcome. One table, printed in the protocol document.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A command that was not done, and nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refusal {
    /// What to act on.
    pub code: RefusalCode,
    /// For a developer to read; wording may change.
    pub message: String,
    /// The field at fault, as a path such as `create_thread.tasks[3]`.
    pub field: Option<String>,
    /// The bound that was broken, in the unit that `message` names.
    pub limit: Option<u64>,
    /// When to try again, for what may be tried again.
    pub retry_after_ms: Option<u32>,
}

macro_rules! refusal_codes {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $retry:literal, $text:literal;)*) => {
        /// What kind of refusal. Append only: position is the postcard format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum RefusalCode { $($(#[$doc])* $variant,)* }

        impl RefusalCode {
            /// Every code, in wire order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in JSON.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means, in a sentence.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whether the same command may succeed when sent again unchanged.
            pub fn may_retry(self) -> bool {
                match self { $(Self::$variant => $retry,)* }
            }
        }
    };
}

refusal_codes! {
    /// Not a command, or not its fields.
    Malformed, "malformed", false, "The frame is not a command of this version, or a field has the wrong type.";
    /// A value out of bounds.
    Invalid, "invalid", false, "A field breaks a bound; `field` and `limit` say which.";
    /// Nobody is authenticated.
    Unauthenticated, "unauthenticated", false, "The connection has not authenticated, or the token is not good.";
    /// Missing or forbidden: they look the same.
    NotFound, "not_found", false, "There is no such thing, or none that you may see.";
    /// Visible, but not yours to do.
    NotAllowed, "not_allowed", false, "You may see it, but not do this to it.";
    /// The thread is archived.
    Archived, "archived", false, "The thread is archived; reopen it first.";
    /// Nobody would read it.
    NoActiveContact, "no_active_contact", false, "The account has no active contact, so nobody could read it.";
    /// A key that meant something else before.
    KeyReused, "key_reused", false, "This key was used for something else; make a new one.";
    /// A bound on how many there may be.
    TooMany, "too_many", false, "There are as many as there may be; `limit` says how many.";
    /// Over the connection's rate.
    RateLimited, "rate_limited", true, "Too many commands; `retry_after_ms` says when to go on.";
    /// The store takes no writes now.
    Unavailable, "unavailable", true, "The server can't do it now, a full disk for example; nothing was done. Try again.";
    /// Needs a socket.
    NeedsSocket, "needs_socket", false, "This command concerns a live connection and is only taken on one.";
    /// Needs a joined thread.
    NotJoined, "not_joined", false, "Join the thread first.";
    /// Nobody gets emails.
    NobodyToNotify, "nobody_to_notify", false, "No active contact of the account gets emails.";
}

impl Refusal {
    /// A refusal with the code's own sentence.
    pub fn new(code: RefusalCode) -> Self {
        Self {
            code,
            message: code.text().to_owned(),
            field: None,
            limit: None,
            retry_after_ms: None,
        }
    }

    /// The same with a message of its own.
    #[must_use]
    pub fn because(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The same, naming the field at fault.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same, naming the bound that was broken.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The same, saying when to try again.
    #[must_use]
    pub fn retry_after_ms(mut self, millis: u32) -> Self {
        self.retry_after_ms = Some(millis);
        self
    }
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)
    }
}

impl std::error::Error for Refusal {}
