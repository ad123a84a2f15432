//! The loop: what is due is decided, claimed, written, delivered and settled.
//!
//! ```text
//! rounds ─ due? ─▶ decide: looks and reminders, at once and together
//!     └──────────▶ mails, a few at a time: claim ─▶ letter ─▶ write ─▶ deliver ─▶ settle
//! ```
//!
//! * `rounds` asks what is due about once a second, and keeps so many mails under way.
//! * `post` is the way of one mail.
//! * `fate` says what becomes of one, `links` where it leads. Pure.
//! * `patience` tries again what the store did not take.
//!
//! **Invariant:** no mail is handed over without a claim, and none so late that the claim could run out
//! meanwhile. What was handed over is put down, or tried to be until the claim runs out.

mod fate;
mod links;
mod patience;
mod post;
mod rounds;
mod watch;

pub use links::Office;
pub use watch::{MailResult, Seen, Unwatched, Watch};

use crate::deliver::{CONNECTIONS_MAX, DELIVERY_MAX, Transport};
use crate::store::Store;
use lettre::Address;
use std::sync::Arc;
use std::time::Duration;
use tidings_storage::Clock;
use uuid::Uuid;

/// How long the claims of a notifier last that died without settling them, and so how late their
/// mails come then.
const LEASE: Duration = Duration::from_mins(15);

/// What has to be left of a lease for a mail to be handed over: all the time that this may take, and
/// some to put down what became of it.
const NEEDED: Duration = Duration::from_mins(12);
const _: () = assert!(DELIVERY_MAX.as_secs() + 60 < NEEDED.as_secs());
const _: () = assert!(NEEDED.as_secs() + 60 < LEASE.as_secs());

/// How a notifier works.
#[derive(Clone)]
pub struct Options {
    /// Whom mails are from.
    pub from: Address,
    /// Where they lead.
    pub office: Office,
    /// How often it is asked what is due; a quarter more or less, so that notifiers don't keep step.
    pub every: Duration,
    /// What is asked for at once, of each kind.
    pub batch: u32,
    /// Mails under way at a time.
    pub mails_at_once: usize,
    /// Time that those under way have to end when it stops.
    pub goodbye: Duration,
    /// Who is told of what it does.
    pub watch: Arc<dyn Watch>,
}

impl Options {
    /// As a server works.
    pub fn new(from: Address, office: Office) -> Self {
        Self {
            from,
            office,
            every: Duration::from_secs(1),
            batch: 200,
            mails_at_once: CONNECTIONS_MAX,
            goodbye: Duration::from_secs(5),
            watch: Arc::new(Unwatched),
        }
    }
}

/// One run of a notifier. Any number of them may be at work on a store.
pub struct Notifier<S> {
    pub(crate) store: S,
    clock: Arc<dyn Clock>,
    transport: Transport,
    options: Options,
    /// By which its claims are known.
    holder: Uuid,
}

impl<S: Store> Notifier<S> {
    /// One that has not begun.
    pub fn new(store: S, clock: Arc<dyn Clock>, transport: Transport, options: Options) -> Self {
        Self { store, clock, transport, options, holder: Uuid::new_v4() }
    }

    /// Works until `stop` is done. Then nothing more is begun, and what is under way has
    /// [`Options::goodbye`] to end.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        tracing::info!(to = %self.transport, "the notifier sends emails");
        rounds::run(Arc::new(self), stop).await;
    }
}
