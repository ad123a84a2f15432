//! Names of things and positions in logs, each a type of its own, so that one can't be passed for
//! another. What an id means is said here; what it names lives in the module of that noun.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

uuid_ids! {
    /// A tenant. Everything else belongs to exactly one.
    FirmId;
    /// Somebody of a firm's team.
    MemberId;
    /// A client of a firm: a person or a company.
    AccountId;
    /// Somebody who logs in for an account.
    ContactId;
    /// A conversation between a firm's team and one account.
    ThreadId;
    /// Made by the client, one for each thing it means to do once; sending it again repeats the
    /// answer, never the deed.
    ClientKey;
    /// One API key of a firm: the id, never the secret.
    ApiKeyId;
    /// The `jti` of a JSON Web Token that Tidings itself signed.
    TokenId;
    /// One decision to tell a person of something by email: an entry of the ledger.
    NoticeId;
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// Position of an event in its thread: 1, 2, 3… without gaps. 0 is "before the first".
    Seq(u64);
    /// A message is named by the position of the event that posted it.
    MessageId(u64);
    /// A task is named by the position of the event that added it.
    TaskId(u64);
    /// Chosen by the client for each frame; the reply carries it back.
    RequestId(u32);
    /// Milliseconds since 1970-01-01T00:00:00Z, not counting leap seconds.
    Timestamp(i64);
}

impl Seq {
    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl From<MessageId> for Seq {
    fn from(id: MessageId) -> Self {
        Self(id.0)
    }
}

impl From<TaskId> for Seq {
    fn from(id: TaskId) -> Self {
        Self(id.0)
    }
}

impl Timestamp {
    /// This moment and `millis` milliseconds more.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// Whoever acts, reads or is told: a team member or a contact of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Person {
    /// Of the firm's team.
    Member(MemberId),
    /// Of one of its accounts.
    Contact(ContactId),
}

impl Person {
    /// The bare id, for a key in which the kind does not matter: no two people share one.
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Member(id) => id.0,
            Self::Contact(id) => id.0,
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(id) => write!(f, "member:{id}"),
            Self::Contact(id) => write!(f, "contact:{id}"),
        }
    }
}
