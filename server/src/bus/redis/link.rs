//! A connection to Redis, or one to each node of a Redis Cluster: opening it, and asking it things
//! within a deadline.
//!
//! The first thing that goes wrong with any node ends all of it: then it is opened anew, with what
//! the cluster says by then of who has which channels.

use super::super::Times;
use super::super::url::RedisUrl;
use super::slots::{Address, Slots};
use futures_util::future::try_join_all;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, PushInfo, RedisError, TlsCertificates, Value,
};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Why a connection was given up.
#[derive(Debug, Error)]
pub(super) enum Broken {
    #[error("Redis closed the connection")]
    Closed,
    #[error("no answer within {} ms", .0.as_millis())]
    Silent(Duration),
    #[error(transparent)]
    Refused(#[from] RedisError),
    #[error("the answer to a subscription was {0}")]
    Unconfirmed(String),
    #[error("the roots of TLS to Redis can't be read: {0}")]
    Roots(std::io::Error),
    #[error("what was received is not taken")]
    Stuck,
    #[error("a subscription was ended by Redis")]
    Unsubscribed,
    #[error("it is no node of a Redis Cluster, or of one that is not whole")]
    NoCluster,
}

/// Who is told what is said on a connection's channels. Must not wait.
pub(super) type Hear = Arc<dyn Fn(PushInfo) + Send + Sync>;

/// Opens connections, and remembers the nodes of a cluster: the one that the operator named may be
/// the one that is away.
pub(super) struct Opener {
    url: RedisUrl,
    deadline: Duration,
    nodes: Vec<Address>,
    tries: usize,
}

/// What is open.
pub(super) struct Link {
    connections: Vec<MultiplexedConnection>,
    slots: Slots,
    deadline: Duration,
}

/// Something to be asked of the node that has the channel.
pub(super) struct Command {
    channel: String,
    command: Cmd,
}

impl Command {
    /// `NAME channel`
    pub(super) fn new(name: &str, channel: String) -> Self {
        let mut command = redis::cmd(name);
        command.arg(&channel);
        Self { channel, command }
    }

    /// `NAME channel message`
    pub(super) fn with(name: &str, channel: String, message: &[u8]) -> Self {
        let mut new = Self::new(name, channel);
        new.command.arg(message);
        new
    }
}

impl Opener {
    pub(super) fn new(url: &RedisUrl, times: &Times) -> Self {
        Self { url: url.clone(), deadline: times.deadline, nodes: Vec::new(), tries: 0 }
    }

    /// Opens a connection.
    pub(super) async fn open(&mut self, hear: Hear) -> Result<Link, Broken> {
        let opened = tokio::time::timeout(self.deadline, self.connect(hear)).await;
        let opened = opened.unwrap_or(Err(Broken::Silent(self.deadline)));
        if opened.is_err() {
            // Another node, if there is one.
            self.tries = self.tries.wrapping_add(1);
        }
        opened
    }

    async fn connect(&mut self, hear: Hear) -> Result<Link, Broken> {
        let asked = match self.tries % (self.nodes.len() + 1) {
            0 => None,
            n => Some(&self.nodes[n - 1]),
        };
        let mut first = self.connect_to(asked, &hear).await?;
        let deadline = self.deadline;
        if !self.url.cluster() {
            return Ok(Link { connections: vec![first], slots: Slots::of_one(), deadline });
        }
        let host = asked.map_or(self.url.host(), |(host, _)| host);
        let answer = redis::cmd("CLUSTER").arg("SLOTS").query_async(&mut first).await?;
        let (slots, nodes) = Slots::read(answer, host).ok_or(Broken::NoCluster)?;
        drop(first);
        let connecting = nodes.iter().map(|node| self.connect_to(Some(node), &hear));
        let connections = try_join_all(connecting).await?;
        self.nodes = nodes;
        Ok(Link { connections, slots, deadline })
    }

    /// Connects to a node, or to where the operator says.
    async fn connect_to(
        &self,
        node: Option<&Address>,
        hear: &Hear,
    ) -> Result<MultiplexedConnection, Broken> {
        let info = match node {
            Some((host, port)) => self.url.at(host, *port),
            None => self.url.connection_info().clone(),
        };
        let hear = Arc::clone(hear);
        // Its own deadlines would be the shorter ones; ours are around everything.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_push_sender(move |push| {
                hear(push);
                Ok::<(), ()>(())
            });
        let client = match self.url.roots() {
            // Read each time, for it may have been renewed; a small file.
            Some(file) => {
                let root_cert = Some(std::fs::read(file).map_err(Broken::Roots)?);
                Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert })?
            }
            None => Client::open(info)?,
        };
        Ok(client.get_multiplexed_async_connection_with_config(&config).await?)
    }
}

impl Link {
    /// Sends commands in one go, and waits for their answers: as many, in order, none of them an
    /// error.
    pub(super) async fn ask(&mut self, commands: Vec<Command>) -> Result<Vec<Value>, Broken> {
        let mut answers = vec![Value::Nil; commands.len()];
        let mut asked = vec![(Pipeline::new(), Vec::new()); self.connections.len()];
        for (index, Command { channel, command }) in commands.into_iter().enumerate() {
            let node = self.slots.node(&channel).ok_or(Broken::NoCluster)?;
            let (pipeline, indices) = asked.get_mut(node).ok_or(Broken::NoCluster)?;
            pipeline.add_command(command);
            indices.push(index);
        }
        let (pipelines, indices): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let said = self.ask_each(&pipelines).await?;
        for (indices, said) in indices.into_iter().zip(said) {
            if indices.len() != said.len() {
                return Err(Broken::Unconfirmed(format!("{} answers", said.len())));
            }
            indices.into_iter().zip(said).for_each(|(index, answer)| answers[index] = answer);
        }
        Ok(answers)
    }

    /// Whether every node still lives.
    pub(super) async fn ping(&mut self) -> Result<(), Broken> {
        let mut ping = Pipeline::new();
        ping.cmd("PING");
        self.ask_each(&vec![ping; self.connections.len()]).await.map(drop)
    }

    async fn ask_each(&mut self, pipelines: &[Pipeline]) -> Result<Vec<Vec<Value>>, Broken> {
        let asking = self.connections.iter_mut().zip(pipelines).map(async |(node, pipeline)| {
            if pipeline.is_empty() {
                return Ok(Vec::new());
            }
            pipeline.query_async::<Vec<Value>>(node).await
        });
        let answers = tokio::time::timeout(self.deadline, try_join_all(asking)).await;
        Ok(answers.map_err(|_| Broken::Silent(self.deadline))??)
    }
}
