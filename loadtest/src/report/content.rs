//! The tables of a report as plain rows, so that the terminal and the page say the same.

use super::units::{NONE, bytes, count, duration_us, float, kib, per_second, percent, quantity};
use super::units::{quantity_or_none, seconds};
use super::{Latency, ProcessUse, Report, ThresholdResult};

/// One table. The first column names, the others are figures.
pub(super) struct Section {
    /// What it is about.
    pub(super) title: &'static str,
    /// What to know to read it.
    pub(super) notes: Vec<String>,
    /// Heads of the columns.
    pub(super) head: Vec<&'static str>,
    /// What is below them; each as wide as the head.
    pub(super) rows: Vec<Row>,
}

/// One line of a table.
pub(super) struct Row {
    /// What stands in each column.
    pub(super) cells: Vec<String>,
    /// Whether it tells of something wrong.
    pub(super) bad: bool,
}

/// All tables, in the order in which they are shown.
pub(super) fn sections(report: &Report) -> Vec<Section> {
    let mut sections = vec![work(report), latencies(&report.latencies), trouble(report)];
    if !report.figures.is_empty() {
        sections.push(figures(report));
    }
    sections.extend([server(report), tester(report), checked(report), found(report)]);
    sections.push(thresholds(&report.thresholds));
    sections
}

/// The settings, which the terminal has no need of: they were typed there.
pub(super) fn settings(report: &Report) -> Section {
    let rows =
        report.settings.iter().map(|(name, value)| row([name.clone(), value.clone()])).collect();
    let notes = none_said(&report.settings, "None.");
    Section { title: "Settings", notes, head: vec!["setting", "value"], rows }
}

/// A violation of whichever kind: all of them together.
pub(super) fn violations(report: &Report) -> u64 {
    report.proof.found.iter().map(|(_, count)| count).sum()
}

/// A note in place of a table without rows.
fn none_said<T>(rows: &[T], note: &str) -> Vec<String> {
    if rows.is_empty() { vec![note.to_owned()] } else { Vec::new() }
}

fn row<const N: usize>(cells: [String; N]) -> Row {
    Row { cells: cells.into(), bad: false }
}

fn pair(name: &str, value: String) -> Row {
    row([name.to_owned(), value])
}

/// A count that should be zero.
fn unwanted(name: &str, n: u64) -> Row {
    Row { bad: n > 0, ..pair(name, count(n)) }
}

fn work(report: &Report) -> Section {
    let (totals, intended) = (&report.totals, &report.intended);
    let line = |name: &str, meant: Option<u64>, done: u64| {
        let meant = meant.map_or_else(|| NONE.to_owned(), count);
        row([
            name.to_owned(),
            meant,
            count(done),
            quantity_or_none(per_second(done, totals.seconds)),
        ])
    };
    let peak = report.timeline.iter().map(|slice| slice.connected).max().unwrap_or(0);
    let received = per_second(totals.bytes_received, totals.seconds);
    Section {
        title: "Work",
        notes: vec![format!(
            "Counts of the measured part: {} of {} meant.",
            seconds(totals.seconds),
            seconds(intended.seconds)
        )],
        head: vec!["", "meant", "done", "per second"],
        rows: vec![
            line("messages due", None, totals.posted),
            line("messages acknowledged", Some(intended.acks), totals.acked),
            line("events delivered", Some(intended.deliveries), totals.delivered),
            line("other commands answered", None, totals.commands),
            line("other frames received", None, totals.other_frames),
            line("connections opened", None, totals.connects),
            row([
                "open at the same time, whole run".to_owned(),
                count(intended.connections),
                count(peak),
                NONE.to_owned(),
            ]),
            row([
                "payload received".to_owned(),
                NONE.to_owned(),
                bytes(float(totals.bytes_received)),
                received.map_or_else(|| NONE.to_owned(), bytes),
            ]),
        ],
    }
}

fn latencies(latencies: &[Latency]) -> Section {
    let mut notes = none_said(latencies, "None was measured.");
    notes.extend(latencies.iter().map(|latency| format!("{}: {}", latency.name, latency.meaning)));
    if latencies.iter().any(|latency| (1..1_000).contains(&latency.count)) {
        notes.push("Of fewer than 1,000 values, p99.9 says no more than max.".to_owned());
    }
    let line = |latency: &Latency| {
        let time = |us: f64| if latency.count == 0 { NONE.to_owned() } else { duration_us(us) };
        row([
            latency.name.clone(),
            count(latency.count),
            time(latency.mean_us),
            time(float(latency.p50_us)),
            time(float(latency.p90_us)),
            time(float(latency.p99_us)),
            time(float(latency.p999_us)),
            time(float(latency.max_us)),
        ])
    };
    Section {
        title: "Latencies",
        notes,
        head: vec!["", "count", "mean", "p50", "p90", "p99", "p99.9", "max"],
        rows: latencies.iter().map(line).collect(),
    }
}

