//! What the terminal shows while a run goes on: its phase, how far that is, and the figures of the
//! last interval. Where nobody watches, plain lines every few seconds, for logs.

use std::io::{IsTerminal, stderr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use super::Slice;
use super::units::{NONE, count, duration_us, float, kib, percent, quantity};

/// Seconds of the run between two plain lines.
const PLAIN_EVERY_S: f64 = 5.0;

/// Plain lines about the progress of one phase, at the most.
const PLAIN_STEPS: u64 = 4;

/// A handle; clones tell the same terminal.
#[derive(Clone, Debug)]
pub struct Live {
    way: Way,
    watch: Arc<Mutex<Watch>>,
}

#[derive(Clone, Debug)]
enum Way {
    Silent,
    Drawn(ProgressBar),
    Plain(Arc<Mutex<Plain>>),
}

impl Live {
    /// Writes to stderr: draws if that is a terminal. Writes nothing at all unless `enabled`.
    pub fn new(enabled: bool) -> Self {
        let way = match (enabled, stderr().is_terminal()) {
            (false, _) => Way::Silent,
            (true, true) => Way::Drawn(ProgressBar::no_length().with_style(style(0))),
            (true, false) => Way::Plain(Arc::default()),
        };
        Self { way, watch: Arc::default() }
    }

    /// Another phase begins, of `total` steps; up to 1 if there is nothing to count.
    pub fn phase(&self, name: &str, total: u64) {
        locked(&self.watch).lasts(false);
        match &self.way {
            Way::Silent => {}
            Way::Drawn(bar) => {
                // The style last: each of them draws, and only it shows how far something is.
                bar.set_style(style(0));
                bar.set_prefix(name.to_owned());
                bar.reset();
                bar.set_length(total);
                bar.set_style(style(total));
            }
            Way::Plain(plain) => say(Some(locked(plain).phase(name, total))),
        }
    }

    /// Another phase begins, which lasts so many seconds: how far it is follows from the figures.
    pub fn phase_of_seconds(&self, name: &str, seconds: u64) {
        // Its lines have the time in front, so that plain progress would say it twice.
        self.phase(name, if matches!(self.way, Way::Drawn(_)) { seconds } else { 0 });
        locked(&self.watch).lasts(true);
    }

    /// So many steps of the phase are done.
    pub fn position(&self, done: u64) {
        match &self.way {
            Way::Silent => {}
            Way::Drawn(bar) => bar.set_position(done),
            Way::Plain(plain) => say(locked(plain).position(done)),
        }
    }

    /// The figures of the interval that has just ended.
    pub fn figures(&self, slice: &Slice) {
        let gone_s = locked(&self.watch).gone_s(slice);
        match &self.way {
            Way::Silent => {}
            Way::Drawn(bar) => {
                bar.set_message(figures(slice, "\n"));
                if let Some(gone_s) = gone_s {
                    bar.set_position(gone_s.min(bar.length().unwrap_or(gone_s)));
                }
            }
            Way::Plain(plain) => say(locked(plain).figures(slice)),
        }
    }

    /// The run is over: leaves the terminal as it was found.
    pub fn finish(&self) {
        if let Way::Drawn(bar) = &self.way {
            bar.finish_and_clear();
        }
    }
}

fn style(total: u64) -> ProgressStyle {
    let template = if total <= 1 {
        "{prefix:.bold} …\n{msg}"
    } else {
        "{prefix:.bold} [{bar:40}] {human_pos}/{human_len}\n{msg}"
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it holds is whole after every step, so that a panic elsewhere changes nothing.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn say(line: Option<String>) {
    if let Some(line) = line {
        eprintln!("{line}");
    }
}

/// How long a phase has lasted, as far as the figures tell.
#[derive(Debug, Default)]
struct Watch {
    last_at_s: f64,
    since_s: Option<f64>,
}

impl Watch {
    /// Another phase begins; it is watched if it lasts a known time.
    fn lasts(&mut self, known: bool) {
        self.since_s = known.then_some(self.last_at_s);
    }

    /// Whole seconds of the phase at the end of the interval, if it lasts a known time.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and small"
    )]
    fn gone_s(&mut self, slice: &Slice) -> Option<u64> {
        self.last_at_s = slice.at_s;
        self.since_s.map(|since| (slice.at_s - since).max(0.0).round() as u64)
    }
}

/// Which plain lines are due: decided by what is told, without a clock.
#[derive(Debug, Default)]
struct Plain {
    phase: String,
    total: u64,
    steps_told: u64,
    told_at_s: Option<f64>,
}

impl Plain {
    fn phase(&mut self, name: &str, total: u64) -> String {
        name.clone_into(&mut self.phase);
        self.total = total;
        self.steps_told = 0;
        format!("{name} …")
    }

    fn position(&mut self, done: u64) -> Option<String> {
        let steps = done.min(self.total).saturating_mul(PLAIN_STEPS).checked_div(self.total)?;
        if steps <= self.steps_told {
            return None;
        }
        self.steps_told = steps;
        Some(format!("{}: {} of {}", self.phase, count(done), count(self.total)))
    }

    fn figures(&mut self, slice: &Slice) -> Option<String> {
        // A little less, since intervals end a little early or late.
        if self.told_at_s.is_some_and(|told| slice.at_s < told + PLAIN_EVERY_S - 0.1) {
            return None;
        }
        self.told_at_s = Some(slice.at_s);
        Some(format!("{:>5.0} s  {}: {}", slice.at_s, self.phase, figures(slice, " · ")))
    }
}

/// The figures of an interval, in two parts.
fn figures(slice: &Slice, between: &str) -> String {
    let time = |us: u64| if us == 0 { NONE.to_owned() } else { duration_us(float(us)) };
    let mut out = format!(
        "{} connected · {} acked/s · {} delivered/s{between}p99 ack {}, delivery {} · {} errors",
        count(slice.connected),
        quantity(slice.acked_per_s),
        quantity(slice.delivered_per_s),
        time(slice.ack_p99_us),
        time(slice.delivery_p99_us),
        count(slice.errors),
    );
    let server = [slice.server_cpu_percent.map(percent), slice.server_resident_kib.map(kib)];
    let server: Vec<String> = server.into_iter().flatten().collect();
    if !server.is_empty() {
        out.push_str(" · server ");
        out.push_str(&server.join(", "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(at_s: f64) -> Slice {
        Slice {
            at_s,
            connected: 1_000,
            acked_per_s: 40.0,
            delivered_per_s: 40_012.0,
            ..Slice::default()
        }
    }

    #[test]
    fn figures_are_short_and_have_units() {
        let busy = Slice {
            ack_p99_us: 1_234,
            delivery_p99_us: 8_640,
            errors: 2,
            server_cpu_percent: Some(34.52),
            server_resident_kib: Some(46_080),
            ..slice(1.0)
        };
        assert_eq!(
            figures(&busy, "\n"),
            "1,000 connected · 40 acked/s · 40,012 delivered/s\n\
             p99 ack 1.23 ms, delivery 8.64 ms · 2 errors · server 34.5 %, 45.0 MiB"
        );
        assert!(figures(&slice(1.0), " · ").ends_with("p99 ack –, delivery – · 0 errors"));
    }

    #[test]
    fn plain_lines_come_every_few_seconds_of_the_run() {
        let mut plain = Plain::default();
        assert_eq!(plain.phase("measuring", 30), "measuring …");
        let told: Vec<u32> =
            (1..=20).filter(|at| plain.figures(&slice(f64::from(*at))).is_some()).collect();
        assert_eq!(told, [1, 6, 11, 16]);
    }

    #[test]
    fn plain_progress_is_told_in_few_steps() {
        let mut plain = Plain::default();
        plain.phase("connecting", 1_000);
        let told: Vec<String> = (0..=1_000).filter_map(|done| plain.position(done)).collect();
        let quarters = [250, 500, 750].map(|n| format!("connecting: {n} of 1,000"));
        assert_eq!(told[..3], quarters);
        assert_eq!(told[3..], ["connecting: 1,000 of 1,000"]);
        plain.phase("checking", 0);
        assert_eq!(plain.position(7), None);
    }

    #[test]
    fn a_phase_of_seconds_goes_on_with_the_figures() {
        let mut watch = Watch::default();
        assert_eq!(watch.gone_s(&slice(2.0)), None);
        watch.lasts(true);
        assert_eq!([3.01, 3.98].map(|at_s| watch.gone_s(&slice(at_s))), [Some(1), Some(2)]);
        watch.lasts(false);
        assert_eq!(watch.gone_s(&slice(5.0)), None);
    }

    #[test]
    fn a_silent_one_takes_everything() {
        let live = Live::new(false);
        live.phase("connecting", 10);
        live.position(3);
        live.phase_of_seconds("measuring", 30);
        live.figures(&slice(1.0));
        live.clone().finish();
    }
}
