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
pub mod metrics;
pub mod neighbours;
pub mod node;
mod open;
pub mod people;
mod process;
pub mod rooms;
pub mod session;
pub mod settle;
pub mod socket;
pub mod store;
pub mod vital;

use anyhow::Context;
use node::Node;
use process::Process;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How long the last socket that is closed may take to say goodbye, after the longest drain time.
const LAST_GOODBYE: Duration = Duration::from_secs(3);

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
    // Links in emails name the port, whichever it has become.
    config.listen = listener.local_addr()?;
    let mut stop = pin!(stop);
    let started = Process::start(config, true, stop.as_mut()).await?;
    let Some(mut process) = started else { return Ok(()) };
    let node = Arc::clone(&process.node);
    let addresses = Addresses { listen: node.config.listen, ops: process.ops };
    let serving = http::serve(Arc::clone(&node), listener, process.stopped.clone());
    let serving = tokio::spawn(serving);
    let ops = addresses.ops.map(tracing::field::display);
    tracing::info!(listen = %addresses.listen, ops, "ready");
    ready(&node, addresses);
    stop.await;
    tracing::info!(sockets = node.metrics.connections.get(), "draining");
    let mut drained = Ok(());
    let ending = process.stop(async { drained = drain(&node, serving).await }).await;
    // Whatever broke on the way.
    process.close(ending).await?;
    drained
}

/// Closes all sockets over a time, and waits for requests. Connections that take too long are cut.
async fn drain(node: &Node, serving: JoinHandle<()>) -> anyhow::Result<()> {
    let drain_time = node.config.limits.drain_time;
    let drained = async {
        node.sockets.drain(drain_time).await;
        serving.await.context("the listener broke")
    };
    let drained = tokio::time::timeout(drain_time + LAST_GOODBYE, drained).await;
    drained.unwrap_or_else(|_| {
        tracing::warn!("some connections did not end in time, and are cut");
        Ok(())
    })
}

pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("can't listen on {address}"))
}
