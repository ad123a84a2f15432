//! Axes of the plots: how far they reach, where their ticks are, and what is written there. Plots
//! work with places on an axis, so that scales stay in here.

use super::units::{duration_us, float, quantity};

/// Ticks on a linear axis, at the most.
const TICKS_MAX: f64 = 6.0;

/// Ticks on a logarithmic axis beyond which only powers of ten have one.
const FINE_TICKS_MAX: usize = 8;

/// How values become places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Even.
    Linear,
    /// Each decade as wide as the next.
    Log,
    /// Percentiles: each further nine as wide as the one before.
    Tail,
}

/// One axis.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    /// What it shows, and in which unit.
    pub(super) label: String,
    /// Places of its two ends.
    pub(super) ends: (f64, f64),
    /// Places and texts of its ticks.
    pub(super) ticks: Vec<(f64, String)>,
    scale: Scale,
}

impl Axis {
    /// The place of a value.
    pub(super) fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => value.log10(),
            Scale::Tail => -(1.0 - value / 100.0).log10(),
        }
    }

    /// What is written at a place.
    pub(super) fn text(&self, place: f64) -> String {
        let near = self.ticks.iter().find(|(tick, _)| (tick - place).abs() < 1e-9);
        near.map(|(_, text)| text.clone()).unwrap_or_default()
    }

    /// Whether lines at its ticks help to read: percentiles are looked up, moments are not.
    pub(super) fn wants_lines(&self) -> bool {
        self.scale == Scale::Tail
    }

    /// From zero up to a round number that is not below `max`.
    pub(super) fn linear(label: &str, max: f64, text: impl Fn(f64) -> String) -> Self {
        let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
        let step = round_step(max / (TICKS_MAX - 1.0));
        let steps = (max / step - 1e-9).ceil();
        Self::even(label, steps * step, step, text)
    }

    /// The same, where there is nothing between whole numbers.
    pub(super) fn whole(label: &str, max: f64, text: impl Fn(f64) -> String) -> Self {
        Self::linear(label, max.max(TICKS_MAX - 1.0), text)
    }

    /// The time since the start of a run that took so many seconds.
    pub(super) fn time(seconds: f64) -> Self {
        const STEPS: [f64; 13] =
            [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0];
        let seconds = if seconds.is_finite() && seconds > 0.0 { seconds } else { 1.0 };
        let wanted = seconds / TICKS_MAX;
        let step = match STEPS.iter().find(|step| **step >= wanted) {
            _ if seconds < 2.0 => round_step(wanted),
            Some(step) => *step,
            None => (wanted / 3_600.0).ceil() * 3_600.0,
        };
        if seconds <= 120.0 {
            return Self::even("seconds since the start", seconds, step, short);
        }
        let minutes = |s: f64| format!("{:.0}:{:02.0}", (s / 60.0).floor(), s % 60.0);
        Self::even("minutes:seconds since the start", seconds, step, minutes)
    }

    fn even(label: &str, end: f64, step: f64, text: impl Fn(f64) -> String) -> Self {
        let places = std::iter::successors(Some(0.0), |n| Some(n + 1.0)).map(|n| n * step);
        let ticks = places.take_while(|place| *place <= end * (1.0 + 1e-9));
        let ticks = ticks.map(|place| (place, text(place))).collect();
        Self { label: label.to_owned(), ends: (0.0, end), ticks, scale: Scale::Linear }
    }

    /// Latencies between two positive numbers of microseconds, each decade as wide as the next.
    pub(super) fn latency(label: &str, min_us: f64, max_us: f64) -> Self {
        let decades = (0..10).map(|power| 10_f64.powi(power));
        let marks = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * decade));
        let marks: Vec<f64> = marks.chain([1e10]).collect();
        let low = marks.iter().rposition(|mark| *mark <= min_us).unwrap_or(0);
        let high = marks.iter().position(|mark| *mark >= max_us).unwrap_or(marks.len() - 1);
        // At least two marks, so that there is a scale even if everything took equally long.
        let high = high.max(low + 1).min(marks.len() - 1);
        let low = low.min(high - 1);
        let fine = high - low < FINE_TICKS_MAX;
        // With powers of ten only, it begins and ends at one.
        let (low, high) = if fine { (low, high) } else { (low / 3 * 3, high.div_ceil(3) * 3) };
        let ticks = (low..=high).filter(|at| fine || at % 3 == 0);
        let ticks = ticks.map(|at| (marks[at].log10(), tick_us(marks[at]))).collect();
        let ends = (marks[low].log10(), marks[high].log10());
        Self { label: label.to_owned(), ends, ticks, scale: Scale::Log }
    }

    /// Percentiles from 50 up to where one of `count` values is left, or to 99.999.
    pub(super) fn tail(label: &str, count: u64) -> Self {
        let percents = [50.0, 90.0, 99.0, 99.9, 99.99, 99.999];
        let mut axis = Self {
            label: label.to_owned(),
            ends: (0.0, 0.0),
            ticks: Vec::new(),
            scale: Scale::Tail,
        };
        let end = float(count.max(20)).log10().min(5.0);
        axis.ends = (axis.place(50.0), end);
        let ticks = percents.iter().filter(|percent| axis.place(**percent) <= end + 1e-9);
        axis.ticks = ticks.map(|percent| (axis.place(*percent), percent.to_string())).collect();
        axis
    }
}

