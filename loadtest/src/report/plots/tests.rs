use super::super::sample;
use super::super::well_formed::assert_well_formed;
use super::*;

fn titles(report: &Report) -> Vec<&'static str> {
    plots(report).iter().map(|plot| plot.title).collect()
}

#[test]
fn every_plot_of_every_kind_of_report_is_well_formed_and_stays_on_its_sheet() {
    for (name, report) in sample::all() {
        for plot in plots(&report) {
            let svg = plot.svg().unwrap();
            assert_well_formed(&svg);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}: {}", plot.title);
            assert!(
                !svg.contains("-2147483648") && !svg.contains("2147483647"),
                "{name}: {}",
                plot.title
            );
            let placed = plot.lines.iter().flat_map(|line| line.points.iter().flatten());
            for (x, y) in placed {
                let (x, y) = (plot.x.place(*x), plot.y.place(*y));
                let on = |at: f64, ends: (f64, f64)| at >= ends.0 - 1e-9 && at <= ends.1 + 1e-9;
                assert!(
                    on(x, plot.x.ends) && on(y, plot.y.ends),
                    "{name}: {}: {x} {y}",
                    plot.title
                );
            }
        }
    }
}

#[test]
fn plots_without_anything_to_show_are_left_out() {
    assert_eq!(titles(&sample::empty()), Vec::<&str>::new());
    assert_eq!(titles(&sample::zeros()), ["Connections open", "CPU", "Resident memory"]);
    assert!(!titles(&sample::passed()).contains(&"Errors"));
    assert!(titles(&sample::failed()).contains(&"Errors"));
}

#[test]
fn a_server_that_was_not_watched_has_no_line() {
    let labels = |report: &Report| {
        let plots = plots(report);
        let cpu = plots.iter().find(|plot| plot.title == "CPU").unwrap();
        cpu.lines.iter().map(|line| line.label.clone()).collect::<Vec<_>>()
    };
    assert_eq!(labels(&sample::passed()), ["server", "load tester (its own)"]);
    assert_eq!(labels(&sample::failed()), ["load tester (its own)"]);
    let note = plots(&sample::failed()).into_iter().find(|plot| plot.title == "CPU").unwrap().note;
    assert_eq!(note, "The server's process was not watched.");
}

#[test]
fn an_interval_without_latencies_is_a_gap_and_not_a_zero() {
    let plots = plots(&sample::failed());
    let acks = plots.iter().find(|plot| plot.title.starts_with("Acknowledgement")).unwrap();
    let moments: Vec<f64> = acks.lines[0].points.iter().flatten().map(|(at_s, _)| *at_s).collect();
    assert!(moments.contains(&18.0) && moments.contains(&22.0));
    assert!(!moments.iter().any(|at_s| *at_s > 18.0 && *at_s < 22.0));
    assert_eq!(
        acks.lines[0].points.split(Option::is_none).filter(|piece| !piece.is_empty()).count(),
        2
    );
}

#[test]
fn what_was_not_measured_is_shaded() {
    assert_eq!(unmeasured(&sample::passed().timeline), [(0.0, 5.0), (35.0, 40.0)]);
    assert_eq!(unmeasured(&sample::one_slice().timeline), []);
    assert_eq!(unmeasured(&sample::zeros().timeline), [(0.0, 10.0)]);
}

#[test]
fn the_tail_passes_through_the_percentiles() {
    let latency = Latency {
        name: "ack".to_owned(),
        meaning: String::new(),
        count: 1_000,
        mean_us: 0.0,
        p50_us: 100,
        p90_us: 200,
        p99_us: 300,
        p999_us: 400,
        max_us: 500,
        buckets: vec![(100, 500), (200, 400), (300, 90), (400, 9), (500, 1)],
    };
    let x = Axis::tail("", 1_000);
    let points: Vec<(f64, f64)> = tail(&latency, x.ends.1, &x).into_iter().flatten().collect();
    let steps = [(50.0, 100.0), (90.0, 200.0), (99.0, 300.0), (99.9, 400.0), (99.9, 500.0)];
    for (percent, us) in steps {
        let near = points.iter().any(|(x, y)| (x - percent).abs() < 1e-6 && (y - us).abs() < 1e-6);
        assert!(near, "{percent} {points:?}");
    }
}

#[test]
fn connections_opened_are_divided_by_the_length_of_the_interval() {
    let mut report = sample::empty();
    report.timeline = vec![
        Slice { at_s: 0.5, connects: 100, ..Slice::default() },
        Slice { at_s: 2.5, connects: 100, ..Slice::default() },
    ];
    let plots = plots(&report);
    let opened = plots.iter().find(|plot| plot.title == "Connections opened").unwrap();
    assert_eq!(
        opened.lines[0].points,
        [(0.0, 200.0), (0.5, 200.0), (0.5, 50.0), (2.5, 50.0)].map(Some)
    );
}
