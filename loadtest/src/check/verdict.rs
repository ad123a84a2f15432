//! What a check has found, and how much it has looked at: nothing found in nothing proves nothing.

use crate::check::{About, Violation};
use crate::report::Proof;

/// Violations of each kind that are kept; more are only counted.
pub const EXAMPLES_MAX: usize = 20;

/// What sort of promise was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Something acknowledged or delivered is missing somewhere.
    Lost,
    /// Something is there twice.
    Doubled,
    /// Something is out of order.
    Reordered,
    /// Something is there that nobody did, or not as it was done.
    Invented,
    /// Something reached somebody who may not see it.
    Forbidden,
    /// A receipt went back.
    Receipt,
    /// A number of unread messages is wrong.
    Unread,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// Threads whose whole log was read back.
    pub threads: u64,
    /// Events in these logs.
    pub events: u64,
    /// Acknowledgements looked up in them.
    pub acks: u64,
    /// Deliveries compared with them.
    pub deliveries: u64,
    /// Numbers of unread messages compared with them.
    pub unread_numbers: u64,
}

/// The outcome of a check.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// How much was looked at.
    pub examined: Examined,
    found: [Found; Kind::ALL.len()],
}

#[derive(Clone, Debug, Default)]
struct Found {
    count: u64,
    examples: Vec<Violation>,
}

impl Kind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Doubled,
        Self::Reordered,
        Self::Invented,
        Self::Forbidden,
        Self::Receipt,
        Self::Unread,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Reordered => "reordered",
            Self::Invented => "invented",
            Self::Forbidden => "forbidden",
            Self::Receipt => "receipt",
            Self::Unread => "unread",
        }
    }

    /// What it means, in a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Self::Lost => "What was acknowledged or seen is missing from a log or from a device.",
            Self::Doubled => "One key or one position is there more than once.",
            Self::Reordered => "Events came, or were written, in another order than promised.",
            Self::Invented => "Something is there that nobody did, or not as it was done.",
            Self::Forbidden => "Something reached somebody who may not see it.",
            Self::Receipt => "A receipt is behind where it was before.",
            Self::Unread => "A number of messages is not what the log says.",
        }
    }
}

impl Verdict {
    /// Whether no promise was broken. Says nothing about how much was looked at.
    pub fn is_clean(&self) -> bool {
        self.found.iter().all(|found| found.count == 0)
    }

    /// How many violations there are of a kind.
    pub fn count(&self, kind: Kind) -> u64 {
        self.found[kind as usize].count
    }

    /// The first violations of a kind, [`EXAMPLES_MAX`] at most.
    pub fn examples(&self, kind: Kind) -> &[Violation] {
        &self.found[kind as usize].examples
    }

    /// The same for a report.
    pub fn proof(&self) -> Proof {
        let Examined { threads, events, acks, deliveries, unread_numbers } = self.examined;
        let found = Kind::ALL.map(|kind| (kind.name().to_owned(), self.count(kind)));
        let examples = self.found.iter().flat_map(|found| &found.examples);
        Proof {
            threads,
            events,
            acks,
            deliveries,
            unread_numbers,
            found: found.into(),
            examples: examples.map(ToString::to_string).collect(),
        }
    }

    /// Takes down a violation. The sentence is only made if it is kept: there may be millions.
    pub(super) fn add(&mut self, kind: Kind, about: About, sentence: impl FnOnce() -> String) {
        let found = &mut self.found[kind as usize];
        found.count += 1;
        if found.examples.len() < EXAMPLES_MAX {
            found.examples.push(Violation { kind, about, sentence: sentence() });
        }
    }
}
