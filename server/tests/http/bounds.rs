//! Clients that dawdle, send too much, or are too many.

use crate::support::{Server, read_answer};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_half_sent_head_is_not_waited_for() {
    let server = Server::start(|config| config.limits.header_time = SHORT).await;
    for part in ["", "GET /v1/firm HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        let answer = server.raw(part).await;
        assert!(answer.status == 0 || answer.status == 408, "{answer:?}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_kept() {
    let server = Server::start(|config| config.limits.header_time = SHORT).await;
    let mut stream = server.connect().await;
    let request = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut all = Vec::new();
    stream.write_all(&[&request[..], &request[..]].concat()).await.unwrap();
    stream.read_to_end(&mut all).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&all).matches("HTTP/1.1 200 OK").count(), 2);
    server.stopped().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Server::start(|config| config.limits.body_time = SHORT).await;
    let tenant = server.tenant("A").await;
    let answer = server
        .raw(format!(
            "POST /v1/accounts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
            tenant.key
        ))
        .await;
    assert_eq!((answer.status, answer.code().as_str()), (408, "body_too_slow"));
    assert_eq!(answer.header("connection"), Some("close"));
    server.stopped().await;
}

#[tokio::test]
async fn a_stranger_uploads_nothing() {
    let server = Server::start(|_| ()).await;
    let head = "POST /v1/accounts HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                content-type: application/json\r\ncontent-length: 900000000\r\n\r\n";
    assert_eq!(server.raw(head).await.status, 401);
    server.stopped().await;
}

#[tokio::test]
async fn heads_are_bounded_in_bytes_and_in_number() {
    let server = Server::start(|_| ()).await;
    let long = server.node.config.limits.header_bytes + 1;
    let one = format!("x: {}\r\n", "a".repeat(long));
    for headers in [one, "x: a\r\n".repeat(200)] {
        let answer = server.raw(format!("GET /v1/firm HTTP/1.1\r\n{headers}\r\n")).await;
        assert_eq!(answer.status, 431);
    }
    server.stopped().await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_a_free_place_is_used_again() {
    let server = Server::start(|config| config.limits.connections = 2).await;
    let held = [server.connect().await, server.connect().await];
    let mut third = server.connect().await;
    let answer = read_answer(&mut third).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"));
    assert_eq!(answer.header("retry-after"), Some("2"));
    drop(held);
    // The server notices when it next runs; until then it may say no again.
    while server.ask("GET /health/live", "", None).await.status != 200 {}
    server.stopped().await;
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_stops() {
    let mut server = Server::start(|_| ()).await;
    let tenant = server.tenant("A").await;
    let body = json!({"name": "Late Ltd"}).to_string();
    let mut stream = server.connect().await;
    let head = format!(
        "POST /v1/accounts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        tenant.key,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // "Go on" means that the request is being read.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100"));
    let mut idle = server.connect().await;
    server.tell_to_stop();
    assert_eq!(idle.read(&mut [0]).await.unwrap_or(0), 0);
    stream.write_all(body.as_bytes()).await.unwrap();
    let answer = read_answer(&mut stream).await;
    assert!(answer.status == 201 || answer.status == 503, "{answer:?}");
    server.stopped().await;
}
