//! Fan-out: threads whose messages come at a fixed rate, from the joined sockets in turn, and go to
//! all of them.

use crate::cast::Plan;
use crate::floor;
use crate::options::Options;
use crate::report::{Intended, Report};
use crate::scenario::finish::About;
use crate::scenario::pace::Pace;
use crate::scenario::stage::{REST_TIME, Stage};
use anyhow::Result;
use clap::Args;

/// A thread is seen by so many contacts; more sockets are further devices of theirs. A server has a
/// bound on the contacts of an account.
const CONTACTS_MAX: usize = 1_000;

/// Fan-out: messages at a fixed rate to all sockets of a thread
#[derive(Args, Clone, Debug)]
pub struct FanOut {
    /// Threads
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub threads: u32,
    /// Sockets that have joined each thread
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub sockets: u32,
    /// Messages a second in each thread
    #[arg(long, default_value_t = 40.0, value_parser = rate)]
    pub rate: f64,
    /// Measures a server that does nothing but send as well, and says the ratio
    #[arg(long)]
    pub floor: bool,
    /// What every scenario takes.
    #[command(flatten)]
    pub options: Options,
}

/// A rate, a second.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.001..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("must be from 0.001 to 1000000".to_owned()),
    }
}

/// How many threads, sockets and messages.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Threads.
    pub threads: usize,
    /// Sockets in each.
    pub sockets: usize,
    /// Messages a second in each.
    pub rate: f64,
}

impl Shape {
    /// All messages.
    pub fn pace(self, seconds: u32) -> Pace {
        let threads = u32::try_from(self.threads).unwrap_or(u32::MAX);
        Pace { per_second: self.rate * f64::from(threads), seconds: seconds.into() }
    }

    /// Which thread a message is for, and which of its sockets sends it.
    pub fn place(self, message: u64) -> (usize, usize) {
        let message = usize::try_from(message).unwrap_or(usize::MAX);
        (message % self.threads, message / self.threads % self.sockets)
    }
}

impl FanOut {
    /// Its shape.
    pub fn shape(&self) -> Shape {
        Shape { threads: self.threads as usize, sockets: self.sockets as usize, rate: self.rate }
    }

    /// Runs it.
    pub async fn run(&self) -> Result<Report> {
        let shape = self.shape();
        let mut stage = Stage::open(&self.options, plan(shape.threads, shape.sockets)).await?;
        stage.connect(shape.sockets).await?;
        stage.join().await?;
        stage.live.phase_of_seconds("warm-up", self.options.warm_up.into());
        drive(&stage, shape, self.options.warm_up).await?;
        stage.rest().await;
        stage.begin_measuring(self.options.seconds)?;
        drive(&stage, shape, self.options.seconds).await?;
        stage.end_measuring()?;
        stage.rest().await;
        stage.read_back().await?;
        let floor = if self.floor { Some(floor::cost(shape, &self.options).await?) } else { None };
        let about = self.about(shape);
        Ok(stage.report(about, floor))
    }

    fn about(&self, shape: Shape) -> About {
        // At so low a rate that none is due, nothing is shown.
        let acks = shape.pace(self.options.seconds).count().max(1);
        let settings = [
            ("threads", self.threads.to_string()),
            ("sockets in each", self.sockets.to_string()),
            ("messages a second in each", self.rate.to_string()),
        ];
        About {
            name: "fan-out",
            description: format!(
                "{} threads with {} joined sockets each; {} messages a second in each thread, \
                 whatever the server does.",
                self.threads, self.sockets, self.rate
            ),
            settings: settings.map(|(name, value)| (name.to_owned(), value)).into(),
            intended: Intended {
                seconds: self.options.seconds.into(),
                connections: (shape.threads * shape.sockets) as u64,
                acks,
                deliveries: acks * shape.sockets as u64,
                checked: true,
            },
        }
    }
}

/// The people of so many threads with so many sockets.
pub(super) fn plan(threads: usize, sockets: usize) -> Plan {
    let contacts = sockets.min(CONTACTS_MAX);
    Plan { groups: threads, contacts, members: 0, threads: 1, tasks: 0 }
}

/// Posts for so many seconds, and waits until all is acknowledged and delivered: the CPU seconds up
/// to then are the cost of exactly these messages.
pub(super) async fn drive(stage: &Stage, shape: Shape, seconds: u32) -> Result<()> {
    let pace = shape.pace(seconds);
    let before = stage.world.counts();
    pace.run(&stage.world, |message, due| {
        let (thread, socket) = shape.place(message);
        stage.devices[thread][socket].post(0, due);
    })
    .await?;
    let acked = before.acked + pace.count();
    let delivered = before.delivered + pace.count() * shape.sockets as u64;
    let all = |c: &crate::meter::Counts| c.acked >= acked && c.delivered >= delivered;
    if let Err(error) = stage.world.wait("every ack and delivery", REST_TIME, all).await {
        stage.world.fail(error.to_string());
    }
    Ok(())
}
