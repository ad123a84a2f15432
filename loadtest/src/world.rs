//! What all clients of a run share: the clock, the counts, the record, the API. One thread, so no
//! locks.

use crate::cast::{Api, Connection, token};
use crate::client::Decoder;
use crate::machine::RunClock;
use crate::meter::{Counts, Kind, Latencies};
use crate::record::{Micros, Recorder};
use anyhow::{Result, bail};
use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;
use std::time::Duration;
use tidings_protocol::{ClientKey, Person};
use uuid::Uuid;

/// Failures that are kept in words.
const FAILURES_MAX: usize = 20;

/// When so much goes wrong while something is waited for, it won't come.
const FAILURES_HOPELESS: u64 = 100;

/// How often something that is waited for is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// What all clients of a run share.
pub struct World {
    /// The run's clock.
    pub clock: RunClock,
    /// The HTTP API with the firm's key.
    pub api: Api,
    /// How they behave.
    pub manners: Manners,
    recorder: RefCell<Recorder>,
    decoder: RefCell<Decoder>,
    counts: RefCell<Counts>,
    meter: RefCell<Meter>,
    failures: RefCell<Vec<String>>,
    connections: Cell<u32>,
}

/// How all clients of a run behave.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Bytes of a message.
    pub body_bytes: usize,
    /// Longest wait before the first attempt to come back; it doubles with each further one.
    pub backoff: Duration,
    /// Longest wait before any.
    pub backoff_max: Duration,
    /// Whether keys are random, not in order of time.
    pub random_keys: bool,
    /// Whether others break things meanwhile: then a connection that can't be opened is no error.
    pub outages: bool,
}

/// The latencies of a run.
#[derive(Default)]
pub struct Meter {
    /// Of the measured part.
    pub measured: Latencies,
    /// Of the current slice.
    pub slice: Latencies,
    window: Option<(Micros, Micros)>,
}

impl Meter {
    /// What is due from one moment to another is measured.
    pub fn measure(&mut self, from: Micros, to: Micros) {
        self.window = Some((from, to));
    }

    /// The measured part ends now, if it has not ended before.
    pub fn measure_no_longer(&mut self, now: Micros) {
        self.window = self.window.map(|(from, to)| (from, to.min(now)));
    }

    /// Whether a moment belongs to the measured part.
    pub fn is_measured(&self, at: Micros) -> bool {
        self.window.is_some_and(|(from, to)| from <= at && at < to)
    }

    fn record(&mut self, kind: Kind, due: Micros, now: Micros) {
        self.slice.record(kind, due, now);
        if self.is_measured(due) {
            self.measured.record(kind, due, now);
        }
    }
}

impl World {
    /// The world at its beginning.
    pub fn new(api: Api, manners: Manners) -> Rc<Self> {
        Rc::new(Self {
            clock: RunClock::start(),
            api,
            manners,
            recorder: RefCell::default(),
            decoder: RefCell::default(),
            counts: RefCell::default(),
            meter: RefCell::default(),
            failures: RefCell::default(),
            connections: Cell::new(0),
        })
    }

    /// The record of what is said and heard.
    pub fn recorder(&self) -> RefMut<'_, Recorder> {
        self.recorder.borrow_mut()
    }

    /// What reads frames.
    pub fn decoder(&self) -> RefMut<'_, Decoder> {
        self.decoder.borrow_mut()
    }

    /// The latencies.
    pub fn meter(&self) -> RefMut<'_, Meter> {
        self.meter.borrow_mut()
    }

    /// The counts as they are now.
    pub fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Counts something.
    pub fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.borrow_mut());
    }

    /// Something that was due then is done now.
    pub fn took(&self, kind: Kind, due: Micros, now: Micros) {
        self.meter.borrow_mut().record(kind, due, now);
    }

    /// Something went wrong that makes the run a failure.
    pub fn fail(&self, what: String) {
        self.count(|counts| counts.errors += 1);
        let mut failures = self.failures.borrow_mut();
        if failures.len() < FAILURES_MAX && !failures.contains(&what) {
            failures.push(what);
        }
    }

    /// A connection could not be opened. That is to be expected while others break things.
    pub fn unreachable(&self, why: &anyhow::Error) {
        if self.manners.outages {
            self.count(|counts| counts.unreachable += 1);
        } else {
            self.fail(format!("a connection failed: {why:#}"));
        }
    }

    /// What went wrong, in words.
    pub fn failures(&self) -> Vec<String> {
        self.failures.borrow().clone()
    }

    /// A new key. Those made in order of time (UUID version 7) cost a server less to remember.
    pub fn new_key(&self) -> ClientKey {
        ClientKey(if self.manners.random_keys { Uuid::new_v4() } else { Uuid::now_v7() })
    }

    /// A token for somebody.
    pub async fn token_of(&self, person: Person) -> Result<String> {
        let (token, _) = self.over_http(async |api| token(api, person).await).await?;
        Ok(token)
    }

    /// Does something over HTTP: while others break things, until one of the nodes does it. Says how
    /// often it was tried.
    pub async fn over_http<T>(
        &self,
        each: impl AsyncFn(&mut Connection) -> Result<T>,
    ) -> Result<(T, u32)> {
        if self.manners.outages {
            return self.api.insist(each).await;
        }
        Ok((each(&mut self.api.connect().await?).await?, 1))
    }

    /// A number for a connection.
    pub fn connection_number(&self) -> u32 {
        self.connections.replace(self.connections.get() + 1)
    }

    /// Waits until something is so, or fails when time is up, or when so much goes wrong meanwhile
    /// that there is no use in waiting.
    pub async fn wait(
        &self,
        what: &str,
        limit: Duration,
        reached: impl Fn(&Counts) -> bool,
    ) -> Result<()> {
        let end = self.clock.now().0 + u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        let errors = self.counts().errors;
        while !reached(&self.counts()) {
            let counts = self.counts();
            if counts.errors - errors >= FAILURES_HOPELESS {
                bail!("waited for {what} in vain: {}", self.failures().join("; "));
            }
            if self.clock.now().0 > end {
                let failures = self.failures().join("; ");
                bail!("waited {limit:?} for {what} in vain: {counts:?}; {failures}");
            }
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }
}
