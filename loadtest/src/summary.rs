//! The figures that the README quotes, all by one command: each scenario several times, with a new
//! server and store each time, the medians in one table.

use crate::cli::Cli;
use crate::machine;
use crate::report::Report;
use anyhow::{Context, Result, ensure};
use clap::{Args, Parser};

/// The figures of the README: every scenario several times, medians in one table
#[derive(Args, Clone, Debug)]
pub struct Summary {
    /// Only the rows with this in their name; again for more
    pub only: Vec<String>,
    /// Runs of each
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub runs: u32,
    /// Length of each measured part, in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub seconds: u32,
    /// One more argument for each run, such as --option=--encoding=postcard
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub option: Vec<String>,
}

/// The medians of the rows before, by name.
type Earlier = [(&'static str, f64)];

/// One row of the table.
struct Row {
    name: &'static str,
    /// The arguments of one run.
    arguments: fn(&Earlier) -> Option<Vec<String>>,
    figures: &'static [Wanted],
}

/// One figure of a row.
struct Wanted {
    name: &'static str,
    unit: &'static str,
    of: fn(&Report) -> Option<f64>,
}

macro_rules! arguments {
    ($($argument:literal),* $(,)?) => { |_| Some(vec![$($argument.to_owned()),*]) };
}

const COST: Wanted = Wanted {
    name: "server, per 1M deliveries",
    unit: "CPU s",
    of: |report| Some(report.server?.cpu_s_per_million_deliveries),
};
const FLOOR: Wanted = Wanted {
    name: "floor, per 1M deliveries",
    unit: "CPU s",
    of: |report| Some(report.floor?.cpu_s_per_million_deliveries),
};
const RATIO: Wanted =
    Wanted { name: "server / floor", unit: "×", of: |report| Some(report.floor?.ratio) };
const ACK_P50: Wanted = Wanted {
    name: "ack p50",
    unit: "ms",
    of: |report| latency(report, "ack", |latency| latency.p50_us),
};
const ACK_P99: Wanted = Wanted {
    name: "ack p99",
    unit: "ms",
    of: |report| latency(report, "ack", |latency| latency.p99_us),
};
const DELIVERY_P99: Wanted = Wanted {
    name: "delivery p99",
    unit: "ms",
    of: |report| latency(report, "delivery", |latency| latency.p99_us),
};
const DELIVERIES: Wanted =
    Wanted { name: "deliveries", unit: "per s", of: |report| figure(report, "deliveries") };
const DELIVERIES_ONE_CORE: Wanted = Wanted {
    name: "deliveries on one core",
    unit: "per CPU s",
    of: |report| figure(report, "deliveries on one core"),
};
const ACKS: Wanted = Wanted {
    name: "messages acknowledged",
    unit: "per s",
    of: |report| figure(report, "messages acknowledged"),
};
const TESTER: Wanted = Wanted {
    name: "load tester, of its core",
    unit: "%",
    of: |report| {
        let used = report.tester.user_s + report.tester.system_s;
        (report.totals.seconds > 0.0).then(|| used / report.totals.seconds * 100.0)
    },
};

const FAN_OUT: &[Wanted] = &[COST, FLOOR, RATIO, ACK_P99, DELIVERY_P99, TESTER];
const SATURATED: &[Wanted] = &[DELIVERIES, DELIVERIES_ONE_CORE, ACKS, TESTER];

const ROWS: &[Row] = &[
    Row {
        name: "one thread, 1,000 sockets, 40 messages/s",
        arguments: arguments!["fan-out", "--sockets=1000", "--rate=40", "--floor"],
        figures: FAN_OUT,
    },
    Row {
        name: "one thread, 5,000 sockets, 8 messages/s",
        arguments: arguments!["fan-out", "--sockets=5000", "--rate=8", "--floor"],
        figures: FAN_OUT,
    },
    Row {
        name: "500 threads × 4 sockets, 10 messages/s each",
        arguments: arguments!["fan-out", "--threads=500", "--sockets=4", "--rate=10", "--floor"],
        figures: FAN_OUT,
    },
    Row {
        name: "500 threads × 4 sockets, 1 message/s each",
        arguments: arguments!["fan-out", "--threads=500", "--sockets=4", "--rate=1", "--floor"],
        figures: FAN_OUT,
    },
    Row {
        name: "saturation, 1,000 sockets",
        arguments: arguments!["saturate", "--sockets=1000", "--senders=10", "--window=4"],
        figures: SATURATED,
    },
    Row {
        name: "half of saturation, 1,000 sockets",
        arguments: |earlier| half(earlier, "saturation, 1,000 sockets", 1, 1_000),
        figures: &[DELIVERY_P99, ACK_P99, TESTER],
    },
    Row {
        name: "saturation, 500 threads × 4 sockets",
        arguments: arguments![
            "saturate",
            "--threads=500",
            "--sockets=4",
            "--senders=4",
            "--window=2"
        ],
        figures: SATURATED,
    },
    Row {
        name: "half of saturation, 500 threads × 4 sockets",
        arguments: |earlier| half(earlier, "saturation, 500 threads × 4 sockets", 500, 4),
        figures: &[DELIVERY_P99, ACK_P99, TESTER],
    },
    Row {
        name: "64 senders, one message under way each",
        arguments: arguments![
            "saturate",
            "--threads=64",
            "--sockets=1",
            "--senders=1",
            "--window=1",
            "--by-ack"
        ],
        figures: &[ACKS, ACK_P50, ACK_P99],
    },
    Row {
        name: "an idle system, one message a second",
        arguments: arguments!["fan-out", "--sockets=1", "--rate=1"],
        figures: &[ACK_P50],
    },
    Row {
        name: "one slow reader among 1,000 sockets",
        arguments: arguments![
            "slow-readers",
            "--sockets=1000",
            "--rate=200",
            "--body-bytes=2000",
            "--seconds=12"
        ],
        figures: &[Wanted {
            name: "delivery p99 of the others, with by without",
            unit: "×",
            of: |report| figure(report, "with, by without"),
        }],
    },
    Row {
        name: "10,000 idle sockets with their feed",
        arguments: arguments!["idle", "--sockets=10000"],
        figures: &[
            Wanted {
                name: "memory per connection",
                unit: "KiB",
                of: |report| figure(report, "memory per connection"),
            },
            TESTER,
        ],
    },
    Row {
        name: "connect, authenticate, join",
        arguments: arguments!["connect"],
        figures: &[
            Wanted {
                name: "connections",
                unit: "per s",
                of: |report| figure(report, "connect, authenticate, join"),
            },
            Wanted {
                name: "the same on one core",
                unit: "per CPU s",
                of: |report| figure(report, "the same on one core"),
            },
        ],
    },
    Row {
        name: "5,000 connections lost at once",
        arguments: arguments!["herd", "--threads=500", "--sockets=10"],
        figures: &[Wanted {
            name: "until all were back",
            unit: "ms",
            of: |report| figure(report, "until all were back, the longest round"),
        }],
    },
    Row {
        name: "catching up 10,000 events, 100 clients at once",
        arguments: arguments!["catch-up", "--events=10000", "--clients=100"],
        figures: &[
            Wanted {
                name: "events",
                unit: "per s",
                of: |report| figure(report, "events caught up on"),
            },
            Wanted {
                name: "the same on one core",
                unit: "per CPU s",
                of: |report| figure(report, "the same on one core"),
            },
            Wanted {
                name: "server, most resident memory",
                unit: "MiB",
                of: |report| Some(crate::meter::real(report.server?.resident_max_kib) / 1_024.0),
            },
        ],
    },
];

fn latency(report: &Report, name: &str, micros: fn(&crate::report::Latency) -> u64) -> Option<f64> {
    let latency = report.latencies.iter().find(|latency| latency.name == name)?;
    Some(crate::meter::real(micros(latency)) / 1e3)
}

fn figure(report: &Report, name: &str) -> Option<f64> {
    report.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value)
}

/// A fan-out at half of the rate that a saturated server reached.
fn half(earlier: &Earlier, row: &str, threads: u32, sockets: u32) -> Option<Vec<String>> {
    let (_, deliveries) = earlier.iter().find(|(name, _)| *name == row)?;
    let rate = deliveries / 2.0 / f64::from(threads) / f64::from(sockets);
    Some(vec![
        "fan-out".to_owned(),
        format!("--threads={threads}"),
        format!("--sockets={sockets}"),
        format!("--rate={rate:.3}"),
    ])
}

impl Summary {
    /// Runs all of it. A run that does not pass is an error: it gives no figures.
    pub fn run(&self) -> Result<bool> {
        machine::two_cores()?;
        machine::pin(None, machine::CLIENT_CORE)?;
        let mut earlier = Vec::new();
        println!("| what | figure | median | min – max |\n|---|---|---|---|");
        for row in ROWS {
            let wanted = |only: &String| row.name.contains(only.as_str());
            if !self.only.is_empty() && !self.only.iter().any(wanted) {
                continue;
            }
            let arguments = (row.arguments)(&earlier);
            let Some(arguments) = arguments else {
                eprintln!("{}: needs the row of saturation as well", row.name);
                continue;
            };
            let runs = self.runs_of(row, &arguments)?;
            for (index, wanted) in row.figures.iter().enumerate() {
                let mut values: Vec<f64> = runs.iter().map(|run| run[index]).collect();
                values.sort_unstable_by(f64::total_cmp);
                let middle =
                    f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
                if index == 0 {
                    earlier.push((row.name, middle));
                }
                let name = if index == 0 { row.name } else { "" };
                let (least, most) = (short(values[0]), short(values[values.len() - 1]));
                let (middle, unit) = (short(middle), wanted.unit);
                println!("| {name} | {} | {middle} {unit} | {least} – {most} |", wanted.name);
            }
        }
        Ok(true)
    }

    fn runs_of(&self, row: &Row, arguments: &[String]) -> Result<Vec<Vec<f64>>> {
        let mut all = vec!["tidings-loadtest".to_owned()];
        all.extend(arguments.iter().cloned());
        if !arguments.iter().any(|argument| argument.starts_with("--seconds")) {
            all.push(format!("--seconds={}", self.seconds));
        }
        all.push("--quiet".to_owned());
        // A tester at its own limit measures itself. Where as much as possible is asked for, it may be.
        if matches!(arguments[0].as_str(), "saturate" | "connect" | "catch-up") {
            all.push("--max-tester-cpu-percent=off".to_owned());
        }
        let cli = Cli::try_parse_from(all.iter().chain(&self.option))?;
        let run = |number: u32| -> Result<Vec<f64>> {
            let (report, _) = cli.measure()?;
            ensure!(report.passed, "{}: {}", row.name, report.failures.join("; "));
            let values = row.figures.iter().map(|wanted| {
                let value = (wanted.of)(&report);
                value.with_context(|| format!("{} has no {}", row.name, wanted.name))
            });
            let values: Vec<f64> = values.collect::<Result<_>>()?;
            eprintln!("{}, run {number}: {:.2} {}", row.name, values[0], row.figures[0].unit);
            Ok(values)
        };
        (1..=self.runs).map(run).collect()
    }
}

fn short(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_command_that_there_is() {
        let earlier = ROWS.iter().map(|row| (row.name, 100_000.0)).collect::<Vec<_>>();
        for row in ROWS {
            let arguments = (row.arguments)(&earlier).unwrap();
            let all = ["tidings-loadtest".to_owned()].into_iter().chain(arguments);
            Cli::try_parse_from(all).unwrap_or_else(|error| panic!("{}: {error}", row.name));
        }
    }
}
