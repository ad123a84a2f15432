//! The store as this server holds it: with its own tickets, and every question timed.

use crate::clock::monotonic;
use crate::dispatch::Ticket;
use crate::metrics::Metrics;
use std::sync::Arc;
use tidings_protocol::{Refusal, RefusalCode};
use tidings_storage::{Done, Operation, Reader, Unavailable};
use tokio::sync::oneshot;

/// When to ask again what the store did not answer, in milliseconds: it may be busy, or away for the
/// time of a restart.
const RETRY_AFTER_MS: u32 = 1_000;

/// What is told to whoever asked a store that does not answer.
pub fn away() -> Refusal {
    Refusal::new(RefusalCode::Unavailable).retry_after_ms(RETRY_AFTER_MS)
}

/// A handle on the store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: tidings_storage::Store<Ticket>,
    metrics: Arc<Metrics>,
}

impl Store {
    /// Times what is asked of a store.
    pub fn new(inner: tidings_storage::Store<Ticket>, metrics: Arc<Metrics>) -> Self {
        Self { inner, metrics }
    }

    /// Hands an operation to the writer; the ticket comes back here if it is not taken.
    #[allow(clippy::result_large_err, reason = "rare, and both are taken out again at once")]
    pub fn submit(&self, operation: Operation, ticket: Ticket) -> Result<(), (Ticket, Refusal)> {
        self.inner.submit(operation, ticket)
    }

    /// Makes an operation durable and waits for it.
    pub async fn apply(&self, operation: Operation) -> Result<Done, Refusal> {
        let (ticket, answer) = oneshot::channel();
        if let Err((_, refusal)) = self.submit(operation, Ticket::Awaited(ticket)) {
            return Err(refusal);
        }
        answer.await.unwrap_or_else(|_| Err(away()))
    }

    /// Asks a question on a reader's thread and waits for the answer.
    pub async fn read<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> Result<R, Unavailable> {
        self.inner.read(self.timed(question)).await
    }

    /// As [`Self::read`], before all that wait: for a question that keeps others waiting.
    pub async fn read_first<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> Result<R, Unavailable> {
        self.inner.read_first(self.timed(question)).await
    }

    /// Runs a job on a reader's thread. Never blocks: refused when too many wait.
    pub fn read_then(
        &self,
        job: impl FnOnce(&mut dyn Reader) + Send + 'static,
    ) -> Result<(), Unavailable> {
        self.inner.read_then(self.timed(job))
    }

    /// Whether operations are taken: not once it is closed, nor if its writer broke.
    pub fn is_open(&self) -> bool {
        self.inner.is_open()
    }

    /// Does all that was submitted, and waits for it. Blocks.
    pub fn close(&self) {
        self.inner.close();
    }

    /// The same question, timed from now to its answer: the wait for a reader is a part of it.
    fn timed<R>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> impl FnOnce(&mut dyn Reader) -> R + Send + 'static {
        let (metrics, asked) = (Arc::clone(&self.metrics), monotonic());
        move |reader| {
            let answer = question(reader);
            metrics.read_seconds.observe((monotonic() - asked).as_secs_f64());
            answer
        }
    }
}

impl tidings_notifier::Store for Store {
    async fn apply(&self, operation: Operation) -> Result<Done, Refusal> {
        Self::apply(self, operation).await
    }

    async fn read<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> Result<R, Unavailable> {
        Self::read(self, question).await
    }
}
