//! A store of one test, as notifiers see it, and a clock that stands still until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use tempfile::TempDir;
use tidings_notifier::Store;
use tidings_protocol::{Refusal, RefusalCode, Timestamp};
use tidings_storage::sqlite::{Location, Mode, Sqlite};
use tidings_storage::{
    Applied, Clock, Done, FrontOptions, Observer, Operation, Reader, SystemEntropy, Unavailable,
};
use tokio::sync::oneshot;

type Ticket = oneshot::Sender<Result<Done, Refusal>>;

/// An SQLite store. Clones are handles on the same.
#[derive(Clone)]
pub(crate) struct Held {
    store: Arc<tidings_storage::Store<Ticket>>,
    /// How many settlements it will not take from now on.
    pub(crate) settlements_refused: Arc<AtomicU32>,
    /// Of how many claims it will not say that it has granted them.
    pub(crate) claims_unanswered: Arc<AtomicU32>,
    /// Looks that it has been asked for and not answered yet; and the most of them so far.
    looks: Arc<AtomicU32>,
    pub(crate) most_looks: Arc<AtomicU32>,
    _folder: Arc<TempDir>,
}

/// Hands answers out.
struct Answering;

impl Observer for Answering {
    type Ticket = Ticket;

    fn applied(&mut self, batch: Vec<(Ticket, Applied)>) {
        for (ticket, applied) in batch {
            // Who broke off does not wait.
            let _ = ticket.send(applied.outcome);
        }
    }
}

impl Held {
    /// An empty one.
    pub(crate) fn new(clock: &Arc<HandClock>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.db");
        let sqlite = Sqlite::open(&Location::File(path), Mode::Serve, &mut SystemEntropy).unwrap();
        let writer = Box::new(sqlite.writer(Box::new(SystemEntropy)).unwrap());
        let readers: Vec<Box<dyn Reader>> =
            vec![Box::new(sqlite.reader().unwrap()), Box::new(sqlite.reader().unwrap())];
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        let options = FrontOptions::default();
        let store = tidings_storage::Store::start(writer, readers, clock, options, Answering);
        Self {
            store: Arc::new(store),
            settlements_refused: Arc::default(),
            claims_unanswered: Arc::default(),
            looks: Arc::default(),
            most_looks: Arc::default(),
            _folder: Arc::new(folder),
        }
    }
}

/// Takes one off, if there is any.
fn one_of(count: &AtomicU32) -> bool {
    let less = |left: u32| left.checked_sub(1);
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
}

fn away() -> Refusal {
    Refusal::new(RefusalCode::Unavailable)
}

impl Store for Held {
    async fn apply(&self, operation: Operation) -> Result<Done, Refusal> {
        let settles = matches!(operation, Operation::SettleNotices { .. });
        if settles && one_of(&self.settlements_refused) {
            return Err(away());
        }
        let unanswered =
            matches!(operation, Operation::ClaimNotices { .. }) && one_of(&self.claims_unanswered);
        let looks = matches!(operation, Operation::Look { .. });
        if looks {
            let asked = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_looks.fetch_max(asked, Ordering::SeqCst);
        }
        let (ticket, answer) = oneshot::channel();
        self.store.submit(operation, ticket).map_err(|(_, refusal)| refusal)?;
        let answer = answer.await.map_err(|_| away());
        if looks {
            self.looks.fetch_sub(1, Ordering::SeqCst);
        }
        let answer = answer?;
        if unanswered { Err(away()) } else { answer }
    }

    async fn read<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> Result<R, Unavailable> {
        self.store.read(question).await
    }
}

/// Time in the test's hand.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    /// A morning in May.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_778_749_200_000)))
    }

    /// So many seconds go by.
    pub(crate) fn pass_s(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
