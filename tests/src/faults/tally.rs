//! How often everything was broken, and how long recovering took.

use super::fault::Fault;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

/// What was done.
#[derive(Debug, Default)]
pub struct Tally {
    faults: HashMap<Fault, Kind>,
}

#[derive(Debug, Default)]
struct Kind {
    times: usize,
    with_another: usize,
    /// After it alone.
    recoveries: Vec<Duration>,
}

impl Tally {
    /// One was done alone, and recovering took so long.
    pub fn alone(&mut self, fault: Fault, recovery: Duration) {
        let kind = self.faults.entry(fault).or_default();
        kind.times += 1;
        kind.recoveries.push(recovery);
    }

    /// Two were done at a time.
    pub fn together(&mut self, faults: [Fault; 2]) {
        for fault in faults {
            let kind = self.faults.entry(fault).or_default();
            kind.times += 1;
            kind.with_another += 1;
        }
    }

    /// How often one was done.
    pub fn times(&self, fault: Fault) -> usize {
        self.faults.get(&fault).map_or(0, |kind| kind.times)
    }

    /// How many were done.
    pub fn all(&self) -> usize {
        self.faults.values().map(|kind| kind.times).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<48} {:>5} {:>10} {:>21}",
            "fault", "times", "of those", "until all serve, ms"
        )?;
        writeln!(f, "{:<48} {:>5} {:>10} {:>10} {:>10}", "", "", "with one", "median", "longest")?;
        for fault in Fault::ALL {
            let Some(kind) = self.faults.get(fault) else { continue };
            let mut took: Vec<u128> = kind.recoveries.iter().map(Duration::as_millis).collect();
            took.sort_unstable();
            let (median, longest) = (took.get(took.len() / 2), took.last());
            let shown = |ms: Option<&u128>| ms.map_or_else(|| "-".to_owned(), u128::to_string);
            let (median, longest) = (shown(median), shown(longest));
            let (name, times, with) = (fault.name(), kind.times, kind.with_another);
            writeln!(f, "{name:<48} {times:>5} {with:>10} {median:>10} {longest:>10}")?;
        }
        Ok(())
    }
}
