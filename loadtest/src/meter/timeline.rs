//! What happened second by second.

use crate::machine::{Cpu, Watched};
use crate::meter::{Counts, Kind, Latencies};
use crate::record::Micros;
use crate::report::Slice;
use anyhow::Result;

/// A process whose CPU is read now and then.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    process: Watched,
    before: Cpu,
}

impl Watch {
    /// Starts to watch.
    pub fn new(process: Watched) -> Result<Self> {
        Ok(Self { process, before: process.cpu()? })
    }

    /// CPU in percent of a core over so many seconds since the last time, and resident KiB.
    fn read(&mut self, seconds: f64) -> Result<(f64, u64)> {
        let cpu = self.process.cpu()?;
        let used = cpu.since(self.before).total_s();
        self.before = cpu;
        Ok((used / seconds * 100.0, self.process.resident_kib()?))
    }
}

/// The slices of a run so far.
#[derive(Debug)]
pub struct Timeline {
    slices: Vec<Slice>,
    before: Counts,
    at: Micros,
    server: Option<Watch>,
    tester: Watch,
}

impl Timeline {
    /// Begins, with the counts at that moment.
    pub fn begin(now: Micros, counts: Counts, server: Option<Watched>) -> Result<Self> {
        Ok(Self {
            slices: Vec::new(),
            before: counts,
            at: now,
            server: server.map(Watch::new).transpose()?,
            tester: Watch::new(Watched::own()?)?,
        })
    }

    /// From now on another process is the server's.
    pub fn watch(&mut self, server: Option<Watched>) -> Result<()> {
        self.server = server.map(Watch::new).transpose()?;
        Ok(())
    }

    /// Ends a slice. A server that is gone is no error here: its clients will tell.
    pub fn cut(
        &mut self,
        now: Micros,
        counts: Counts,
        latencies: &Latencies,
        measured: bool,
    ) -> Result<&Slice> {
        let seconds = seconds(now.0 - self.at.0).max(1e-6);
        let happened = counts - self.before;
        let server = self.server.as_mut().and_then(|server| server.read(seconds).ok());
        let (tester_cpu_percent, tester_resident_kib) = self.tester.read(seconds)?;
        self.slices.push(Slice {
            at_s: self::seconds(now.0),
            measured,
            acked_per_s: real(happened.acked) / seconds,
            delivered_per_s: real(happened.delivered) / seconds,
            connected: counts.connected,
            connects: happened.connects,
            errors: happened.errors,
            ack_p50_us: latencies.quantile_us(Kind::Ack, 0.5),
            ack_p99_us: latencies.quantile_us(Kind::Ack, 0.99),
            ack_max_us: latencies.max_us(Kind::Ack),
            delivery_p50_us: latencies.quantile_us(Kind::Delivery, 0.5),
            delivery_p99_us: latencies.quantile_us(Kind::Delivery, 0.99),
            delivery_max_us: latencies.max_us(Kind::Delivery),
            server_cpu_percent: server.map(|(cpu, _)| cpu),
            server_resident_kib: server.map(|(_, resident)| resident),
            tester_cpu_percent,
            tester_resident_kib,
        });
        (self.before, self.at) = (counts, now);
        Ok(&self.slices[self.slices.len() - 1])
    }

    /// When the last slice ended.
    pub fn last_cut(&self) -> Micros {
        self.at
    }

    /// All slices.
    pub fn slices(&self) -> &[Slice] {
        &self.slices
    }
}

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts here stay far below 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// Microseconds as seconds.
pub(crate) fn seconds(micros: u64) -> f64 {
    real(micros) / 1e6
}
