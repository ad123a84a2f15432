//! Goes with one device through what it was sent of one thread, and says what is odd about it.
//!
//! A join promises every event from a position on, once, in order, without a gap, until the
//! connection ends. What the join repeats on purpose is no duplicate; what lies under what the
//! device said it had is one.

use crate::check::span::{Span, Spans, after, before, rest};
use tidings_protocol::Seq;

/// Something that a device should not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// Was told that nothing lies between what it had and `from`, but something does.
    Skipped { had: Seq, from: Seq },
    /// Later ones came, these never.
    Never(Span),
    /// Came again on one join.
    Again(Span),
    /// The device had said that it has everything up to `had`.
    Had { had: Seq, span: Span },
    /// Came for the first time after later ones.
    Late(Span),
    /// Lies before what the join had promised.
    Unpromised { from: Seq, span: Span },
    /// Came without any join.
    Unjoined(Span),
    /// Position 0 is no event.
    Zero,
}

/// A device on its way.
#[derive(Debug, Default)]
pub(super) struct Walk {
    join: Option<Join>,
    /// The furthest position that it has had since it last dropped everything.
    had: Seq,
    /// What it should have been sent before something later.
    holes: Spans,
}

#[derive(Clone, Copy, Debug)]
struct Join {
    /// The first position promised.
    from: Seq,
    /// What must not come: the device has it.
    has: Seq,
    /// The position that comes next.
    next: Seq,
}

impl Walk {
    /// A join was answered.
    pub(super) fn joined(
        &mut self,
        has: Option<Seq>,
        from: Seq,
        complete: bool,
        odd: &mut impl FnMut(Odd),
    ) {
        let mut has = has.unwrap_or(Seq(0));
        if complete {
            let had = if self.join.is_some() { self.had.min(has) } else { has };
            if from > after(had) {
                odd(Odd::Skipped { had, from });
            }
            self.had = self.had.max(had);
        } else {
            // It drops what it had. What was missing in that stays missing.
            self.give_up(odd);
            (has, self.had) = (Seq(0), before(from));
        }
        self.join = Some(Join { from, has, next: from.max(Seq(1)) });
    }

    /// Events came, without a gap between them.
    pub(super) fn events(&mut self, first: Seq, last: Seq, odd: &mut impl FnMut(Odd)) {
        if first == Seq(0) {
            odd(Odd::Zero);
        }
        let Some(span) = Span::of(first.max(Seq(1)), last) else { return };
        let Some(join) = self.join else {
            odd(Odd::Unjoined(span));
            return;
        };
        if join.next > Seq(1)
            && let Some(old) = span.up_to(before(join.next))
        {
            self.passed(join, old, odd);
        }
        if let Some(new) = span.from(join.next) {
            self.ahead(join, new, odd);
        }
    }

    /// Positions that the join has passed already.
    fn passed(&mut self, join: Join, span: Span, odd: &mut impl FnMut(Odd)) {
        let late = self.holes.take(span);
        for again in rest(span, &late) {
            if let Some(span) = again.up_to(join.has) {
                odd(Odd::Had { had: join.has, span });
            }
            let unheard = again.from(after(join.has));
            if let Some(span) = unheard.and_then(|span| span.up_to(before(join.from))) {
                odd(Odd::Unpromised { from: join.from, span });
            }
            if let Some(span) = unheard.and_then(|span| span.from(join.from)) {
                odd(Odd::Again(span));
            }
        }
        for span in late {
            odd(Odd::Late(span));
        }
    }

    /// Positions that the join has not passed yet.
    fn ahead(&mut self, join: Join, span: Span, odd: &mut impl FnMut(Odd)) {
        if let Some(span) = span.up_to(join.has) {
            odd(Odd::Had { had: join.has, span });
        }
        if let Some(hole) = Span::of(join.next, before(span.first)) {
            self.holes.add(hole);
        }
        self.holes.take(span);
        self.had = self.had.max(span.last);
        self.join = Some(Join { next: after(span.last), ..join });
    }

    /// Nothing more comes. Says which position it would have been sent next.
    pub(super) fn end(mut self, odd: &mut impl FnMut(Odd)) -> Seq {
        self.give_up(odd);
        self.join.map_or(Seq(1), |join| join.next)
    }

    /// Nothing will fill the holes any more.
    fn give_up(&mut self, odd: &mut impl FnMut(Odd)) {
        for span in self.holes.drain() {
            odd(Odd::Never(span));
        }
    }
}
