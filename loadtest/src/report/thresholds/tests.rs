use super::super::sample;
use super::*;

fn parsed(flags: &[&str]) -> Result<Thresholds, clap::Error> {
    let words = std::iter::once("run").chain(flags.iter().copied());
    let matches = Thresholds::augment_args(Command::new("run")).try_get_matches_from(words)?;
    Thresholds::from_arg_matches(&matches)
}

fn judged(flags: &[&str], report: &Report) -> Vec<(String, Option<f64>, bool)> {
    let mut without_defaults = vec!["--max-tester-cpu-percent=off", "--max-errors=off"];
    without_defaults.retain(|default| {
        let name = default.split('=').next().unwrap();
        !flags.iter().any(|flag| flag.starts_with(name))
    });
    without_defaults.extend(flags);
    let results = parsed(&without_defaults).unwrap().judge(report);
    results.into_iter().map(|result| (result.name, result.measured, result.kept)).collect()
}

#[test]
fn each_figure_is_held_against_its_bound_in_the_unit_of_the_flag() {
    let mut report = sample::passed();
    report.totals.seconds = 30.0;
    report.totals.acked = 1_200;
    report.totals.delivered = 1_200_000;
    report.totals.reconnects = 2;
    report.totals.closed_by_server = 1;
    report.totals.errors = 0;
    for (name, values) in [("ack", [1_500, 4_000, 9_000]), ("delivery", [2_500, 8_000, 20_000])] {
        let latency = report.latencies.iter_mut().find(|latency| latency.name == name).unwrap();
        [latency.p50_us, latency.p99_us, latency.p999_us] = values;
    }
    report.server = Some(super::super::ProcessUse {
        user_s: 3.0,
        system_s: 6.0,
        resident_max_kib: 64 * 1024,
        resident_end_kib: 0,
        cpu_s_per_million_deliveries: 7.5,
    });
    report.floor = Some(super::super::Floor { cpu_s_per_million_deliveries: 6.25, ratio: 1.2 });
    (report.tester.user_s, report.tester.system_s) = (5.0, 10.0);
    for (flag, figure, kept_by, missed_by) in [
        ("max-ack-p50-ms", 1.5, "1.5", "1.4"),
        ("max-ack-p99-ms", 4.0, "4", "3.9"),
        ("max-ack-p999-ms", 9.0, "9", "8"),
        ("max-delivery-p50-ms", 2.5, "2.5", "2"),
        ("max-delivery-p99-ms", 8.0, "8", "7.9"),
        ("max-delivery-p999-ms", 20.0, "20", "19"),
        ("min-acks-per-s", 40.0, "40", "40.1"),
        ("min-deliveries-per-s", 40_000.0, "40000", "40001"),
        ("max-errors", 0.0, "0", ""),
        ("max-reconnects", 2.0, "2", "1"),
        ("max-closed-by-server", 1.0, "1", "0"),
        ("max-server-cpu-per-million", 7.5, "7.5", "7.4"),
        ("max-floor-ratio", 1.2, "1.2", "1.1"),
        ("max-server-rss-mib", 64.0, "64", "63"),
        ("max-server-cpu-percent", 30.0, "30", "29"),
        ("max-tester-cpu-percent", 50.0, "50", "49"),
    ] {
        for (bound, kept) in [(kept_by, true), (missed_by, false)] {
            if !bound.is_empty() {
                let results = judged(&[&format!("--{flag}={bound}")], &report);
                assert_eq!(results, [(format!("--{flag}"), Some(figure), kept)], "{bound}");
            }
        }
    }
}

#[test]
fn a_figure_that_the_run_does_not_have_misses_its_bound() {
    let report = sample::empty();
    for threshold in &ALL {
        if ["max-errors", "max-reconnects", "max-closed-by-server"].contains(&threshold.name) {
            continue;
        }
        let bound = if threshold.side == Side::AtMost { "1000000" } else { "0" };
        let results = judged(&[&format!("--{}={bound}", threshold.name)], &report);
        assert_eq!(results, [(format!("--{}", threshold.name), None, false)]);
    }
}

#[test]
fn a_figure_that_is_no_number_misses_its_bound() {
    let mut report = sample::passed();
    report.floor =
        Some(super::super::Floor { cpu_s_per_million_deliveries: 0.0, ratio: f64::INFINITY });
    let results = judged(&["--max-floor-ratio=2"], &report);
    assert_eq!(results, [("--max-floor-ratio".to_owned(), None, false)]);
}

#[test]
fn errors_and_a_saturated_tester_fail_a_run_unless_they_are_allowed() {
    let mut report = sample::passed();
    report.totals.errors = 1;
    report.tester.user_s = report.totals.seconds;
    let failed: Vec<String> =
        parsed(&[]).unwrap().judge(&report).into_iter().map(|r| r.name).collect();
    assert_eq!(failed, ["--max-errors", "--max-tester-cpu-percent"]);
    assert!(judged(&["--max-errors=off", "--max-tester-cpu-percent=off"], &report).is_empty());
    assert_eq!(
        judged(&["--max-errors=1"], &report),
        [("--max-errors".to_owned(), Some(1.0), true)]
    );
}

#[test]
fn a_bound_is_a_number_from_zero_on() {
    for typed in ["-1", "NaN", "inf", "ten", ""] {
        assert!(parsed(&[&format!("--max-ack-p99-ms={typed}")]).is_err(), "{typed}");
    }
}
