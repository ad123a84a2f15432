//! What a run did, line by line: the last lines for whoever reads a failure, a hash over all of
//! them to tell whether two runs were the same.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

/// Lines kept for a failure.
const LINES_KEPT: usize = 40;

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// The trace of one run.
pub(crate) struct Trace {
    pub(crate) step: u64,
    lines: VecDeque<String>,
    lines_max: usize,
    hash: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Trace {
    pub(crate) fn new() -> Self {
        let all = std::env::var_os("TIDINGS_SIM_TRACE").is_some();
        let lines_max = if all { usize::MAX } else { LINES_KEPT };
        Self {
            step: 0,
            lines: VecDeque::new(),
            lines_max,
            hash: FNV_OFFSET,
            counts: BTreeMap::new(),
        }
    }

    /// Adds a line.
    pub(crate) fn say(&mut self, what: fmt::Arguments<'_>) {
        let line = format!("{:>5} {what}", self.step);
        for byte in line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
        if self.lines.len() == self.lines_max {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Something happened that every test run has to meet.
    pub(crate) fn met(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// What was met, and how often.
    pub(crate) fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// The same for runs that did the same.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// The last lines.
    pub(crate) fn tail(&self) -> String {
        self.lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}
