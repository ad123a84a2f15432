//! The WebSocket handshake, rule by rule (RFC 6455, 4.2).

use crate::support::{Server, parse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const GOOD: &str = "GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Reads a head only: after a 101 the connection goes on.
async fn head(stream: &mut TcpStream) -> crate::support::Answer {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut one = [0];
        if stream.read(&mut one).await.unwrap() == 0 {
            break;
        }
        bytes.push(one[0]);
    }
    parse(&bytes)
}

async fn ask(server: &Server, request: &str) -> crate::support::Answer {
    let mut stream = server.connect().await;
    stream.write_all(format!("{request}\r\n").as_bytes()).await.unwrap();
    head(&mut stream).await
}

#[tokio::test]
async fn a_good_handshake_is_answered_as_the_rfc_says() {
    let server = Server::start(|_| ()).await;
    let answer = ask(&server, GOOD).await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(answer.header("sec-websocket-protocol"), None);
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    let offers = [
        ("tidings.v1.json", "tidings.v1.json"),
        ("tidings.v1.postcard", "tidings.v1.postcard"),
        ("graphql-ws, tidings.v1.postcard, tidings.v1.json", "tidings.v1.postcard"),
        ("other\r\nSec-WebSocket-Protocol: tidings.v1.json", "tidings.v1.json"),
    ];
    for (offer, chosen) in offers {
        let answer = ask(&server, &format!("{GOOD}Sec-WebSocket-Protocol: {offer}\r\n")).await;
        assert_eq!((answer.status, answer.header("sec-websocket-protocol")), (101, Some(chosen)));
    }
    server.stopped().await;
}

#[tokio::test]
async fn a_bad_handshake_is_refused() {
    let server = Server::start(|_| ()).await;
    let table = [
        (GOOD.replace("HTTP/1.1", "HTTP/1.0"), 400),
        (GOOD.replace("Host: x\r\n", ""), 400),
        (GOOD.replace("Upgrade: websocket\r\n", ""), 426),
        (GOOD.replace("Upgrade: websocket", "Upgrade: h2c"), 426),
        (GOOD.replace("keep-alive, Upgrade", "keep-alive"), 426),
        (GOOD.replace("Version: 13", "Version: 8"), 426),
        (GOOD.replace("Sec-WebSocket-Version: 13\r\n", ""), 426),
        (GOOD.replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400),
        (GOOD.replace("dGhlIHNhbXBsZSBub25jZQ==", "!"), 400),
        (format!("{GOOD}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400),
        (format!("{GOOD}Sec-WebSocket-Protocol: graphql-ws\r\n"), 400),
        (GOOD.replace("/v1/ws", "/v1/ws?token=a.b.c"), 400),
        (GOOD.replace("/v1/ws", "/v1/ws?access_token=a.b.c"), 400),
        (GOOD.replace("/v1/ws", "/v1/ws?x=y"), 400),
        (GOOD.replace("GET", "POST"), 405),
        (GOOD.replace("GET", "HEAD"), 400),
        (format!("{GOOD}Authorization: Bearer a.b.c\r\n"), 401),
        (format!("{GOOD}Authorization: Basic YTpi\r\n"), 401),
        (format!("{GOOD}Origin: https://evil.example\r\n"), 403),
    ];
    for (request, status) in table {
        let answer = ask(&server, &request).await;
        assert_eq!(answer.status, status, "{request}");
        if status == 426 {
            assert_eq!(answer.header("sec-websocket-version"), Some("13"));
        }
    }
    server.stopped().await;
}

#[tokio::test]
async fn only_pages_of_allowed_origins_connect() {
    let allowed = vec!["https://portal.example".to_owned()];
    let server = Server::start(|config| config.allowed_origins = allowed).await;
    let table = [
        ("https://portal.example", 101),
        ("https://portal.example:443", 403),
        ("https://portal.example.", 403),
        ("https://a.portal.example", 403),
        ("http://portal.example", 403),
        ("HTTPS://portal.example", 403),
        ("null", 403),
        ("", 403),
        ("https://portal.example\r\nOrigin: https://evil.example", 403),
    ];
    for (origin, status) in table {
        let answer = ask(&server, &format!("{GOOD}Origin: {origin}\r\n")).await;
        assert_eq!(answer.status, status, "{origin}");
    }
    assert_eq!(ask(&server, GOOD).await.status, 101);
    server.stopped().await;
}

#[tokio::test]
async fn a_frame_sent_right_behind_the_handshake_is_not_lost() {
    let server = Server::start(|_| ()).await;
    let tenant = server.tenant("A").await;
    let token = server.token(tenant.firm, tenant.contact);
    let mut stream = server.connect().await;
    let command = br#"{"id":7,"command":{"get_preferences":{}}}"#;
    let mut bytes = format!("{GOOD}Authorization: Bearer {token}\r\n\r\n").into_bytes();
    // A masked text frame, with a mask of zeros.
    bytes.extend([0x81, 0x80 | u8::try_from(command.len()).unwrap(), 0, 0, 0, 0]);
    bytes.extend(command);
    stream.write_all(&bytes).await.unwrap();
    assert_eq!(head(&mut stream).await.status, 101);
    let mut said = String::new();
    let mut buffer = [0; 4096];
    while !said.contains(r#""id":7"#) {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "{said}");
        said += &String::from_utf8_lossy(&buffer[..read]);
    }
    assert!(said.find("welcome").unwrap() < said.find(r#""id":7"#).unwrap(), "{said}");
    drop(stream);
    server.stopped().await;
}
