//! Where this runs: which core, how many files, what processes have used. All of it by `/proc` and
//! the usual tools of Linux.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

/// The core that the server has for itself.
pub(crate) const SERVER_CORE: &str = "0";

/// The core of the clients.
pub(crate) const CLIENT_CORE: &str = "1";

/// Ticks of a CPU second in `/proc` (`USER_HZ`, the same on every Linux that Rust runs on).
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time used, in seconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cpu {
    pub(crate) user: f64,
    pub(crate) system: f64,
}

impl Cpu {
    /// What was used since.
    pub(crate) fn since(self, before: Self) -> Self {
        Self { user: self.user - before.user, system: self.system - before.system }
    }

    /// User and system together.
    pub(crate) fn total(self) -> f64 {
        self.user + self.system
    }
}

/// CPU time from a `stat` file of a process or thread (proc(5), fields 14 and 15).
pub(crate) fn cpu(stat: &str) -> Result<Cpu> {
    let text = fs::read_to_string(stat).with_context(|| format!("reading {stat}"))?;
    // The name in parentheses may hold anything; the third field follows the last of them.
    let (_, fields) = text.rsplit_once(')').context("a stat file without a name")?;
    let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<f64>);
    match (ticks.next(), ticks.next()) {
        (Some(Ok(user)), Some(Ok(system))) => {
            Ok(Cpu { user: user / TICKS_PER_SECOND, system: system / TICKS_PER_SECOND })
        }
        _ => bail!("{stat} has no times"),
    }
}

/// Seconds that the server's core has been busy, whoever used it (proc(5), `/proc/stat`).
pub(crate) fn server_core_busy() -> Result<f64> {
    let text = fs::read_to_string("/proc/stat")?;
    let name = format!("cpu{SERVER_CORE}");
    let line = text.lines().find(|line| line.split_whitespace().next() == Some(&name));
    let ticks = line.with_context(|| format!("no {name} in /proc/stat"))?.split_whitespace();
    let ticks: Vec<f64> = ticks.skip(1).map(str::parse).collect::<Result<_, _>>()?;
    // user, nice, system; idle and iowait; irq, softirq, steal. What follows is in user already.
    let busy = ticks.iter().take(8).enumerate().filter(|(index, _)| !matches!(index, 3 | 4));
    Ok(busy.map(|(_, ticks)| ticks).sum::<f64>() / TICKS_PER_SECOND)
}

/// Resident memory of a process, in KiB.
#[derive(Clone, Copy)]
pub(crate) struct Resident {
    pub(crate) all: f64,
    /// Without what is mapped from files, such as pages of the database: the kernel can take those
    /// back.
    pub(crate) anonymous: f64,
}

/// Resident memory of a process (proc(5), `VmRSS` and `RssAnon`).
pub(crate) fn resident(pid: u32) -> Result<Resident> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = |name: &str| -> Result<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.with_context(|| format!("no {name}"))?.parse()?)
    };
    Ok(Resident { all: kib("VmRSS:")?, anonymous: kib("RssAnon:")? })
}

/// Puts this process, and all threads it will have, onto the clients' core.
pub(crate) fn pin_clients() -> Result<()> {
    ensure!(
        available_parallelism()?.get() > 1,
        "needs two cores: one for the server, one for its clients"
    );
    run("taskset", &["-cp", CLIENT_CORE, &std::process::id().to_string()])
}

/// Puts the calling thread onto the server's core, and says where its times are read.
pub(crate) fn pin_this_thread_as_server() -> Result<String> {
    let link = fs::read_link("/proc/thread-self")?;
    let thread = link.file_name().and_then(|name| name.to_str()).context("no thread id")?;
    run("taskset", &["-cp", SERVER_CORE, thread])?;
    Ok(format!("/proc/self/task/{thread}/stat"))
}

/// Raises the limit on open files as far as it may be raised.
pub(crate) fn raise_open_files(needed: u64) -> Result<()> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let mut fields = line.context("no limit on open files")?.split_whitespace();
    let (soft, hard) = (fields.next().unwrap_or("0"), fields.next().unwrap_or("0"));
    if soft != hard {
        let pid = std::process::id().to_string();
        run("prlimit", &["--pid", &pid, &format!("--nofile={hard}:{hard}")])?;
    }
    let files = hard.parse().unwrap_or(u64::MAX);
    ensure!(files >= needed, "needs {needed} open files, but `ulimit -Hn` is {files}");
    Ok(())
}

/// The type of the file system that a folder is on: durable writes cost nothing on some.
pub(crate) fn file_system(folder: &Path) -> String {
    let output = Command::new("stat").args(["-f", "-c", "%T"]).arg(folder).output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("`{program}` (package util-linux) can't be run"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {}: {}", arguments.join(" "), complaint.trim());
    Ok(())
}
