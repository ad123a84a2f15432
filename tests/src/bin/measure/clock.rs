//! The one place here that reads a clock.

use std::time::Instant;

/// This moment, on the clock that never goes back.
#[expect(clippy::disallowed_methods, reason = "only durations are made of it")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
