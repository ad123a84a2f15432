//! How a join goes: what the client is told it gets, what is read and sent, and when the seat is
//! taken. Pure; `session::join` asks the store and the room for it.

use crate::rooms::Attach;
use tidings_protocol::Seq;
use tidings_protocol::limits::PAGE_ITEMS_MAX;

/// Rounds of reading after which a client is too slow for its thread.
const ROUNDS_MAX: u32 = 100;

/// What will be sent to a joining client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The first event.
    pub from: Seq,
    /// Whether that joins up with what the client has.
    pub complete: bool,
}

/// What a join does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Read and send the events after this position, at least one.
    Send {
        /// The last event sent.
        after: Seq,
    },
    /// Take the seat, having sent so much.
    Attach {
        /// The last event sent.
        have: Seq,
    },
    /// Live events follow.
    Live,
    /// The client does not catch up with its thread: close it.
    TooSlow,
}

/// A join under way.
#[derive(Clone, Copy, Debug)]
pub struct Joining {
    plan: Plan,
    sent: Seq,
    until: Seq,
    rounds: u32,
    live: bool,
}

impl Plan {
    /// Everything missed if that is not too much, else the newest page.
    pub fn of(after: Option<Seq>, head: Seq, events_max: u64) -> Self {
        let newest_page = Seq(head.0.saturating_sub(u64::from(PAGE_ITEMS_MAX)) + 1);
        match after {
            Some(after) if after <= head && head.0 - after.0 <= events_max => {
                Self { from: after.next(), complete: true }
            }
            Some(_) => Self { from: newest_page, complete: false },
            None => Self { from: newest_page, complete: newest_page == Seq(1) },
        }
    }
}

impl Joining {
    /// A client that has everything up to `after` joins a thread that reaches to `head`. It catches
    /// up on so many events at most: `RESUME_EVENTS_MAX`, but where that is too long for a test.
    pub fn new(after: Option<Seq>, head: Seq, events_max: u64) -> Self {
        let plan = Plan::of(after, head, events_max);
        Self { plan, sent: Seq(plan.from.0 - 1), until: head, rounds: 0, live: false }
    }

    /// What the client is told.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// What to do now.
    pub fn next(&self) -> Next {
        if self.live {
            Next::Live
        } else if self.rounds >= ROUNDS_MAX {
            Next::TooSlow
        } else if self.sent < self.until {
            Next::Send { after: self.sent }
        } else {
            Next::Attach { have: self.sent }
        }
    }

    /// A page was sent. Says whether another one follows it.
    pub fn sent(&mut self, last: Seq) -> bool {
        self.sent = last;
        last < self.until
    }

    /// What the room said.
    pub fn attached(&mut self, attach: Attach) {
        match attach {
            Attach::Live => self.live = true,
            Attach::Behind { delivered } => {
                self.until = delivered;
                self.rounds += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_to_whom() {
        for (after, head, from, complete) in [
            (None, 1, 1, true),
            (None, 100, 1, true),
            (None, 101, 2, false),
            (Some(0), 3, 1, true),
            (Some(3), 3, 4, true),
            (Some(2), 3, 3, true),
            (Some(0), 1_000, 1, true),
            (Some(0), 1_001, 902, false),
            // A client that knows more than the store: the store was restored from a backup.
            (Some(9), 3, 1, false),
        ] {
            let expected = Plan { from: Seq(from), complete };
            assert_eq!(Plan::of(after.map(Seq), Seq(head), 1_000), expected, "{after:?} of {head}");
        }
    }

    #[test]
    fn sends_until_the_head_then_until_the_room_then_is_live() {
        let mut joining = Joining::new(Some(Seq(2)), Seq(5), 3);
        assert_eq!(joining.next(), Next::Send { after: Seq(2) });
        assert!(joining.sent(Seq(4)));
        assert!(!joining.sent(Seq(5)));
        assert_eq!(joining.next(), Next::Attach { have: Seq(5) });
        joining.attached(Attach::Behind { delivered: Seq(7) });
        assert_eq!(joining.next(), Next::Send { after: Seq(5) });
        joining.sent(Seq(7));
        joining.attached(Attach::Live);
        assert_eq!(joining.next(), Next::Live);
    }

    #[test]
    fn a_client_that_never_catches_up_is_given_up() {
        let mut joining = Joining::new(None, Seq(1), 3);
        joining.sent(Seq(1));
        for round in 0..ROUNDS_MAX {
            assert!(matches!(joining.next(), Next::Attach { .. }), "{round}");
            joining.attached(Attach::Behind { delivered: Seq(1) });
        }
        assert_eq!(joining.next(), Next::TooSlow);
    }
}
