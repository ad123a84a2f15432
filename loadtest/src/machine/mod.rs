//! The machine that a run is on: its clock, its cores, what processes use of it.

mod alarm;
mod clock;
mod cores;
mod process;

pub use alarm::Alarm;
pub use clock::{RunClock, now, today};
pub use cores::{CLIENT_CORE, SERVER_CORE, pin, two_cores};
pub use process::{Cpu, Watched};

use anyhow::{Result, ensure};

/// Raises the limit on open files as far as it may be raised, and says if that is not enough.
pub fn raise_open_files(needed: u64) -> Result<()> {
    let files = rlimit::increase_nofile_limit(u64::MAX)?;
    ensure!(files >= needed, "needs {needed} open files, but `ulimit -Hn` is {files}");
    Ok(())
}
