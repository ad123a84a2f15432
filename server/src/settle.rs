//! Whoever reads the store to hand on what it says asks here first whether those it is for know of
//! every end of access that the store knew of: if not, dispatch looks at them.

use crate::people::People;
use std::sync::Arc;
use tidings_protocol::FirmId;
use tidings_storage::Epoch;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

/// Requests that may wait for dispatch; then who asks waits too.
const SETTLING_MAX: usize = 256;

/// A request to dispatch.
pub enum Settling {
    /// Sockets may have missed ends of access.
    UpTo {
        /// Firms, and up to where their sockets have to know.
        epochs: Vec<(FirmId, Epoch)>,
        /// That they do.
        done: oneshot::Sender<()>,
    },
    /// The store has gone back: it says that access has ended less often in the firm than somebody
    /// had to know before it was asked.
    StartOver {
        /// Which.
        firm: FirmId,
        /// How often it had ended.
        had_to_know: Epoch,
    },
}

/// A cheap handle by which to ask.
#[derive(Clone)]
pub struct Settle {
    people: Arc<People>,
    to: mpsc::Sender<Settling>,
}

impl Settle {
    /// A handle, and what dispatch takes.
    pub fn new(people: &Arc<People>) -> (Self, mpsc::Receiver<Settling>) {
        let (to, from) = mpsc::channel(SETTLING_MAX);
        (Self { people: Arc::clone(people), to }, from)
    }

    /// Waits until the sockets of these firms know that much. Then what was read at those epochs,
    /// or before, may be handed on. Must not be awaited by what dispatch waits for.
    pub async fn up_to(&self, mut epochs: Vec<(FirmId, Epoch)>) {
        epochs.retain(|(firm, epoch)| !self.people.knows(*firm, *epoch));
        if epochs.is_empty() {
            return;
        }
        let (done, settled) = oneshot::channel();
        if self.to.send(Settling::UpTo { epochs, done }).await.is_ok() {
            // Dispatch ends only with the program.
            drop(settled.await);
        }
    }

    /// Whether the firm's sockets know that much. If not, they soon will.
    pub fn knows(&self, firm: FirmId, epoch: Epoch) -> bool {
        let knows = self.people.knows(firm, epoch);
        if !knows {
            let (done, _) = oneshot::channel();
            self.ask(Settling::UpTo { epochs: vec![(firm, epoch)], done });
        }
        knows
    }

    /// As [`Self::up_to`], for whoever can't wait: then it is done later.
    pub fn then(
        &self,
        epochs: Vec<(FirmId, Epoch)>,
        runtime: &Handle,
        deed: impl FnOnce() + Send + 'static,
    ) {
        if epochs.iter().all(|(firm, epoch)| self.people.knows(*firm, *epoch)) {
            return deed();
        }
        let settle = self.clone();
        runtime.spawn(async move {
            settle.up_to(epochs).await;
            deed();
        });
    }

    /// The store was asked after somebody had to know so much of a firm, and says less.
    pub fn gone_back(&self, firm: FirmId, had_to_know: Epoch) {
        self.ask(Settling::StartOver { firm, had_to_know });
    }

    /// If there is no room now, then the next time.
    fn ask(&self, settling: Settling) {
        drop(self.to.try_send(settling));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::Bus;
    use crate::people::tests::peer;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;
    use tidings_protocol::AccountId;
    use tidings_storage::Access;
    use uuid::Uuid;

    const FIRM: FirmId = FirmId(Uuid::nil());

    /// People with a socket of a firm that knows of no end.
    async fn people() -> Arc<People> {
        let people = Arc::new(People::new(Bus::alone().0));
        let peer = Arc::new(peer().await.0);
        people.enter(&peer, 1).unwrap();
        let access = Access::Contact { account: AccountId(Uuid::nil()) };
        people.grant(&peer, access, Epoch(0)).unwrap();
        people
    }

    /// What dispatch does with a request: it looks at the sockets, and says so.
    fn dispatch(people: &People, request: Settling) {
        let Settling::UpTo { epochs, done } = request else { panic!("another request") };
        people.to_look_at(&epochs);
        people.looked_at(&epochs);
        done.send(()).unwrap();
    }

    #[tokio::test]
    async fn what_was_read_waits_until_its_sockets_know_of_every_end_before_it() {
        let people = people().await;
        let (settle, mut requests) = Settle::new(&people);
        settle.up_to(vec![(FIRM, Epoch(0))]).await;
        assert!(requests.try_recv().is_err(), "they know that much");
        let mut settled = pin!(settle.up_to(vec![(FIRM, Epoch(2))]));
        let waits = poll_fn(|context| Poll::Ready(settled.as_mut().poll(context).is_pending()));
        assert!(waits.await);
        dispatch(&people, requests.recv().await.unwrap());
        settled.await;
        assert!(people.knows(FIRM, Epoch(2)));
    }

    #[tokio::test]
    async fn who_can_not_wait_has_it_done_later() {
        let people = people().await;
        let (settle, mut requests) = Settle::new(&people);
        let (deed, mut done) = oneshot::channel();
        settle.then(vec![(FIRM, Epoch(1))], &Handle::current(), move || deed.send(()).unwrap());
        let request = requests.recv().await.unwrap();
        assert!(done.try_recv().is_err(), "done before they know");
        dispatch(&people, request);
        done.await.unwrap();
        let (deed, mut done) = oneshot::channel();
        settle.then(vec![(FIRM, Epoch(1))], &Handle::current(), move || deed.send(()).unwrap());
        done.try_recv().expect("nothing to wait for");
    }
}
