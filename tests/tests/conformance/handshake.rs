//! The handshake (RFC 6455, 4.2): what is accepted, and how the rest is refused.

use crate::raw::Head;
use crate::world::{ACCEPT, World, handshake, shared};
use tidings_protocol::Encoding;

/// The answer to these bytes.
async fn answer(world: &World, request: impl AsRef<[u8]>) -> Head {
    let mut raw = world.dial().await;
    raw.send(request).await;
    raw.head().await
}

/// Refused with this status, after one change to a good handshake.
async fn refused(from: &str, to: &str, status: u16) -> Head {
    let good = handshake("");
    assert!(good.contains(from), "{from}");
    let head = answer(&*shared().await, good.replace(from, to)).await;
    assert_eq!(head.status, status, "{from:?} as {to:?}: {head:?}");
    assert_eq!(head.header("content-type"), Some("application/problem+json"), "{head:?}");
    head
}

#[tokio::test]
async fn good_handshake_is_accepted_by_its_key() {
    let head = answer(&*shared().await, handshake("")).await;
    assert_eq!(head.status, 101);
    assert_eq!(head.header("sec-websocket-accept"), Some(ACCEPT));
    assert!(head.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")));
    assert!(head.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("upgrade")));
    // Nothing was offered, and so nothing may be chosen.
    assert_eq!(head.header("sec-websocket-protocol"), None);
    assert_eq!(head.header("sec-websocket-extensions"), None);
}

#[tokio::test]
async fn names_and_tokens_are_compared_without_case_and_in_lists() {
    let request = handshake("")
        .replace("Upgrade: websocket", "uPGRADE: h2c, WebSocket")
        .replace("Connection: Upgrade", "CONNECTION: keep-alive, UPGRADE");
    assert_eq!(answer(&*shared().await, request).await.status, 101);
}

#[tokio::test]
async fn key_that_is_missing_or_not_sixteen_bytes() {
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    refused(key, "", 400).await;
    refused(key, &key.repeat(2), 400).await;
    for bad in ["", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZSB0b28gbG9uZw==", "not base64 at all!!!!!!=="]
    {
        refused("dGhlIHNhbXBsZSBub25jZQ==", bad, 400).await;
    }
}

#[tokio::test]
async fn other_version_is_told_the_right_one() {
    for version in ["12", "8", "", "14", "13, 8"] {
        let line = format!("Version: {version}");
        let head = refused("Version: 13", &line, 426).await;
        assert_eq!(head.header("sec-websocket-version"), Some("13"));
    }
    let head = refused("Sec-WebSocket-Version: 13\r\n", "", 426).await;
    assert_eq!(head.header("sec-websocket-version"), Some("13"));
}

#[tokio::test]
async fn request_that_does_not_ask_for_an_upgrade_is_told_to() {
    for (from, to) in [
        ("Upgrade: websocket\r\n", ""),
        ("Upgrade: websocket", "Upgrade: h2c"),
        ("Connection: Upgrade\r\n", ""),
        ("Connection: Upgrade", "Connection: keep-alive"),
    ] {
        let head = refused(from, to, 426).await;
        let upgrade = head.header("upgrade").unwrap_or_default();
        assert!(upgrade.eq_ignore_ascii_case("websocket"), "{head:?}");
    }
}

#[tokio::test]
async fn other_method_and_other_path() {
    let head = refused("GET /v1/ws", "POST /v1/ws", 405).await;
    assert!(head.header("allow").is_some_and(|methods| methods.contains("GET")), "{head:?}");
    refused("GET /v1/ws", "GET /v1/wss", 404).await;
}

#[tokio::test]
async fn older_http_and_no_host() {
    refused("HTTP/1.1", "HTTP/1.0", 400).await;
    refused("Host: localhost\r\n", "", 400).await;
}

#[tokio::test]
async fn first_known_subprotocol_is_chosen() {
    let world = shared().await;
    let [json, postcard] = Encoding::ALL.map(Encoding::subprotocol);
    for (offered, chosen) in [
        (format!("{json}, {postcard}"), json),
        (format!("{postcard}, {json}"), postcard),
        (format!("mqtt, {postcard},{json}"), postcard),
        (format!("tidings.v9.json\r\nSec-WebSocket-Protocol: {json}"), json),
    ] {
        let request = handshake(&format!("Sec-WebSocket-Protocol: {offered}\r\n"));
        let head = answer(&world, request).await;
        assert_eq!(head.status, 101, "{offered}");
        assert_eq!(head.header("sec-websocket-protocol"), Some(chosen), "{offered}");
    }
}

#[tokio::test]
async fn unknown_subprotocols_are_refused() {
    let world = shared().await;
    for offered in ["mqtt", "tidings.v9.json", "TIDINGS.V1.JSON", "mqtt, wamp"] {
        let request = handshake(&format!("Sec-WebSocket-Protocol: {offered}\r\n"));
        assert_eq!(answer(&world, request).await.status, 400, "{offered}");
    }
}

#[tokio::test]
async fn extensions_that_are_offered_are_not_taken() {
    let request = handshake("Sec-WebSocket-Extensions: permessage-deflate\r\n");
    let head = answer(&*shared().await, request).await;
    assert_eq!((head.status, head.header("sec-websocket-extensions")), (101, None));
}

#[tokio::test]
async fn pages_of_listed_origins_may_connect_and_others_not() {
    let world = World::with(&[("allowed-origins", "https://portal.example")]).await;
    for (origin, status) in [
        ("", 101),
        ("Origin: https://portal.example\r\n", 101),
        ("Origin: https://portal.example.evil.example\r\n", 403),
        ("Origin: https://evil.example\r\n", 403),
        ("Origin: http://portal.example\r\n", 403),
        ("Origin: https://portal.example:8443\r\n", 403),
        ("Origin: null\r\n", 403),
        ("Origin: https://portal.example\r\nOrigin: https://evil.example\r\n", 403),
    ] {
        let head = answer(&world, handshake(origin)).await;
        assert_eq!(head.status, status, "{origin:?}");
    }
}

#[tokio::test]
async fn token_in_the_url_is_refused_even_if_it_is_good() {
    let world = shared().await;
    for name in ["token", "access_token", "jwt", "Authorization"] {
        let path = format!("/v1/ws?{name}={}", world.token);
        let head = answer(&world, handshake("").replace("/v1/ws", &path)).await;
        assert_eq!(head.status, 400, "{name}");
    }
}

#[tokio::test]
async fn token_that_is_not_good_is_refused_before_the_upgrade() {
    let world = shared().await;
    let altered = format!("Authorization: Bearer {}x\r\n", world.token);
    for header in ["Authorization: Bearer nonsense\r\n", &altered] {
        let head = answer(&world, handshake(header)).await;
        assert_eq!(head.status, 401, "{header}");
        assert!(head.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    }
    let twice = format!("Authorization: Bearer {}\r\n", world.token).repeat(2);
    assert!(matches!(answer(&world, handshake(&twice)).await.status, 400 | 401));
}
