//! How fast a connection may go. Pure: a token bucket that is given the time.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// Allows `burst` at once and `per_second` in the long run.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    per_second: NonZeroU32,
    burst: NonZeroU32,
    /// When the bucket is full again: all that has to be known of how full it is.
    full_at: Instant,
}

// Every connection has three.
const _: () = assert!(size_of::<Pace>() <= 24);

impl Pace {
    /// Full at `now`.
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self { per_second: at_least_one(per_second), burst: at_least_one(burst), full_at: now }
    }

    /// Takes one. If there is none, says how long until there is.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let one = Duration::from_secs(1) / self.per_second.get();
        let full_at = self.full_at.max(now) + one;
        let over = (full_at - now).saturating_sub(one * self.burst.get());
        if over.is_zero() {
            self.full_at = full_at;
            return Ok(());
        }
        Err(over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any moment will do as the first")]
    fn burst_then_rate() {
        let start = Instant::now();
        let mut pace = Pace::new(10, 3, start);
        for _ in 0..3 {
            assert_eq!(pace.take(start), Ok(()));
        }
        assert_eq!(pace.take(start), Err(Duration::from_millis(100)));
        let later = start + Duration::from_millis(100);
        assert_eq!(pace.take(later), Ok(()));
        assert!(pace.take(later).is_err());
        let much_later = later + Duration::from_hours(1);
        for _ in 0..3 {
            assert_eq!(pace.take(much_later), Ok(()));
        }
        assert!(pace.take(much_later).is_err());
    }
}
