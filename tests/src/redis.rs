//! A Redis of a test's own, which can be ended, paused and started again.

use crate::authority::Authority;
use crate::port::Port;
use crate::wait::within;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// A `redis-server` on a port of loopback that stays the same. It keeps nothing on disk, and ends
/// with its test, even one that is killed.
pub struct Redis {
    child: Option<Child>,
    port: Port,
    /// Where other nodes of a cluster reach it.
    cluster_port: Option<Port>,
    /// Where it speaks TLS.
    tls_port: Option<Port>,
    options: Vec<String>,
    folder: TempDir,
}

impl Redis {
    /// Starts one.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with further options, as on its command line: `["--maxclients", "10"]`.
    pub async fn start_with(options: &[&str]) -> Self {
        Self::start_on(options, None).await
    }

    /// Starts one that can become part of a cluster.
    pub async fn start_in_cluster() -> Self {
        Self::start_on(&["--cluster-enabled", "yes"], Some(Port::take())).await
    }

    /// Starts one that also speaks TLS, and shows what somebody vouches for: its address.
    pub async fn start_with_tls(authority: &Authority) -> Self {
        Self::new(&[], None).with_tls(authority).start_up().await
    }

    /// The same, which can become part of a cluster whose nodes speak TLS among them.
    pub async fn start_in_cluster_with_tls(authority: &Authority) -> Self {
        let options = ["--cluster-enabled", "yes", "--tls-cluster", "yes"];
        Self::new(&options, Some(Port::take())).with_tls(authority).start_up().await
    }

    fn with_tls(mut self, authority: &Authority) -> Self {
        authority.vouch("127.0.0.1").write(self.folder.path());
        let roots = authority.roots().display().to_string();
        let options = ["--tls-auth-clients", "no", "--tls-ca-cert-file", &roots];
        self.options.extend(options.map(str::to_owned));
        self.tls_port = Some(Port::take());
        self
    }

    async fn start_on(options: &[&str], cluster_port: Option<Port>) -> Self {
        Self::new(options, cluster_port).start_up().await
    }

