//! Sockets: bytes in, frames out. What the frames mean is the session's business.
//!
//! ```text
//! kernel ─▶ Transport ─▶ tungstenite (protocol rules) ─▶ session
//! kernel ◀─ Outbound  ◀─ replies, rooms, feeds, pongs
//! ```

mod frame;
mod linger;
mod outbound;
mod queue;
mod registry;
mod transport;

pub use frame::{PING, SharedFrame, encode};
pub use linger::linger;
pub use outbound::{Outbound, SocketId};
pub use queue::{Ending, Pushed, SendQueue};
pub use registry::Sockets;
pub use transport::Transport;

use crate::auth::Identity;
use crate::node::Node;
use bytes::Bytes;
use std::sync::Arc;
use tidings_protocol::Encoding;
use tokio::net::TcpStream;

/// Serves an upgraded connection until it ends. `already_read` is what the client sent right
/// behind the handshake; `identity` is known if the handshake had a token.
pub async fn accept(
    node: Arc<Node>,
    stream: TcpStream,
    already_read: Bytes,
    encoding: Encoding,
    identity: Option<Identity>,
) {
    let limits = &node.config.limits;
    let metrics = Arc::clone(&node.metrics);
    let outbound = Arc::new(Outbound::new(stream, encoding, limits.outbound_bytes, metrics));
    node.sockets.enter(&outbound);
    crate::session::run(&node, &outbound, already_read, identity).await;
    node.sockets.exit(&outbound);
}
