//! Which plots a report has, and what is drawn in each. A plot without a single point is left out:
//! there is nothing to see in it.

use super::axis::{Axis, short};
use super::chart::{COLOURS, Chart, Line};
use super::units::{float, per_second};
use super::{Latency, Report, Slice};

/// Colour of what belongs to the server.
const SERVER: u8 = 0;

/// Colour of what belongs to the load tester.
const TESTER: u8 = 6;

/// KiB in a MiB.
const KIB_PER_MIB: f64 = 1_024.0;

/// A line over time: its name, its colour, and its value in an interval, if it has one.
type Course = (&'static str, u8, fn(&Slice) -> Option<f64>);

/// Makes an axis up to a value, with that text on its ticks.
type MakeAxis = fn(&str, f64, fn(f64) -> String) -> Axis;

/// All plots that have something to show, in the order of the page.
pub(super) fn plots(report: &Report) -> Vec<Chart> {
    let plots = [
        latency_course(
            report,
            "Acknowledgement latency over time",
            [
                ("p50", 0, |slice| some(slice.ack_p50_us)),
                ("p99", 1, |slice| some(slice.ack_p99_us)),
                ("max", 2, |slice| some(slice.ack_max_us)),
            ],
        ),
        latency_course(
            report,
            "Delivery latency over time",
            [
                ("p50", 0, |slice| some(slice.delivery_p50_us)),
                ("p99", 1, |slice| some(slice.delivery_p99_us)),
                ("max", 2, |slice| some(slice.delivery_max_us)),
            ],
        ),
        distribution(&report.latencies),
        rate(report, "Acknowledged messages", "messages per second", |slice, _| {
            Some(slice.acked_per_s)
        }),
        rate(report, "Delivered events", "events per second", |slice, _| {
            Some(slice.delivered_per_s)
        }),
        course(
            report,
            ("Connections open", "connections"),
            Of::End,
            Axis::whole,
            &[("open", SERVER, |slice| Some(float(slice.connected)))],
        ),
        rate(report, "Connections opened", "connections per second", |slice, seconds| {
            per_second(slice.connects, seconds)
        }),
        both(
            report,
            ("CPU", "% of one core"),
            Of::Interval,
            &[
                ("server", SERVER, |slice| slice.server_cpu_percent),
                ("load tester (its own)", TESTER, |slice| Some(slice.tester_cpu_percent)),
            ],
        ),
        both(
            report,
            ("Resident memory", "MiB"),
            Of::End,
            &[
                ("server", SERVER, |slice| Some(float(slice.server_resident_kib?) / KIB_PER_MIB)),
                ("load tester (its own)", TESTER, |slice| {
                    Some(float(slice.tester_resident_kib) / KIB_PER_MIB)
                }),
            ],
        ),
        errors(report),
    ];
    plots.into_iter().flatten().collect()
}

/// A latency of an interval: 0 says that there was none.
fn some(us: u64) -> Option<f64> {
    (us > 0).then(|| float(us))
}

/// Which part of an interval a value is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// All of it: a step.
    Interval,
    /// Its end: a point.
    End,
}

/// The points of a course; `value` is also told how many seconds the interval has.
fn points(
    timeline: &[Slice],
    of: Of,
    value: impl Fn(&Slice, f64) -> Option<f64>,
) -> Vec<Option<(f64, f64)>> {
    let mut before = 0.0;
    let mut points = Vec::new();
    for slice in timeline {
        let value = value(slice, slice.at_s - before).filter(|y| y.is_finite());
        if of == Of::Interval && value.is_some() {
            points.push(value.map(|y| (before, y)));
        }
        points.push(value.map(|y| (slice.at_s, y)));
        before = slice.at_s;
    }
    points
}

fn lines(timeline: &[Slice], of: Of, courses: &[Course]) -> Vec<Line> {
    let line = |(label, colour, value): &Course| {
        let points = points(timeline, of, |slice, _| value(slice));
        Line { label: (*label).to_owned(), colour: *colour, area: false, points }
    };
    let lines = courses.iter().map(line);
    lines.filter(|line: &Line| line.points.iter().any(Option::is_some)).collect()
}

fn values(lines: &[Line]) -> impl Iterator<Item = f64> {
    lines.iter().flat_map(|line| line.points.iter().flatten().map(|(_, y)| *y))
}

/// Stretches of the run that were not measured: warm-up and cool-down.
fn unmeasured(timeline: &[Slice]) -> Vec<(f64, f64)> {
    let mut stretches: Vec<(f64, f64)> = Vec::new();
    let mut from = 0.0;
    for slice in timeline {
        match stretches.last_mut() {
            _ if slice.measured => {}
            Some(last) if last.1 >= from => last.1 = slice.at_s,
            _ => stretches.push((from, slice.at_s)),
        }
        from = slice.at_s;
    }
    stretches
}

