//! Connections that wait for the next mail. Whoever is not needed for a while is closed.

use lettre::transport::smtp::client::AsyncSmtpConnection;
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How long a server may take for saying good-bye.
const QUIT_MAX: Duration = Duration::from_secs(5);

/// Connections that nobody uses; never more than there are places.
pub(super) struct Idle {
    parked: Arc<Mutex<Parked>>,
    longest: Duration,
    sweeper: Once,
}

#[derive(Default)]
struct Parked {
    /// The last is the one used last. Each with the sweep before which it was put here.
    connections: Vec<(u64, AsyncSmtpConnection)>,
    /// How often was swept.
    sweeps: u64,
}

impl Idle {
    /// They are closed after one to two times this.
    pub(super) fn new(longest: Duration) -> Self {
        Self { parked: Arc::default(), longest, sweeper: Once::new() }
    }

    /// The one used last.
    pub(super) fn take(&self) -> Option<AsyncSmtpConnection> {
        lock(&self.parked).connections.pop().map(|(_, connection)| connection)
    }

    pub(super) fn put(&self, connection: AsyncSmtpConnection) {
        self.sweeper.call_once(|| {
            tokio::spawn(sweep(Arc::downgrade(&self.parked), self.longest));
        });
        let mut parked = lock(&self.parked);
        let sweeps = parked.sweeps;
        parked.connections.push((sweeps, connection));
    }
}

fn lock(parked: &Mutex<Parked>) -> std::sync::MutexGuard<'_, Parked> {
    // Nothing in here can be half done.
    parked.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends with the pool.
async fn sweep(pool: Weak<Mutex<Parked>>, pause: Duration) {
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(pool) = pool.upgrade() else { return };
        for mut connection in unused(&pool) {
            // In order, if the server is there to hear it. It is closed in any case.
            let _ = timeout(QUIT_MAX, connection.abort()).await;
        }
    }
}

/// Takes out those that were there at the last sweep already.
fn unused(pool: &Mutex<Parked>) -> Vec<AsyncSmtpConnection> {
    let mut parked = lock(pool);
    let now = parked.sweeps;
    parked.sweeps += 1;
    let all = std::mem::take(&mut parked.connections);
    let (old, new): (Vec<_>, Vec<_>) = all.into_iter().partition(|(since, _)| *since < now);
    parked.connections = new;
    old.into_iter().map(|(_, connection)| connection).collect()
}
