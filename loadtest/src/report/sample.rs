//! Reports as real runs would make them, for the tests of what is printed and drawn.

use super::*;

/// Every kind that has to look well, by name.
pub(super) fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("passed", passed()),
        ("failed", failed()),
        ("long", long()),
        ("idle", idle()),
        ("one-slice", one_slice()),
        ("zeros", zeros()),
        ("empty", empty()),
    ]
}

/// A run in which everything went well.
pub(super) fn passed() -> Report {
    let latencies = vec![
        latency(
            "ack",
            "from the moment a message was due to its acknowledgement",
            1_200,
            1.4,
            0.35,
        ),
        latency(
            "delivery",
            "from the moment a message was due to its arrival",
            1_200_000,
            2.6,
            0.5,
        ),
        latency("connect", "from the first packet to the answer to the handshake", 1_000, 0.7, 0.3),
    ];
    let mut report = Report {
        scenario: "fan-out".to_owned(),
        description: "one thread, 1,000 sockets; 40 messages a second, each to all of them"
            .to_owned(),
        started: "2026-11-21T21:36:57Z".to_owned(),
        settings: [("--target", "127.0.0.1:7777"), ("--sockets", "1000"), ("--rate", "40")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        passed: true,
        latencies,
        figures: vec![
            Figure { name: "connect + join".to_owned(), value: 8_214.3, unit: "per s".to_owned() },
            Figure { name: "memory per socket".to_owned(), value: 3.62, unit: "KiB".to_owned() },
        ],
        timeline: timeline(40, 5, 35),
        ..empty()
    };
    report.intended = Intended {
        seconds: 30.0,
        connections: 1_000,
        acks: 1_200,
        deliveries: 1_200_000,
        checked: true,
    };
    report.totals = Totals {
        seconds: 30.004,
        posted: 1_200,
        acked: 1_200,
        delivered: 1_200_000,
        commands: 340,
        other_frames: 12_033,
        refused: 4,
        connects: 1_000,
        bytes_received: 312_004_112,
        ..Totals::default()
    };
    report.server = Some(cost(3.71, 5.02, 48_204, 7.28));
    report.tester = cost(2.1, 4.9, 61_408, 5.83);
    report.floor = Some(Floor { cpu_s_per_million_deliveries: 6.61, ratio: 1.101 });
    report.proof = Proof {
        threads: 1,
        events: 1_604,
        acks: 1_604,
        deliveries: 1_604_000,
        unread_numbers: 2_012,
        found: kinds(0),
        examples: Vec::new(),
    };
    report.thresholds = vec![
        threshold("--max-delivery-p99-ms", 20.0, Some(8.614), "ms", true),
        threshold("--max-floor-ratio", 1.2, Some(1.101), "×", true),
        threshold("--max-tester-cpu-percent", 95.0, Some(23.33), "%", true),
    ];
    report
}

/// A run in which much went wrong, with text that would break a page if it were not escaped.
pub(super) fn failed() -> Report {
    let mut report = passed();
    report.scenario = "conversations".to_owned();
    report.description = "500 threads of 4 <people> & their \"devices\"".to_owned();
    report.passed = false;
    report.failures = vec![
        "3 acknowledged messages are not in the log of their thread".to_owned(),
        "--max-ack-p99-ms: 4.21 ms, bound 2 ms".to_owned(),
        "--max-floor-ratio: no such figure was measured".to_owned(),
    ];
    report.totals.errors = 17;
    report.totals.reconnects = 412;
    report.totals.closed_by_server = 412;
    (report.server, report.floor) = (None, None);
    for (at, slice) in report.timeline.iter_mut().enumerate() {
        (slice.server_cpu_percent, slice.server_resident_kib) = (None, None);
        if (18..22).contains(&at) {
            *slice = Slice { connected: 588, errors: 4, ..still(slice) };
        }
        if at == 22 {
            slice.connects = 412;
            slice.errors = 1;
            slice.delivery_max_us = 4_812_000;
        }
    }
    report.proof.found = kinds(3);
    report.proof.examples = (1..=14)
        .map(|n| format!("lost: thread 0198f2c4-7a1e-7000-8000-00000000000{n:x}, event {n}, <script>alert('{n}')</script> & more"))
        .collect();
    report.thresholds = vec![
        threshold("--max-ack-p99-ms", 2.0, Some(4.211), "ms", false),
        threshold("--max-floor-ratio", 1.2, None, "×", false),
    ];
    report
}

/// Ten minutes in seconds, through ramps.
pub(super) fn long() -> Report {
    let mut report = passed();
    report.scenario = "mixed".to_owned();
    report.timeline = timeline(600, 90, 540);
    let names = ["join", "back", "typing", "receipt"];
    for (n, name) in (1_u32..).zip(names) {
        report.latencies.push(latency(
            name,
            "from asking to the answer",
            4_000,
            0.6 * f64::from(n),
            0.6,
        ));
    }
    report
}

/// Sockets that only heartbeat.
pub(super) fn idle() -> Report {
    let mut report = passed();
    report.scenario = "idle".to_owned();
    report.intended = Intended { acks: 0, deliveries: 0, ..report.intended };
    report.totals = Totals { seconds: 30.0, connects: 1_000, ..Totals::default() };
    report.latencies.truncate(0);
    for slice in &mut report.timeline {
        *slice = still(slice);
    }
    report.floor = None;
    report
}

/// A run of one interval.
pub(super) fn one_slice() -> Report {
    Report { timeline: timeline(1, 0, 1), ..passed() }
}

/// A run in which nothing moved.
pub(super) fn zeros() -> Report {
    let timeline = (1..=10).map(|at| Slice { at_s: f64::from(at), ..Slice::default() }).collect();
    let none =
        Latency { count: 0, buckets: Vec::new(), ..latency("ack", "none came", 0, 0.0, 0.0) };
    Report { timeline, latencies: vec![none], server: Some(ProcessUse::default()), ..empty() }
}

/// A run that never began.
pub(super) fn empty() -> Report {
    Report {
        scenario: "idle".to_owned(),
        description: "nothing yet".to_owned(),
        started: "2026-11-21T21:36:57Z".to_owned(),
        settings: Vec::new(),
        passed: false,
        failures: Vec::new(),
        intended: Intended::default(),
        totals: Totals::default(),
        latencies: Vec::new(),
        figures: Vec::new(),
        server: None,
        tester: ProcessUse::default(),
        floor: None,
        timeline: Vec::new(),
        proof: Proof::default(),
        thresholds: Vec::new(),
    }
}

fn still(slice: &Slice) -> Slice {
    Slice {
        at_s: slice.at_s,
        measured: slice.measured,
        connected: slice.connected,
        server_cpu_percent: slice.server_cpu_percent.map(|percent| percent / 20.0),
        server_resident_kib: slice.server_resident_kib,
        tester_cpu_percent: slice.tester_cpu_percent / 20.0,
        tester_resident_kib: slice.tester_resident_kib,
        ..Slice::default()
    }
}

fn cost(user_s: f64, system_s: f64, kib: u64, each: f64) -> ProcessUse {
    ProcessUse {
        user_s,
        system_s,
        resident_max_kib: kib,
        resident_end_kib: kib - 1_204,
        cpu_s_per_million_deliveries: each,
    }
}

fn threshold(
    name: &str,
    bound: f64,
    measured: Option<f64>,
    unit: &str,
    kept: bool,
) -> ThresholdResult {
    ThresholdResult { name: name.to_owned(), bound, measured, unit: unit.to_owned(), kept }
}

fn kinds(lost: u64) -> Vec<(String, u64)> {
    ["lost", "doubled", "reordered", "invented", "without access", "unread wrong"]
        .map(|kind| (kind.to_owned(), if kind == "lost" { lost } else { 0 }))
        .into()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made up, small and positive"
)]
fn whole(value: f64) -> u64 {
    value as u64
}