fn over_time(report: &Report, title: &'static str, y: Axis, lines: Vec<Line>) -> Chart {
    let end = report.timeline.last().map_or(0.0, |slice| slice.at_s);
    let shaded = unmeasured(&report.timeline);
    Chart { title, note: String::new(), x: Axis::time(end), y, shaded, lines }
}

fn course(
    report: &Report,
    (title, unit): (&'static str, &str),
    of: Of,
    axis: MakeAxis,
    courses: &[Course],
) -> Option<Chart> {
    let lines = lines(&report.timeline, of, courses);
    let max = values(&lines).reduce(f64::max)?;
    Some(over_time(report, title, axis(unit, max, short), lines))
}

/// Of the server and of the load tester, each told apart by name and colour.
fn both(report: &Report, what: (&'static str, &str), of: Of, courses: &[Course]) -> Option<Chart> {
    let mut chart = course(report, what, of, Axis::linear, courses)?;
    if !chart.lines.iter().any(|line| line.colour == SERVER) {
        "The server's process was not watched.".clone_into(&mut chart.note);
    }
    Some(chart)
}

/// How much of something happened a second, with the area below it tinted; left out if there never
/// was any.
fn rate(
    report: &Report,
    title: &'static str,
    unit: &str,
    value: fn(&Slice, f64) -> Option<f64>,
) -> Option<Chart> {
    let points = points(&report.timeline, Of::Interval, value);
    let line = Line { label: unit.to_owned(), colour: SERVER, area: true, points };
    let max = values(std::slice::from_ref(&line)).filter(|y| *y > 0.0).reduce(f64::max)?;
    Some(over_time(report, title, Axis::linear(unit, max, short), vec![line]))
}

fn latency_course(report: &Report, title: &'static str, courses: [Course; 3]) -> Option<Chart> {
    let lines = lines(&report.timeline, Of::Interval, &courses);
    let (min, max) = (values(&lines).reduce(f64::min)?, values(&lines).reduce(f64::max)?);
    let axis = Axis::latency("latency, logarithmic", min, max);
    Some(over_time(report, title, axis, lines))
}

/// Left out if there are none, as it should be.
fn errors(report: &Report) -> Option<Chart> {
    if report.timeline.iter().all(|slice| slice.errors == 0) {
        return None;
    }
    let errors: Course = ("errors", 2, |slice| Some(float(slice.errors)));
    course(report, ("Errors", "errors in each interval"), Of::Interval, Axis::whole, &[errors])
}

/// How long the slowest of many took: the tail is what people feel.
fn distribution(latencies: &[Latency]) -> Option<Chart> {
    let told: Vec<(u8, &Latency)> =
        (0..COLOURS).zip(latencies.iter().filter(|latency| !latency.buckets.is_empty())).collect();
    let count = told.iter().map(|(_, latency)| latency.count).max()?;
    let x = Axis::tail("percentile, each nine as wide as the one before", count);
    let lines: Vec<Line> = told
        .iter()
        .map(|(colour, latency)| Line {
            label: latency.name.clone(),
            colour: *colour,
            area: false,
            points: tail(latency, x.ends.1, &x),
        })
        .collect();
    let (min, max) = (values(&lines).reduce(f64::min)?, values(&lines).reduce(f64::max)?);
    let left_out = latencies.iter().filter(|latency| latency.count > 0).count() - lines.len();
    let note = if left_out > 0 {
        format!("{left_out} more in the table of latencies.")
    } else {
        String::new()
    };
    Some(Chart {
        title: "Distribution of latencies",
        note,
        y: Axis::latency("no longer than, logarithmic", min, max),
        x,
        shaded: Vec::new(),
        lines,
    })
}

/// The upper half of a distribution, as far as the axis reaches and its last value but one.
fn tail(latency: &Latency, end: f64, x: &Axis) -> Vec<Option<(f64, f64)>> {
    let all = float(latency.buckets.iter().map(|(_, n)| n).sum());
    // The share of the longest value alone: beyond it nothing is known.
    let end = end.min(all.log10());
    let percent_at_end = 100.0 * (1.0 - 10_f64.powf(-end));
    let mut before = 0;
    let mut points = Vec::new();
    for (edge_us, n) in &latency.buckets {
        // All of this bucket took no longer than its edge, from the percentile of the first on.
        let from = (100.0 * float(before) / all).max(50.0);
        before += n;
        let until = (100.0 * float(before) / all).min(percent_at_end);
        let us = float(*edge_us).max(1.0);
        if until >= 50.0 && from <= until && x.place(from).is_finite() {
            points.extend([Some((from, us)), Some((until, us))]);
        }
    }
    points
}

#[cfg(test)]
mod tests;
