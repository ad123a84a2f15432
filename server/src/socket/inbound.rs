//! The receiving half of a socket: bytes become messages, by tungstenite's rules. What that takes,
//! a read buffer above all, is there only while something comes in: it is more than all else that
//! an idle connection keeps.

use crate::socket::Outbound;
use crate::socket::transport::Transport;
use std::io::ErrorKind;
use std::sync::Arc;
use tidings_protocol::limits::{FRAME_BYTES_MAX, TOKEN_BYTES_MAX};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Bytes read at a time; longer frames get room of their own.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// Longest frame of a client that is not known yet: a token and little else.
const FIRST_FRAME_BYTES_MAX: usize = TOKEN_BYTES_MAX + 1024;

/// The messages of one connection.
pub struct Inbound {
    transport: Transport,
    /// None between messages.
    context: Option<Box<WebSocketContext>>,
    frame_bytes_max: usize,
}

impl Inbound {
    /// Of a client that is not known yet. `already_read` is what it sent right behind the handshake.
    pub fn new(outbound: &Arc<Outbound>, already_read: Box<[u8]>) -> Self {
        let transport = Transport::new(Arc::clone(outbound), already_read.len());
        let context = (!already_read.is_empty()).then(|| {
            let (part, config) = (already_read.into_vec(), config(FIRST_FRAME_BYTES_MAX));
            Box::new(WebSocketContext::from_partially_read(part, Role::Server, Some(config)))
        });
        Self { transport, context, frame_bytes_max: FIRST_FRAME_BYTES_MAX }
    }

    /// The client is known, and may send what anybody may.
    pub fn known(&mut self) {
        self.frame_bytes_max = FRAME_BYTES_MAX;
        if let Some(context) = &mut self.context {
            context.set_config(|limits| *limits = config(FRAME_BYTES_MAX));
        }
    }

    /// Whether anything came in since this was last asked, if only a part of a frame.
    pub fn heard(&mut self) -> bool {
        self.transport.heard()
    }

    /// The next message. Pings are answered, but for that of a close.
    pub fn read(&mut self) -> Result<Message, Error> {
        let config = config(self.frame_bytes_max);
        let context = self
            .context
            .get_or_insert_with(|| Box::new(WebSocketContext::new(Role::Server, Some(config))));
        let read = context.read(&mut self.transport);
        match &read {
            // Nothing comes after it, and it may have been given another text than it came with.
            Ok(Message::Close(_)) => {}
            Ok(message) => self.transport.message_ended(message.len()),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                if self.transport.is_between_messages() {
                    self.context = None;
                }
            }
            Err(_) => {}
        }
        read
    }
}

fn config(frame_bytes_max: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        // What tungstenite writes is queued at once, never held back.
        .write_buffer_size(0)
        .max_message_size(Some(frame_bytes_max))
        .max_frame_size(Some(frame_bytes_max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;
    use tidings_protocol::Encoding;
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};

    // Masked with zeros: their payload can be read here.
    const HELLO: &[u8] = b"\x81\x85\0\0\0\0hello";
    const HEL: &[u8] = b"\x01\x83\0\0\0\0hel";
    const LO: &[u8] = b"\x80\x82\0\0\0\0lo";
    const PING: &[u8] = b"\x89\x80\0\0\0\0";

    async fn pair() -> (TcpStream, Arc<Outbound>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let metrics = Arc::new(Metrics::new());
        (client, Arc::new(Outbound::new(stream, Encoding::Json, 1024, metrics)))
    }

    /// Sends it, and says which messages come of it.
    async fn hear(client: &mut TcpStream, inbound: &mut Inbound, bytes: &[u8]) -> Vec<String> {
        client.write_all(bytes).await.unwrap();
        let outbound = Arc::clone(&inbound.transport.outbound);
        let mut messages = Vec::new();
        while !inbound.heard() {
            outbound.stream().readable().await.unwrap();
            while let Ok(message) = inbound.read() {
                messages.push(message.into_text().unwrap().to_string());
            }
        }
        messages
    }

    #[tokio::test]
    async fn between_messages_nothing_is_kept() {
        let (mut client, outbound) = pair().await;
        let mut inbound = Inbound::new(&outbound, Box::default());
        assert_eq!(hear(&mut client, &mut inbound, HELLO).await, ["hello"]);
        assert!(inbound.context.is_none());
        assert_eq!(hear(&mut client, &mut inbound, PING).await, [""]);
        assert!(inbound.context.is_none());
    }

    #[tokio::test]
    async fn what_has_begun_is_kept_until_its_end() {
        let (mut client, outbound) = pair().await;
        let mut inbound = Inbound::new(&outbound, Box::from(HELLO));
        let (begin, end) = HELLO.split_at(8);
        assert_eq!(hear(&mut client, &mut inbound, begin).await, ["hello"]);
        assert_eq!(hear(&mut client, &mut inbound, end).await, ["hello"]);
        assert!(inbound.context.is_none());
        let (begin, end) = PING.split_at(1);
        assert!(hear(&mut client, &mut inbound, &[HEL, begin].concat()).await.is_empty());
        assert_eq!(hear(&mut client, &mut inbound, end).await, [""]);
        assert_eq!(hear(&mut client, &mut inbound, LO).await, ["hello"]);
        assert_eq!(hear(&mut client, &mut inbound, HELLO).await, ["hello"]);
    }
}