/// A long-tailed distribution around a median.
fn latency(name: &str, meaning: &str, count: u64, median_ms: f64, spread: f64) -> Latency {
    let us = |share: f64| {
        // The logistic's quantiles on a logarithmic scale: near enough to what is really measured.
        whole((median_ms.ln() + spread * 0.55 * (share / (1.0 - share)).ln()).exp() * 1_000.0)
    };
    let steps = 2_000_u32;
    let mut buckets = Vec::new();
    let mut before = 0;
    for step in 1..=steps {
        let share = 1.0 - 10_f64.powf(-6.0 * f64::from(step) / f64::from(steps));
        let until = if step == steps { count } else { whole(units::float(count) * share) };
        if until > before {
            buckets.push((us(share), until - before));
            before = until;
        }
    }
    let max_us = buckets.last().map_or(0, |(edge, _)| *edge);
    Latency {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        count,
        mean_us: units::float(us(0.5)) * 1.1,
        p50_us: us(0.5),
        p90_us: us(0.9),
        p99_us: us(0.99),
        p999_us: us(0.999).min(max_us),
        max_us,
        buckets,
    }
}

fn timeline(slices: u32, warm: u32, until: u32) -> Vec<Slice> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut one = |at: u32| {
        let load =
            (f64::from(at) / f64::from(warm.max(1))).min(1.0) * if at > until { 0.3 } else { 1.0 };
        let mut noise = |around: f64| around * (0.85 + 0.3 * random.f64());
        let spike = if at.is_multiple_of(17) { 4.0 } else { 1.0 };
        Slice {
            at_s: f64::from(at),
            measured: at > warm && at <= until,
            acked_per_s: noise(40.0) * load,
            delivered_per_s: noise(40_000.0) * load,
            connected: whole(1_000.0 * load),
            connects: if at <= warm { 200 } else { 0 },
            errors: 0,
            ack_p50_us: whole(noise(1_400.0)),
            ack_p99_us: whole(noise(3_900.0)),
            ack_max_us: whole(noise(6_000.0) * spike),
            delivery_p50_us: whole(noise(2_600.0)),
            delivery_p99_us: whole(noise(8_000.0)),
            delivery_max_us: whole(noise(16_000.0) * spike),
            server_cpu_percent: Some(noise(29.0) * load),
            server_resident_kib: Some(38_000 + u64::from(at) * 80),
            tester_cpu_percent: noise(23.0) * load,
            tester_resident_kib: 52_000 + u64::from(at) * 40,
        }
    };
    (1..=slices).map(&mut one).collect()
}
