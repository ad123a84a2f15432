//! The way of one mail: claimed, read, written, delivered, settled.

use super::Notifier;
use super::fate::{self, Tried};
use super::patience::Patience;
use super::watch::{Seen, UnderWay};
use crate::deliver::Delivery;
use crate::mail::{self, Mail, Sender};
use crate::store::Store;
use lettre::address::Envelope;
use std::time::Duration;
use tidings_protocol::{NoticeId, RefusalCode, Timestamp};
use tidings_storage::letter::Letter;
use tidings_storage::{Done, NoticesOf, Operation, Sending, Unavailable};

/// Whether the store took what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Made,
    None,
}

/// Notices in our hands.
struct Claimed {
    notices: NoticesOf,
    until: Timestamp,
}

/// What was read of them.
struct Read {
    letter: Option<Letter>,
    attempts: u32,
}

impl<S: Store> Notifier<S> {
    /// Sends what is still to be sent of these.
    pub(super) async fn post(&self, wanted: NoticesOf) -> Progress {
        let Some(claimed) = self.claim(wanted).await else { return Progress::None };
        let Some(first) = claimed.notices.notices.first().map(|(id, _)| *id) else {
            return Progress::Made;
        };
        let Some(read) = self.read_letter(&claimed).await else { return Progress::None };
        let sending = self.send_watched(&claimed, &read).await;
        self.log(first, &sending);
        self.settle(&claimed, sending).await
    }

    /// Takes them; none if the store did not answer. What it may have given us all the same lies until
    /// the lease is over.
    async fn claim(&self, wanted: NoticesOf) -> Option<Claimed> {
        let until = fate::lease_until(self.clock.now(), self.options.lease);
        let notices = wanted.clone();
        let claim = Operation::ClaimNotices { notices, holder: self.holder, until };
        match self.store.apply(claim).await {
            Ok(Done::Notices(got)) => {
                let asked = wanted.notices.len();
                let notices = only(wanted, &got);
                let (got, left) = (got.len(), asked.saturating_sub(got.len()));
                self.options.watch.saw(Seen::Claimed { got, left });
                Some(Claimed { notices, until })
            }
            Ok(other) => {
                tracing::error!(?other, "a claim has an answer of another kind");
                None
            }
            Err(refusal) => {
                tracing::debug!(code = refusal.code.name(), "can't claim notices now");
                None
            }
        }
    }

    /// Reads what the mail says, as long as there is time to send it; otherwise they lie until the
    /// lease is over.
    async fn read_letter(&self, claimed: &Claimed) -> Option<Read> {
        let ids: Vec<NoticeId> = claimed.notices.notices.iter().map(|(id, _)| *id).collect();
        let mut patience = Patience::new();
        while self.time_left(claimed).is_some() {
            let ids = ids.clone();
            let asked = self.store.read(move |reader| {
                let letter = reader.letter(&ids)?;
                let first = ids.first().map(|id| reader.notice_facts(*id)).transpose()?.flatten();
                let attempts = first.map_or(0, |facts| facts.attempts);
                Ok::<_, Unavailable>(Read { letter, attempts })
            });
            match asked.await.and_then(|read| read) {
                Ok(read) => return Some(read),
                Err(error) => tracing::debug!(%error, "can't read a letter now"),
            }
            patience.pause().await;
        }
        tracing::warn!(notices = ids.len(), "claimed in vain: the store did not answer in time");
        None
    }

    fn time_left(&self, claimed: &Claimed) -> Option<Duration> {
        fate::time_left(self.clock.now(), claimed.until, self.options.lease)
    }

    async fn send_watched(&self, claimed: &Claimed, read: &Read) -> Sending {
        let watch = &*self.options.watch;
        let (under_way, begun) = (UnderWay::begin(watch), self.clock.now());
        let sending = self.send(claimed, read).await;
        let took_ms = u64::try_from(self.clock.now().0 - begun.0).unwrap_or(0);
        drop(under_way);
        let (result, took) = (fate::result_of(&sending), Duration::from_millis(took_ms));
        watch.saw(Seen::Mail { result, took });
        sending
    }

    async fn send(&self, claimed: &Claimed, read: &Read) -> Sending {
        let tried = |clock_now| Tried {
            now: clock_now,
            attempts: read.attempts,
            random: fastrand::u32(..),
        };
        if let Some(hopeless) = fate::of_hopeless(tried(self.clock.now())) {
            return hopeless;
        }
        let Some(letter) = &read.letter else {
            let answer = "there is nothing that it could say".to_owned();
            return fate::later(answer, String::new(), tried(self.clock.now()));
        };
        let sender = Sender { from: self.options.from.clone() };
        match mail::write(letter, &self.options.office.links(letter), &sender) {
            Ok(Mail { envelope, message_id, bytes }) => {
                let delivery = self.hand_over(claimed, &envelope, bytes).await;
                fate::of_delivery(delivery, message_id, tried(self.clock.now()))
            }
            Err(unwritable) => fate::of_unwritable(unwritable),
        }
    }

    /// Says what became of it, if somebody may have to do something about it.
    fn log(&self, notice: NoticeId, sending: &Sending) {
        let answer = match sending {
            Sending::Sent { .. } => {
                tracing::debug!(notice = %notice.0, "mail was sent");
                return;
            }
            Sending::Later { answer, .. } | Sending::Failed { answer, .. } => answer,
        };
        let (result, now) = (fate::result_of(sending), self.clock.now());
        let line = self.untaken().add(result, notice, answer, now);
        if let Some(line) = line {
            line.log();
        }
    }

    /// Hands it over before the claim runs out, or not: then nobody knows, and it goes again as the same
    /// mail.
    async fn hand_over(&self, claimed: &Claimed, envelope: &Envelope, bytes: Vec<u8>) -> Delivery {
        let left = self.time_left(claimed).unwrap_or_default();
        let delivered = tokio::time::timeout(left, self.transport.deliver(envelope, bytes)).await;
        delivered.unwrap_or_else(|_| Delivery::Later {
            answer: "the mail server did not answer in time".to_owned(),
        })
    }

    /// Puts down what became of it, as long as it is ours to say. That it was sent always is: as long as
    /// that stands nowhere, it goes out again.
    async fn settle(&self, claimed: &Claimed, sending: Sending) -> Progress {
        let was_sent = matches!(sending, Sending::Sent { .. });
        let mut patience = Patience::new();
        loop {
            let settle = Operation::SettleNotices {
                notices: claimed.notices.clone(),
                holder: self.holder,
                sending: sending.clone(),
            };
            match self.store.apply(settle).await {
                Ok(_) => return Progress::Made,
                Err(refusal) if refusal.code != RefusalCode::Unavailable => {
                    tracing::error!(%refusal, "can't put down what became of a mail");
                    return Progress::None;
                }
                Err(_) if !was_sent && self.clock.now() >= claimed.until => {
                    tracing::warn!("could not put down in time what became of a mail");
                    return Progress::None;
                }
                Err(_) => patience.pause().await,
            }
        }
    }
}

/// Those of them that were got.
fn only(mut wanted: NoticesOf, got: &[NoticeId]) -> NoticesOf {
    wanted.notices.retain(|(id, _)| got.contains(id));
    wanted
}
