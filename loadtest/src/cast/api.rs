//! The HTTP API, as far as setting up and reading back take it: JSON over connections that are kept.

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tidings_protocol::{Command, CommandRequest, Person, Reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Requests under way at a time.
const CONNECTIONS: usize = 32;

/// An answer must be there in this time.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// During outages it is asked again in this time, of another node: a frozen network answers nothing.
const INSISTING_TIME: Duration = Duration::from_secs(3);

/// No outage lasts longer than this.
const INSIST_FOR: Duration = Duration::from_mins(2);

/// Between two attempts.
const INSIST_PAUSE: Duration = Duration::from_millis(100);

/// Longest answer taken, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A server's API, with a firm's key.
#[derive(Clone, Debug)]
pub struct Api {
    nodes: Rc<[SocketAddr]>,
    key: String,
}

/// One kept connection.
pub struct Connection {
    stream: TcpStream,
    key: String,
}

impl Api {
    /// The API of these nodes, which have one store.
    pub fn new(nodes: &[SocketAddr], key: String) -> Self {
        Self { nodes: nodes.into(), key }
    }

    /// Opens a connection to the first node.
    pub async fn connect(&self) -> Result<Connection> {
        self.connect_to(0).await
    }

    async fn connect_to(&self, node: usize) -> Result<Connection> {
        let node = self.nodes.get(node % self.nodes.len().max(1)).context("no node")?;
        let stream = TcpStream::connect(node).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, key: self.key.clone() })
    }

    /// Does something until it is done, of one node after another: for outages. Says how often it
    /// was tried as well, since an attempt that was given up may have been done, or may still be.
    pub async fn insist<T>(
        &self,
        each: impl AsyncFn(&mut Connection) -> Result<T>,
    ) -> Result<(T, u32)> {
        let first = fastrand::usize(..self.nodes.len().max(1));
        let mut attempts = 0;
        let all = async {
            loop {
                let node = first + attempts as usize;
                attempts += 1;
                let attempt = async { each(&mut self.connect_to(node).await?).await };
                match tokio::time::timeout(INSISTING_TIME, attempt).await {
                    Ok(Ok(done)) => return done,
                    Ok(Err(_)) | Err(_) => tokio::time::sleep(INSIST_PAUSE).await,
                }
            }
        };
        let done = tokio::time::timeout(INSIST_FOR, all).await;
        let done = done.with_context(|| format!("no node does it within {INSIST_FOR:?}"))?;
        Ok((done, attempts))
    }

    /// Does the same for each item, several at a time. Answers come in the order of the items.
    pub async fn for_each<T, U>(
        &self,
        items: impl IntoIterator<Item = T>,
        each: impl AsyncFn(&mut Connection, T) -> Result<U>,
    ) -> Result<Vec<U>> {
        let queue = RefCell::new(items.into_iter().enumerate());
        let worker = async || -> Result<Vec<(usize, U)>> {
            let mut connection = self.connect().await?;
            let mut done = Vec::new();
            loop {
                let next = queue.borrow_mut().next();
                let Some((index, item)) = next else { return Ok(done) };
                done.push((index, each(&mut connection, item).await?));
            }
        };
        let parts = try_join_all((0..CONNECTIONS).map(|_| worker())).await?;
        let mut all: Vec<(usize, U)> = parts.into_iter().flatten().collect();
        all.sort_unstable_by_key(|(index, _)| *index);
        Ok(all.into_iter().map(|(_, answer)| answer).collect())
    }
}

impl Connection {
    /// Posts JSON, and reads the JSON of the answer.
    pub async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        self.send("POST", path, &serde_json::to_string(body)?).await
    }

    /// Changes something.
    pub async fn patch<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        self.send("PATCH", path, &serde_json::to_string(body)?).await
    }

    /// Reads something.
    pub async fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T> {
        self.send("GET", path, "").await
    }

    /// Does a command in somebody's name.
    pub async fn command(&mut self, actor: Person, command: Command) -> Result<Reply> {
        let actor = Some(actor);
        self.post("/v1/commands", &CommandRequest { actor, command }).await
    }

    async fn send<T: DeserializeOwned>(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<T> {
        let (status, answer) = self.request(method, path, body).await?;
        let text = String::from_utf8_lossy(&answer);
        ensure!((200..300).contains(&status), "{method} {path} answered {status}: {text}");
        // What has no content says `null`, as far as JSON goes.
        let answer = if answer.is_empty() { b"null" } else { &answer[..] };
        serde_json::from_slice(answer).with_context(|| format!("{method} {path} answered {text}"))
    }

    /// Status and body.
    pub async fn request(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<(u16, Vec<u8>)> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len(),
        );
        let answer = tokio::time::timeout(ANSWER_TIME, self.exchange(&request)).await;
        answer.with_context(|| format!("{method} {path}: no answer within {ANSWER_TIME:?}"))?
    }

    async fn exchange(&mut self, request: &str) -> Result<(u16, Vec<u8>)> {
        self.stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more(&mut bytes).await?;
        };
        let (status, length) = parse_head(&String::from_utf8_lossy(&bytes[..head]))?;
        ensure!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
        while bytes.len() < head + length {
            self.read_more(&mut bytes).await?;
        }
        Ok((status, bytes.split_off(head)))
    }

    async fn read_more(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        if self.stream.read_buf(bytes).await? == 0 {
            bail!("the server closed the connection before its answer was whole");
        }
        Ok(())
    }
}

fn parse_head(head: &str) -> Result<(u16, usize)> {
    let status = head.split_whitespace().nth(1).context("no status line")?.parse()?;
    let lengths = head.lines().filter_map(|line| line.split_once(':'));
    let length = lengths
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    Ok((status, length))
}
