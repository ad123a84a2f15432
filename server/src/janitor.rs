//! What keeps the store tidy now and then. One node does it for all: whoever gets the lease from the
//! store, which nobody else gets before it runs out. So it is done wherever a node runs, and a node
//! that dies with the lease only delays it.
//!
//! It is also how a node notices others on the same store that it does not hear of on the bus, and
//! says so: nothing is lost then, but what is written there is shown here late or never.

use crate::bus::Bus;
use crate::clock::monotonic;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tidings_protocol::{Refusal, Timestamp};
use tidings_storage::{Clock, Done, Job, Operation};
use uuid::Uuid;

/// How often a node looks whether there is something to do.
const EVERY: Duration = Duration::from_mins(1);

/// How long a lease lasts: so long that its holder claims it again in time, if it is late once, and
/// far longer than clocks of nodes differ.
const LEASE: Duration = Duration::from_mins(3);
const _: () = assert!(LEASE.as_secs() > 2 * EVERY.as_secs());

/// What is forgotten at a time: a moment's work, since senders wait for the same writer.
const FORGOTTEN_AT_ONCE: u32 = 1_000;

/// How long the ledger of emails says why somebody did or didn't get one.
const LEDGER_KEPT: Duration = Duration::from_hours(90 * 24);

/// Between two pieces of work, when there is more than one.
const PAUSE: Duration = Duration::from_secs(1);

/// Starts the task.
pub fn start(store: &Store, clock: &Arc<dyn Clock>, bus: &Bus) {
    let (store, clock, bus) = (store.clone(), Arc::clone(clock), bus.clone());
    crate::vital::spawn("janitor", async move {
        let (started, mut warned) = (monotonic(), false);
        while store.is_open() {
            let random = Uuid::new_v4().as_fields().0;
            tokio::time::sleep(jittered(EVERY, random)).await;
            // The bus names this run of this node.
            let other = tidy(&store, &*clock, bus.node().0).await == Lease::Others;
            let since_start = monotonic() - started;
            if other && !warned && is_another_run(since_start) && bus.hears_nobody() {
                warned = true;
                tracing::warn!(
                    "another node uses the same database and is not heard of on the bus: people \
                     here see late or never what is written there; give all nodes the same bus"
                );
            }
        }
    });
}

/// Whose the lease is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lease {
    Others,
    OursOrUnknown,
}

/// Pure: whether who has the lease, so long after the start, can't be the run of this node before
/// this one. That no longer claims it.
fn is_another_run(since_start: Duration) -> bool {
    since_start > LEASE + EVERY
}

/// Does all there is to do, if the lease is to be had. What fails is done the next time.
async fn tidy(store: &Store, clock: &dyn Clock, holder: Uuid) -> Lease {
    loop {
        let until = lease_until(clock.now());
        let claim = Operation::Claim { job: Job::Forget, holder, until };
        match store.apply(claim).await {
            Ok(Done::Claimed(true)) => {}
            Ok(Done::Claimed(false)) => return Lease::Others,
            _ => return Lease::OursOrUnknown,
        }
        match forget(store, clock.now()).await {
            Ok(true) => tokio::time::sleep(PAUSE).await,
            Ok(false) => return Lease::OursOrUnknown,
            Err(refusal) => {
                tracing::debug!(code = refusal.code.name(), "can't tidy the store now");
                return Lease::OursOrUnknown;
            }
        }
    }
}

/// Forgets a piece of each. Says whether there is more of any.
async fn forget(store: &Store, now: Timestamp) -> Result<bool, Refusal> {
    let limit = FORGOTTEN_AT_ONCE;
    let before = now.plus_millis(-millis(LEDGER_KEPT));
    let mut more = false;
    for operation in
        [Operation::ForgetRevocations { limit }, Operation::ForgetNotices { before, limit }]
    {
        let done = store.apply(operation).await?;
        more |= matches!(done, Done::Forgotten(count) if there_is_more(count));
    }
    Ok(more)
}

fn lease_until(now: Timestamp) -> Timestamp {
    now.plus_millis(millis(LEASE))
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn there_is_more(forgotten: u64) -> bool {
    forgotten >= u64::from(FORGOTTEN_AT_ONCE)
}

/// Nodes that were started together don't come together for ever: an interval between three and
/// five quarters of the given one.
fn jittered(every: Duration, random: u32) -> Duration {
    every.mul_f64(0.75 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_outlasts_the_longest_wait_for_the_next_claim() {
        let now = Timestamp(1_000);
        let longest = i64::try_from(jittered(EVERY, u32::MAX).as_millis()).unwrap();
        assert!(lease_until(now).0 > now.0 + 2 * longest);
        assert_eq!(lease_until(Timestamp(i64::MAX)), Timestamp(i64::MAX));
    }

    #[test]
    fn the_run_before_this_one_is_not_taken_for_another_node() {
        let last_claim_of_it_ends = LEASE;
        assert!(!is_another_run(last_claim_of_it_ends));
        assert!(is_another_run(jittered(EVERY, u32::MAX) * 5));
    }

    #[tokio::test]
    async fn a_node_that_is_alone_hears_nobody() {
        assert!(Bus::alone().0.hears_nobody());
    }

    #[test]
    fn nodes_come_at_different_times() {
        let at = |random| jittered(Duration::from_secs(4), random);
        assert_eq!((at(0), at(u32::MAX)), (Duration::from_secs(3), Duration::from_secs(5)));
        assert!(at(u32::MAX / 3) < at(u32::MAX / 2));
    }

    #[test]
    fn a_full_piece_of_work_is_followed_by_another() {
        let pieces = [0, 1, u64::from(FORGOTTEN_AT_ONCE) - 1, u64::from(FORGOTTEN_AT_ONCE)];
        assert_eq!(pieces.map(there_is_more), [false, false, false, true]);
    }
}
