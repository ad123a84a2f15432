//! When to try again.

use std::time::{Duration, Instant};

/// The first pause after a connection is lost lasts at most this long, each further one twice as
/// long as the one before it.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// A connection that lasted this long was a good one: the next pause is a short one again.
const LASTING: Duration = Duration::from_secs(1);

/// How it went so far, and how long to wait before the next try.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
    up_since: Option<Instant>,
    away: bool,
}

impl Backoff {
    /// The connection is up. Whether it had been away.
    pub(super) fn up(&mut self, now: Instant) -> bool {
        self.up_since = Some(now);
        std::mem::take(&mut self.away)
    }

    /// The connection was lost, or could not be opened. Whether it is away since then.
    pub(super) fn lost(&mut self, now: Instant) -> bool {
        let lasted = |since| now.saturating_duration_since(since) >= LASTING;
        if self.up_since.take().is_some_and(lasted) {
            self.tries = 0;
        }
        !std::mem::replace(&mut self.away, true)
    }

    /// How long to wait now: anything up to a bound that doubles, so that nodes that were cut off
    /// together do not come back together.
    pub(super) fn pause(&mut self) -> Duration {
        let most = PAUSE_MIN.saturating_mul(1 << self.tries.min(16)).min(PAUSE_MAX);
        self.tries = self.tries.saturating_add(1);
        // Without chance, half of it does too.
        let chance = getrandom::u32().unwrap_or(u32::MAX / 2);
        most.mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;

    #[test]
    fn pauses_grow_to_a_bound_and_begin_anew_after_a_good_time() {
        let mut backoff = Backoff::default();
        assert!(backoff.pause() <= PAUSE_MIN);
        let pauses: Vec<_> = (0..100).map(|_| backoff.pause()).collect();
        assert!(pauses.iter().all(|pause| *pause <= PAUSE_MAX), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause > PAUSE_MAX / 4), "{pauses:?}");
        let now = monotonic();
        backoff.up(now);
        backoff.lost(now + LASTING / 2);
        backoff.lost(now + LASTING * 9);
        assert!(backoff.tries > 0);
        backoff.up(now);
        backoff.lost(now + LASTING);
        assert!(backoff.pause() <= PAUSE_MIN);
    }

    #[test]
    fn that_it_is_away_and_back_is_told_once() {
        let (mut backoff, now) = (Backoff::default(), monotonic());
        assert!(!backoff.up(now));
        assert!(backoff.lost(now));
        assert!(!backoff.lost(now));
        assert!(backoff.up(now));
        assert!(!backoff.up(now));
    }
}
