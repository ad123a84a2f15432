//! What must hold, and the report of what did not.

use std::fmt;

/// The invariants of the product that a simulation can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Invariant {
    /// Acknowledged is in the log for ever, and every joined socket converges to it.
    I1,
    /// One client key is one event, with the same answer.
    I2,
    /// Positions are 1 to n, all readers agree, a sender's own order holds.
    I3,
    /// No duplicate and no step back on a connection or across a resume.
    I4,
    /// What was refused never appears.
    I5,
    /// Nothing is invented or changed.
    I6,
    /// Nobody without access gets anything, from the moment access ends.
    I7,
    /// A receipt never goes back.
    I8,
    /// Unread is a function of log and receipt.
    I9,
    /// No email twice, none of what was read in time.
    I10,
    /// Every email that is due is sent, or it is said why not.
    I11,
}

/// Something that must hold did not.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

/// The outcome of what is checked.
pub(crate) type Held<T = ()> = Result<T, Violation>;

impl Invariant {
    /// Holds if `so`.
    pub(crate) fn holds(self, so: bool, what: fmt::Arguments<'_>) -> Held {
        if so { Ok(()) } else { Err(self.broken(what)) }
    }

    /// Does not hold.
    pub(crate) fn broken(self, what: fmt::Arguments<'_>) -> Violation {
        Violation { invariant: self, what: what.to_string() }
    }
}
