//! The store as the rest of the program holds it: a front that gathers operations into batches
//! for the one writer, and a few reader threads beside it.

use crate::backend::{Reader, Unavailable, Writer};
use crate::clock::Clock;
use crate::front;
use crate::operation::{Applied, Operation};
use crate::queue::Queue;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tidings_protocol::{Refusal, RefusalCode};
use tokio::sync::oneshot;

/// What comes out of the writer, one batch at a time, in commit order.
pub trait Observer: Send + 'static {
    /// What the submitter sent along to know its operation by.
    type Ticket: Send + 'static;

    /// Called on the writer's thread after each batch is durable (or was refused as a whole). May
    /// block to slow the writer down; must not call the store.
    fn applied(&mut self, batch: Vec<(Self::Ticket, Applied)>);

    /// Called before that, for whoever counts: how many operations were in the transaction, how
    /// long it took, and whether it was done.
    fn committed(&mut self, batch_len: usize, took: Duration, ok: bool) {
        let _ = (batch_len, took, ok);
    }
}

/// How the front gathers. The defaults are right for a server.
#[derive(Clone, Copy, Debug)]
pub struct FrontOptions {
    /// Operations that may wait; more are refused as `unavailable`.
    pub queue_max: usize,
    /// Queries that may wait; more are refused as `unavailable`.
    pub reads_max: usize,
    /// Operations in one transaction at most.
    pub batch_max: usize,
    /// Under load, commits are at least this far apart, unless `pace_batch` are waiting: a commit
    /// costs as much CPU as several messages, and those that share one also share many of the pages
    /// it writes. The first after an idle time is made at once.
    pub pace: Duration,
    /// So many waiting operations are committed without further delay. They are enough to share the
    /// cost; beyond that a longer wait would only keep back senders who wait for their answers.
    pub pace_batch: usize,
    /// Threads that answer queries: open so many readers.
    pub readers: usize,
}

impl Default for FrontOptions {
    fn default() -> Self {
        Self {
            queue_max: 16_384,
            reads_max: 16_384,
            batch_max: 1_024,
            pace: Duration::from_millis(10),
            pace_batch: 64,
            readers: 2,
        }
    }
}

/// When a refused submitter may try again, in milliseconds: some batches later.
const RETRY_AFTER_MS: u32 = 200;

/// A question, carried to a reader's thread.
pub(crate) type Job = Box<dyn FnOnce(&mut dyn Reader) + Send>;

/// A handle on the store. Cheap to clone; `T` is the observer's ticket. Dropping the last one
/// ends its threads once they have done what was submitted; [`Store::close`] waits for that.
pub struct Store<T: Send + 'static> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    operations: Arc<Queue<(Operation, T)>>,
    reads: Arc<Queue<Job>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<T: Send + 'static> Store<T> {
    /// Starts the threads: one for the writer, one for each reader.
    pub fn start(
        writer: Box<dyn Writer>,
        readers: Vec<Box<dyn Reader>>,
        clock: Arc<dyn Clock>,
        options: FrontOptions,
        observer: impl Observer<Ticket = T>,
    ) -> Self {
        let operations = Arc::new(Queue::new(options.queue_max));
        let reads = Arc::new(Queue::new(options.reads_max));
        let queue = Arc::clone(&operations);
        let mut threads = vec![front::spawn("store-writer", move || {
            front::write(&queue, writer, &*clock, options, observer);
        })];
        for reader in readers {
            let queue = Arc::clone(&reads);
            threads.push(front::spawn("store-reader", move || front::read(&queue, reader)));
        }
        Self { shared: Arc::new(Shared { operations, reads, threads: Mutex::new(threads) }) }
    }

    /// Hands an operation to the writer; the observer gets the ticket back with what became of
    /// it. Never blocks: when too many wait, or the store is closed, the ticket comes back here
    /// with `unavailable`.
    pub fn submit(&self, operation: Operation, ticket: T) -> Result<(), (T, Refusal)> {
        self.shared.operations.push((operation, ticket)).map_err(|(_, ticket)| {
            let refusal = Refusal::new(RefusalCode::Unavailable).retry_after_ms(RETRY_AFTER_MS);
            (ticket, refusal)
        })
    }

    /// Asks a question on a reader's thread and waits for the answer.
    pub async fn read<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> Result<R, Unavailable> {
        self.ask(question, Queue::push).await
    }

    /// As [`Store::read`], before all that wait: for a question that keeps others waiting.
    pub async fn read_first<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> Result<R, Unavailable> {
        self.ask(question, Queue::push_first).await
    }

    async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
        push: impl FnOnce(&Queue<Job>, Job) -> Result<(), Job>,
    ) -> Result<R, Unavailable> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |reader| {
            // Who has stopped waiting doesn't want to know.
            if !answer.is_closed() {
                let _ = answer.send(question(reader));
            }
        });
        push(&self.shared.reads, job).map_err(|_| too_many())?;
        answered.await.map_err(|_| Unavailable("the query broke off".to_owned()))
    }

    /// Runs a job on a reader's thread. Never blocks: refused when too many wait.
    pub fn read_then(
        &self,
        job: impl FnOnce(&mut dyn Reader) + Send + 'static,
    ) -> Result<(), Unavailable> {
        self.shared.reads.push(Box::new(job)).map_err(|_| too_many())
    }

    /// Operations that wait for the writer.
    pub fn waiting(&self) -> usize {
        self.shared.operations.len()
    }

    /// Whether operations are taken: not after `close`, nor after the writer broke.
    pub fn is_open(&self) -> bool {
        self.shared.operations.is_open()
    }

    /// Takes nothing more, does all that was submitted and asked, and waits for it. Blocks: from
    /// async code call it in `spawn_blocking`. A second call returns at once.
    pub fn close(&self) {
        self.shared.operations.close();
        self.shared.reads.close();
        let threads = std::mem::take(
            &mut *self.shared.threads.lock().unwrap_or_else(PoisonError::into_inner),
        );
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the store had panicked");
            }
        }
    }
}

fn too_many() -> Unavailable {
    Unavailable("too many queries wait".to_owned())
}

impl<T: Send + 'static> Clone for Store<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        self.operations.close();
        self.reads.close();
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
