//! Servers for the tests of this file's neighbours. Most of them share one, which ends with the
//! last test that has it: a server in a `static` would outlive the tests.

use crate::raw::Raw;
use serde_json::Value;
use std::sync::{Arc, Weak};
use std::time::Instant;
use tidings_protocol::{CloseCode, Encoding};
use tidings_tests::{Cast, Endpoint, Server};
use tokio::sync::Mutex;

/// A server with a small firm on it.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) cast: Cast,
    /// Mia's.
    pub(crate) token: String,
}

/// The one with settings that nobody is hindered by.
pub(crate) async fn shared() -> Arc<World> {
    static SHARED: Mutex<Weak<World>> = Mutex::const_new(Weak::new());
    let mut shared = SHARED.lock().await;
    if let Some(world) = shared.upgrade() {
        return world;
    }
    let world = Arc::new(World::with(&[]).await);
    *shared = Arc::downgrade(&world);
    world
}

/// Sends bytes on a connection of Mia's, which must be closed with this code.
pub(crate) async fn closes(bytes: impl AsRef<[u8]>, code: CloseCode) {
    let world = shared().await;
    let mut raw = world.enter().await;
    raw.send(bytes).await;
    raw.expect_close(code).await;
}

impl World {
    /// One of the test's own, with further settings.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let server = Server::start_with(settings).await;
        let cast = Cast::on(&server).await;
        let token = cast.firm.token(cast.mia).await;
        Self { server, cast, token }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.server.endpoint()
    }

    /// A plain connection.
    pub(crate) async fn dial(&self) -> Raw {
        Raw::dial(self.endpoint()).await
    }

    /// A JSON socket of nobody yet.
    pub(crate) async fn open(&self) -> Raw {
        self.upgrade(self.dial().await, Encoding::Json, "").await
    }

    /// A JSON socket of Mia's, behind the welcome.
    pub(crate) async fn enter(&self) -> Raw {
        let mut raw = self.enter_over(self.dial().await, Encoding::Json).await;
        raw.welcome().await;
        raw
    }

    /// The same over a connection and in an encoding of the test's choice; the welcome is to come.
    pub(crate) async fn enter_over(&self, raw: Raw, encoding: Encoding) -> Raw {
        let token = format!("Authorization: Bearer {}\r\n", self.token);
        self.upgrade(raw, encoding, &token).await
    }

    async fn upgrade(&self, mut raw: Raw, encoding: Encoding, headers: &str) -> Raw {
        let subprotocol = encoding.subprotocol();
        let headers = format!("Sec-WebSocket-Protocol: {subprotocol}\r\n{headers}");
        raw.send(handshake(&headers)).await;
        let head = raw.head().await;
        assert_eq!(head.status, 101, "{head:?}");
        assert_eq!(head.header("sec-websocket-protocol"), Some(subprotocol));
        raw
    }

    /// A number of `/metrics`.
    pub(crate) async fn metric(&self, name: &str) -> Value {
        let answer = self.server.http().get("/metrics").await;
        let line = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
        answer.body.lines().find_map(line).unwrap_or_else(|| panic!("no {name} in {answer:?}"))
    }

    /// Asks for a number until it is this one.
    pub(crate) async fn metric_becomes(&self, name: &str, expected: u64) {
        let becomes = async { while self.metric(name).await != expected {} };
        tidings_tests::within(&format!("{name} to become {expected}"), becomes).await;
    }
}

/// The time by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "what a server does in time can only be measured")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A handshake with the key of RFC 6455 (1.2) and further headers, each with its end of line.
pub(crate) fn handshake(headers: &str) -> String {
    format!(
        "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// The answer to that key.
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
