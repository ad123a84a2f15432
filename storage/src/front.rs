//! What the store's threads do: gather a batch, apply it, hand out the outcomes; and answer
//! queries. When to commit is decided by a pure function, [`pace`].

use crate::backend::{Reader, Unavailable, Writer};
use crate::clock::Clock;
use crate::operation::{Applied, Operation};
use crate::queue::{Queue, Take, Taken};
use crate::store::{FrontOptions, Job, Observer};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tidings_protocol::{Refusal, RefusalCode};

/// The writer tidies up after so long without work.
const IDLE_AFTER: Duration = Duration::from_millis(500);

/// A thread with nothing to do looks up this often at least.
const PATIENCE_MAX: Duration = Duration::from_hours(1);

/// When operations that were refused for the store's sake may be tried again, in milliseconds.
const RETRY_AFTER_MS: u32 = 1_000;

/// Starts a named thread.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .expect("the system gives us a few threads when we start")
}

/// When to start a commit, with `waiting` operations and the last one started `since` ago.
fn pace(waiting: usize, since: Option<Duration>, options: &FrontOptions) -> Take {
    let enough = options.pace_batch.min(options.batch_max).max(1);
    match since {
        Some(since) if waiting < enough && since < options.pace => {
            Take::When { waiting: enough, within: options.pace.saturating_sub(since) }
        }
        _ => Take::Now,
    }
}

/// The writer's thread, until the queue is closed and empty.
pub(crate) fn write<T: Send + 'static>(
    queue: &Queue<(Operation, T)>,
    mut writer: Box<dyn Writer>,
    clock: &dyn Clock,
    options: FrontOptions,
    mut observer: impl Observer<Ticket = T>,
) {
    // However this thread ends, nobody waits for it afterwards.
    let _guard = Abandon(queue);
    let mut started: Option<Instant> = None;
    let mut tidy = false;
    loop {
        let patience = if tidy { PATIENCE_MAX } else { IDLE_AFTER };
        let taken = queue.take_alike(
            options.batch_max,
            patience,
            |waiting| pace(waiting, started.map(|at| monotonic().duration_since(at)), &options),
            |(one, _), (other, _)| writer.shuts_out(one) == writer.shuts_out(other),
        );
        let batch = match taken {
            Taken::Items(batch) => batch,
            Taken::Nothing if tidy => continue,
            Taken::Nothing => {
                tidy = true;
                if catch_unwind(AssertUnwindSafe(|| writer.idle())).is_err() {
                    break;
                }
                continue;
            }
            Taken::Closed => return,
        };
        tidy = false;
        let start = monotonic();
        started = Some(start);
        let (operations, tickets): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let now = clock.now();
        let result = catch_unwind(AssertUnwindSafe(|| writer.apply(operations, now)));
        let broken = result.is_err();
        let result = result.unwrap_or_else(|_| Err(Unavailable("the writer broke".to_owned())));
        observer.committed(tickets.len(), monotonic().duration_since(start), result.is_ok());
        observer.applied(settle(tickets, result));
        if broken {
            break;
        }
    }
    tracing::error!("the store's writer broke; no more is written until the server restarts");
    let tickets = queue.abandon().into_iter().map(|(_, ticket)| ticket).collect();
    observer.applied(settle(tickets, Err(Unavailable("the writer broke".to_owned()))));
}

/// Gives every ticket what became of its operation.
fn settle<T>(tickets: Vec<T>, result: Result<Vec<Applied>, Unavailable>) -> Vec<(T, Applied)> {
    match result {
        Ok(applied) => {
            debug_assert_eq!(tickets.len(), applied.len(), "one outcome for each operation");
            tickets.into_iter().zip(applied).collect()
        }
        Err(error) => {
            if !tickets.is_empty() {
                tracing::error!(operations = tickets.len(), %error, "batch refused");
            }
            let refuse = |ticket| {
                let refusal = Refusal::new(RefusalCode::Unavailable).retry_after_ms(RETRY_AFTER_MS);
                (ticket, Applied { outcome: Err(refusal), commit: None })
            };
            tickets.into_iter().map(refuse).collect()
        }
    }
}

/// A reader's thread, until the queue is closed and empty. A job that panics ends alone.
pub(crate) fn read(queue: &Queue<Job>, mut reader: Box<dyn Reader>) {
    loop {
        match queue.take(1, PATIENCE_MAX, |_| Take::Now) {
            Taken::Items(jobs) => {
                for job in jobs {
                    if catch_unwind(AssertUnwindSafe(|| job(&mut *reader))).is_err() {
                        tracing::error!("a query panicked");
                    }
                }
            }
            Taken::Nothing => {}
            Taken::Closed => return,
        }
    }
}

/// Closes the queue and drops what waits there when the thread ends, by a panic too.
struct Abandon<'a, T>(&'a Queue<T>);

impl<T> Drop for Abandon<'_, T> {
    fn drop(&mut self) {
        drop(self.0.abandon());
    }
}

/// A moment on the clock that never goes back, for spacing commits and measuring them.
#[expect(clippy::disallowed_methods, reason = "only durations are made of it, none is stored")]
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_paced_under_load_only() {
        let options = FrontOptions::default();
        let ms = Duration::from_millis;
        let wait = |left| Take::When { waiting: 64, within: ms(left) };
        let table = [
            // waiting, since the last start, then
            (1, None, Take::Now),
            (1, Some(ms(1_000)), Take::Now),
            (1, Some(ms(10)), Take::Now),
            (1, Some(ms(9)), wait(1)),
            (63, Some(ms(0)), wait(10)),
            (64, Some(ms(0)), Take::Now),
            (16_384, Some(ms(1)), Take::Now),
        ];
        for (waiting, since, expected) in table {
            assert_eq!(pace(waiting, since, &options), expected, "{waiting} {since:?}");
        }
    }

    #[test]
    fn a_pace_batch_larger_than_a_batch_does_not_wait_for_it() {
        let options = FrontOptions { batch_max: 8, ..FrontOptions::default() };
        assert_eq!(pace(8, Some(Duration::ZERO), &options), Take::Now);
    }
}
