//! Herd: all connections are lost at once, and come back, while messages go on. How long it takes
//! until everybody has everything, and what it costs.

use crate::meter::real;
use crate::options::Options;
use crate::report::{Intended, Report};
use crate::scenario::fan_out::{Shape, plan, rate};
use crate::scenario::finish::About;
use crate::scenario::stage::{Stage, micros, per};
use anyhow::{Result, ensure};
use clap::Args;
use std::rc::Rc;
use std::time::Duration;

/// Everybody must be back in this time.
const BACK_TIME: Duration = Duration::from_mins(1);

/// Herd: all connections are lost at once, and come back
#[derive(Args, Clone, Debug)]
pub struct Herd {
    /// Threads
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub threads: u32,
    /// Sockets that have joined each thread
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub sockets: u32,
    /// Messages a second in each thread, all the while
    #[arg(long, default_value_t = 0.5, value_parser = rate)]
    pub rate: f64,
    /// How often all connections are lost
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: u32,
    /// What every scenario takes.
    #[command(flatten)]
    pub options: Options,
}

impl Herd {
    /// Runs it.
    pub async fn run(&self) -> Result<Report> {
        let (threads, sockets) = (self.threads as usize, self.sockets as usize);
        let mut stage = Stage::open(&self.options, plan(threads, sockets)).await?;
        stage.connect(sockets).await?;
        stage.join().await?;
        stage.begin_measuring(86_400)?;
        let posting = self.keep_posting(&stage);
        let mut longest = 0_u64;
        for round in 1..=self.rounds {
            stage.live.phase("losing all connections", self.rounds.into());
            longest = longest.max(self.round(&stage).await?);
            stage.live.position(round.into());
        }
        posting.abort();
        stage.rest().await;
        stage.end_measuring()?;
        let counts = stage.measured_counts();
        stage.figure("until all were back, the longest round", real(longest) / 1e3, "ms");
        stage.figure("connections that came back", real(counts.reconnects), "");
        if let Some(cpu) = stage.server_cpu_s() {
            let each = cpu * 1e6 / real(counts.reconnects.max(1));
            stage.figure(
                "server, per connection that came back, messages included",
                each,
                "CPU µs",
            );
            stage.figure("the same on one core", per(counts.reconnects, cpu), "per CPU s");
        }
        stage.read_back().await?;
        Ok(stage.report(self.about(), None))
    }

    /// All are dropped; gives back how long it took until all were joined again, in microseconds.
    async fn round(&self, stage: &Stage) -> Result<u64> {
        let all = u64::from(self.threads) * u64::from(self.sockets);
        let before = stage.world.counts().reconnects;
        let start = stage.world.clock.now();
        for device in stage.devices.iter().flatten() {
            device.drop_connection();
        }
        loop {
            let counts = stage.world.counts();
            if counts.reconnects - before >= all && counts.joined >= all {
                return Ok(stage.world.clock.now().0 - start.0);
            }
            let waited = stage.world.clock.now().0 - start.0;
            ensure!(
                waited < micros(BACK_TIME),
                "not all were back within {BACK_TIME:?}: {counts:?}"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Messages come all the while, whoever is connected.
    fn keep_posting(&self, stage: &Stage) -> tokio::task::JoinHandle<()> {
        let (threads, sockets) = (self.threads as usize, self.sockets as usize);
        let shape = Shape { threads, sockets, rate: self.rate };
        let (world, devices) = (Rc::clone(&stage.world), stage.devices.clone());
        tokio::task::spawn_local(async move {
            let pace = shape.pace(86_400);
            let posted = pace.run(&world, |message, due| {
                let (thread, socket) = shape.place(message);
                devices[thread][socket].post(0, due);
            });
            if let Err(error) = posted.await {
                world.fail(format!("no more messages: {error:#}"));
            }
        })
    }

    fn about(&self) -> About {
        let all = u64::from(self.threads) * u64::from(self.sockets);
        About {
            name: "herd",
            description: format!(
                "{all} connections in {} threads are lost at once and come back, {} times, while \
                 {} messages a second are posted in each thread.",
                self.threads, self.rounds, self.rate
            ),
            settings: vec![
                ("threads".to_owned(), self.threads.to_string()),
                ("sockets in each".to_owned(), self.sockets.to_string()),
                ("messages a second in each".to_owned(), self.rate.to_string()),
                ("rounds".to_owned(), self.rounds.to_string()),
            ],
            intended: Intended {
                seconds: 0.0,
                connections: all,
                acks: 1,
                deliveries: 1,
                checked: true,
            },
        }
    }
}
