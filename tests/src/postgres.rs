//! A PostgreSQL of a test's own, which can be ended, crashed and started again; and one that all
//! tests of a process share, each with a database of its own in it.
//!
//! A shell beside the server waits for our end of a pipe to close, and then ends the server and
//! removes its folder: so nothing is left, however the test ends.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

use crate::authority::Identity;
use crate::port::Port;
use crate::wait::{DEADLINE, within};

/// Small, and in nothing that is tested different from a real one: commits are synced.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "shared_buffers=16MB",
    // In its folder, which goes when it is killed too.
    "dynamic_shared_memory_type=mmap",
    "max_connections=60",
    "max_wal_size=256MB",
    "autovacuum_naptime=5s",
    "logging_collector=off",
];

/// Waits for the pipe, ends the server and what it leaves.
const UNDERTAKER: &str = r#"
trap '' HUP INT TERM
read -r _
while [ -e "$1" ]; do
  if pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null); then kill -KILL "$pid" 2>/dev/null; fi
  rm -rf "$1" 2>/dev/null || sleep 0.05
done
"#;

/// The superuser of its databases.
const USER: &str = "tidings";

/// A server on a port of loopback that stays the same, which lets everybody in.
pub struct Postgres {
    folder: PathBuf,
    port: Port,
    settings: Vec<String>,
    server: Option<Child>,
    undertaker: Child,
}

impl Postgres {
    /// Starts one.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with further settings, such as `max_connections=5`.
    pub fn start_with(settings: &[&str]) -> Self {
        Self::start_as(None, settings)
    }

    /// Starts one that can speak TLS, and shows this.
    pub fn start_with_tls(identity: &Identity) -> Self {
        Self::start_as(Some(identity), &["ssl=on"])
    }

    fn start_as(identity: Option<&Identity>, settings: &[&str]) -> Self {
        let settings = SETTINGS.iter().chain(settings).map(|one| (*one).to_owned()).collect();
        let folder = TempDir::new().expect("there is room for temporary files").keep();
        let undertaker = bury(&folder);
        let mut postgres = Self { folder, port: Port::take(), settings, server: None, undertaker };
        postgres.init();
        if let Some(identity) = identity {
            postgres.identify(identity);
        }
        postgres.run();
        postgres
    }