/// A number on a tick: no more digits than it needs.
pub(super) fn short(value: f64) -> String {
    if value >= 1e9 {
        format!("{}G", trimmed(value / 1e9))
    } else if value >= 1e6 {
        format!("{}M", trimmed(value / 1e6))
    } else if value >= 1e3 {
        quantity(value)
    } else {
        trimmed(value)
    }
}

fn trimmed(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn tick_us(us: f64) -> String {
    let text = duration_us(us);
    text.replace(".00", "").replace(".0", "")
}

/// The next 1, 2 or 5 with zeros that is not below `least`.
fn round_step(least: f64) -> f64 {
    let decade = 10_f64.powf(least.log10().floor());
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| digit * decade >= least * (1.0 - 1e-9));
    digit.unwrap_or(10.0) * decade
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn a_linear_axis_ends_at_a_round_number() {
        let axis = Axis::linear("", 41_230.0, short);
        assert_eq!(axis.ends, (0.0, 50_000.0));
        assert_eq!(texts(&axis), ["0", "10,000", "20,000", "30,000", "40,000", "50,000"]);
        assert_eq!(texts(&Axis::linear("", 0.0, short)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(texts(&Axis::linear("", f64::NAN, short)).len(), 6);
        assert_eq!(texts(&Axis::whole("", 2.0, short)), ["0", "1", "2", "3", "4", "5"]);
    }

    #[test]
    fn the_time_is_in_seconds_then_in_minutes() {
        assert_eq!(texts(&Axis::time(40.0)), ["0", "10", "20", "30", "40"]);
        assert_eq!(texts(&Axis::time(600.0)), ["0:00", "2:00", "4:00", "6:00", "8:00", "10:00"]);
        assert_eq!(texts(&Axis::time(1.0)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(texts(&Axis::time(0.0)).len(), 6);
        assert!(texts(&Axis::time(400_000.0)).len() <= 7);
    }

    #[test]
    fn latencies_have_fine_ticks_if_they_fit() {
        let axis = Axis::latency("", 1_100.0, 8_000.0);
        assert_eq!(texts(&axis), ["1 ms", "2 ms", "5 ms", "10 ms"]);
        let axis = Axis::latency("", 90.0, 4_812_000.0);
        assert_eq!(texts(&axis), ["10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s"]);
        assert_eq!(texts(&Axis::latency("", 1_000.0, 1_000.0)), ["1 ms", "2 ms"]);
        assert!(texts(&Axis::latency("", 0.0, f64::MAX)).len() > 5);
    }

    #[test]
    fn percentiles_reach_as_far_as_there_are_values() {
        assert_eq!(texts(&Axis::tail("", 1_200)), ["50", "90", "99", "99.9"]);
        assert_eq!(texts(&Axis::tail("", 3)), ["50", "90"]);
        assert_eq!(texts(&Axis::tail("", u64::MAX)).len(), 6);
    }
}
