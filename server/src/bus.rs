//! The way of commits from the store's writer to this process: a bounded channel of batches, in
//! commit order.
//!
//! Contract, for whoever takes a batch: each batch comes at most once and in order; what it says
//! is durable already. It is a hint that there is something to tell: rooms check positions and
//! read the store where something is missing, so a bus may drop, double or reorder without harm.

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

/// The writer's end of the bus inside one process.
pub struct InProcess {
    to: mpsc::Sender<Batch>,
    metrics: Arc<Metrics>,
}

/// A bus and where its batches come out.
pub fn in_process(metrics: Arc<Metrics>) -> (InProcess, mpsc::Receiver<Batch>) {
    let (to, from) = mpsc::channel(BATCHES_MAX);
    (InProcess { to, metrics }, from)
}

impl Observer for InProcess {
    type Ticket = Ticket;

    fn applied(&mut self, applied: Vec<(Ticket, Applied)>) {
        // When the other end is gone, the program is ending, and so are those who wait.
        drop(self.to.blocking_send(Batch { applied, at: monotonic() }));
    }

    fn committed(&mut self, operations: usize, took: Duration, durable: bool) {
        self.metrics.commit(operations, took, durable);
    }
}