    fn new(options: &[&str], cluster_port: Option<Port>) -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Self { child: None, port: Port::take(), cluster_port, tls_port: None, options, folder }
    }

    async fn start_up(mut self) -> Self {
        self.run().await;
        self
    }

    /// Where it is, as Redis clients write it.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Its address, whether it runs or not.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Where it speaks TLS, by this name of its address, as Redis clients write it.
    pub fn tls_url(&self, host: &str) -> String {
        let port = self.tls_port.as_ref().expect("it was started with TLS");
        format!("rediss://{host}:{}", port.number())
    }

    /// What `CLUSTER MEET` says on another node of a cluster.
    pub fn cluster_address(&self) -> String {
        let bus = self.cluster_port.as_ref().expect("it was started in a cluster").number();
        let port = self.tls_port.as_ref().unwrap_or(&self.port).number();
        format!("{} {port} {bus}", self.address().ip())
    }

    /// Ends it in order: its clients see their connections closed.
    pub async fn stop(&mut self) {
        self.signal("TERM").await;
        self.gone().await;
    }

    /// Ends it on the spot.
    pub async fn kill(&mut self) {
        self.child.as_mut().expect("it runs").start_kill().expect("our child can be killed");
        self.gone().await;
    }

    /// Starts it on the same port after [`Self::stop`] or [`Self::kill`].
    pub async fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        self.run().await;
    }

    /// Leaves its connections open, but answers nothing.
    pub async fn pause(&self) {
        self.signal("STOP").await;
    }

    /// Goes on after [`Self::pause`], with all that was sent to it meanwhile.
    pub async fn resume(&self) {
        self.signal("CONT").await;
    }

    /// Cuts the connections of all its clients (`all`), of those that subscribed (`pubsub`), or of
    /// the others (`normal`), and says how many there were.
    pub async fn client_kill(&self, kind: &str) -> usize {
        let kinds: &[&str] = if kind == "all" { &["normal", "pubsub"] } else { &[kind] };
        let mut cut = 0;
        for kind in kinds {
            let answer = self.say(&format!("CLIENT KILL TYPE {kind}")).await;
            let count = answer.strip_prefix(':').and_then(|count| count.parse::<usize>().ok());
            cut += count.unwrap_or_else(|| panic!("CLIENT KILL TYPE {kind}: {answer}"));
        }
        cut
    }

    /// Forgets every key.
    pub async fn flush(&self) {
        assert_eq!(self.say("FLUSHALL").await, "+OK");
    }

    /// Says a command on a connection of its own, its arguments without spaces. The answer is a
    /// line with what comes before it in Redis' protocol, a text without, or a list of either, each
    /// on lines of its own.
    pub async fn say(&self, command: &str) -> String {
        let answer = within("Redis to answer", ask(self.address(), command)).await;
        answer.unwrap_or_else(|error| panic!("Redis is away: {command}: {error}"))
    }

    /// Starts it.
    async fn run(&mut self) {
        let port = self.port.number().to_string();
        let mut command = command();
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--loglevel", "warning", "--logfile", "redis.log", "--dir"]);
        command.arg(self.folder.path()).args(&self.options).kill_on_drop(true);
        if let Some(port) = &self.cluster_port {
            command.args(["--cluster-port", &port.number().to_string()]);
        }
        if let Some(port) = &self.tls_port {
            let port = port.number().to_string();
            command.args(["--tls-port", &port, "--tls-cert-file", "server.crt"]);
            command.args(["--tls-key-file", "server.key"]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("a program that is there can be run");
        let ready = async {
            while ask(self.address(), "PING").await.is_err() {
                let ended = child.try_wait().expect("it is our child");
                assert!(ended.is_none(), "redis-server does not start: {ended:?}, {}", self.log());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within("redis-server to be ready", ready).await;
        self.child = Some(child);
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("redis.log")).unwrap_or_default()
    }

    async fn signal(&self, name: &str) {
        let id = self.child.as_ref().and_then(Child::id).expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(sent.is_ok_and(|status| status.success()), "kill -s {name} {id}");
    }

    async fn gone(&mut self) {
        let mut child = self.child.take().expect("it runs");
        within("redis-server to end", child.wait()).await.expect("it is our child");
    }
}

/// `redis-server`, ended by the kernel if the thread that started it goes first.
fn command() -> Command {
    let redis = find("redis-server").expect("no redis-server in PATH; please install Redis 7");
    let Some(setpriv) = find("setpriv") else { return Command::new(redis) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(redis);
    command
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

async fn ask(address: SocketAddr, command: &str) -> std::io::Result<String> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.write_all(format!("{command}\r\n").as_bytes()).await?;
    let (mut answer, mut expected) = (Vec::new(), 1);
    while answer.len() < expected {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let line = line.trim_end();
        if let Some(items) = line.strip_prefix('*').and_then(|n| n.parse().ok()) {
            expected = items;
        } else if let Some(length) = line.strip_prefix('$').and_then(|n| n.parse().ok()) {
            let mut text = vec![0; length];
            stream.read_exact(&mut text).await?;
            stream.read_line(&mut String::new()).await?;
            answer.push(String::from_utf8_lossy(&text).into_owned());
        } else {
            answer.push(line.to_owned());
        }
    }
    Ok(answer.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_ends_pauses_and_comes_back_on_its_port() {
        let mut redis = Redis::start().await;
        assert_eq!(redis.say("SET a 1").await, "+OK");
        redis.flush().await;
        assert_eq!(redis.say("EXISTS a").await, ":0");
        let mut client = BufReader::new(TcpStream::connect(redis.address()).await.unwrap());
        client.write_all(b"SUBSCRIBE a\r\n").await.unwrap();
        let mut line = String::new();
        within("an answer", client.read_line(&mut line)).await.unwrap();
        assert_eq!(redis.client_kill("pubsub").await, 1);
        within("the end", client.read_to_string(&mut line)).await.unwrap();
        redis.pause().await;
        let paused = tokio::time::timeout(Duration::from_millis(50), redis.say("PING")).await;
        assert!(paused.is_err(), "it answers while it is paused");
        redis.resume().await;
        assert_eq!(redis.say("PING").await, "+PONG");
        redis.kill().await;
        assert!(ask(redis.address(), "PING").await.is_err());
        redis.start_again().await;
        redis.stop().await;
        redis.start_again().await;
        assert_eq!(redis.say("PING").await, "+PONG");
    }
}
