//! What all sockets of a run have seen together.

use crate::clock::now;
use anyhow::{Result, bail, ensure};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Latencies kept of one kind; all of them, at the rates measured here.
const SAMPLES_MAX: usize = 20_000_000;

/// Counts and latencies. One thread, so no locks.
pub(crate) struct Tally {
    /// Stamps in messages count from here.
    pub(crate) epoch: Instant,
    pub(crate) welcomes: Cell<u64>,
    /// Posts acknowledged.
    pub(crate) acks: Cell<u64>,
    /// Live events received.
    pub(crate) deliveries: Cell<u64>,
    pub(crate) ack_micros: RefCell<Vec<u32>>,
    pub(crate) delivery_micros: RefCell<Vec<u32>>,
    /// Frames that are neither, by kind.
    others: RefCell<BTreeMap<&'static str, u64>>,
    /// The first thing that went wrong. The run is invalid then.
    fault: RefCell<Option<String>>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            epoch: now(),
            welcomes: Cell::new(0),
            acks: Cell::new(0),
            deliveries: Cell::new(0),
            ack_micros: RefCell::default(),
            delivery_micros: RefCell::default(),
            others: RefCell::default(),
            fault: RefCell::default(),
        }
    }

    pub(crate) fn acked(&self, micros: u32) {
        self.acks.set(self.acks.get() + 1);
        keep(&self.ack_micros, micros);
    }

    pub(crate) fn delivered(&self, micros: u32) {
        self.deliveries.set(self.deliveries.get() + 1);
        keep(&self.delivery_micros, micros);
    }

    pub(crate) fn other(&self, kind: &'static str) {
        *self.others.borrow_mut().entry(kind).or_default() += 1;
    }

    pub(crate) fn fail(&self, what: String) {
        self.fault.borrow_mut().get_or_insert(what);
    }

    /// Fails if anything went wrong.
    pub(crate) fn check(&self) -> Result<()> {
        match &*self.fault.borrow() {
            Some(fault) => bail!("invalid run: {fault}"),
            None => Ok(()),
        }
    }

    /// Forgets counts and latencies: what follows is measured.
    pub(crate) fn reset(&self) {
        self.acks.set(0);
        self.deliveries.set(0);
        self.ack_micros.borrow_mut().clear();
        self.delivery_micros.borrow_mut().clear();
        self.others.borrow_mut().clear();
    }

    /// Frames that were neither acks nor live events.
    pub(crate) fn others(&self) -> u64 {
        self.others.borrow().values().sum()
    }

    /// The same by kind, for people.
    pub(crate) fn others_by_kind(&self) -> String {
        let others = self.others.borrow();
        others.iter().map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ")
    }

    /// Waits until `reached`, or fails when something went wrong or time is up.
    pub(crate) async fn wait(
        &self,
        what: &str,
        limit: Duration,
        reached: impl Fn(&Self) -> bool,
    ) -> Result<()> {
        let start = now();
        loop {
            self.check()?;
            if reached(self) {
                return Ok(());
            }
            ensure!(
                start.elapsed() < limit,
                "invalid run: {what} did not come within {limit:?}: {} welcomes, {} acks, {} \
                 deliveries, others: {}",
                self.welcomes.get(),
                self.acks.get(),
                self.deliveries.get(),
                self.others_by_kind(),
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

fn keep(samples: &RefCell<Vec<u32>>, micros: u32) {
    let mut samples = samples.borrow_mut();
    if samples.len() < SAMPLES_MAX {
        samples.push(micros);
    }
}
