//! The end of a run: what was said and heard is checked, and the report is put together.

use crate::check::check;
use crate::machine::today;
use crate::meter::real;
use crate::report::{Floor, Intended, ProcessUse, Proof, Report, settle};
use crate::scenario::stage::{Stage, per};
use std::mem::take;
use std::time::Duration;

/// What a scenario says of itself.
pub(super) struct About {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// What it did, in a sentence.
    pub(super) description: String,
    /// Its own settings.
    pub(super) settings: Vec<(String, String)>,
    /// What it meant to do.
    pub(super) intended: Intended,
}

impl Stage {
    /// Checks everything, and makes the report. `floor`: CPU seconds for a million deliveries of a
    /// server that does nothing but send.
    pub(super) fn report(mut self, about: About, floor: Option<f64>) -> Report {
        self.live.phase("checking", 1);
        let complaints = self.end();
        let history = take(&mut *self.world.recorder()).finish();
        let proof: Proof =
            if about.intended.checked { check(&history).proof() } else { Proof::default() };
        // What went wrong is counted; whether it may is up to the bound on errors.
        let tolerated = self
            .options
            .thresholds
            .bound("max-errors")
            .is_none_or(|most| real(self.world.counts().errors) <= most);
        let mut failures = if tolerated { Vec::new() } else { self.world.failures() };
        if let Some(log) = complaints {
            failures.push(format!("the server complained: {}", log.trim()));
        }
        let mut settings = about.settings;
        settings.extend(self.options.describe());
        let seconds = self.measured_seconds();
        let delivered = self.measured_counts().delivered;
        let slices = self.timeline.borrow().slices().to_vec();
        let server = self.server_use(delivered, &slices);
        let floor = floor.zip(server).map(|(cost, server)| Floor {
            cpu_s_per_million_deliveries: cost,
            ratio: server.cpu_s_per_million_deliveries / cost,
        });
        let ran = Duration::from_micros(self.world.clock.now().0);
        let mut report = Report {
            scenario: about.name.to_owned(),
            description: about.description,
            started: humantime::format_rfc3339_seconds(today() - ran).to_string(),
            settings,
            passed: false,
            failures,
            intended: about.intended,
            totals: self.measured_counts().totals(seconds),
            latencies: self.world.meter().measured.report(),
            figures: take(&mut self.figures),
            server,
            tester: self.tester_use(delivered, &slices),
            floor,
            timeline: slices,
            proof,
            thresholds: Vec::new(),
        };
        settle(&mut report, &self.options.thresholds);
        report
    }

    fn server_use(&self, delivered: u64, slices: &[crate::report::Slice]) -> Option<ProcessUse> {
        let cpu = self.measured?.server_used?;
        let measured = slices.iter().filter(|slice| slice.measured);
        let resident = measured.filter_map(|slice| slice.server_resident_kib);
        let end = self.measured?.server_resident_kib;
        Some(ProcessUse {
            user_s: cpu.user_s,
            system_s: cpu.system_s,
            resident_max_kib: resident.chain(end).max().unwrap_or(0),
            resident_end_kib: end.unwrap_or(0),
            cpu_s_per_million_deliveries: per_million(cpu.total_s(), delivered),
        })
    }

    fn tester_use(&self, delivered: u64, slices: &[crate::report::Slice]) -> ProcessUse {
        let cpu = self.measured.map(|measured| measured.tester_used).unwrap_or_default();
        let measured = slices.iter().filter(|slice| slice.measured);
        let resident = measured.map(|slice| slice.tester_resident_kib);
        ProcessUse {
            user_s: cpu.user_s,
            system_s: cpu.system_s,
            resident_max_kib: resident.max().unwrap_or(0),
            resident_end_kib: slices.last().map_or(0, |slice| slice.tester_resident_kib),
            cpu_s_per_million_deliveries: per_million(cpu.total_s(), delivered),
        }
    }
}

fn per_million(cpu_s: f64, delivered: u64) -> f64 {
    if delivered == 0 { 0.0 } else { cpu_s * 1e6 / per(delivered, 1.0) }
}
