//! The server under measurement: its own process, on its own core, with a store that is new.

use crate::api::Api;
use crate::clock::now;
use crate::machine::{self, Cpu, Resident, SERVER_CORE};
use crate::options::Options;
use anyhow::{Context, Result, bail, ensure};
use std::env;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Rates are not what is measured: one connection may send all it can. As many connections as the
/// usual limit on open files allows.
const FLAGS: &[&str] =
    &["--commands-per-second=100000", "--commands-burst=100000", "--connections=10000"];

const START_TIME: Duration = Duration::from_secs(20);
const STOP_TIME: Duration = Duration::from_secs(15);

/// A running server.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    program: PathBuf,
    flags: Vec<String>,
    key: String,
    address: SocketAddr,
}

/// Builds the release binary of the server beside this program's own, and says where it is.
pub(crate) fn build() -> Result<PathBuf> {
    let here = env::current_exe()?;
    let program = here.with_file_name("tidings");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = here.parent().and_then(Path::parent).context("no target folder")?;
    let built = Command::new(cargo)
        .args(["build", "--release", "-p", "tidings-server", "--bin", "tidings"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", target)
        .status()?;
    ensure!(built.success(), "the server does not build");
    Ok(program)
}

impl Server {
    /// Makes a store with one firm, and starts a server on it.
    pub(crate) async fn start(options: &Options, program: &Path) -> Result<Self> {
        let folder = TempDir::new_in(&options.folder)?;
        let store = format!("--store=sqlite:{}", folder.path().join("tidings.db").display());
        let made = command(program, folder.path())
            .args(["firm", "create", &store, "Measured"])
            .output()?;
        let complaint = String::from_utf8_lossy(&made.stderr);
        ensure!(made.status.success(), "tidings firm create: {complaint}");
        let said = String::from_utf8(made.stdout)?;
        let key = said.lines().find_map(|line| line.strip_prefix("api_key "));
        let key = key.context("tidings firm create printed no api_key")?.to_owned();
        let address = free_address()?;
        let mut flags = vec![store, format!("--listen={address}"), "--log-filter=warn".to_owned()];
        flags.extend(FLAGS.iter().map(|flag| (*flag).to_owned()));
        flags.extend(options.serve.iter().cloned());
        let child = spawn(program, folder.path(), &flags)?;
        let program = program.to_owned();
        let mut server = Self { child, folder, program, flags, key, address };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Stops it and starts it again on the same store, so that its memory is that of a new process.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        let pid = self.child.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &pid]).status()?.success(), "kill");
        let start = now();
        while self.child.try_wait()?.is_none() {
            ensure!(start.elapsed() < STOP_TIME, "the server does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.child = spawn(&self.program, self.folder.path(), &self.flags)?;
        self.wait_until_ready().await
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let start = now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}: {}", self.log());
            }
            if let Ok(mut connection) = self.api().connect().await
                && let Ok((200, _)) = connection.request("GET", "/health/ready", "").await
            {
                return Ok(());
            }
            ensure!(start.elapsed() < START_TIME, "the server is not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn api(&self) -> Api {
        Api { address: self.address, key: self.key.clone() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU time used so far.
    pub(crate) fn cpu(&self) -> Result<Cpu> {
        machine::cpu(&format!("/proc/{}/stat", self.pid()))
    }

    /// Starts to watch the CPU.
    pub(crate) fn watch(&self) -> Result<Watch> {
        Ok(Watch { start: now(), cpu: self.cpu()?, core: machine::server_core_busy()? })
    }

    /// Resident memory.
    pub(crate) fn resident(&self) -> Result<Resident> {
        machine::resident(self.pid())
    }

    /// A number from its metrics; 0 before there is one.
    pub(crate) async fn metric(&self, name: &str) -> Result<f64> {
        let (_, text) = self.api().connect().await?.request("GET", "/metrics", "").await?;
        let text = String::from_utf8(text)?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(line.map_or(Ok(0.0), str::parse)?)
    }

    /// What it had to say: warnings and errors.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// The CPU at some moment.
pub(crate) struct Watch {
    start: Instant,
    cpu: Cpu,
    core: f64,
}

/// The CPU since then.
pub(crate) struct Used {
    pub(crate) cpu: Cpu,
    /// Seconds that passed.
    pub(crate) seconds: f64,
    /// How much of the server's core the server used, in percent.
    pub(crate) own_percent: f64,
    /// How much of it others used. Who has to wait does more at a time, so that the cost seems
    /// lower and the latency higher than it is: figures are good when this is near 0.
    pub(crate) others_percent: f64,
}

impl Watch {
    /// What was used since.
    pub(crate) fn used(&self, server: &Server) -> Result<Used> {
        let (cpu, core) = (server.cpu()?.since(self.cpu), machine::server_core_busy()? - self.core);
        let seconds = self.start.elapsed().as_secs_f64();
        let percent = |of_it: f64| of_it / seconds * 100.0;
        let others_percent = percent((core - cpu.total()).max(0.0));
        Ok(Used { cpu, seconds, own_percent: percent(cpu.total()), others_percent })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, and its store goes with the folder.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(program: &Path, folder: &Path, flags: &[String]) -> Result<Child> {
    let program = program.to_str().context("the path of the server is not UTF-8")?;
    let mut taskset = command(Path::new("taskset"), folder);
    taskset.args(["-c", SERVER_CORE, program, "serve"]).args(flags);
    let log = File::options().create(true).append(true).open(folder.join("log"))?;
    taskset.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    taskset.spawn().context("starting the server")
}

/// A command that the surroundings do not configure.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("TIDINGS_")) {
            command.env_remove(name);
        }
    }
    command
}

/// An address that nobody uses now.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
