//! Emails at work in this process: the notifier that sends them, and the listener for the answers.

use crate::bind;
use crate::config::Config;
use crate::node::Node;
use crate::vital;
use anyhow::Context as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
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

    /// Begins, in a process that serves clients or does not.
    pub fn start(self, node: &Node, serves: bool) -> MailsAtWork {
        if let Some(where_to) = lead_astray(&node.config, serves) {
            let begin = &node.mail.public_url;
            tracing::warn!(begin, "mail.public_url is not set: links in emails lead {where_to}");
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

/// Where links in emails lead, if that is of no use to their readers and nobody meant it so.
fn lead_astray(config: &Config, serves: bool) -> Option<&'static str> {
    let mail = &config.mail;
    if mail.public_url.is_some() {
        return None;
    }
    if !serves {
        return Some("to this process, which serves nobody");
    }
    // Whoever reads mails in a folder is on this machine.
    mail.smtp.is_some().then_some("to the address of this server itself")
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
    /// Begins nothing more, and waits for what is under way, until then at most. The store is still
    /// needed.
    pub async fn stop(mut self, by: Instant) {
        self.stop.send_replace(true);
        let ended = tokio::time::timeout_at(by.into(), self.ended.changed()).await;
        if ended.is_err() {
            tracing::warn!("emails did not end in time, and are cut");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn a_notifier_of_its_own_has_to_be_told_where_the_server_is() {
        let mut config = Config::default();
        assert_eq!(lead_astray(&config, true), None);
        assert!(lead_astray(&config, false).is_some());
        config.mail.smtp = Some("smtps://mail.example".parse().unwrap());
        assert!(lead_astray(&config, true).is_some());
        config.mail.public_url = Some("https://chat.example".to_owned());
        assert_eq!([true, false].map(|serves| lead_astray(&config, serves)), [None, None]);
    }

    #[tokio::test]
    async fn what_does_not_end_is_not_waited_for_longer_than_there_is_time() {
        let ((stop, stopped), (working, ended)) = (watch::channel(false), watch::channel(()));
        let stopping = MailsAtWork { stop, ended }.stop(clock::monotonic() + GOODBYE / 100);
        let in_time = tokio::time::timeout(GOODBYE, stopping).await;
        assert!(in_time.is_ok() && *stopped.borrow());
        drop(working);
    }
}
