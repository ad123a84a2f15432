//! What became of the mails that came in, counted for whoever watches over it.

use std::sync::atomic::{AtomicU64, Ordering};

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
    /// Every one, in order.
    pub const ALL: [Self; 5] =
        [Self::Posted, Self::Explained, Self::Automatic, Self::Refused, Self::Later];

    /// Its name in metrics.
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

/// How many mails came to what, since the program started.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; Outcome::ALL.len()]);

impl Counts {
    /// So many.
    pub fn get(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize].load(Ordering::Relaxed)
    }

    /// One more.
    pub(super) fn add(&self, outcome: Outcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }
}
