//! What every scenario takes from the command line.

use crate::machine::{self, Watched};
use crate::outages::Outages;
use crate::report::Thresholds;
use crate::target::{self, Server, Start, Target};
use crate::world::Manners;
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use std::env;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use tidings_protocol::Encoding;

/// How clients speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Speech {
    /// All in JSON.
    Json,
    /// All in postcard.
    Postcard,
    /// One in JSON, the next in postcard.
    Both,
}

/// What every scenario takes.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// A server that runs already, such as `http://127.0.0.1:8080`; again for each further node.
    /// Without it one is started for the run, with a store of its own
    #[arg(long, value_name = "URL", requires = "api_key")]
    pub target: Vec<String>,
    /// The API key of a firm there, which gets the run's people and threads
    #[arg(long, env = "TIDINGS_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// The process number of the server there, to watch its CPU and memory
    #[arg(long, requires = "target")]
    pub pid: Option<u32>,
    /// The server to start [default: the `tidings` beside this program]
    #[arg(long, conflicts_with = "target")]
    pub program: Option<PathBuf>,
    /// One more flag for the server that is started, such as --serve=--commit-pace=2ms
    #[arg(long, value_name = "FLAG", allow_hyphen_values = true, conflicts_with = "target")]
    pub serve: Vec<String>,
    /// Where its store is to be: a folder on a real disk [default: the one for temporary files]
    #[arg(long, conflicts_with = "target")]
    pub folder: Option<PathBuf>,
    /// Leaves server and clients on all cores, instead of on one each
    #[arg(long)]
    pub no_pin: bool,
    /// How clients speak
    #[arg(long, value_enum, default_value = "json")]
    pub encoding: Speech,
    /// Bytes of each message
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(16..=65_536))]
    pub body_bytes: u32,
    /// Clients make random keys (UUID version 4), not keys in order of time (version 7)
    #[arg(long)]
    pub random_keys: bool,
    /// Length of the measured part, in seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// Length of the warm-up before it, in seconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    pub warm_up: u32,
    /// An address that connections come from; again for more, when one has too few ports
    /// [default: 16 addresses of the loopback for a server there, else what the system chooses]
    #[arg(long, value_name = "IP")]
    pub source: Vec<IpAddr>,
    /// Longest wait before the first attempt to come back, in milliseconds; it doubles
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub backoff_ms: u32,
    /// Writes the results into a file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Writes a report with plots into a file, one HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Shows no progress
    #[arg(long)]
    pub quiet: bool,
    /// How it lives with outages.
    #[command(flatten)]
    pub outages: Outages,
    /// What the run must reach to pass.
    #[command(flatten)]
    pub thresholds: Thresholds,
}

impl Options {
    /// The encoding of a device.
    pub fn encoding_of(&self, device: usize) -> Encoding {
        match self.encoding {
            Speech::Json => Encoding::Json,
            Speech::Postcard => Encoding::Postcard,
            Speech::Both => Encoding::ALL[device % Encoding::ALL.len()],
        }
    }

    /// The addresses that connections come from.
    pub fn sources(&self, nodes: &[SocketAddr]) -> Rc<[IpAddr]> {
        if self.source.is_empty() {
            crate::client::default_sources(nodes)
        } else {
            self.source.clone().into()
        }
    }

    /// How clients behave.
    pub fn manners(&self) -> Manners {
        Manners {
            body_bytes: self.body_bytes as usize,
            backoff: Duration::from_millis(self.backoff_ms.into()),
            backoff_max: self.outages.backoff_max(),
            random_keys: self.random_keys,
            outages: self.outages.outages,
        }
    }

    /// What is put under load: starts a server if none is named.
    pub async fn open_target(&self) -> Result<Target> {
        if self.target.is_empty() { self.start_server().await } else { self.running_servers() }
    }

    fn running_servers(&self) -> Result<Target> {
        let nodes = self.target.iter().map(|node| target::address(node));
        let nodes: Rc<[SocketAddr]> = nodes.collect::<Result<_>>()?;
        let key = self.api_key.clone().context("--api-key is missing")?;
        ensure!(
            self.pid.is_none() || nodes.len() == 1,
            "--pid is one node's process: it can't stand for {} nodes",
            nodes.len()
        );
        let watched = self.pid.map(Watched::new).transpose()?;
        let api = crate::cast::Api::new(&nodes, key);
        Ok(Target { nodes, api, watched, server: None })
    }

    async fn start_server(&self) -> Result<Target> {
        let program = match &self.program {
            Some(program) => program.canonicalize().context("--program")?,
            None => target::beside()?,
        };
        let folder = self.folder.clone().unwrap_or_else(env::temp_dir);
        let flags = self.serve.clone();
        let server = Server::start(&Start { program, flags, folder, pinned: !self.no_pin }).await?;
        let watched = Some(Watched::new(server.pid())?);
        Ok(Target {
            nodes: Rc::new([server.address()]),
            api: server.api(),
            watched,
            server: Some(server),
        })
    }

    /// Puts this process where it belongs.
    pub fn settle_in(&self) -> Result<()> {
        if !self.no_pin {
            machine::two_cores()?;
            machine::pin(None, machine::CLIENT_CORE)?;
        }
        Ok(())
    }

    /// The settings, for the report.
    pub fn describe(&self) -> Vec<(String, String)> {
        let said = |name: &str, value: String| (name.to_owned(), value);
        let server = if self.target.is_empty() {
            "started for the run".to_owned()
        } else {
            self.target.join(", ")
        };
        let mut all = vec![
            said("server", server),
            said("encoding", format!("{:?}", self.encoding).to_lowercase()),
            said("message", format!("{} bytes", self.body_bytes)),
            said("keys", if self.random_keys { "random" } else { "in order of time" }.to_owned()),
            said("warm-up", format!("{} s", self.warm_up)),
            said("measured", format!("{} s", self.seconds)),
        ];
        if !self.serve.is_empty() {
            all.push(said("server's flags", self.serve.join(" ")));
        }
        let cores =
            if self.no_pin { "all, for both" } else { "one for the server, one for its clients" };
        all.push(said("cores", cores.to_owned()));
        all
    }
}
