//! Nodes that share a store and a bus, without anything between them.

use tidings_tests::{Firm, Postgres, Redis, Server};

/// The database's name.
const DATABASE: &str = "cost";

/// A running cluster with a firm on it.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Server>,
    pub(crate) firm: Firm,
    _redis: Redis,
    _postgres: Postgres,
}

impl Cluster {
    /// Starts so many nodes on an empty store.
    pub(crate) async fn start(nodes: usize) -> Self {
        let redis = Redis::start().await;
        let postgres = Postgres::start();
        postgres.create_database(DATABASE);
        let (store, bus) = (postgres.url(DATABASE), redis.url());
        let settings = [
            ("store", store.as_str()),
            ("bus", bus.as_str()),
            ("log-filter", "info"),
            ("sockets-per-person", "1000"),
        ];
        let mut servers = Vec::with_capacity(nodes);
        for _ in 0..nodes {
            servers.push(Server::start_with(&settings).await);
        }
        let firm = Firm::create(&servers[0], "Cost").await;
        Self { nodes: servers, firm, _redis: redis, _postgres: postgres }
    }
}
