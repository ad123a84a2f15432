//! How long things took. All of it counts from the moment at which something should have begun, not
//! from when the load tester came round to it: waiting is part of what a user feels.

use crate::record::Micros;
use crate::report::Latency;
use hdrhistogram::Histogram;

/// Longest that is told apart: ten minutes, in microseconds.
const MICROS_MAX: u64 = 600_000_000;

/// Digits that are exact.
const DIGITS: u8 = 3;

/// What took so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message, until it was acknowledged.
    Ack,
    /// A message, until one socket had it.
    Delivery,
    /// A connection, until its welcome.
    Connect,
    /// A join, until all that was missed was there.
    Join,
    /// A lost connection, until a new one had everything.
    Back,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Ack, Self::Delivery, Self::Connect, Self::Join, Self::Back];

    fn name(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Delivery => "delivery",
            Self::Connect => "connect",
            Self::Join => "join",
            Self::Back => "back",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Ack => "from when a message was due until its acknowledgement, durable",
            Self::Delivery => "from when a message was due until a joined socket had it",
            Self::Connect => "from the start of a connection until its welcome",
            Self::Join => "from the join until everything missed was there",
            Self::Back => "from the loss of a connection until another one had everything",
        }
    }
}

/// Latencies of each kind.
#[derive(Clone, Debug)]
pub struct Latencies {
    kinds: [Histogram<u64>; Kind::ALL.len()],
}

impl Default for Latencies {
    fn default() -> Self {
        let new = |_| {
            Histogram::new_with_bounds(1, MICROS_MAX, DIGITS).expect("the bounds make a histogram")
        };
        Self { kinds: Kind::ALL.map(new) }
    }
}

impl Latencies {
    /// Something that was due then is done now.
    pub fn record(&mut self, kind: Kind, due: Micros, now: Micros) {
        let took = now.0.saturating_sub(due.0);
        self.kinds[kind as usize].saturating_record(took.max(1));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.kinds.iter_mut().for_each(Histogram::reset);
    }

    /// How many there are.
    pub fn count(&self, kind: Kind) -> u64 {
        self.kinds[kind as usize].len()
    }

    /// So much of them took no longer, in microseconds; 0 if there are none.
    pub fn quantile_us(&self, kind: Kind, quantile: f64) -> u64 {
        let histogram = &self.kinds[kind as usize];
        if histogram.is_empty() { 0 } else { histogram.value_at_quantile(quantile) }
    }

    /// The longest, in microseconds; 0 if there are none.
    pub fn max_us(&self, kind: Kind) -> u64 {
        let histogram = &self.kinds[kind as usize];
        if histogram.is_empty() { 0 } else { histogram.max() }
    }

    /// Those that there are, as a report has them.
    pub fn report(&self) -> Vec<Latency> {
        let some = Kind::ALL.into_iter().filter(|kind| self.count(*kind) > 0);
        some.map(|kind| self.report_of(kind)).collect()
    }

    fn report_of(&self, kind: Kind) -> Latency {
        let histogram = &self.kinds[kind as usize];
        let recorded = histogram.iter_recorded();
        let buckets =
            recorded.map(|step| (step.value_iterated_to(), step.count_since_last_iteration()));
        Latency {
            name: kind.name().to_owned(),
            meaning: kind.meaning().to_owned(),
            count: histogram.len(),
            mean_us: histogram.mean(),
            p50_us: self.quantile_us(kind, 0.5),
            p90_us: self.quantile_us(kind, 0.9),
            p99_us: self.quantile_us(kind, 0.99),
            p999_us: self.quantile_us(kind, 0.999),
            max_us: self.max_us(kind),
            buckets: buckets.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_to_be_sent_counts_from_when_it_was_due() {
        let mut latencies = Latencies::default();
        latencies.record(Kind::Ack, Micros(1_000), Micros(251_000));
        let took = latencies.quantile_us(Kind::Ack, 0.5);
        assert!(took.abs_diff(250_000) < 500, "{took}");
        assert_eq!(latencies.report().len(), 1);
    }
}
