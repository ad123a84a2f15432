//! Waiting for something, and for how long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take that takes milliseconds on an idle machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// Waits until something is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let waited = Stopwatch::start();
    while !so() {
        assert!(waited.elapsed() < DEADLINE, "waited for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Says that it is over when it is dropped, by a failed test too: others wait for that.
pub struct Over<'a>(pub &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Measures how long something takes.
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a test has to know how long it waits")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
