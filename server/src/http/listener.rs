//! Accepting connections: how many, how long they may dawdle, and how they end. `warp` and `hyper`
//! bound none of it by themselves.

use super::patient::Patient;
use super::request::{App, Wire};
use super::route::Listener;
use super::service;
use crate::node::Node;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use warp::hyper;
use warp::hyper::server::conn::http1;
use warp::hyper::service::Service;

/// Connections to the operator's listener at a time: a few scrapers and probes.
const OPS_CONNECTIONS_MAX: usize = 64;

/// Connections over the limit that are being told so at a time; further ones are just closed.
const TURNED_AWAY_MAX: usize = 64;

/// How long one that is turned away may take to read why.
const TURNED_AWAY_TIME: Duration = Duration::from_secs(1);

/// Least read buffer that `hyper` takes, in bytes.
const READ_BUFFER_BYTES_MIN: usize = 8192;

/// Most headers of a request.
const HEADERS_MAX: usize = 64;

/// Wait after a failed accept, doubled each time: out of file descriptors, trying again at once
/// would only burn the processor that could free some.
const BACK_OFF_MIN: Duration = Duration::from_millis(10);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);

const TOO_MANY: &str = "HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\n\
    cache-control: no-store\r\n\
    retry-after: 2\r\n\
    connection: close\r\n\
    content-length: 163\r\n\r\n";

const TOO_MANY_BODY: &str = "{\"type\":\"urn:tidings:problem:unavailable\",\
    \"title\":\"All connections are in use.\",\"status\":503,\
    \"detail\":\"try again later\",\"code\":\"unavailable\",\"retry_after_ms\":2000}";
const _: () = assert!(TOO_MANY_BODY.len() == 163);

/// Serves clients and host applications until `stop` says true, then lets the requests in flight
/// finish, and returns when every connection and socket has ended.
pub async fn serve(node: Arc<Node>, listener: TcpListener, stop: watch::Receiver<bool>) {
    let connections = node.config.limits.connections;
    let close = stop.clone();
    run(App { node, stop, close, listener: Listener::Api }, listener, connections).await;
}

/// The same for the operator's tools, on their own listener. It is open until `close` says true,
/// so that whoever asks while the server stops is told so.
pub async fn serve_ops(
    node: Arc<Node>,
    listener: TcpListener,
    stop: watch::Receiver<bool>,
    close: watch::Receiver<bool>,
) {
    run(App { node, stop, close, listener: Listener::Ops }, listener, OPS_CONNECTIONS_MAX).await;
}

async fn run(app: App, listener: TcpListener, connections: usize) {
    let app = Arc::new(app);
    let places = Arc::new(Semaphore::new(connections));
    accept_until_stopped(&app, &listener, &places).await;
    drop(listener);
    // All places are free again when the last connection and the last socket have gone.
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    drop(places.acquire_many(all).await);
}

async fn accept_until_stopped(app: &Arc<App>, listener: &TcpListener, places: &Arc<Semaphore>) {
    let service = warp::service(service::filter(Arc::clone(app)));
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY_MAX));
    let mut close = app.close.clone();
    let mut back_off = BACK_OFF_MIN;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = closed(&mut close) => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, back_off_ms = back_off.as_millis(), "can't accept");
                tokio::select! {
                    () = tokio::time::sleep(back_off) => {}
                    () = closed(&mut close) => return,
                }
                back_off = (back_off * 2).min(BACK_OFF_MAX);
                continue;
            }
        };
        back_off = BACK_OFF_MIN;
        match Arc::clone(places).try_acquire_owned() {
            Ok(place) => {
                let service = TowerToHyperService::new(service.clone());
                tokio::spawn(connection(Arc::clone(app), stream, place, service));
            }
            Err(_) => turn_away(stream, &turned_away),
        }
    }
}

/// Waits until the listener is to close; a sender that is gone means the same.
async fn closed(close: &mut watch::Receiver<bool>) {
    let _ = close.wait_for(|close| *close).await;
}

/// The peer went away before it was accepted: nothing is wrong here.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::ConnectionAborted | K::ConnectionReset | K::Interrupted)
}

/// Says that there is no place, to as many as can be told.
fn turn_away(mut stream: TcpStream, turned_away: &Arc<Semaphore>) {
    let Ok(place) = Arc::clone(turned_away).try_acquire_owned() else { return };
    tokio::spawn(async move {
        let tell = async {
            stream.write_all(TOO_MANY.as_bytes()).await?;
            stream.write_all(TOO_MANY_BODY.as_bytes()).await?;
            stream.shutdown().await?;
            // What is left unread when the socket closes would make the answer be lost.
            let mut unread = [0; 1024];
            while stream.read(&mut unread).await? > 0 {}
            io::Result::Ok(())
        };
        let _ = tokio::time::timeout(TURNED_AWAY_TIME, tell).await;
        drop(place);
    });
}

/// Serves one connection for its life.
async fn connection<S>(
    app: Arc<App>,
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    service: TowerToHyperService<S>,
) where
    TowerToHyperService<S>: Service<
            hyper::Request<hyper::body::Incoming>,
            Response = warp::reply::Response,
            Error = std::convert::Infallible,
        > + Send,
    <TowerToHyperService<S> as Service<hyper::Request<hyper::body::Incoming>>>::Future: Send,
{
    let limits = &app.node.config.limits;
    // Small answers must not wait for acknowledgements of those before them.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let place = Arc::new(place);
    let service = hyper::service::service_fn(|mut request: hyper::Request<_>| {
        let wire = Wire { version: request.version(), permit: Arc::clone(&place) };
        request.extensions_mut().insert(wire);
        service.call(request)
    });
    let io = TokioIo::new(Patient::new(stream, limits.body_time));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // From the connection's start or the last answer, so it bounds idle connections too.
        .header_read_timeout(limits.header_time)
        .max_buf_size(limits.header_bytes.max(READ_BUFFER_BYTES_MIN))
        .max_headers(HEADERS_MAX)
        .half_close(false)
        .serve_connection(io, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut close = app.close.clone();
    tokio::select! {
        // How a connection ends is its peer's affair; what it was asked has been counted.
        _ = connection.as_mut() => return,
        () = closed(&mut close) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(limits.drain_time, connection).await;
}
