//! The way of commits from the store's writer to dispatch: a bounded channel of batches, in commit
//! order. Each batch comes once; what it says is durable already.

use crate::clock::monotonic;
use crate::dispatch::Ticket;
use crate::metrics::Metrics;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tidings_storage::{Applied, Observer};
use tokio::sync::mpsc;

/// Batches that may wait; then the writer waits too.
const BATCHES_MAX: usize = 64;

/// What one transaction did.
pub struct Batch {
    /// Each operation's ticket, answer and commit, in order.
    pub applied: Vec<(Ticket, Applied)>,
    /// When it was durable.
    pub at: Instant,
}

/// The writer's end.
pub struct Commits {
    to: mpsc::Sender<Batch>,
    metrics: Arc<Metrics>,
}

/// Both ends.
pub fn channel(metrics: Arc<Metrics>) -> (Commits, mpsc::Receiver<Batch>) {
    let (to, from) = mpsc::channel(BATCHES_MAX);
    (Commits { to, metrics }, from)
}

impl Observer for Commits {
    type Ticket = Ticket;

    fn applied(&mut self, applied: Vec<(Ticket, Applied)>) {
        // When the other end is gone, the program is ending, and so are those who wait.
        drop(self.to.blocking_send(Batch { applied, at: monotonic() }));
    }

    fn committed(&mut self, operations: usize, took: Duration, durable: bool) {
        self.metrics.commit(operations, took, durable);
    }
}
