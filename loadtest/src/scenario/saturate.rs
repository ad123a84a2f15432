//! Saturation: senders that post the next message as soon as they have received their last one, so
//! that the server is never without work. How much it does then.

use crate::client::Habit;
use crate::options::Options;
use crate::report::{Intended, Report};
use crate::scenario::fan_out::plan;
use crate::scenario::finish::About;
use crate::scenario::stage::{Stage, per};
use anyhow::{Result, ensure};
use clap::Args;
use std::time::Duration;

/// Saturation: as many messages as the server takes
#[derive(Args, Clone, Debug)]
pub struct Saturate {
    /// Threads
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub threads: u32,
    /// Sockets that have joined each thread
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub sockets: u32,
    /// Sockets of each thread that post
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub senders: u32,
    /// Messages that each of them has under way
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub window: u32,
    /// The next message follows the acknowledgement, not the delivery
    #[arg(long)]
    pub by_ack: bool,
    /// What every scenario takes.
    #[command(flatten)]
    pub options: Options,
}

impl Saturate {
    /// Runs it.
    pub async fn run(&self) -> Result<Report> {
        ensure!(self.senders <= self.sockets, "--senders: there are only {} sockets", self.sockets);
        let (threads, sockets) = (self.threads as usize, self.sockets as usize);
        let mut stage = Stage::open(&self.options, plan(threads, sockets)).await?;
        stage.connect(sockets).await?;
        stage.join().await?;
        self.set_going(&stage);
        stage.live.phase_of_seconds("warm-up", self.options.warm_up.into());
        tokio::time::sleep(Duration::from_secs(self.options.warm_up.into())).await;
        stage.begin_measuring(self.options.seconds)?;
        tokio::time::sleep(Duration::from_secs(self.options.seconds.into())).await;
        stage.end_measuring()?;
        for device in stage.devices.iter().flatten() {
            device.set_habit(Habit::Quiet);
        }
        let (counts, seconds) = (stage.measured_counts(), stage.measured_seconds());
        stage.figure("deliveries", per(counts.delivered, seconds), "per s");
        stage.figure("messages acknowledged", per(counts.acked, seconds), "per s");
        if let Some(cpu) = stage.server_cpu_s() {
            stage.figure("server, of a core", cpu / seconds * 100.0, "%");
            stage.figure("deliveries on one core", per(counts.delivered, cpu), "per CPU s");
        }
        stage.rest().await;
        stage.read_back().await?;
        Ok(stage.report(self.about(), None))
    }

    fn set_going(&self, stage: &Stage) {
        let habit = if self.by_ack { Habit::PostOnAck } else { Habit::PostOnDelivery };
        for devices in &stage.devices {
            for device in devices.iter().take(self.senders as usize) {
                device.set_habit(habit);
                for _ in 0..self.window {
                    device.post(0, stage.world.clock.now());
                }
            }
        }
    }

    fn about(&self) -> About {
        let settings = [
            ("threads", self.threads.to_string()),
            ("sockets in each", self.sockets.to_string()),
            ("senders in each", self.senders.to_string()),
            ("messages under way each", self.window.to_string()),
        ];
        let next = if self.by_ack { "acknowledged" } else { "delivered to its sender" };
        About {
            name: "saturate",
            description: format!(
                "{} threads with {} joined sockets each, {} of which post; the next message \
                 follows when one is {next} (a closed loop, so latencies show the queue, not what \
                 users feel).",
                self.threads, self.sockets, self.senders
            ),
            settings: settings.map(|(name, value)| (name.to_owned(), value)).into(),
            intended: Intended {
                seconds: self.options.seconds.into(),
                connections: u64::from(self.threads) * u64::from(self.sockets),
                // At least what the first round brings.
                acks: u64::from(self.threads * self.senders * self.window),
                deliveries: u64::from(self.threads * self.senders * self.window)
                    * u64::from(self.sockets),
                checked: true,
            },
        }
    }
}
