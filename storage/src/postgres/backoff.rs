//! How long to wait before trying again what failed: longer each time, and never the same for two
//! nodes, which would otherwise come back together again and again. Pure.

use std::time::Duration;

/// The longest first pause.
const FIRST: Duration = Duration::from_millis(20);

/// The longest pause of all.
const LONGEST: Duration = Duration::from_secs(2);

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// One more failure: the pause until the next try, somewhere between half of what is due and
    /// all of it, by a random number.
    pub(super) fn failed(&mut self, random: u32) -> Duration {
        let due = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        due.mul_f64(0.5 + f64::from(random) / f64::from(u32::MAX) / 2.0)
    }

    /// It works again.
    pub(super) fn worked(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_get_longer_up_to_a_bound_and_begin_anew() {
        let mut backoff = Backoff::default();
        for expected in [20, 40, 80, 160, 320, 640, 1_280, 2_000, 2_000] {
            assert_eq!(backoff.failed(u32::MAX), Duration::from_millis(expected));
        }
        for _ in 0..100 {
            backoff.failed(0);
        }
        assert_eq!(backoff.failed(0), LONGEST / 2);
        backoff.worked();
        assert_eq!(backoff.failed(0), FIRST / 2);
    }
}
