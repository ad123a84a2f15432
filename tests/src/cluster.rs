//! A cluster under test: one PostgreSQL, one Redis, some nodes, and between all of them a network
//! that can be broken.

use crate::binary::{Finished, tidings};
use crate::endpoint::Endpoint;
use crate::fault_proxy::FaultProxy;
use crate::firm::Firm;
use crate::http::Http;
use crate::postgres::Postgres;
use crate::process::Process;
use crate::redis::Redis;
use crate::server::ready;
use futures_util::future::join_all;
use std::time::Duration;

/// What every node is started with. Logs are for whoever looks for a fault that a run has found.
const SETTINGS: [&str; 8] = [
    "--listen=127.0.0.1:0",
    "--log-format=json",
    "--log-filter=info,tidings=debug,tidings_server=debug,tidings_storage=debug",
    "--commands-per-second=100000",
    "--commands-burst=100000",
    "--sockets-per-person=1000",
    "--drain-time=500ms",
    // Nobody sends emails, unless a test is about them.
    "--mail-notifier=apart",
];

/// Few connections, which are soon taken by somebody else.
const POSTGRES: &[&str] = &["max_connections=30"];

/// Where the nodes' store is.
pub(crate) const DATABASE: &str = "tidings";

/// A node that is asked to stop ends within 10 seconds, of which a busy machine makes more.
const STOPPED_WITHIN: Duration = Duration::from_secs(15);

/// Before a node that could not start is started once more.
const START_AGAIN: Duration = Duration::from_millis(100);

/// Nodes with one store and one bus. All of it ends with this.
pub struct Cluster {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// What they tell each other goes through it.
    pub redis: Redis,
    /// What they store is in it.
    pub postgres: Postgres,
}

/// One node. Whoever talks to it, and whatever it talks to, does so through a network of its own.
pub struct Node {
    process: Option<Process>,
    arguments: Vec<String>,
    endpoint: Endpoint,
    /// How often it has ended by itself after it was ready.
    pub crashes: u32,
    /// How often it could not start.
    pub false_starts: u32,
    /// Between clients and the node: its address stays the same.
    pub clients: FaultProxy,
    /// Between the node and Redis.
    pub to_redis: FaultProxy,
    /// Between the node and PostgreSQL.
    pub to_postgres: FaultProxy,
}

impl Cluster {
    /// Starts all of it, the nodes at once, on an empty store.
    pub async fn start(nodes: usize) -> Self {
        Self::start_with(nodes, &[]).await
    }

    /// Starts all of it, the nodes with further settings: `["--sockets-per-person=3"]`.
    pub async fn start_with(nodes: usize, settings: &[&str]) -> Self {
        let (redis, postgres) = (Redis::start().await, Postgres::start_with(POSTGRES));
        postgres.create_database(DATABASE);
        let nodes = join_all((0..nodes).map(|_| Node::start(&redis, &postgres, settings))).await;
        Self { nodes, redis, postgres }
    }

    /// Waits until every node that is to run does, whatever is broken for it meanwhile: one that
    /// gives up is started again, as an operator's supervisor would.
    pub async fn all_ready(&mut self) {
        join_all(self.nodes.iter_mut().map(Node::ready)).await;
    }

    /// Makes a firm, which is reached by the first node.
    pub async fn firm(&self, name: &str) -> Firm {
        let made = self.tidings(&["firm", "create", name]).await;
        Firm::made(&made.ok(), &self.nodes[0].endpoint)
    }

    /// Runs a command of `tidings` on its store.
    pub async fn tidings(&self, arguments: &[&str]) -> Finished {
        let store = self.postgres.url(DATABASE);
        tidings(arguments.iter().copied().chain(["--store", &store])).await
    }
}

impl Node {
    async fn start(redis: &Redis, postgres: &Postgres, settings: &[&str]) -> Self {
        let (to_redis, to_postgres) =
            tokio::join!(FaultProxy::start(redis.address()), FaultProxy::start(postgres.address()));
        let bus = format!("--bus=redis://{}", to_redis.address());
        let (direct, proxy) = (postgres.address().to_string(), to_postgres.address().to_string());
        let store = format!("--store={}", postgres.url(DATABASE).replace(&direct, &proxy));
        let name = |setting: &str| setting.split('=').next().map(str::to_owned);
        let is_set = |known: &&&str| settings.iter().any(|one| name(one) == name(known));
        let usual = SETTINGS.iter().filter(|known| !is_set(known));
        let settings = usual.chain(settings).map(|one| (*one).to_owned());
        let arguments: Vec<String> =
            ["serve".to_owned()].into_iter().chain(settings).chain([store, bus]).collect();
        let process = Process::start(&arguments);
        let address = ready(&process).await;
        let address = address.unwrap_or_else(|logs| panic!("a node does not start:\n{logs}"));
        let clients = FaultProxy::start(address).await;
        let endpoint = Endpoint::of(clients.address());
        let process = Some(process);
        Self {
            process,
            arguments,
            endpoint,
            clients,
            to_redis,
            to_postgres,
            crashes: 0,
            false_starts: 0,
        }
    }

    /// Its HTTP API as clients reach it, without a credential.
    pub fn http(&self) -> Http {
        Http::new(&self.endpoint)
    }

    /// Where clients reach it.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What its process has logged so far.
    pub fn log(&self) -> Vec<String> {
        self.process.as_ref().map(|process| process.logs.lines()).unwrap_or_default()
    }

    /// Ends it on the spot, as a power cut would.
    pub async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Ends it in order, and waits for that; it must not take longer than it may, whatever is away.
    pub async fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.signal("TERM").await;
            let ended = tokio::time::timeout(STOPPED_WITHIN, process.ended()).await;
            assert!(
                ended.is_ok(),
                "a node that was asked to stop has not within {STOPPED_WITHIN:?}"
            );
        }
    }

    /// Starts it on the same address for clients, and does not wait until it is ready.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "it runs");
        self.process = Some(Process::start(&self.arguments));
    }

    /// Waits until it is ready, if it is to run.
    pub async fn ready(&mut self) {
        while let Some(process) = &mut self.process {
            match (ready(process).await, process.has_ended()) {
                (Ok(address), false) => return self.clients.lead_to(address),
                (Ok(_), true) => self.crashes += 1,
                (Err(_), _) => self.false_starts += 1,
            }
            tokio::time::sleep(START_AGAIN).await;
            self.process = Some(Process::start(&self.arguments));
        }
    }
}
