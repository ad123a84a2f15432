//! Says to Redis what waits to be said, and each second that this node lives.
//!
//! One pipeline is under way at a time: while its answers come, the next one gathers. So a busy node
//! sends few large ones, and a quiet node sends each message at once.

use super::super::outgoing::Saying;
use super::super::wire::{self, Note};
use super::backoff::Backoff;
use super::link::{Broken, Command, Link, Opener};
use super::{Channel, Shared};
use crate::clock::monotonic;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;

/// Messages of one pipeline.
const PIPELINE_MESSAGES_MAX: usize = 512;

/// Bytes of one pipeline.
const PIPELINE_BYTES_MAX: usize = 1024 * 1024;

/// Publishes until the node says goodbye.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut backoff = Backoff::default();
    let mut opener = Opener::new(&shared.url, &shared.times);
    let mut beaten = None;
    loop {
        let ended = publish(&shared, &mut opener, &mut backoff, &mut beaten).await;
        let Err(broken) = ended else { break };
        let lost = shared.outgoing.close();
        shared.metrics.bus_dropped_total.inc_by(lost as u64);
        shared.note_up();
        if backoff.lost(monotonic()) {
            tracing::warn!(%broken, lost, "the bus can't be spoken to; trying again until it can");
        }
        tokio::time::sleep(backoff.pause()).await;
    }
    shared.outgoing.close();
    shared.note_up();
    shared.parted.notify_one();
}

/// One connection's life. `Ok` after goodbye. Notes when it said last that the node lives.
async fn publish(
    shared: &Shared,
    opener: &mut Opener,
    backoff: &mut Backoff,
    beaten: &mut Option<Instant>,
) -> Result<(), Broken> {
    let mut link = opener.open(Arc::new(|_| ())).await?;
    let mut beat = Beat { shared, last: None };
    // Nothing waits before it is known that somebody takes it.
    link.ask(beat.commands(&[])).await?;
    shared.outgoing.open();
    shared.note_up();
    let before = std::mem::replace(beaten, beat.last);
    if before.is_some_and(|last| monotonic() - last >= shared.times.silence) {
        // The others have taken this node for gone, and may have forgotten even that it ever was:
        // it begins anew with all of them.
        shared.inbox.miss_anything();
    }
    if backoff.up(monotonic()) {
        shared.metrics.bus_reconnects_total.inc();
        tracing::info!("the bus can be spoken to again");
    }
    let mut tails = Tails { every: shared.times.beat / 4, none_since: None };
    let mut tick = tokio::time::interval(shared.times.beat / 2);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let parting = tokio::select! {
            () = shared.outgoing.ready() => false,
            _ = tick.tick() => false,
            () = shared.parting.notified() => true,
        };
        loop {
            let mut saying = shared.outgoing.take(PIPELINE_MESSAGES_MAX, PIPELINE_BYTES_MAX);
            saying.extend(tails.take(shared));
            if saying.is_empty() && !beat.is_due() {
                break;
            }
            say(shared, &mut link, beat.commands(&saying), &saying).await?;
            *beaten = beat.last;
        }
        if parting {
            let goodbye = wire::note(shared.node, Note::Goodbye);
            link.ask(vec![command(shared, Channel::Nodes, &goodbye)]).await?;
            return Ok(());
        }
    }
}

async fn say(
    shared: &Shared,
    link: &mut Link,
    commands: Vec<Command>,
    saying: &[Saying],
) -> Result<(), Broken> {
    if let Err(broken) = link.ask(commands).await {
        shared.outgoing.not_said(saying);
        let lost = saying.iter().filter(|saying| saying.since.is_some()).count();
        shared.metrics.bus_dropped_total.inc_by(lost as u64);
        return Err(broken);
    }
    shared.outgoing.said(saying);
    let now = monotonic();
    for since in saying.iter().filter_map(|saying| saying.since) {
        shared.metrics.bus_published_total.inc();
        shared.metrics.bus_publish_seconds.observe((now - since).as_secs_f64());
    }
    Ok(())
}

/// Tails, looked for now and then: there may be many firms that none is due of.
struct Tails {
    every: Duration,
    none_since: Option<Instant>,
}

impl Tails {
    fn take(&mut self, shared: &Shared) -> Vec<Saying> {
        let now = monotonic();
        if self.none_since.is_some_and(|since| now - since < self.every) {
            return Vec::new();
        }
        let tails = shared.outgoing.take_tails(PIPELINE_MESSAGES_MAX);
        self.none_since = (tails.len() < PIPELINE_MESSAGES_MAX).then_some(now);
        tails
    }
}

/// That this node lives: said with whatever is said when its time has come.
struct Beat<'a> {
    shared: &'a Shared,
    last: Option<Instant>,
}

impl Beat<'_> {
    fn is_due(&self) -> bool {
        // Ticks are half a beat apart, and may come a little early.
        let long_ago = self.shared.times.beat * 3 / 4;
        self.last.is_none_or(|last| monotonic() - last >= long_ago)
    }

    /// These messages, and the beat if it is due.
    fn commands(&mut self, saying: &[Saying]) -> Vec<Command> {
        let say =
            |message: &Saying| command(self.shared, Channel::Firm(message.firm), &message.bytes);
        let mut commands: Vec<_> = saying.iter().map(say).collect();
        if self.is_due() {
            self.last = Some(monotonic());
            let alive = wire::note(self.shared.node, Note::Alive);
            commands.push(command(self.shared, Channel::Nodes, &alive));
        }
        commands
    }
}

fn command(shared: &Shared, channel: Channel, message: &[u8]) -> Command {
    let name = if shared.url.cluster() { "SPUBLISH" } else { "PUBLISH" };
    Command::with(name, channel.name(shared.url.prefix()), message)
}
