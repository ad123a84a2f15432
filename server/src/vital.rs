//! Tasks without which the server only seems to work.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// Starts a task that everything depends on. If it panics the process ends at once: what was
/// acknowledged is durable, a restart loses nothing, and a server that takes messages but delivers
/// none would be worse.
pub fn spawn(name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(async move {
        if AssertUnwindSafe(task).catch_unwind().await.is_err() {
            tracing::error!(task = name, "a vital task broke; ending the process");
            std::process::abort();
        }
    });
}
