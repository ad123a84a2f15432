//! Figures of several runs, and the table they are printed in.

/// One figure of one run.
pub(crate) struct Reading {
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
}

impl Reading {
    pub(crate) fn new(what: &'static str, unit: &'static str, value: f64) -> Self {
        Self { what, unit, value }
    }
}

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts here stay far below 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// The median and the 99th percentile of microseconds, in milliseconds.
pub(crate) fn p50_p99_ms(micros: &mut [u32]) -> (f64, f64) {
    micros.sort_unstable();
    let at = |percent: usize| {
        let index = (micros.len() * percent / 100).min(micros.len().saturating_sub(1));
        micros.get(index).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
    };
    (at(50), at(99))
}

/// Prints the figures of a scenario: median and range over its runs.
pub(crate) fn print(runs: &[Vec<Reading>]) {
    let Some(first) = runs.first() else { return };
    println!("  {:<46} {:>10}   {:<21} unit", "figure", "median", "min – max");
    for (row, reading) in first.iter().enumerate() {
        let mut values: Vec<f64> =
            runs.iter().filter_map(|run| run.get(row)).map(|reading| reading.value).collect();
        values.sort_unstable_by(f64::total_cmp);
        let (least, most) = (values[0], values[values.len() - 1]);
        let middle = f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
        let range = format!("{} – {}", short(least), short(most));
        println!("  {:<46} {:>10}   {range:<21} {}", reading.what, short(middle), reading.unit);
    }
}

fn short(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
