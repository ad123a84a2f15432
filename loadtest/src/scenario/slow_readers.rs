//! Slow readers: some of a thread's sockets read much slower than they are sent to. What the others
//! feel of it, measured first without and then with them in one run.

use crate::meter::{Counts, Kind, real};
use crate::options::Options;
use crate::report::{Intended, Report};
use crate::scenario::fan_out::{Shape, plan, rate};
use crate::scenario::finish::About;
use crate::scenario::pace::Pace;
use crate::scenario::stage::{REST_TIME, Stage, has};
use anyhow::Result;
use clap::Args;

/// Slow readers: what the others feel of sockets that do not keep up
#[derive(Args, Clone, Debug)]
pub struct SlowReaders {
    /// Sockets that keep up
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub sockets: u32,
    /// Sockets that do not
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub slow: u32,
    /// Bytes a second that these read
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub slow_bytes: u32,
    /// Messages a second
    #[arg(long, default_value_t = 40.0, value_parser = rate)]
    pub rate: f64,
    /// What every scenario takes.
    #[command(flatten)]
    pub options: Options,
}

impl SlowReaders {
    /// Runs it.
    pub async fn run(&self) -> Result<Report> {
        let mut stage = Stage::open(&self.options, plan(1, self.sockets as usize)).await?;
        stage.connect(self.sockets as usize).await?;
        stage.join().await?;
        self.post(&stage, self.options.warm_up).await?;
        stage.begin_measuring(self.options.seconds)?;
        self.post(&stage, self.options.seconds).await?;
        stage.rest().await;
        let without = stage.world.meter().measured.quantile_us(Kind::Delivery, 0.99);
        let place = stage.circles[0].threads[0].clone();
        let mut slow = Vec::new();
        for index in 0..self.slow as usize {
            let person = index % stage.circles[0].people.len();
            let device = stage.start_device(0, person, true);
            device.join(place.id, place.thread, None);
            slow.push(device);
        }
        let all = u64::from(self.sockets + self.slow);
        stage.world.wait("the slow readers", REST_TIME, |c| c.joined >= all).await?;
        for device in &slow {
            device.read_at(Some(self.slow_bytes));
        }
        stage.begin_measuring(self.options.seconds)?;
        self.post(&stage, self.options.seconds).await?;
        stage.end_measuring()?;
        // They take the rest at full speed, or the run would never end, and only then meet that they
        // were cut.
        for device in &slow {
            device.read_at(None);
        }
        let head = stage.devices[0][0].last(0).unwrap_or_default();
        let whole = |_: &Counts| slow.iter().all(|device| has(device, head));
        stage.world.wait("what the slow readers have missed", REST_TIME, whole).await?;
        stage.rest().await;
        let cut = stage.world.counts().closed_by_server;
        let with = stage.world.meter().measured.quantile_us(Kind::Delivery, 0.99);
        stage.figure("delivery p99 without slow readers", real(without) / 1e3, "ms");
        stage.figure("delivery p99 with slow readers", real(with) / 1e3, "ms");
        stage.figure("with, by without", real(with) / real(without.max(1)), "×");
        stage.figure("slow readers that were cut", real(cut), "");
        if cut == 0 {
            // Kernels take some megabytes for each socket; until then nobody can notice anything.
            stage.world.fail(
                "no slow reader was slow enough to be noticed: post more, or larger, or longer"
                    .to_owned(),
            );
        }
        stage.read_back().await?;
        Ok(stage.report(self.about(), None))
    }

    /// Posts, from those who keep up.
    async fn post(&self, stage: &Stage, seconds: u32) -> Result<()> {
        let sockets = self.sockets as usize;
        let shape = Shape { threads: 1, sockets, rate: self.rate };
        let pace: Pace = shape.pace(seconds);
        pace.run(&stage.world, |message, due| {
            stage.devices[0][shape.place(message).1].post(0, due);
        })
        .await
    }

    fn about(&self) -> About {
        let pace = Pace { per_second: self.rate, seconds: self.options.seconds.into() };
        // At so low a rate that none is due, nothing is shown.
        let acks = pace.count().max(1);
        About {
            name: "slow-readers",
            description: format!(
                "One thread with {} sockets that keep up and {} that read {} bytes a second; {} \
                 messages a second. The latencies are those of the sockets that keep up, with the \
                 slow ones there.",
                self.sockets, self.slow, self.slow_bytes, self.rate
            ),
            settings: vec![
                ("sockets that keep up".to_owned(), self.sockets.to_string()),
                ("slow readers".to_owned(), self.slow.to_string()),
                ("bytes a second they read".to_owned(), self.slow_bytes.to_string()),
                ("messages a second".to_owned(), self.rate.to_string()),
            ],
            intended: Intended {
                seconds: self.options.seconds.into(),
                connections: u64::from(self.sockets + self.slow),
                acks,
                deliveries: acks * u64::from(self.sockets),
                checked: true,
            },
        }
    }
}
