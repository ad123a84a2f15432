//! Which core runs what. The server has one for itself, so that its CPU seconds are not those of
//! waiting for the load tester.

use anyhow::{Result, ensure};
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};
use std::thread::available_parallelism;

/// The core that a server which is started here has for itself.
pub const SERVER_CORE: usize = 0;

/// The load tester's core.
pub const CLIENT_CORE: usize = 1;

/// Puts a process (none: this thread, and the threads it will start) onto one core.
pub fn pin(process: Option<u32>, core: usize) -> Result<()> {
    let pid = process.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(pid, &set)?;
    Ok(())
}

/// Fails on a machine with a single core.
pub fn two_cores() -> Result<()> {
    ensure!(
        available_parallelism()?.get() > 1,
        "needs two cores, one for the server and one for its clients; a single scenario can do \
         with --no-pin"
    );
    Ok(())
}
