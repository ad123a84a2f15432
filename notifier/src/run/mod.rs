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
//! * `untaken` is what the log says of mails that were not taken.
//!
//! **Invariant:** no mail is handed over without a claim, and handing over is broken off before the claim
//! runs out. That a mail was sent is put down, or tried to be until the notifier stops; that it was not,
//! until the claim runs out.

mod fate;
mod links;
mod patience;
mod post;
mod rounds;
mod untaken;
mod watch;

pub use links::Office;
pub use watch::{MailResult, Seen, Unwatched, Watch};

use crate::deliver::{CONNECTIONS_MAX, DELIVERY_MAX, Transport};
use crate::store::Store;
use lettre::Address;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tidings_storage::Clock;
use untaken::Untaken;
use uuid::Uuid;

/// How long a claim lasts if nobody says otherwise: any mail can be handed over and put down in it.
const LEASE: Duration = Duration::from_mins(15);
const _: () = assert!(DELIVERY_MAX.as_secs() < fate::for_delivery(LEASE).as_secs());

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
    /// How long a claim lasts: so late come the mails of a notifier that died. What a mail server does not
    /// answer in most of that time is tried again.
    pub lease: Duration,
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
            lease: LEASE,
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
    /// Mails that the log has yet to tell of.
    untaken: Mutex<Untaken>,
}

impl<S: Store> Notifier<S> {
    /// One that has not begun.
    pub fn new(store: S, clock: Arc<dyn Clock>, transport: Transport, options: Options) -> Self {
        let (holder, untaken) = (Uuid::new_v4(), Mutex::default());
        Self { store, clock, transport, options, holder, untaken }
    }

    /// Works until `stop` is done. Then nothing more is begun, and what is under way has
    /// [`Options::goodbye`] to end.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        tracing::info!(to = %self.transport, "the notifier sends emails");
        rounds::run(Arc::new(self), stop).await;
    }

    /// Held for a moment, and never across a wait.
    fn untaken(&self) -> MutexGuard<'_, Untaken> {
        self.untaken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
