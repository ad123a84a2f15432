//! Hears of the firms that are watched, and of the nodes that live.

use super::super::inbox::Item;
use super::super::wire::{self, Note};
use super::backoff::Backoff;
use super::link::{Broken, Command, Link, Opener};
use super::{Channel, Shared};
use crate::clock::monotonic;
use parking_lot::Mutex;
use redis::{PushInfo, PushKind, Value};
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tidings_protocol::FirmId;
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

/// Channels that are subscribed to in one go.
const SUBSCRIPTIONS_MAX: usize = 256;

/// Subscribes for ever.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut backoff = Backoff::default();
    let mut opener = Opener::new(&shared.url, &shared.times);
    loop {
        shared.inbox.unstuck().await;
        let Err(broken) = subscribe(&shared, &mut opener, &mut backoff).await;
        shared.hears.store(false, Ordering::Release);
        shared.note_up();
        shared.alive.lock().stop_listening();
        if backoff.lost(monotonic()) {
            tracing::warn!(%broken, "the bus can't be heard; trying again until it can");
            shared.inbox.tell(Item::Down);
        }
        tokio::time::sleep(backoff.pause()).await;
    }
}

/// What the crate's own task does with what it reads: it must neither wait nor go on after the
/// connection was given up.
struct Ear {
    shared: Arc<Shared>,
    listening: AtomicBool,
    closed: Notify,
    /// Firms that we no longer subscribe to, of which that is still to be confirmed.
    leaving: Mutex<HashSet<FirmId>>,
    /// A subscription was ended by Redis itself, as when a cluster moves its slot.
    ended: Notify,
}

/// One connection's life.
async fn subscribe(
    shared: &Arc<Shared>,
    opener: &mut Opener,
    backoff: &mut Backoff,
) -> Result<Infallible, Broken> {
    let ear = Arc::new(Ear {
        shared: Arc::clone(shared),
        listening: AtomicBool::new(true),
        closed: Notify::new(),
        leaving: Mutex::default(),
        ended: Notify::new(),
    });
    let hearing = Arc::clone(&ear);
    let mut link = opener.open(Arc::new(move |push| hearing.hear(push))).await?;
    let ended = listen(shared, &ear, &mut link, backoff).await;
    ear.listening.store(false, Ordering::Release);
    ended
}

async fn listen(
    shared: &Shared,
    ear: &Ear,
    link: &mut Link,
    backoff: &mut Backoff,
) -> Result<Infallible, Broken> {
    change(shared, link, Verb::Subscribe, &[Channel::Nodes]).await?;
    watch(shared, link, &shared.watching.all()).await?;
    shared.alive.lock().listen(monotonic());
    shared.hears.store(true, Ordering::Release);
    shared.note_up();
    shared.inbox.tell(Item::Up);
    if backoff.up(monotonic()) {
        shared.metrics.bus_reconnects_total.inc();
        tracing::info!("the bus can be heard again");
    }
    let mut tick = tokio::time::interval(shared.times.beat);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = ear.closed.notified() => return Err(Broken::Closed),
            () = ear.ended.notified() => return Err(Broken::Unsubscribed),
            () = shared.watching.changed() => {
                watch(shared, link, &shared.watching.fresh()).await?;
            }
            _ = tick.tick() => {
                link.ping().await?;
                unwatch(shared, ear, link).await?;
                for node in shared.alive.lock().silent(monotonic()) {
                    shared.inbox.tell(Item::Gone(node));
                }
            }
        }
        if shared.inbox.is_stuck() {
            return Err(Broken::Stuck);
        }
    }
}

async fn watch(shared: &Shared, link: &mut Link, firms: &[FirmId]) -> Result<(), Broken> {
    for firms in firms.chunks(SUBSCRIPTIONS_MAX) {
        let channels: Vec<_> = firms.iter().copied().map(Channel::Firm).collect();
        change(shared, link, Verb::Subscribe, &channels).await?;
        let news = shared.watching.confirm(firms);
        shared.inbox.tell(Item::Watching(firms.to_vec(), news));
    }
    Ok(())
}

