//! A connection as a thread of the store holds it: made when it is needed, and made again after it
//! was lost. It has a runtime of its own on that thread, so that a statement is a system call or
//! two, and no change of threads. The threads of the store, one writer and some readers, each with
//! one connection, are the pool: what a pool would add, waiting for a free connection, is what their
//! queues do.
//!
//! **Invariant:** not to be used inside an async runtime: it waits.

use super::backoff::Backoff;
use super::failure::Failure;
use super::link::{Link, RowsByKey};
use super::url::Url;
use crate::front::monotonic;
use crate::sql::{SqlError, Value};
use std::cell::RefCell;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// How whatever writes begins, whatever the operator has made the default: what is read behind a lock
/// must be what was committed before the lock was had.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE";

/// One connection at most.
pub(crate) struct Session {
    /// There until it is dropped.
    runtime: Option<Runtime>,
    url: Url,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    link: Option<Link>,
    backoff: Backoff,
    /// Since when no connection could be made.
    away: Option<Instant>,
    /// Until when no other try is made.
    pause: Option<Instant>,
}

impl Session {
    /// A session that is not connected yet.
    pub(super) fn new(url: Url) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime: Some(runtime), url, state: RefCell::default() })
    }

    /// Connects if it is not connected, and tries again until then.
    pub(super) fn reach(&self, until: Instant) -> Result<(), Failure> {
        loop {
            let failure = match self.connect() {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            let pause = self.pause();
            if !failure.passes() || monotonic() + pause > until {
                return Err(failure);
            }
            std::thread::sleep(pause);
        }
    }

    /// The same, but once it has been away for longer than `grace` nobody waits: then it is tried only
    /// now and then, so that many who ask don't wait for many failures.
    pub(super) fn reach_soon(&self, until: Instant, grace: Duration) -> Result<(), Failure> {
        let (away, pause) = {
            let state = self.state.borrow();
            (state.away, state.pause)
        };
        let now = monotonic();
        match (away, pause) {
            (Some(away), Some(pause)) if now > away + grace && now < pause => {
                Err(Failure::Away("it could not be reached a moment ago".to_owned()))
            }
            (Some(away), _) => self.reach(until.min(away + grace)),
            (None, _) => self.reach(until),
        }
    }

    fn connect(&self) -> Result<(), Failure> {
        let mut state = self.state.borrow_mut();
        if state.link.as_ref().is_some_and(|link| !link.is_closed()) {
            return Ok(());
        }
        state.link = None;
        match Link::make(self.runtime(), &self.url) {
            Ok(link) => {
                state.link = Some(link);
                state.backoff.worked();
                state.pause = None;
                if let Some(since) = state.away.take() {
                    let away_ms = monotonic().duration_since(since).as_millis();
                    tracing::info!(url = %self.url, away_ms, "PostgreSQL is back");
                }
                Ok(())
            }
            Err(failure) => {
                if state.away.is_none() {
                    state.away = Some(monotonic());
                    tracing::warn!(url = %self.url, %failure, "PostgreSQL can't be reached");
                }
                Err(failure)
            }
        }
    }

    /// How long to pause after a failure.
    pub(super) fn pause(&self) -> Duration {
        let mut state = self.state.borrow_mut();
        let pause = state.backoff.failed(getrandom::u32().unwrap_or(u32::MAX / 2));
        state.pause = Some(monotonic() + pause);
        pause
    }

    /// Gives the connection up, with whatever is under way on it.
    pub(super) fn disconnect(&self) {
        let link = self.state.borrow_mut().link.take();
        if let Some(link) = link {
            link.abandon(self.runtime());
        }
    }

    /// Whether there is a connection, as far as is known.
    pub(super) fn is_connected(&self) -> bool {
        self.state.borrow().link.is_some()
    }

    /// Waits for an answer as long as it takes, or no longer than usual.
    pub(super) fn be_patient(&self, patient: bool) {
        if let Some(link) = &mut self.state.borrow_mut().link {
            link.be_patient(patient);
        }
    }

    /// Sends a statement without parameters or rows, and goes on.
    pub(super) fn send(&self, sql: &'static str) -> Result<(), Failure> {
        self.with(|_, link| link.send(sql))
    }

    /// Waits until everything that was sent has been done.
    pub(super) fn settle(&self) -> Result<(), Failure> {
        self.with(|runtime, link| link.settle(runtime))
    }

    /// Sees off what was sent, without waiting for answers.
    pub(super) fn flush(&self) {
        // The connection's task takes it from its queue and writes it.
        self.runtime().block_on(tokio::task::yield_now());
    }

    /// All rows of an answer.
    pub(crate) fn rows(&self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>, SqlError> {
        let params: Vec<_> = params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.ask(sql, &params)
    }

    /// The same, of a statement that is PostgreSQL's own.
    pub(super) fn ask(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, SqlError> {
        Ok(self.with(|runtime, link| link.rows(runtime, sql, params))?)
    }

    /// The same of several statements, sent at once and done in their order; one that is not needed
    /// has no rows.
    pub(super) fn ask_all<const N: usize>(
        &self,
        asked: [(&str, bool, &[&(dyn ToSql + Sync)]); N],
    ) -> Result<[Vec<Row>; N], SqlError> {
        Ok(self.with(|runtime, link| link.rows_all(runtime, asked))?)
    }

    /// The rows for each of several keys.
    pub(crate) fn rows_of<const N: usize>(
        &self,
        sql: &str,
        keys: &[[Uuid; N]],
    ) -> Result<RowsByKey<N>, SqlError> {
        Ok(self.with(|runtime, link| link.rows_of(runtime, sql, keys))?)
    }

    /// Changes rows, and says how many.
    pub(crate) fn change(&self, sql: &str, params: &[Value<'_>]) -> Result<u64, SqlError> {
        Ok(self.with(|runtime, link| link.change(runtime, sql, params))?)
    }

    /// Sends a change, and goes on. What becomes of it is known at the next answer.
    pub(crate) fn write(&self, sql: &str, params: &[Value<'_>]) -> Result<(), SqlError> {
        Ok(self.with(|runtime, link| link.write(runtime, sql, params))?)
    }

    fn with<T>(
        &self,
        deed: impl FnOnce(&Runtime, &mut Link) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let result = match &mut self.state.borrow_mut().link {
            Some(link) => deed(self.runtime(), link),
            None => Err(Failure::Away("not connected".to_owned())),
        };
        if result.as_ref().is_err_and(Failure::ends_connection) {
            self.disconnect();
        }
        result
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("there until it is dropped")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Wherever that is: nothing of it blocks.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
