//! Waiting with a deadline that says what was waited for.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long anything may take that takes milliseconds on an idle machine. Long, because the tests
/// of a whole workspace run beside each other.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits for something that has to happen soon. Panics with `what` if it does not.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(DEADLINE, future).await;
    waited.unwrap_or_else(|_| panic!("waited {} s for {what}", DEADLINE.as_secs()))
}

/// This moment.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests' clock: what takes how long is measured from outside"
)]
pub fn now() -> Instant {
    Instant::now()
}
