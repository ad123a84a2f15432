//! Catching up: clients that were away come back together, and each is sent all that it has missed.

use crate::client::Habit;
use crate::meter::real;
use crate::options::Options;
use crate::report::{Intended, Report};
use crate::scenario::fan_out::plan;
use crate::scenario::finish::About;
use crate::scenario::stage::{REST_TIME, Stage, has, per};
use anyhow::{Result, ensure};
use clap::Args;
use std::time::Duration;
use tidings_protocol::Seq;

/// A client that has missed more is not sent all of it.
#[expect(clippy::cast_possible_wrap, reason = "it is small")]
const EVENTS_MAX: i64 = tidings_protocol::limits::RESUME_EVENTS_MAX as i64;

/// Messages under way while the log is written.
const WINDOW: u64 = 256;

/// Catching up: clients come back together after having missed many events
#[derive(Args, Clone, Debug)]
pub struct CatchUp {
    /// Events that each has missed
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=EVENTS_MAX))]
    pub events: u32,
    /// Clients that come back together
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub clients: u32,
    /// How often all of them do
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: u32,
    /// What every scenario takes.
    #[command(flatten)]
    pub options: Options,
}

impl CatchUp {
    /// Runs it.
    pub async fn run(&self) -> Result<Report> {
        let clients = self.clients as usize;
        let mut stage = Stage::open(&self.options, plan(1, clients)).await?;
        let head = self.write_log(&mut stage).await?;
        stage.start_afresh().await?;
        stage.begin_measuring(86_400)?;
        for round in 1..=self.rounds {
            stage.live.phase("catching up", self.rounds.into());
            self.come_back(&mut stage, head).await?;
            stage.live.position(round.into());
        }
        stage.end_measuring()?;
        let (counts, seconds) = (stage.measured_counts(), stage.measured_seconds());
        stage.figure("events caught up on", per(counts.delivered, seconds), "per s");
        if let Some(cpu) = stage.server_cpu_s() {
            stage.figure("the same on one core", per(counts.delivered, cpu), "per CPU s");
            stage.figure("server, per event", cpu * 1e6 / real(counts.delivered.max(1)), "CPU µs");
        }
        stage.rest().await;
        stage.read_back().await?;
        Ok(stage.report(self.about(), None))
    }

    /// One person writes; the others are away.
    async fn write_log(&self, stage: &mut Stage) -> Result<Seq> {
        stage.live.phase("writing the log", self.events.into());
        let writer = stage.start_device(0, 0, false);
        let place = stage.circles[0].threads[0].clone();
        writer.join(place.id, place.thread, None);
        stage.world.wait("the writer", REST_TIME, |c| c.joined == 1).await?;
        writer.set_habit(Habit::Quiet);
        for message in 0..u64::from(self.events) {
            writer.post(0, stage.world.clock.now());
            let enough = (message + 1).saturating_sub(WINDOW);
            stage.world.wait("acks", REST_TIME, |c| c.acked >= enough).await?;
            stage.live.position(message);
        }
        let all = u64::from(self.events);
        stage.world.wait("acks", REST_TIME, |c| c.acked >= all).await?;
        let head = Seq(all + crate::cast::FIRST_SEQ.0);
        stage.world.wait("all that was written", REST_TIME, |_| has(&writer, head)).await?;
        writer.record_end();
        writer.stop();
        stage.devices[0].clear();
        Ok(head)
    }

    async fn come_back(&self, stage: &mut Stage, head: Seq) -> Result<()> {
        let after = Seq(head.0 - u64::from(self.events));
        let place = stage.circles[0].threads[0].clone();
        let devices: Vec<_> = (0..self.clients as usize)
            .map(|person| {
                let device = stage.start_device(0, person, false);
                device.join(place.id, place.thread, Some(after));
                device
            })
            .collect();
        let start = stage.world.clock.now();
        while !devices.iter().all(|device| has(device, head)) {
            let waited = Duration::from_micros(stage.world.clock.now().0 - start.0);
            ensure!(waited < REST_TIME * 4, "not all have caught up within {waited:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        for device in devices {
            device.record_end();
            device.stop();
        }
        // Those who have left need not be counted any more.
        stage.devices[0].clear();
        Ok(())
    }

    fn about(&self) -> About {
        let events = u64::from(self.events) * u64::from(self.clients) * u64::from(self.rounds);
        About {
            name: "catch-up",
            description: format!(
                "{} clients come back together, {} times, each having missed {} events.",
                self.clients, self.rounds, self.events
            ),
            settings: vec![
                ("events missed".to_owned(), self.events.to_string()),
                ("clients".to_owned(), self.clients.to_string()),
                ("rounds".to_owned(), self.rounds.to_string()),
            ],
            intended: Intended {
                seconds: 0.0,
                connections: self.clients.into(),
                acks: 0,
                deliveries: events,
                checked: true,
            },
        }
    }
}
