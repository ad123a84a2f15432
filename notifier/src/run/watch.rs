//! What a notifier tells of itself, for whoever counts.

use crate::inbound::Outcome;
use std::time::Duration;

/// Something that a notifier did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It looked at a thread of which somebody might be told.
    Looked,
    /// It had a reminder decided.
    Reminded,
    /// It claimed so many notices for a mail, and so many others were not to be had: there is nothing
    /// to tell any more, it is night, or another notifier was faster.
    Claimed {
        /// Those it got.
        got: usize,
        /// Those it didn't.
        left: usize,
    },
    /// A mail is about to be handed over.
    Begun,
    /// That is over, however it went.
    Over,
    /// A mail was handed over, or not.
    Mail {
        /// How that went.
        result: MailResult,
        /// How long it took.
        took: Duration,
    },
    /// An answer by email came in.
    Answer(Outcome),
}

/// What became of a mail for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailResult {
    /// It was taken.
    Sent,
    /// It is tried again.
    Later,
    /// It never will be taken.
    Failed,
}

impl MailResult {
    /// Its name where it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Later => "later",
            Self::Failed => "failed",
        }
    }
}

/// Whoever counts. Must not block.
pub trait Watch: Send + Sync {
    /// Told of one thing.
    fn saw(&self, seen: Seen);
}

/// A mail that is being handed over, until it is dropped.
pub(super) struct UnderWay<'a>(&'a dyn Watch);

impl<'a> UnderWay<'a> {
    pub(super) fn begin(watch: &'a dyn Watch) -> Self {
        watch.saw(Seen::Begun);
        Self(watch)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.saw(Seen::Over);
    }
}

/// Nobody does.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn saw(&self, _: Seen) {}
}
