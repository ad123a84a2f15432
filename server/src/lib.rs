//! The Tidings server.
//!
//! ```text
//! http ─▶ socket ─▶ session ─▶ store (writer, readers)
//!   │        ▲          │          │ commits
//!   │        │          ▼          ▼
//!   │        └─────── rooms ◀── dispatch ◀─▶ bus ◀─▶ other nodes
//!   │        └─────── feed  ◀──────┘
//!   └▶ directory, settings, tokens, commands one at a time
//! ```
//!
//! * [`http`] listens, routes, checks the handshake and hands an upgraded stream on.
//! * [`socket`] is bytes in and frames out.
//! * [`session`] is what one connection may say, and what comes of it.
//! * [`rooms`] are the joined sockets of each live thread.
//! * [`feed`] tells people what concerns them without their joining anything.
//! * [`dispatch`] takes each commit from [`commits`], and those of other nodes from the [`bus`], and
//!   tells everybody, in commit order.
//! * [`people`] is who is connected, and what they may see; [`epochs`] is up to where ends of access
//!   are known here, and [`settle`] has whoever read the store wait until they are.
//! * [`lookover`] compares what is live with the store when something may have been missed.
//! * [`neighbours`] is what nodes tell each other and store nowhere.
//! * [`mail`] is what there is to know of emails: who signs the links in them, and where they go.
//! * [`auth`] is who somebody is; what they may do is the store's to decide.
//!
//! **Invariant:** a room knows a socket only as a bounded outbound handle, and the bus knows no
//! rooms. Nothing here waits for a client that reads slowly.

pub mod auth;
pub mod bus;
pub mod cli;
pub mod clock;
pub mod commits;
pub mod config;
pub mod demo;
pub mod dispatch;
pub mod epochs;
pub mod feed;
pub mod hearsay;
pub mod http;
pub mod janitor;
pub mod logging;
pub mod lookover;
pub mod mail;
pub mod markdown;
pub mod metrics;
pub mod neighbours;
pub mod node;
mod open;
pub mod people;
pub mod rooms;
pub mod session;
pub mod settle;
pub mod socket;
pub mod store;
pub mod vital;

use anyhow::Context;
use node::Node;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long the last socket that is closed may take to say goodbye, after the longest drain time.
const LAST_GOODBYE: Duration = Duration::from_secs(3);

/// A server that is asked to stop has ended by then, whatever does not end by itself: a store that
/// can't be reached says nothing of the last batch, and nobody was told anything of it.
const STOPPED_WITHIN: Duration = Duration::from_secs(9);

/// How long the operator's tools may take to read their last answers.
const OPS_GOODBYE: Duration = Duration::from_millis(500);

/// Where a running server can be reached.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// HTTP and sockets.
    pub listen: SocketAddr,
    /// Health and metrics, if they have a listener of their own.
    pub ops: Option<SocketAddr>,
}

/// Runs a server until `stop` is done, then drains: requests are finished, sockets are closed
/// spread over a time with a code that says to come back, and the store is closed after them. A
/// listener of the operator's own tells of it to the end.
pub async fn run(
    mut config: config::Config,
    ready: impl FnOnce(&Arc<Node>, Addresses),
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let listener = bind(config.listen).await?;
    let ops_listener = match config.ops_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    // Links in emails name the port, whichever it has become.
    config.listen = listener.local_addr()?;
    let node = Node::start(config, Arc::new(clock::SystemClock))?;
    let addresses = Addresses {
        listen: node.config.listen,
        ops: ops_listener.as_ref().map(TcpListener::local_addr).transpose()?,
    };
    let (stopping, stopped) = watch::channel(false);
    let serving = tokio::spawn(http::serve(Arc::clone(&node), listener, stopped.clone()));
    let (closing, closed) = watch::channel(false);
    let serving_ops = ops_listener.map(|listener| {
        tokio::spawn(http::serve_ops(Arc::clone(&node), listener, stopped, closed))
    });
    let ops = addresses.ops.map(tracing::field::display);
    tracing::info!(listen = %addresses.listen, ops, "ready");
    ready(&node, addresses);
    stop.await;
    let end = clock::monotonic() + STOPPED_WITHIN;
    tracing::info!(sockets = node.metrics.connections.get(), "draining");
    stopping.send_replace(true);
    let drain_time = node.config.limits.drain_time;
    let drained = async {
        node.sockets.drain(drain_time).await;
        serving.await.context("the listener broke")
    };
    let drained = tokio::time::timeout(drain_time + LAST_GOODBYE, drained).await;
    if drained.is_err() {
        tracing::warn!("some connections did not end in time, and are cut");
    }
    // Whatever broke on the way.
    if tokio::time::timeout_at(end.into(), node.close()).await.is_err() {
        tracing::error!("the store did not close in time: it is left as it is");
    }
    node.bus.goodbye().await;
    closing.send_replace(true);
    if let Some(serving) = serving_ops {
        // Whoever asks last gets the answer.
        let ended = tokio::time::timeout(OPS_GOODBYE, serving).await;
        ended.unwrap_or(Ok(())).context("the listener for operations broke")?;
    }
    tracing::info!("stopped");
    drained.unwrap_or(Ok(()))
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("can't listen on {address}"))
}
