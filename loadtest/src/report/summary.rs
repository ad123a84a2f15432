//! Everything a run has to say: the one value that the table, the JSON file and the HTML page are
//! made from.

use serde::Serialize;

/// The result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The scenario's name, such as `fan-out`.
    pub scenario: String,
    /// What it did, in a sentence.
    pub description: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// Settings by name, in the order of the command line's help.
    pub settings: Vec<(String, String)>,
    /// Whether it passed: nothing violated, no threshold missed, enough done to mean something.
    pub passed: bool,
    /// Why it did not, in sentences; empty if it did.
    pub failures: Vec<String>,
    /// What the scenario meant to do: a run that did far less means nothing, and fails.
    pub intended: Intended,
    /// Counts of the measured part.
    pub totals: Totals,
    /// Latencies of the measured part.
    pub latencies: Vec<Latency>,
    /// Figures that only this scenario has, such as connections a second.
    pub figures: Vec<Figure>,
    /// What the server's process used, if it could be watched.
    pub server: Option<ProcessUse>,
    /// What the load tester itself used: not to be mistaken for the server's.
    pub tester: ProcessUse,
    /// The same sends by the floor server, if it was measured.
    pub floor: Option<Floor>,
    /// One entry for each interval of the run, warm-up and the end included.
    pub timeline: Vec<Slice>,
    /// What the checker looked at, and what it found.
    pub proof: Proof,
    /// Thresholds that were set.
    pub thresholds: Vec<ThresholdResult>,
}

/// What a run sets out to do, said before it begins.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Intended {
    /// Length of the measured part, in seconds; 0 for a scenario that ends when its work is done.
    pub seconds: f64,
    /// Connections open at the same time, at the most.
    pub connections: u64,
    /// Messages to be acknowledged in the measured part; 0 if the scenario posts none.
    pub acks: u64,
    /// Events to be received in it, over all sockets; 0 if the scenario brings none about.
    pub deliveries: u64,
    /// Whether what was said and heard is checked at the end.
    pub checked: bool,
}

/// Counts.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Totals {
    /// Length of the measured part, in seconds.
    pub seconds: f64,
    /// Messages that were due in it.
    pub posted: u64,
    /// Messages acknowledged as durable.
    pub acked: u64,
    /// Events received, over all sockets.
    pub delivered: u64,
    /// Other commands answered: read, typing, ticks, joins.
    pub commands: u64,
    /// Frames that are neither replies nor events: receipts, presence, typing, feeds.
    pub other_frames: u64,
    /// Commands refused that should not have been.
    pub errors: u64,
    /// Commands refused as they should be: bad ones sent on purpose, and those of people without access.
    pub refused: u64,
    /// Commands refused for the moment, to be tried again: over a rate, or the server cannot.
    pub put_off: u64,
    /// Messages of these that were given up, and so must never appear.
    pub given_up: u64,
    /// Connections that could not be opened, in a run in which others break things.
    pub unreachable: u64,
    /// Connections opened.
    pub connects: u64,
    /// Connections opened again after one was lost.
    pub reconnects: u64,
    /// Connections that the server closed.
    pub closed_by_server: u64,
    /// Payload bytes received.
    pub bytes_received: u64,
}

/// A latency's distribution, in microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// What took so long: `ack`, `delivery`, `connect`, `join`, `back` and so on.
    pub name: String,
    /// From when to when, in a sentence.
    pub meaning: String,
    /// How many.
    pub count: u64,
    /// Mean.
    pub mean_us: f64,
    /// Half took no longer.
    pub p50_us: u64,
    /// 90 % took no longer.
    pub p90_us: u64,
    /// 99 % took no longer.
    pub p99_us: u64,
    /// 99.9 % took no longer.
    pub p999_us: u64,
    /// The longest.
    pub max_us: u64,
    /// The whole distribution: upper edge of a bucket and how many fell into it, ascending.
    pub buckets: Vec<(u64, u64)>,
}

/// A figure with its unit.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what: `per s`, `KiB`, `ms`, `CPU s per 1M`.
    pub unit: String,
}

/// What a process used while it was measured.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ProcessUse {
    /// CPU seconds in user mode.
    pub user_s: f64,
    /// CPU seconds in the kernel.
    pub system_s: f64,
    /// Most resident memory, in KiB.
    pub resident_max_kib: u64,
    /// Resident memory at the end, in KiB.
    pub resident_end_kib: u64,
    /// CPU seconds (user and system) for a million deliveries; 0 if there were none.
    pub cpu_s_per_million_deliveries: f64,
}

/// What the same sends cost a server that does nothing else.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Floor {
    /// CPU seconds (user and system) for a million deliveries.
    pub cpu_s_per_million_deliveries: f64,
    /// The server's cost divided by it.
    pub ratio: f64,
}

/// What happened in one interval.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Slice {
    /// Its end, in seconds after the start of the run.
    pub at_s: f64,
    /// Whether it belongs to the measured part.
    pub measured: bool,
    /// Messages acknowledged, a second.
    pub acked_per_s: f64,
    /// Events received, a second.
    pub delivered_per_s: f64,
    /// Connections open at its end.
    pub connected: u64,
    /// Connections opened in it.
    pub connects: u64,
    /// Errors in it.
    pub errors: u64,
    /// Acknowledgement: half took no longer, microseconds; 0 if there were none.
    pub ack_p50_us: u64,
    /// Acknowledgement: 99 % took no longer.
    pub ack_p99_us: u64,
    /// Acknowledgement: the longest.
    pub ack_max_us: u64,
    /// Delivery: half took no longer.
    pub delivery_p50_us: u64,
    /// Delivery: 99 % took no longer.
    pub delivery_p99_us: u64,
    /// Delivery: the longest.
    pub delivery_max_us: u64,
    /// The server's CPU in percent of a core, if it is watched.
    pub server_cpu_percent: Option<f64>,
    /// The server's resident memory in KiB, if it is watched.
    pub server_resident_kib: Option<u64>,
    /// The load tester's own CPU in percent of a core.
    pub tester_cpu_percent: f64,
    /// The load tester's own resident memory in KiB.
    pub tester_resident_kib: u64,
}

/// What was checked, so that "no violations" means something.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Proof {
    /// Threads whose whole log was read back.
    pub threads: u64,
    /// Events in these logs.
    pub events: u64,
    /// Acknowledgements looked up in them.
    pub acks: u64,
    /// Deliveries compared with them.
    pub deliveries: u64,
    /// Numbers of unread messages compared with them.
    pub unread_numbers: u64,
    /// How many violations there are of each kind, for all kinds, in the checker's order.
    pub found: Vec<(String, u64)>,
    /// The first of them in words, at most 20 of each kind.
    pub examples: Vec<String>,
}

/// A threshold and whether it was kept.
#[derive(Clone, Debug, Serialize)]
pub struct ThresholdResult {
    /// The flag that set it.
    pub name: String,
    /// The bound.
    pub bound: f64,
    /// What was measured; none if the run has no such figure, which is a failure.
    pub measured: Option<f64>,
    /// In which unit both are.
    pub unit: String,
    /// Whether it was kept.
    pub kept: bool,
}
