//! Says to Redis what waits to be said, and each second that this node lives.
//!
//! One pipeline is under way at a time: while its answers come, the next one gathers. So a busy node
//! sends few large ones, and a quiet node sends each message at once.

use super::super::outgoing::Saying;
use super::super::wire::{self, Note};
use super::link::{Backoff, Broken, Link};
use super::{Channel, Shared};
use crate::clock::monotonic;
use redis::Pipeline;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::MissedTickBehavior;

/// Messages of one pipeline.
const PIPELINE_MESSAGES_MAX: usize = 512;

/// Bytes of one pipeline.
const PIPELINE_BYTES_MAX: usize = 1024 * 1024;

/// Publishes until the node says goodbye.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut backoff = Backoff::default();
    let mut told = false;
    loop {
        let opened = monotonic();
        let Err(broken) = publish(&shared, &mut told).await else { break };
        let lost = shared.outgoing.close();
        shared.metrics.bus_dropped_total.inc_by(lost as u64);
        shared.note_up();
        backoff.lasted(opened, monotonic());
        if !std::mem::replace(&mut told, true) {
            tracing::warn!(%broken, lost, "the bus can't be spoken to; trying again until it can");
        }
        tokio::time::sleep(backoff.next()).await;
    }
    shared.outgoing.close();
    shared.note_up();
    shared.parted.notify_one();
}

/// One connection's life. `Ok` after goodbye.
async fn publish(shared: &Shared, told: &mut bool) -> Result<(), Broken> {
    let mut link = Link::open(&shared.url, &shared.times, |_| ()).await?;
    let mut beat = Beat { shared, last: None };
    // Nothing waits before it is known that somebody takes it.
    link.ask(&beat.pipeline(&[])).await?;
    shared.outgoing.open();
    shared.note_up();
    if std::mem::take(told) {
        shared.metrics.bus_reconnects_total.inc();
        tracing::info!("the bus can be spoken to again");
    }
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
            if saying.is_empty() {
                saying = shared.outgoing.take_tails(PIPELINE_MESSAGES_MAX);
            }
            if saying.is_empty() && !beat.is_due() {
                break;
            }
            say(shared, &mut link, &beat.pipeline(&saying), &saying).await?;
        }
        if parting {
            let mut goodbye = redis::pipe();
            add(shared, &mut goodbye, Channel::Nodes, &wire::note(shared.node, Note::Goodbye));
            link.ask(&goodbye).await?;
            return Ok(());
        }
    }
}

async fn say(
    shared: &Shared,
    link: &mut Link,
    pipeline: &Pipeline,
    saying: &[Saying],
) -> Result<(), Broken> {
    if let Err(broken) = link.ask(pipeline).await {
        shared.outgoing.not_said(saying);
        shared.metrics.bus_dropped_total.inc_by(saying.len() as u64);
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
    fn pipeline(&mut self, saying: &[Saying]) -> Pipeline {
        let mut pipeline = Pipeline::with_capacity(saying.len() + 1);
        for message in saying {
            add(self.shared, &mut pipeline, Channel::Firm(message.firm), &message.bytes);
        }
        if self.is_due() {
            self.last = Some(monotonic());
            let alive = wire::note(self.shared.node, Note::Alive);
            add(self.shared, &mut pipeline, Channel::Nodes, &alive);
        }
        pipeline
    }
}

fn add(shared: &Shared, pipeline: &mut Pipeline, channel: Channel, message: &[u8]) {
    let command = if shared.url.sharded() { "SPUBLISH" } else { "PUBLISH" };
    pipeline.cmd(command).arg(channel.name(shared.url.prefix())).arg(message);
}
