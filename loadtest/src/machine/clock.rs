//! The one place here that reads clocks.

use crate::record::Micros;
use std::time::{Duration, Instant, SystemTime};

/// This moment, on the clock that never goes back.
#[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
pub fn now() -> Instant {
    Instant::now()
}

/// This moment on the calendar, for the date on a report.
#[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
pub fn today() -> SystemTime {
    SystemTime::now()
}

/// Counts microseconds from the start of a run.
#[derive(Clone, Copy, Debug)]
pub struct RunClock {
    start: Instant,
}

impl RunClock {
    /// Starts now.
    pub fn start() -> Self {
        Self { start: now() }
    }

    /// This moment.
    pub fn now(&self) -> Micros {
        let micros = now().duration_since(self.start).as_micros();
        Micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// The moment as timers take it.
    pub fn instant(&self, at: Micros) -> Instant {
        self.start + Duration::from_micros(at.0)
    }
}
