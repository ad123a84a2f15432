//! Reads what was received, notices what is missing, and hands it on as fast as it is taken.

use super::super::Heard;
use super::super::inbox::Item;
use super::super::message::NodeId;
use super::super::received::{Number, Received};
use super::super::wire::{self, Said};
use super::Shared;
use crate::clock::monotonic;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tidings_protocol::FirmId;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendError;

/// Hands on until nobody takes.
pub(super) async fn run(shared: Arc<Shared>, heard: mpsc::Sender<Heard>) {
    let mut ears = Ears { shared, heard, received: Received::default() };
    while ears.handle().await.is_ok() {}
}

struct Ears {
    shared: Arc<Shared>,
    heard: mpsc::Sender<Heard>,
    received: Received,
}

type Handed = Result<(), SendError<Heard>>;

impl Ears {
    async fn handle(&mut self) -> Handed {
        match self.shared.inbox.next().await {
            Item::Message(firm, message) => self.message(firm, &message).await?,
            Item::Watching(firms, news) => {
                for firm in firms {
                    self.received.watch(firm);
                }
                for firm in news {
                    self.heard.send(Heard::Watching(firm)).await?;
                }
            }
            Item::Unwatched(firms) => {
                for firm in firms {
                    self.received.unwatch(firm);
                    self.heard.send(Heard::Unwatched(firm)).await?;
                }
            }
            Item::Gone(node) => {
                self.received.forget(node);
                self.heard.send(Heard::Gone(node)).await?;
            }
            Item::Left(node) => {
                self.received.forget(node);
                self.heard.send(Heard::Left(node)).await?;
            }
            Item::Down => {
                self.received.clear();
                self.heard.send(Heard::Down).await?;
            }
            Item::Up => self.heard.send(Heard::Up).await?,
            Item::Missed(missed) => {
                for (firm, from) in missed {
                    self.missed(firm, from).await?;
                }
            }
            Item::AnythingMissed => {
                // If nothing is heard now, `Up` is still to come.
                if self.shared.hears.load(Ordering::Acquire) {
                    self.heard.send(Heard::Up).await?;
                }
            }
        }
        Ok(())
    }

    async fn message(&mut self, firm: FirmId, message: &[u8]) -> Handed {
        let Some((head, said)) = wire::read(message) else { return Ok(()) };
        if head.from == self.shared.node {
            return Ok(());
        }
        let number = match said {
            Said::Tail => self.received.tail(firm, &head),
            Said::Payload(_) | Said::Unreadable => self.received.message(firm, &head),
        };
        if number == Number::Unwatched {
            return Ok(());
        }
        if number == Number::Jump || said == Said::Unreadable {
            self.shared.metrics.bus_missed_total.inc();
            self.missed(firm, head.from).await?;
        }
        // Of a node that is gone nothing is kept that nobody would forget again.
        let lives = self.shared.alive.lock().met(head.from, monotonic());
        if let Said::Payload(payload) = said
            && (payload.counts_late() || lives && number != Number::Late)
        {
            self.shared.metrics.bus_received_total.inc();
            self.heard.send(Heard::Payload { from: head.from, firm, payload }).await?;
        }
        Ok(())
    }

    async fn missed(&self, firm: FirmId, from: NodeId) -> Handed {
        self.heard.send(Heard::Missed { from, firm }).await
    }
}
