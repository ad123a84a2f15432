//! Trying again what the store does not take: it may be busy, or away for the time of a restart.

use std::time::Duration;

/// The first pause, and the longest one.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

/// The pauses between tries, each longer than the one before.
pub(super) struct Patience {
    next: Duration,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { next: FIRST }
    }

    /// Waits before the next try.
    pub(super) async fn pause(&mut self) {
        tokio::time::sleep(varied(self.next, fastrand::u32(..))).await;
        self.next = longer(self.next);
    }
}

fn longer(pause: Duration) -> Duration {
    LONGEST.min(pause * 2)
}

/// A quarter more or less, so that many don't come back together. `random` is any number.
pub(super) fn varied(time: Duration, random: u32) -> Duration {
    time.mul_f64(0.75 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let pauses = std::iter::successors(Some(FIRST), |pause| Some(longer(*pause)));
        let pauses: Vec<_> = pauses.take(8).collect();
        assert_eq!(pauses[..2], [FIRST, 2 * FIRST]);
        assert_eq!(pauses[6..], [LONGEST, LONGEST]);
    }

    #[test]
    fn times_vary_by_a_quarter_to_either_side() {
        let at = |random| varied(Duration::from_secs(4), random);
        assert_eq!((at(0), at(u32::MAX)), (Duration::from_secs(3), Duration::from_secs(5)));
    }
}
