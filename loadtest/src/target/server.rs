//! A server that is started for a run: its own process, on its own core, with a store that is new.

use crate::cast::Api;
use crate::machine::{self, SERVER_CORE};
use anyhow::{Context, Result, bail, ensure};
use std::env;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Rates are not what is measured: one connection may send all it can, and one person have all
/// sockets that are wanted.
const FLAGS: &[&str] =
    &["--commands-per-second=100000", "--commands-burst=100000", "--sockets-per-person=1000"];

/// Descriptors that a server needs besides one for each connection.
const OTHER_FILES: u64 = 256;

/// Most connections that a server takes.
const CONNECTIONS_MAX: u64 = 1_000_000;

const START_TIME: Duration = Duration::from_secs(20);
const STOP_TIME: Duration = Duration::from_secs(15);

/// A running server.
pub struct Server {
    child: Child,
    folder: TempDir,
    start: Start,
    flags: Vec<String>,
    key: String,
    address: SocketAddr,
}

/// The server beside this program. Run by cargo, it is built first, so that what is measured is what
/// stands in the source.
pub fn beside() -> Result<PathBuf> {
    let here = env::current_exe()?;
    let program = here.with_file_name("tidings");
    if let Some(cargo) = env::var_os("CARGO") {
        let target = here.parent().and_then(Path::parent).context("no target folder")?;
        let built = Command::new(cargo)
            .args(["build", "--release", "-p", "tidings-server", "--bin", "tidings"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("CARGO_TARGET_DIR", target)
            .status()?;
        ensure!(built.success(), "the server does not build");
        return Ok(target.join("release/tidings"));
    }
    ensure!(program.exists(), "no {}: say where it is with --program", program.display());
    Ok(program)
}

/// How to start one.
#[derive(Clone, Debug)]
pub struct Start {
    /// The program `tidings`.
    pub program: PathBuf,
    /// Further flags for `tidings serve`.
    pub flags: Vec<String>,
    /// Where its store is to be: a folder on a real disk.
    pub folder: PathBuf,
    /// Whether it gets a core for itself.
    pub pinned: bool,
}

impl Server {
    /// Makes a store with one firm, and starts a server on it.
    pub async fn start(start: &Start) -> Result<Self> {
        let folder = TempDir::new_in(&start.folder)?;
        let store = format!("--store=sqlite:{}", folder.path().join("tidings.db").display());
        let made = command(&start.program, folder.path())
            .args(["firm", "create", &store, "Measured"])
            .output()
            .with_context(|| format!("running {}", start.program.display()))?;
        let complaint = String::from_utf8_lossy(&made.stderr);
        ensure!(made.status.success(), "tidings firm create: {complaint}");
        let said = String::from_utf8(made.stdout)?;
        let key = said.lines().find_map(|line| line.strip_prefix("api_key "));
        let key = key.context("tidings firm create printed no api_key")?.to_owned();
        let address = free_address()?;
        let mut flags = vec![store, format!("--listen={address}"), "--log-filter=warn".to_owned()];
        flags.extend(FLAGS.iter().map(|flag| (*flag).to_owned()));
        let files = rlimit::getrlimit(rlimit::Resource::NOFILE)?.1;
        let connections = files.saturating_sub(OTHER_FILES).min(CONNECTIONS_MAX);
        flags.push(format!("--connections={connections}"));
        flags.extend(start.flags.iter().cloned());
        let child = spawn(start, folder.path(), &flags)?;
        let mut server = Self { child, folder, start: start.clone(), flags, key, address };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Stops it and starts it again on the same store, so that its memory is that of a new process.
    pub async fn restart(&mut self) -> Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw);
        let pid = pid.context("no process number")?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let start = machine::now();
        while self.child.try_wait()?.is_none() {
            ensure!(start.elapsed() < STOP_TIME, "the server does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.child = spawn(&self.start, self.folder.path(), &self.flags)?;
        self.wait_until_ready().await
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let start = machine::now();
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

    /// Its API, with its firm's key.
    pub fn api(&self) -> Api {
        Api::new(&[self.address], self.key.clone())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it had to say: warnings and errors.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, and its store goes with the folder.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(start: &Start, folder: &Path, flags: &[String]) -> Result<Child> {
    let log = File::options().create(true).append(true).open(folder.join("log"))?;
    let mut serve = command(&start.program, folder);
    serve.arg("serve").args(flags);
    serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    // A child begins on its parent's cores: so this thread goes there for a moment, and the server
    // never sees another core, nor counts it when it makes its threads.
    if start.pinned {
        machine::pin(None, SERVER_CORE)?;
    }
    let child = serve.spawn().context("starting the server");
    if start.pinned {
        machine::pin(None, machine::CLIENT_CORE)?;
    }
    child
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