fn trouble(report: &Report) -> Section {
    let totals = &report.totals;
    Section {
        title: "Errors and reconnects",
        notes: Vec::new(),
        head: vec!["", "count"],
        rows: vec![
            unwanted("errors: refused, but should not have been", totals.errors),
            pair("refused as it should be", count(totals.refused)),
            pair("refused for the moment, to be tried again", count(totals.put_off)),
            pair("messages of these that were given up", count(totals.given_up)),
            pair("connections that could not be opened", count(totals.unreachable)),
            pair("connections opened again after a loss", count(totals.reconnects)),
            pair("connections closed by the server", count(totals.closed_by_server)),
        ],
    }
}

fn figures(report: &Report) -> Section {
    let line = |figure: &super::Figure| {
        row([figure.name.clone(), format!("{} {}", quantity(figure.value), figure.unit)])
    };
    Section {
        title: "Figures of this scenario",
        notes: Vec::new(),
        head: vec!["", "value"],
        rows: report.figures.iter().map(line).collect(),
    }
}

fn server(report: &Report) -> Section {
    let mut notes = Vec::new();
    let mut rows = Vec::new();
    match &report.server {
        Some(used) => rows = process(used, report.totals.seconds),
        None => notes.push("The server's process was not watched.".to_owned()),
    }
    match &report.floor {
        Some(floor) => rows.extend([
            pair(
                "floor: the same sends and nothing else, CPU per 1M deliveries",
                seconds(floor.cpu_s_per_million_deliveries),
            ),
            pair(
                "server's CPU as a multiple of the floor's",
                format!("{} ×", quantity(floor.ratio)),
            ),
        ]),
        None => notes.push("The floor was not measured.".to_owned()),
    }
    Section { title: "Server's cost", notes, head: vec!["", "server"], rows }
}

fn tester(report: &Report) -> Section {
    Section {
        title: "Load tester's own cost",
        notes: vec!["No part of the server's cost above.".to_owned()],
        head: vec!["", "load tester"],
        rows: process(&report.tester, report.totals.seconds),
    }
}

fn process(used: &ProcessUse, measured_seconds: f64) -> Vec<Row> {
    let share = cpu_percent(used, measured_seconds);
    let each = used.cpu_s_per_million_deliveries;
    vec![
        pair("CPU, of one core", share.map_or_else(|| NONE.to_owned(), percent)),
        pair("CPU in user mode", seconds(used.user_s)),
        pair("CPU in the kernel", seconds(used.system_s)),
        pair("CPU per 1M deliveries", if each > 0.0 { seconds(each) } else { NONE.to_owned() }),
        pair("resident memory, most", kib(used.resident_max_kib)),
        pair("resident memory, at the end", kib(used.resident_end_kib)),
    ]
}

/// Mean CPU over the measured part, in percent of one core.
pub(super) fn cpu_percent(used: &ProcessUse, measured_seconds: f64) -> Option<f64> {
    (measured_seconds > 0.0).then(|| (used.user_s + used.system_s) / measured_seconds * 100.0)
}

fn checked(report: &Report) -> Section {
    let proof = &report.proof;
    let notes = if report.intended.checked {
        Vec::new()
    } else {
        vec!["This run was not meant to be checked: it proves nothing.".to_owned()]
    };
    Section {
        title: "Proof: what was checked",
        notes,
        head: vec!["", "count"],
        rows: vec![
            pair("threads whose whole log was read back", count(proof.threads)),
            pair("events in these logs", count(proof.events)),
            pair("acknowledgements looked up in them", count(proof.acks)),
            pair("deliveries compared with them", count(proof.deliveries)),
            pair("numbers of unread messages compared", count(proof.unread_numbers)),
        ],
    }
}

fn found(report: &Report) -> Section {
    let found = &report.proof.found;
    let note = match violations(report) {
        _ if found.is_empty() => "Nothing was looked for.".to_owned(),
        0 => "No violation of any kind.".to_owned(),
        n => format!("Violations: {}.", count(n)),
    };
    Section {
        title: "Proof: what was found",
        notes: vec![note],
        head: vec!["violation", "found"],
        rows: found.iter().map(|(kind, n)| unwanted(kind, *n)).collect(),
    }
}

fn thresholds(results: &[ThresholdResult]) -> Section {
    let line = |result: &ThresholdResult| Row {
        bad: !result.kept,
        cells: vec![
            result.name.clone(),
            format!("{} {}", quantity(result.bound), result.unit),
            match result.measured {
                Some(value) => format!("{} {}", quantity(value), result.unit),
                None => "no such figure".to_owned(),
            },
            if result.kept { "kept" } else { "MISSED" }.to_owned(),
        ],
    };
    Section {
        title: "Thresholds",
        notes: none_said(results, "None was set."),
        head: vec!["threshold", "bound", "measured", "verdict"],
        rows: results.iter().map(line).collect(),
    }
}
