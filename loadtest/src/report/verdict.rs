//! Whether a run passed, and why not: made here alone, from what the report says, so that the exit
//! status, the table, the file and the page cannot disagree.

use super::content::violations;
use super::units::{count, quantity};
use super::{Report, ThresholdResult, Thresholds, enough};

/// Judges the run: fills in `thresholds`, adds to `failures` whatever speaks against it, and sets
/// `passed`. Failures that the scenario has put there itself stay, and count.
pub fn settle(report: &mut Report, thresholds: &Thresholds) {
    report.thresholds = thresholds.judge(report);
    let found = &report.proof.found;
    let violated =
        found.iter().filter(|(_, n)| *n > 0).map(|(kind, n)| format!("{kind}: {}", count(*n)));
    let violated: Vec<String> = violated.collect();
    let mut failures = Vec::new();
    if violations(report) > 0 {
        failures.push(format!("promises were broken: {}", violated.join(", ")));
    }
    failures.extend(enough(report));
    failures.extend(report.thresholds.iter().filter(|result| !result.kept).map(missed));
    report.failures.extend(failures);
    report.passed = report.failures.is_empty();
}

fn missed(result: &ThresholdResult) -> String {
    let ThresholdResult { name, unit, .. } = result;
    let bound = quantity(result.bound);
    match result.measured {
        Some(measured) => {
            format!("{name} {bound} {unit} was missed: {} {unit}", quantity(measured))
        }
        None => format!("{name} {bound} {unit} cannot be judged: the run has no such figure"),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::super::sample;
    use super::*;

    fn settled(flags: &[&str], mut report: Report) -> Report {
        let words = std::iter::once("run").chain(flags.iter().copied());
        let matches = Thresholds::augment_args(Command::new("run")).get_matches_from(words);
        report.failures.clear();
        settle(&mut report, &Thresholds::from_arg_matches(&matches).unwrap());
        report
    }

    #[test]
    fn a_run_without_fault_passes() {
        let report = settled(&["--max-delivery-p99-ms=20"], sample::passed());
        assert!(report.passed && report.failures.is_empty());
        assert_eq!(report.thresholds.len(), 3);
    }

    #[test]
    fn everything_that_speaks_against_a_run_is_said() {
        let report =
            settled(&["--max-floor-ratio=1.2", "--max-delivery-p99-ms=2"], sample::failed());
        assert!(!report.passed);
        let said: Vec<&str> = report.failures.iter().map(String::as_str).collect();
        assert_eq!(said[0], "promises were broken: lost: 3");
        assert!(said[1].starts_with("--max-delivery-p99-ms 2 ms was missed: 9.20 ms"), "{said:?}");
        assert_eq!(said[2], "--max-errors 0 errors was missed: 17 errors");
        assert_eq!(
            said[3],
            "--max-floor-ratio 1.20 × cannot be judged: the run has no such figure"
        );
        assert_eq!(said.len(), 4);
    }

    #[test]
    fn a_run_that_did_nothing_fails_though_nothing_is_violated() {
        let report = settled(&["--max-tester-cpu-percent=off"], sample::zeros());
        assert!(!report.passed);
        assert!(report.failures[0].starts_with("too short"));
    }

    #[test]
    fn what_the_scenario_itself_found_wrong_fails_the_run() {
        let mut report = sample::passed();
        report.failures = vec!["the server went away".to_owned()];
        settle(&mut report, &Thresholds::default());
        assert!(!report.passed);
        assert_eq!(report.failures, ["the server went away"]);
    }
}
