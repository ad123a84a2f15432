//! Which plots a report has, and what is drawn in each. A plot without a single point is left out:
//! there is nothing to see in it.

use super::axis::{Axis, short};
use super::chart::{COLOURS, Chart, Line};
use super::units::float;
use super::{Latency, Report, Slice};

/// Colour of what belongs to the server.
const SERVER: u8 = 0;

/// Colour of what belongs to the load tester.
const TESTER: u8 = 6;

/// KiB in a MiB.
const KIB_PER_MIB: f64 = 1_024.0;

/// A line over time: its name, its colour, and its value in an interval, if it has one.
type Course = (&'static str, u8, fn(&Slice) -> Option<f64>);

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
        moving(report, "Acknowledged messages", "messages per second", |slice| slice.acked_per_s),
        moving(report, "Delivered events", "events per second", |slice| slice.delivered_per_s),
        course(
            report,
            ("Connections open", "connections"),
            Axis::whole,
            &[("open", SERVER, |slice| Some(float(slice.connected)))],
        ),
        opened(report),
        course(
            report,
            ("CPU", "% of one core"),
            Axis::linear,
            &[
                ("server", SERVER, |slice| slice.server_cpu_percent),
                ("load tester (its own)", TESTER, |slice| Some(slice.tester_cpu_percent)),
            ],
        ),
        course(
            report,
            ("Resident memory", "MiB"),
            Axis::linear,
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

fn lines(timeline: &[Slice], courses: &[Course]) -> Vec<Line> {
    let line = |(label, colour, value): &Course| {
        let point = |slice: &Slice| Some((slice.at_s, value(slice).filter(|y| y.is_finite())?));
        let points = timeline.iter().map(point).collect();
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
    axis: fn(&str, f64, fn(f64) -> String) -> Axis,
    courses: &[Course],
) -> Option<Chart> {
    let lines = lines(&report.timeline, courses);
    let max = values(&lines).reduce(f64::max)?;
    Some(over_time(report, title, axis(unit, max, short), lines))
}

/// How much of something there was, with the area below it tinted; left out if there never was any.
fn moving(
    report: &Report,
    title: &'static str,
    unit: &str,
    value: fn(&Slice) -> f64,
) -> Option<Chart> {
    let points = report.timeline.iter().map(|slice| Some((slice.at_s, value(slice))));
    let line = Line { label: unit.to_owned(), colour: SERVER, area: true, points: points.collect() };
    let max = values(std::slice::from_ref(&line)).filter(|y| *y > 0.0).reduce(f64::max)?;
    Some(over_time(report, title, Axis::linear(unit, max, short), vec![line]))
}

fn latency_course(report: &Report, title: &'static str, courses: [Course; 3]) -> Option<Chart> {
    let lines = lines(&report.timeline, &courses);
    let (min, max) = (values(&lines).reduce(f64::min)?, values(&lines).reduce(f64::max)?);
    let axis = Axis::latency("latency, logarithmic", min, max);
    Some(over_time(report, title, axis, lines))
}

/// Connections opened a second; intervals need not be equally long.
fn opened(report: &Report) -> Option<Chart> {
    let mut before = 0.0;
    let mut rate = |slice: &Slice| {
        let length = slice.at_s - before;
        before = slice.at_s;
        (length > 0.0).then(|| (slice.at_s, float(slice.connects) / length))
    };
    let points: Vec<_> = report.timeline.iter().map(&mut rate).collect();
    let max = points.iter().flatten().map(|(_, y)| *y).filter(|y| *y > 0.0).reduce(f64::max)?;
    let unit = "connections per second";
    let line = Line { label: unit.to_owned(), colour: 3, area: true, points };
    Some(over_time(report, "Connections opened", Axis::linear(unit, max, short), vec![line]))
}

/// Left out if there are none, as it should be.
fn errors(report: &Report) -> Option<Chart> {
    let errors: Course = ("errors", 2, |slice| Some(float(slice.errors)));
    let any = report.timeline.iter().any(|slice| slice.errors > 0);
    if any { course(report, ("Errors", "errors in each interval"), Axis::whole, &[errors]) } else { None }
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
    let note = if left_out > 0 { format!("{left_out} more in the table of latencies.") } else { String::new() };
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
