//! Emails at work in this process: the notifier that sends them, and the listener for the answers.

use crate::bind;
use crate::config::Config;
use crate::node::Node;
use crate::vital;
use anyhow::Context as _;
use std::sync::Arc;
use std::time::Duration;
use tidings_notifier::deliver::Transport;
use tidings_notifier::inbound::{self, Limits, Own, Reception};
use tidings_notifier::run::{Notifier, Office, Options};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Time that mails under way have when the process stops: most of what it has itself.
const GOODBYE: Duration = Duration::from_secs(5);

/// What emails need, opened: mistakes of the operator show at the start.
pub struct Mails {
    transport: Transport,
    /// For answers by email.
    inbound: Option<TcpListener>,
}

impl Mails {
    /// Opens it; none if emails are the business of other processes.
    pub async fn open(config: &Config) -> anyhow::Result<Option<Self>> {
        if config.mail.apart {
            return Ok(None);
        }
        let transport = transport(config)?;
        let inbound = match config.mail.inbound_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Some(Self { transport, inbound }))
    }

    /// Begins.
    pub fn start(self, node: &Node) -> MailsAtWork {
        if node.config.mail.smtp.is_some() && node.config.mail.public_url.is_none() {
            tracing::warn!(
                begin = node.mail.public_url,
                "mail.public_url is not set: links in emails lead to the address of this server \
                 itself"
            );
        }
        let (stop, stopped) = watch::channel(false);
        let (working, ended) = watch::channel(());
        let notifier = notifier(node, self.transport);
        let (mut asked, here) = (stopped.clone(), working.clone());
        vital::spawn("notifier", async move {
            notifier.run(async move { drop(asked.wait_for(|stop| *stop).await) }).await;
            drop(here);
        });
        let domain = node.config.mail.reply_domain.clone();
        if let (Some(listener), Some(domain)) = (self.inbound, domain) {
            let address =
                listener.local_addr().map_or(String::new(), |address| address.to_string());
            tracing::info!(address, "answers by email are taken");
            let reception = Arc::new(reception(node, domain));
            vital::spawn("inbound", async move {
                inbound::listen(listener, reception, stopped).await;
                drop(working);
            });
        }
        MailsAtWork { stop, ended }
    }
}

/// Opens the way that mails take.
pub(crate) fn transport(config: &Config) -> anyhow::Result<Transport> {
    Transport::open(&super::delivery(config)).context("emails can't be sent as mail.* says")
}

fn notifier(node: &Node, transport: Transport) -> Notifier<crate::store::Store> {
    let office = Office {
        signer: node.mail.signer.clone(),
        public_url: node.mail.public_url.clone(),
        reply_domain: node.config.mail.reply_domain.clone(),
    };
    let options = Options {
        goodbye: GOODBYE,
        watch: Arc::clone(&node.metrics) as _,
        ..Options::new(node.config.mail.from.clone(), office)
    };
    Notifier::new(node.store.clone(), Arc::clone(&node.clock), transport, options)
}

fn reception(node: &Node, domain: String) -> Reception<inbound::Office<crate::store::Store>> {
    Reception {
        domain,
        signer: node.mail.signer.clone(),
        own: Own { sender: node.config.mail.from.to_string() },
        limits: Limits { grace: GOODBYE, ..Limits::default() },
        clock: Arc::clone(&node.clock),
        answers: inbound::Office(node.store.clone()),
        watch: Arc::clone(&node.metrics) as _,
    }
}

/// Emails at work, until they are told to stop.
pub struct MailsAtWork {
    stop: watch::Sender<bool>,
    /// Closed when all of it has ended.
    ended: watch::Receiver<()>,
}

impl MailsAtWork {
    /// Begins nothing more, and waits a while for what is under way. The store is still needed.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let ended = tokio::time::timeout(2 * GOODBYE, self.ended.changed()).await;
        if ended.is_err() {
            tracing::warn!("emails did not end in time, and are cut");
        }
    }
}