async fn unwatch(shared: &Shared, ear: &Ear, link: &mut Link) -> Result<(), Broken> {
    let firms = shared.watching.expire(monotonic());
    for firms in firms.chunks(SUBSCRIPTIONS_MAX) {
        let channels: Vec<_> = firms.iter().copied().map(Channel::Firm).collect();
        ear.leaving.lock().extend(firms);
        // Even if Redis does not answer any more: the next connection does not subscribe to them.
        shared.inbox.tell(Item::Unwatched(firms.to_vec()));
        change(shared, link, Verb::Unsubscribe, &channels).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Verb {
    Subscribe,
    Unsubscribe,
}

/// Subscribes or unsubscribes, and holds every answer against what was asked for.
async fn change(
    shared: &Shared,
    link: &mut Link,
    verb: Verb,
    channels: &[Channel],
) -> Result<(), Broken> {
    let (name, expected) = match (verb, shared.url.cluster()) {
        (Verb::Subscribe, false) => ("SUBSCRIBE", PushKind::Subscribe),
        (Verb::Subscribe, true) => ("SSUBSCRIBE", PushKind::SSubscribe),
        (Verb::Unsubscribe, false) => ("UNSUBSCRIBE", PushKind::Unsubscribe),
        (Verb::Unsubscribe, true) => ("SUNSUBSCRIBE", PushKind::SUnsubscribe),
    };
    let names: Vec<_> = channels.iter().map(|c| c.name(shared.url.prefix())).collect();
    // A channel a command: each has exactly one answer.
    let commands = names.iter().map(|channel| Command::new(name, channel.clone())).collect();
    let answers = link.ask(commands).await?;
    let confirms = |answer: &Value, channel: &str| match answer {
        Value::Push { kind, data } => {
            *kind == expected
                && matches!(data.first(), Some(Value::BulkString(of)) if of == channel.as_bytes())
        }
        _ => false,
    };
    match answers.iter().zip(&names).find(|(answer, channel)| !confirms(answer, channel)) {
        None => Ok(()),
        Some((answer, _)) => Err(Broken::Unconfirmed(format!("{answer:?}"))),
    }
}

impl Ear {
    fn hear(&self, push: PushInfo) {
        if !self.listening.load(Ordering::Acquire) {
            return;
        }
        match push.kind {
            PushKind::Message | PushKind::SMessage => self.message(push.data),
            PushKind::Disconnection => self.closed.notify_one(),
            PushKind::Unsubscribe | PushKind::SUnsubscribe if !self.left(push.data.first()) => {
                self.ended.notify_one();
            }
            _ => {}
        }
    }

    fn channel(&self, name: Option<&Value>) -> Option<Channel> {
        let Some(Value::BulkString(name)) = name else { return None };
        Channel::of_name(self.shared.url.prefix(), name)
    }

    /// Whether it was us who left a channel.
    fn left(&self, channel: Option<&Value>) -> bool {
        match self.channel(channel) {
            Some(Channel::Firm(firm)) => self.leaving.lock().remove(&firm),
            Some(Channel::Nodes) | None => false,
        }
    }

    fn message(&self, data: Vec<Value>) {
        let Ok([channel, Value::BulkString(message)]) = <[Value; 2]>::try_from(data) else {
            return;
        };
        match self.channel(Some(&channel)) {
            Some(Channel::Nodes) => self.note(&message),
            Some(Channel::Firm(firm)) if !self.shared.inbox.receive(firm, message) => {
                self.shared.metrics.bus_missed_total.inc();
            }
            Some(Channel::Firm(_)) | None => {}
        }
    }

    fn note(&self, message: &[u8]) {
        let Some((sender, note)) = wire::read_note(message) else { return };
        if sender == self.shared.node {
            return;
        }
        let now = monotonic();
        let mut alive = self.shared.alive.lock();
        match note {
            Note::Alive if alive.heard(sender, now) => {
                // What it said meanwhile was said to nobody, or to those who had forgotten it.
                self.shared.inbox.miss_anything();
            }
            Note::Goodbye if alive.goodbye(sender, now) => {
                self.shared.inbox.tell(Item::Left(sender));
            }
            Note::Alive | Note::Goodbye => {}
        }
    }
}
