//! Connections: sockets that connect, authenticate, join a thread, and leave. How many a server
//! takes in.

use crate::meter::real;
use crate::options::Options;
use crate::report::{Intended, Report};
use crate::scenario::fan_out::plan;
use crate::scenario::finish::About;
use crate::scenario::stage::{REST_TIME, Stage, micros, per};
use anyhow::{Result, ensure};
use clap::Args;
use std::time::Duration;

/// Connections: sockets that connect, authenticate, join, and leave, one after another
#[derive(Args, Clone, Debug)]
pub struct Connect {
    /// Threads to join, with 4 people each
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub threads: u32,
    /// Connections that are being opened at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub parallel: u32,
    /// What every scenario takes.
    #[command(flatten)]
    pub options: Options,
}

impl Connect {
    /// Runs it.
    pub async fn run(&self) -> Result<Report> {
        let mut stage = Stage::open(&self.options, plan(self.threads as usize, 4)).await?;
        stage.live.phase_of_seconds("warm-up", self.options.warm_up.into());
        self.churn(&mut stage, self.options.warm_up).await?;
        stage.begin_measuring(self.options.seconds)?;
        self.churn(&mut stage, self.options.seconds).await?;
        stage.end_measuring()?;
        let (counts, seconds) = (stage.measured_counts(), stage.measured_seconds());
        stage.figure("connect, authenticate, join", per(counts.connects, seconds), "per s");
        if let Some(cpu) = stage.server_cpu_s() {
            stage.figure("the same on one core", per(counts.connects, cpu), "per CPU s");
            let each = cpu * 1e6 / real(counts.connects.max(1));
            stage.figure("server, per connection", each, "CPU µs");
            stage.figure("server, of a core", cpu / seconds * 100.0, "%");
        }
        Ok(stage.report(self.about(), None))
    }

    /// Keeps so many connections on their way in, for so many seconds.
    async fn churn(&self, stage: &mut Stage, seconds: u32) -> Result<()> {
        let end = stage.world.clock.now().0 + u64::from(seconds) * 1_000_000;
        let people = stage.circles.len() * 4;
        let (mut under_way, mut next) = (Vec::new(), 0);
        while stage.world.clock.now().0 < end || !under_way.is_empty() {
            while stage.world.clock.now().0 < end && under_way.len() < self.parallel as usize {
                let (group, person) = (next % stage.circles.len(), next / stage.circles.len() % 4);
                let device = stage.start_device(group, person, false);
                let place = &stage.circles[group].threads[0];
                device.join(place.id, place.thread, None);
                under_way.push(device);
                next = (next + 1) % people;
            }
            under_way.retain(|device| {
                let there = device.is_at_rest();
                if there {
                    device.stop();
                }
                !there
            });
            // What is over is not kept.
            for devices in &mut stage.devices {
                devices.clear();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            let late = stage.world.clock.now().0.saturating_sub(end);
            ensure!(late < micros(REST_TIME), "{} connections never came up", under_way.len());
        }
        Ok(())
    }

    fn about(&self) -> About {
        About {
            name: "connect",
            description: format!(
                "{} connections at a time are opened, authenticated, joined to one of {} threads, \
                 and closed.",
                self.parallel, self.threads
            ),
            settings: vec![
                ("threads".to_owned(), self.threads.to_string()),
                ("at a time".to_owned(), self.parallel.to_string()),
            ],
            intended: Intended {
                seconds: self.options.seconds.into(),
                connections: 1,
                acks: 0,
                deliveries: 0,
                checked: false,
            },
        }
    }
}
