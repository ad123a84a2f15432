//! Every open socket, known or not yet: to count them, and to close them when the server stops.

use crate::metrics::Metrics;
use crate::socket::{Outbound, SocketId};
use dashmap::DashMap;
use std::sync::Arc;
use std::time::Duration;
use tidings_protocol::CloseCode;

/// Steps in which sockets are closed when the server stops: so many small crowds come back to the
/// other servers, instead of a large one.
const DRAIN_STEPS: u32 = 20;

/// The open sockets.
pub struct Sockets {
    open: DashMap<SocketId, Arc<Outbound>>,
    metrics: Arc<Metrics>,
}

impl Sockets {
    /// None yet.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { open: DashMap::new(), metrics }
    }

    /// Puts a socket in.
    pub fn enter(&self, outbound: &Arc<Outbound>) {
        self.metrics.connections.inc();
        self.metrics.connections_total.inc();
        self.open.insert(outbound.id(), Arc::clone(outbound));
    }

    /// Takes a socket out.
    pub fn exit(&self, outbound: &Outbound) {
        self.metrics.connections.dec();
        self.open.remove(&outbound.id());
    }

    /// Closes all sockets, spread over a time, and waits until they are gone.
    pub async fn drain(&self, over: Duration) {
        let all: Vec<Arc<Outbound>> = self.open.iter().map(|e| Arc::clone(e.value())).collect();
        let per_step = all.len().div_ceil(DRAIN_STEPS as usize).max(1);
        // Few sockets are no crowd.
        let spread = if all.len() > DRAIN_STEPS as usize { over } else { Duration::ZERO };
        for some in all.chunks(per_step) {
            for outbound in some {
                outbound.close(CloseCode::Restarting);
            }
            tokio::time::sleep(spread / DRAIN_STEPS).await;
        }
        while !self.open.is_empty() {
            // Handshakes that were under way have become sockets meanwhile.
            for entry in &self.open {
                entry.value().close(CloseCode::Restarting);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