    /// The one of this process, for tests that neither end nor crash it. It syncs nothing: it is
    /// there to be quick.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(&["fsync=off", "max_connections=200"]))
    }

    /// Where a database of it is, as clients write it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@{}/{database}", self.address())
    }

    /// Its address, whether it runs or not.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str) {
        self.query("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
    }

    /// Makes a database that is a copy of another, to which nobody is connected.
    pub fn copy_database(&self, from: &str, to: &str) {
        self.query("postgres", &format!("CREATE DATABASE {to} TEMPLATE {from}"));
    }

    /// Removes a database, and whoever is connected to it.
    pub fn drop_database(&self, name: &str) {
        self.query("postgres", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    }

    /// Copies a database into a file, as a text: bytes that are readable are readable there.
    pub fn dump(&self, database: &str, to: &Path) {
        let mut dump = Command::new(find("pg_dump"));
        dump.env("PGOPTIONS", "-c bytea_output=escape").arg("--file").arg(to);
        finish(dump.arg(self.url(database)));
    }

    /// Fills an empty database from such a file.
    pub fn restore(&self, database: &str, from: &Path) {
        let mut restore = Command::new(find("psql"));
        restore.args(["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file"]).arg(from);
        finish(restore.arg(self.url(database)));
    }

    /// Ends the connections to a database, and says how many there were.
    pub fn terminate_backends(&self, database: &str) -> usize {
        let others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
        let ended = format!("SELECT pg_terminate_backend(pid) {others} AND datname = '{database}'");
        self.query("postgres", &ended).len()
    }

    /// How many connections to a database there are, without the one that asks.
    pub fn connections(&self, database: &str) -> usize {
        let others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
        self.query("postgres", &format!("SELECT pid {others} AND datname = '{database}'")).len()
    }

    /// Runs statements on a connection of its own, and gives the rows as texts.
    pub fn query(&self, database: &str, sql: &str) -> Vec<Vec<Option<String>>> {
        let answer = ask(&self.url(database), sql);
        answer.unwrap_or_else(|error| panic!("{sql}: {error}\n{}", self.log()))
    }

    /// Ends it in order: its clients see their connections closed.
    pub fn stop(&mut self) {
        self.end("INT");
    }

    /// Ends it on the spot: what is not synced is lost, and the next start recovers.
    pub fn crash(&mut self) {
        self.end("QUIT");
    }

    /// Starts it on the same port after [`Self::stop`] or [`Self::crash`].
    pub fn start_again(&mut self) {
        assert!(self.server.is_none(), "it runs");
        self.run();
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn init(&self) {
        if let Some((uid, gid)) = other_user() {
            chown(&self.folder, Some(uid), Some(gid)).expect("root gives a folder away");
        }
        let mut command = command("initdb");
        command.args(["--username", USER, "--auth", "trust", "--encoding", "UTF8"]);
        command.args(["--no-locale", "--no-sync", "--pgdata"]).arg(self.data());
        finish(&mut command);
    }

    /// Gives it what it looks for in its data folder, as files that nobody else can read.
    fn identify(&self, identity: &Identity) {
        for file in identity.write(&self.data()) {
            fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("the file is ours");
            if let Some((uid, gid)) = other_user() {
                chown(&file, Some(uid), Some(gid)).expect("root gives a file away");
            }
        }
    }

    /// Starts it.
    fn run(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.folder.join("log"));
        let log = log.expect("our own folder can be written to");
        let mut command = command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.number().to_string()]);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut server = command.spawn().expect("postgres is there");
        self.wait_for(&mut server);
        self.server = Some(server);
    }

    /// Waits until it answers.
    fn wait_for(&self, server: &mut Child) {
        for _ in 0..DEADLINE.as_millis() / 10 {
            if ask(&self.url("postgres"), "SELECT 1").is_ok() {
                return;
            }
            let ended = server.try_wait().expect("it is our child");
            assert!(ended.is_none(), "postgres does not start: {ended:?}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("postgres is not ready after {DEADLINE:?}:\n{}", self.log());
    }

    fn end(&mut self, signal: &str) {
        let mut server = self.server.take().expect("it runs");
        let sent = Command::new("kill").args(["-s", signal, &server.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -s {signal}");
        server.wait().expect("it is our child");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("---- postgres\n{}", self.log());
        }
        drop(self.undertaker.stdin.take());
        let _ = self.undertaker.wait();
        if let Some(mut server) = self.server.take() {
            let _ = server.wait();
        }
    }
}

fn finish(command: &mut Command) {
    let done = command.output().expect("a program that is there can be run");
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn bury(folder: &Path) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", UNDERTAKER, "undertaker"]).arg(folder);
    // Of a group of its own, so that the key that ends the tests doesn't end it first.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.spawn().expect("there is a shell")
}

/// A program of PostgreSQL. It refuses to run as root, so for root it runs as somebody else.
fn command(program: &str) -> Command {
    let path = find(program);
    let mut command = Command::new(path);
    if let Some((uid, gid)) = other_user() {
        command.uid(uid).gid(gid).current_dir("/");
    }
    command
}

/// Whose name PostgreSQL runs under if ours is root: user and group.
fn other_user() -> Option<(u32, u32)> {
    let me = fs::metadata("/proc/self").map(|me| std::os::unix::fs::MetadataExt::uid(&me));
    if me.is_ok_and(|uid| uid != 0) {
        return None;
    }
    let people = fs::read_to_string("/etc/passwd").expect("a system has users");
    let of = |name| {
        let line = people.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let mut fields = line.split(':').skip(1).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    Some(of("postgres").or_else(|| of("nobody")).expect("there is a user nobody"))
}

/// A program in the `PATH`, or the newest one where Debian has them.
fn find(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let found = folders.into_iter().map(|folder| folder.join(program)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("no {program}: please install PostgreSQL (`postgresql`)"))
}

/// Runs statements on a new connection. On a thread of its own, so that it can be called from
/// inside a runtime and outside of one.
fn ask(url: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
    let config: Config = url.parse().expect("the address is ours");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system lets us wait");
    // The runtime ends on that thread too: it must not inside of another one.
    let asked = move || runtime.block_on(within("PostgreSQL to answer", rows(&config, sql)));
    std::thread::scope(|scope| scope.spawn(asked).join().expect("it does not panic"))
}

async fn rows(config: &Config, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
    let (client, connection) = config.connect(NoTls).await.map_err(|error| why(&error))?;
    tokio::spawn(connection);
    let mut rows = Vec::new();
    for message in client.simple_query(sql).await.map_err(|error| why(&error))? {
        if let SimpleQueryMessage::Row(row) = message {
            let column = |index| row.get(index).map(str::to_owned);
            rows.push((0..row.len()).map(column).collect());
        }
    }
    Ok(rows)
}

/// An error with all that is behind it.
fn why(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a String can't fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_crashes_and_comes_back_with_what_was_committed() {
        let mut postgres = Postgres::start();
        postgres.create_database("one");
        postgres.query("one", "CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
        postgres.copy_database("one", "two");
        postgres.crash();
        assert!(ask(&postgres.url("one"), "SELECT 1").is_err());
        postgres.start_again();
        postgres.stop();
        postgres.start_again();
        for database in ["one", "two"] {
            let rows = postgres.query(database, "SELECT a FROM t");
            assert_eq!(rows, [[Some("1".to_owned())]]);
            assert_eq!(postgres.connections(database), 0);
        }
        postgres.drop_database("two");
        let folder = postgres.folder.clone();
        drop(postgres);
        assert!(!folder.exists(), "nothing is left");
    }
}
