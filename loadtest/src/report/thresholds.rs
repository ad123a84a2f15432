//! Bounds that a run must keep, set by flags. One table says everything of each of them: its flag,
//! its unit, and where its figure comes from. A run without that figure misses the bound.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::content::cpu_percent;
use super::units::{float, per_second};
use super::{Report, ThresholdResult};

/// Microseconds in a millisecond.
const US_PER_MS: f64 = 1_000.0;

/// KiB in a MiB.
const KIB_PER_MIB: f64 = 1_024.0;

/// What turns a bound off that has a default.
const OFF: &str = "off";

/// On which side of its bound a figure has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    AtMost,
    AtLeast,
}

/// A bound that can be set.
struct Threshold {
    name: &'static str,
    side: Side,
    unit: &'static str,
    default: Option<&'static str>,
    help: &'static str,
    figure: fn(&Report) -> Option<f64>,
}

const fn at_most(
    name: &'static str,
    unit: &'static str,
    help: &'static str,
    figure: fn(&Report) -> Option<f64>,
) -> Threshold {
    Threshold { name, side: Side::AtMost, unit, default: None, help, figure }
}

const ALL: [Threshold; 16] = [
    at_most("max-ack-p50-ms", "ms", "Half of the acknowledgements take no longer", |r| {
        latency_ms(r, "ack", |l| l.p50_us)
    }),
    at_most("max-ack-p99-ms", "ms", "99 % of the acknowledgements take no longer", |r| {
        latency_ms(r, "ack", |l| l.p99_us)
    }),
    at_most("max-ack-p999-ms", "ms", "99.9 % of the acknowledgements take no longer", |r| {
        latency_ms(r, "ack", |l| l.p999_us)
    }),
    at_most("max-delivery-p50-ms", "ms", "Half of the deliveries take no longer", |r| {
        latency_ms(r, "delivery", |l| l.p50_us)
    }),
    at_most("max-delivery-p99-ms", "ms", "99 % of the deliveries take no longer", |r| {
        latency_ms(r, "delivery", |l| l.p99_us)
    }),
    at_most("max-delivery-p999-ms", "ms", "99.9 % of the deliveries take no longer", |r| {
        latency_ms(r, "delivery", |l| l.p999_us)
    }),
    Threshold {
        side: Side::AtLeast,
        ..at_most("min-acks-per-s", "per s", "Acknowledged messages a second, or more", |r| {
            per_second(r.totals.acked, r.totals.seconds)
        })
    },
    Threshold {
        side: Side::AtLeast,
        ..at_most("min-deliveries-per-s", "per s", "Delivered events a second, or more", |r| {
            per_second(r.totals.delivered, r.totals.seconds)
        })
    },
    Threshold {
        default: Some("0"),
        ..at_most(
            "max-errors",
            "errors",
            "Refusals that should not have been, and connections that failed",
            |r| Some(float(r.totals.errors)),
        )
    },
    at_most("max-reconnects", "reconnects", "Connections opened again after a loss", |r| {
        Some(float(r.totals.reconnects))
    }),
    at_most("max-closed-by-server", "closed", "Connections that the server closes", |r| {
        Some(float(r.totals.closed_by_server))
    }),
    at_most("max-server-cpu-per-million", "CPU s", "Server's CPU seconds per 1M deliveries", |r| {
        r.server.map(|used| used.cpu_s_per_million_deliveries).filter(|cost| *cost > 0.0)
    }),
    at_most("max-floor-ratio", "×", "Server's CPU as a multiple of the floor's", |r| {
        r.floor.map(|floor| floor.ratio).filter(|ratio| *ratio > 0.0)
    }),
    at_most("max-server-rss-mib", "MiB", "Server's resident memory, at its most", |r| {
        let kib = r.server.map(|used| used.resident_max_kib).filter(|kib| *kib > 0)?;
        Some(float(kib) / KIB_PER_MIB)
    }),
    at_most(
        "max-server-cpu-percent",
        "%",
        "Server's CPU in percent of one core, on average",
        |r| cpu_percent(&r.server?, r.totals.seconds),
    ),
    Threshold {
        default: Some("95"),
        ..at_most(
            "max-tester-cpu-percent",
            "%",
            "Load tester's own CPU in percent of one core, on average: above it, it measures itself",
            |r| cpu_percent(&r.tester, r.totals.seconds),
        )
    },
];

/// A latency in milliseconds; none if nothing was measured under that name.
fn latency_ms(report: &Report, name: &str, us: fn(&super::Latency) -> u64) -> Option<f64> {
    let latency = report.latencies.iter().find(|latency| latency.name == name)?;
    (latency.count > 0).then(|| float(us(latency)) / US_PER_MS)
}

/// The bounds that were set. Flatten it into a command's arguments.
#[derive(Clone, Debug, Default)]
pub struct Thresholds {
    /// One entry for each of [`ALL`].
    bounds: [Option<f64>; ALL.len()],
}

impl Thresholds {
    /// The bound that a flag has set, named without its dashes; none if it is off.
    pub fn bound(&self, name: &str) -> Option<f64> {
        let at = ALL.iter().position(|threshold| threshold.name == name)?;
        self.bounds[at]
    }

    /// Holds the run against every bound that was set, in the order of the flags. Reads nothing but
    /// the report. A figure that the run does not have, or that is no number, misses its bound.
    pub fn judge(&self, report: &Report) -> Vec<ThresholdResult> {
        let set =
            ALL.iter().zip(self.bounds).filter_map(|(threshold, bound)| Some((threshold, bound?)));
        set.map(|(threshold, bound)| {
            let measured = (threshold.figure)(report).filter(|figure| figure.is_finite());
            let kept = measured.is_some_and(|figure| match threshold.side {
                Side::AtMost => figure <= bound,
                Side::AtLeast => figure >= bound,
            });
            let unit = threshold.unit.to_owned();
            ThresholdResult { name: format!("--{}", threshold.name), bound, measured, unit, kept }
        })
        .collect()
    }
}

/// A bound as it is typed.
#[derive(Clone, Copy, Debug)]
struct Bound(Option<f64>);

fn bound(typed: &str) -> Result<Bound, String> {
    if typed == OFF {
        return Ok(Bound(None));
    }
    match typed.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(Bound(Some(value))),
        _ => Err(format!("a number from 0 on, or {OFF}")),
    }
}

impl Args for Thresholds {
    fn augment_args(command: Command) -> Command {
        ALL.iter().fold(command, |command, threshold| {
            let arg = Arg::new(threshold.name)
                .long(threshold.name)
                .value_name(threshold.unit)
                .value_parser(bound)
                .help(threshold.help)
                .help_heading("Thresholds: a run that misses one fails");
            command.arg(match threshold.default {
                Some(default) => arg
                    .default_value(default)
                    .help(format!("{}; {OFF} to allow any", threshold.help)),
                None => arg,
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Thresholds {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut thresholds = Self::default();
        thresholds.update_from_arg_matches(matches)?;
        Ok(thresholds)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for (threshold, bound) in ALL.iter().zip(&mut self.bounds) {
            if let Some(Bound(typed)) = matches.get_one::<Bound>(threshold.name) {
                *bound = *typed;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
