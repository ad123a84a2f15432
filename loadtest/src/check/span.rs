//! Runs of positions, and sets of them.

use std::fmt;
use tidings_protocol::Seq;

/// Positions without a gap, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: Seq,
    pub(super) last: Seq,
}

/// A set of positions; few and short ones, in order, apart from each other.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Span>);

/// The position before; 0 has none.
pub(super) fn before(seq: Seq) -> Seq {
    Seq(seq.0.saturating_sub(1))
}

/// The position after, whatever a faulty server may say.
pub(super) fn after(seq: Seq) -> Seq {
    Seq(seq.0.saturating_add(1))
}

impl Span {
    /// None if there is no position in it.
    pub(super) fn of(first: Seq, last: Seq) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// How many positions.
    pub(super) fn len(self) -> u64 {
        (self.last.0 - self.first.0).saturating_add(1)
    }

    /// The part up to and including a position.
    pub(super) fn up_to(self, last: Seq) -> Option<Self> {
        Self::of(self.first, self.last.min(last))
    }

    /// The part from a position on.
    pub(super) fn from(self, first: Seq) -> Option<Self> {
        Self::of(self.first.max(first), self.last)
    }

    /// The part in another one.
    pub(super) fn within(self, other: Self) -> Option<Self> {
        Self::of(self.first.max(other.first), self.last.min(other.last))
    }

    /// The parts before and after another one.
    fn without(self, other: Self) -> [Option<Self>; 2] {
        let under = if other.first.0 == 0 { None } else { self.up_to(before(other.first)) };
        let over = if other.last.0 == u64::MAX { None } else { self.from(after(other.last)) };
        [under, over]
    }
}

impl Spans {
    /// Puts positions in.
    pub(super) fn add(&mut self, span: Span) {
        self.take(span);
        let at = self.0.partition_point(|other| other.last < span.first);
        self.0.insert(at, span);
    }

    /// Takes positions out, and says which of them were in.
    pub(super) fn take(&mut self, span: Span) -> Vec<Span> {
        let start = self.0.partition_point(|other| other.last < span.first);
        let end = self.0.partition_point(|other| other.first <= span.last);
        let touched: Vec<Span> = self.0[start..end].to_vec();
        let left: Vec<Span> =
            touched.iter().flat_map(|other| other.without(span)).flatten().collect();
        self.0.splice(start..end, left);
        touched.into_iter().filter_map(|other| other.within(span)).collect()
    }

    /// Takes everything out.
    pub(super) fn drain(&mut self) -> Vec<Span> {
        std::mem::take(&mut self.0)
    }
}

/// What is left of a span without some spans in it, which are in order.
pub(super) fn rest(span: Span, without: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    let mut remaining = Some(span);
    for hole in without {
        let Some(whole) = remaining else { break };
        let [under, over] = whole.without(*hole);
        left.extend(under);
        remaining = over;
    }
    left.extend(remaining);
    left
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "event {}", self.first)
        } else {
            write!(f, "events {} to {}", self.first, self.last)
        }
    }
}
