//! The door to the sockets: checks a WebSocket handshake (RFC 6455, 4.2.1) and hands the
//! connection over, with whatever the client has already sent behind it.

use super::cors;
use super::patient::Patient;
use super::problem::{HttpProblem, Problem};
use super::request::{Call, Head};
use crate::auth::{Identity, authenticate, bearer};
use crate::node::Node;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tidings_protocol::{Encoding, Refusal, RefusalCode};
use tokio::sync::OwnedSemaphorePermit;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use warp::http::header::{
    CONNECTION, HOST, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use warp::http::{HeaderMap, Method, StatusCode, Version};
use warp::hyper::upgrade::{OnUpgrade, Upgraded};
use warp::reply::{Reply as _, Response};

/// What a client is told that comes while the server stops, in milliseconds: another node, or this
/// one again, is there by then.
const RETRY_AFTER_MS: u32 = 2000;

/// A handshake that keeps every rule.
struct Handshake {
    accept: String,
    encoding: Encoding,
    /// Whether the client asked for the encoding by name, and is told.
    named: bool,
}

pub(super) async fn open(call: Call) -> Result<Response, Problem> {
    if call.app.stopping() {
        let refusal = Refusal::new(RefusalCode::Unavailable).retry_after_ms(RETRY_AFTER_MS);
        return Err(refusal.because("the server is stopping").into());
    }
    let handshake = check(&call.head)?;
    if cors::is_foreign(&call.node().config, &call.head.headers) {
        return Err(HttpProblem::ForeignOrigin.into());
    }
    let identity = match bearer(&call.head.headers)? {
        Some(token) => Some(Box::new(authenticate(call.node(), token).await?)),
        None => None,
    };
    let upgrade = call.head.upgrade.ok_or(HttpProblem::UpgradeNeeded)?;
    let node = Arc::clone(&call.app.node);
    tokio::spawn(hand_over(node, upgrade, call.head.wire.permit, handshake.encoding, identity));
    Ok(switch(&handshake))
}

/// Waits until the 101 is on its way, then gives the connection to the socket for its life. The
/// connection's place among those allowed goes with it.
async fn hand_over(
    node: Arc<Node>,
    upgrade: OnUpgrade,
    place: Arc<OwnedSemaphorePermit>,
    encoding: Encoding,
    identity: Option<Box<Identity>>,
) {
    // A client that went away between its request and the answer.
    let Ok(upgraded) = upgrade.await else { return };
    let Some((stream, already_read)) = take_apart(upgraded) else {
        tracing::error!("an upgraded connection is not one of this listener's");
        return;
    };
    crate::socket::accept(node, stream, already_read, encoding, identity).await;
    drop(place);
}

fn take_apart(upgraded: Upgraded) -> Option<(tokio::net::TcpStream, Bytes)> {
    let parts = upgraded.downcast::<TokioIo<Patient>>().ok()?;
    Some((parts.io.into_inner().into_inner(), parts.read_buf))
}

fn switch(handshake: &Handshake) -> Response {
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    if let Ok(accept) = HeaderValue::from_str(&handshake.accept) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if handshake.named {
        let chosen = HeaderValue::from_static(handshake.encoding.subprotocol());
        headers.insert(SEC_WEBSOCKET_PROTOCOL, chosen);
    }
    response
}

fn check(head: &Head) -> Result<Handshake, Problem> {
    let headers = &head.headers;
    let is_get = head.method == Method::GET && head.wire.version == Version::HTTP_11;
    if !is_get || !headers.contains_key(HOST) {
        return Err(bad("the handshake is not a GET of HTTP/1.1 with a Host header"));
    }
    if !has_token(headers, &UPGRADE, "websocket") || !has_token(headers, &CONNECTION, "upgrade") {
        return Err(HttpProblem::UpgradeNeeded.into());
    }
    if single(headers, &SEC_WEBSOCKET_VERSION) != Some("13") {
        let detail = "Sec-WebSocket-Version is not 13";
        return Err(Problem::new(HttpProblem::UpgradeNeeded, detail));
    }
    let key = single(headers, &SEC_WEBSOCKET_KEY).unwrap_or_default();
    if STANDARD.decode(key).map_or(0, |bytes| bytes.len()) != 16 {
        return Err(bad("Sec-WebSocket-Key is not 16 bytes in base64"));
    }
    let (encoding, named) = choose_encoding(headers)?;
    Ok(Handshake { accept: derive_accept_key(key.as_bytes()), encoding, named })
}

/// The first subprotocol offered that is known; JSON if none is offered.
fn choose_encoding(headers: &HeaderMap) -> Result<(Encoding, bool), Problem> {
    let mut offered = tokens(headers, &SEC_WEBSOCKET_PROTOCOL).peekable();
    if offered.peek().is_none() {
        return Ok((Encoding::Json, false));
    }
    let chosen = offered.find_map(Encoding::of_subprotocol);
    chosen.map(|encoding| (encoding, true)).ok_or_else(|| {
        let [json, postcard] = Encoding::ALL.map(Encoding::subprotocol);
        bad(&format!("none of the subprotocols offered is known; known: {json}, {postcard}"))
    })
}

fn bad(why: &str) -> Problem {
    Refusal::new(RefusalCode::Malformed).because(why).into()
}

/// The elements of a header that is a list, over all its lines.
fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

fn has_token(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    tokens(headers, name).any(|token| token.eq_ignore_ascii_case(wanted))
}

/// The value of a header that is there exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (Some(only), None) => only.to_str().ok(),
        _ => None,
    }
}
