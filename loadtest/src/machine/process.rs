//! What a process uses: CPU time and resident memory, from `/proc` (proc(5)).

use anyhow::{Context, Result};
use procfs::process::Process;

/// CPU time used, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cpu {
    /// In user mode.
    pub user_s: f64,
    /// In the kernel.
    pub system_s: f64,
}

impl Cpu {
    /// What was used since.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self { user_s: self.user_s - before.user_s, system_s: self.system_s - before.system_s }
    }

    /// User and system together.
    pub fn total_s(self) -> f64 {
        self.user_s + self.system_s
    }
}

/// A process that is watched.
#[derive(Clone, Copy, Debug)]
pub struct Watched {
    pid: i32,
}

impl Watched {
    /// A process by its number.
    pub fn new(pid: u32) -> Result<Self> {
        let watched = Self { pid: i32::try_from(pid).context("no such process number")? };
        watched.cpu().with_context(|| format!("process {pid} can't be watched"))?;
        Ok(watched)
    }

    /// This process.
    pub fn own() -> Result<Self> {
        Self::new(std::process::id())
    }

    /// CPU time used so far.
    #[expect(clippy::cast_precision_loss, reason = "ticks stay far below 2^53")]
    pub fn cpu(&self) -> Result<Cpu> {
        let stat = Process::new(self.pid)?.stat()?;
        let second = procfs::ticks_per_second() as f64;
        Ok(Cpu { user_s: stat.utime as f64 / second, system_s: stat.stime as f64 / second })
    }

    /// Resident memory, in KiB. `VmRSS`: what is mapped from files is in it.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = Process::new(self.pid)?.status()?;
        status.vmrss.context("no resident memory: the process is gone")
    }

    /// Resident memory without what is mapped from files, in KiB: the kernel can take those back.
    pub fn anonymous_kib(&self) -> Result<u64> {
        let status = Process::new(self.pid)?.status()?;
        status.rssanon.context("no resident memory: the process is gone")
    }
}
