//! What becomes of a mail that comes in, as it is counted.

/// What became of a mail, for one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Posted to its thread.
    Posted,
    /// Not posted, and its sender gets an email that says why.
    Explained,
    /// From a machine: taken and dropped.
    Automatic,
    /// Not taken, as the sender's mail server was told.
    Refused,
    /// Not now: the store was away.
    Later,
}

impl Outcome {
    /// Its name where it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Explained => "explained",
            Self::Automatic => "automatic",
            Self::Refused => "refused",
            Self::Later => "later",
        }
    }
}
