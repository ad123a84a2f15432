//! One connection to Redis: opening it, asking it things within a deadline, and when to try again.

use super::super::Times;
use super::super::url::RedisUrl;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Pipeline, PushInfo, RedisError, Value};
use std::time::{Duration, Instant};
use thiserror::Error;

/// The first pause after a connection is lost lasts at most this long, each further one twice as
/// long as the one before it.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// A connection that lasted this long was a good one: the next pause is a short one again.
const LASTING: Duration = Duration::from_secs(1);

/// Why a connection was given up.
#[derive(Debug, Error)]
pub(super) enum Broken {
    #[error("Redis closed the connection")]
    Closed,
    #[error("no answer within {} ms", .0.as_millis())]
    Silent(Duration),
    #[error(transparent)]
    Refused(#[from] RedisError),
    #[error("the answer to a subscription was {0}")]
    Unconfirmed(String),
    #[error("what was received is not taken")]
    Stuck,
    #[error("a subscription was ended by Redis")]
    Unsubscribed,
}

/// A connection.
pub(super) struct Link {
    connection: MultiplexedConnection,
    deadline: Duration,
}

impl Link {
    /// Opens one. What is said on its channels goes to `hear`, which must not wait.
    pub(super) async fn open(
        url: &RedisUrl,
        times: &Times,
        hear: impl Fn(PushInfo) + Send + Sync + 'static,
    ) -> Result<Self, Broken> {
        let client = Client::open(url.connection_info().clone())?;
        let deadline = times.deadline;
        // Its own deadlines would be the shorter ones; ours are around everything.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_push_sender(move |push| {
                hear(push);
                Ok::<(), ()>(())
            });
        let opening = client.get_multiplexed_async_connection_with_config(&config);
        let opened = tokio::time::timeout(deadline, opening).await;
        let connection = opened.map_err(|_| Broken::Silent(deadline))??;
        Ok(Self { connection, deadline })
    }

    /// Sends commands in one go, and waits for their answers: as many, none of them an error.
    pub(super) async fn ask(&mut self, commands: &Pipeline) -> Result<Vec<Value>, Broken> {
        let asking = commands.query_async(&mut self.connection);
        let answers = tokio::time::timeout(self.deadline, asking).await;
        Ok(answers.map_err(|_| Broken::Silent(self.deadline))??)
    }

    /// Whether it still lives.
    pub(super) async fn ping(&mut self) -> Result<(), Broken> {
        self.ask(redis::pipe().cmd("PING")).await.map(drop)
    }
}

/// How long to wait before the next try.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// A connection was given up that was good from the one time to the other.
    pub(super) fn lasted(&mut self, from: Instant, to: Instant) {
        if to.saturating_duration_since(from) >= LASTING {
            self.tries = 0;
        }
    }

    /// How long to wait now: anything up to a bound that doubles, so that nodes that were cut off
    /// together do not come back together.
    pub(super) fn next(&mut self) -> Duration {
        let most = PAUSE_MIN.saturating_mul(1 << self.tries.min(16)).min(PAUSE_MAX);
        self.tries = self.tries.saturating_add(1);
        // Without chance, half of it does too.
        let chance = getrandom::u32().unwrap_or(u32::MAX / 2);
        most.mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;

    #[test]
    fn pauses_grow_to_a_bound_and_begin_anew_after_a_good_time() {
        let mut backoff = Backoff::default();
        assert!(backoff.next() <= PAUSE_MIN);
        let pauses: Vec<_> = (0..100).map(|_| backoff.next()).collect();
        assert!(pauses.iter().all(|pause| *pause <= PAUSE_MAX), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause > PAUSE_MAX / 4), "{pauses:?}");
        let now = monotonic();
        backoff.lasted(now, now + LASTING / 2);
        assert!(backoff.tries > 0);
        backoff.lasted(now, now + LASTING);
        assert!(backoff.next() <= PAUSE_MIN);
    }
}
