//! What every process of Tidings has, whether it serves clients or only sends emails: a node, emails
//! at work, a listener for the operator; and the order in which they end.

use crate::config::Config;
use crate::mail::{Mails, MailsAtWork};
use crate::node::Node;
use crate::{bind, clock, http};
use anyhow::Context as _;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A process that is asked to stop has ended by then, whatever does not end by itself: a store that
/// can't be reached says nothing of the last batch, and nobody was told anything of it.
const STOPPED_WITHIN: Duration = Duration::from_secs(9);

/// So much of that is kept for closing the store.
const FOR_THE_STORE: Duration = Duration::from_secs(2);

/// How long the operator's tools may take to read their last answers.
const OPS_GOODBYE: Duration = Duration::from_millis(500);

/// A process that works.
pub(crate) struct Process {
    /// What it is about.
    pub(crate) node: Arc<Node>,
    /// Where health and metrics are served, if on an address of their own.
    pub(crate) ops: Option<SocketAddr>,
    /// Told when it is to stop.
    pub(crate) stopped: watch::Receiver<bool>,
    stopping: watch::Sender<bool>,
    mails: Option<MailsAtWork>,
    serving_ops: Option<JoinHandle<()>>,
    closing: watch::Sender<bool>,
}

/// The same once it was asked to stop: by when it has to.
pub(crate) struct Ending(Instant);

impl Process {
    /// Opens everything, and starts all that does not serve clients. `serves` says whether somebody else
    /// does. Nothing if `stop` is done before: a store that is away is not waited for then.
    pub(crate) async fn start(
        config: Config,
        serves: bool,
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<Option<Self>> {
        tokio::select! {
            opened = Self::open(config, serves) => opened.map(Some),
            () = stop => {
                tracing::info!("stopped before all was open");
                Ok(None)
            }
        }
    }

    async fn open(config: Config, serves: bool) -> anyhow::Result<Self> {
        let listener = match config.ops_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let mails = Mails::open(&config).await?;
        let node = Node::start(config, Arc::new(clock::SystemClock)).await?;
        let ops = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let (stopping, stopped) = watch::channel(false);
        let (closing, closed) = watch::channel(false);
        let serving_ops = listener.map(|listener| {
            tokio::spawn(http::serve_ops(Arc::clone(&node), listener, stopped.clone(), closed))
        });
        let mails = mails.map(|mails| mails.start(&node, serves));
        Ok(Self { node, ops, stopped, stopping, mails, serving_ops, closing })
    }

    /// Says to all that it stops. Mails under way end meanwhile.
    pub(crate) async fn stop(&mut self, clients: impl Future<Output = ()>) -> Ending {
        let ending = Ending(clock::monotonic() + STOPPED_WITHIN);
        let mails_by = ending.0.checked_sub(FOR_THE_STORE).unwrap_or(ending.0);
        self.stopping.send_replace(true);
        let mails = self.mails.take();
        let mails = async {
            if let Some(mails) = mails {
                mails.stop(mails_by).await;
            }
        };
        tokio::join!(clients, mails);
        ending
    }

    /// Closes the store, after everybody who writes there has gone. The operator's listener tells of
    /// it to the end.
    pub(crate) async fn close(self, ending: Ending) -> anyhow::Result<()> {
        if tokio::time::timeout_at(ending.0.into(), self.node.close()).await.is_err() {
            tracing::error!("the store did not close in time: it is left as it is");
        }
        self.node.bus.goodbye().await;
        self.closing.send_replace(true);
        if let Some(serving) = self.serving_ops {
            // Whoever asks last gets the answer.
            let ended = tokio::time::timeout(OPS_GOODBYE, serving).await;
            ended.unwrap_or(Ok(())).context("the listener for operations broke")?;
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Runs a process without clients until `stop` is done: it sends emails, and takes the answers.
pub(crate) async fn run_notifier(
    config: Config,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let mut stop = pin!(stop);
    let started = Process::start(config, false, stop.as_mut()).await?;
    let Some(mut process) = started else { return Ok(()) };
    tracing::info!(ops = process.ops.map(tracing::field::display), "ready");
    stop.await;
    let ending = process.stop(std::future::ready(())).await;
    process.close(ending).await
}
