//! Sockets: bytes in, frames out. What the frames mean is the session's business.
//!
//! ```text
//! kernel ─▶ Inbound (tungstenite: protocol rules) ─▶ session
//! kernel ◀─ Outbound  ◀─ replies, rooms, feeds, pongs
//! ```

mod batch;
mod frame;
mod inbound;
mod linger;
mod outbound;
mod queue;
mod registry;
mod transport;

pub use batch::Batch;
pub use frame::{PING, SharedFrame, encode, encode_by};
pub use inbound::Inbound;
pub use linger::linger;
pub use outbound::{Outbound, SocketId};
pub use queue::{Ending, Pushed, SendQueue};
pub use registry::Sockets;

use crate::auth::Identity;
use crate::node::Node;
use bytes::Bytes;
use std::sync::Arc;
use tidings_protocol::Encoding;
use tokio::net::TcpStream;

/// Takes over an upgraded connection. What it gives serves it until it ends. `already_read` is what
/// the client sent right behind the handshake; `identity` is known if the handshake had a token.
pub fn accept(
    node: Arc<Node>,
    stream: TcpStream,
    already_read: Bytes,
    encoding: Encoding,
    identity: Option<Box<Identity>>,
) -> impl Future<Output = ()> + Send {
    let metrics = Arc::clone(&node.metrics);
    let bytes_max = node.config.limits.outbound_bytes;
    let outbound = Arc::new(Outbound::new(stream, encoding, bytes_max, metrics));
    // Even if it is empty, it would keep the whole buffer that the handshake was read into.
    let already_read = Vec::from(already_read).into_boxed_slice();
    async move {
        node.sockets.enter(&outbound);
        crate::session::run(&node, &outbound, already_read, identity).await;
        node.sockets.exit(&outbound);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn future_bytes<A, B, C, D, E, F>(_: impl FnOnce(A, B, C, D, E) -> F) -> usize {
        size_of::<F>()
    }

    /// Ten thousand sockets that say nothing keep ten thousand of these: what is seldom and large
    /// belongs into a box of its own.
    #[test]
    fn a_socket_that_says_nothing_keeps_little() {
        assert!(future_bytes(accept) <= 768, "{} bytes", future_bytes(accept));
        assert!(size_of::<Outbound>() <= 192, "{} bytes", size_of::<Outbound>());
    }
}
