//! Idle: sockets that only hold their feed and answer pings. What one of them keeps in memory.

use crate::cast::Plan;
use crate::meter::real;
use crate::options::Options;
use crate::report::{Intended, Report};
use crate::scenario::finish::About;
use crate::scenario::stage::{Stage, per};
use anyhow::Result;
use clap::Args;
use std::time::Duration;

/// People of one account.
const PEOPLE: usize = 4;

/// Idle: sockets that hear their feed and answer pings, and no more
#[derive(Args, Clone, Debug)]
pub struct Idle {
    /// Sockets, each of a person of its own
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(4..=200_000))]
    pub sockets: u32,
    /// Joins each of them to a thread
    #[arg(long)]
    pub joined: bool,
    /// What every scenario takes.
    #[command(flatten)]
    pub options: Options,
}

impl Idle {
    /// Runs it.
    pub async fn run(&self) -> Result<Report> {
        let groups = (self.sockets as usize).div_ceil(PEOPLE);
        let plan = Plan { groups, contacts: PEOPLE, members: 0, threads: 1, tasks: 0 };
        let mut stage = Stage::open(&self.options, plan).await?;
        stage.start_afresh().await?;
        let before = stage.target.watched.map(|server| server.anonymous_kib()).transpose()?;
        stage.connect(PEOPLE).await?;
        if self.joined {
            stage.join().await?;
        }
        stage.live.phase_of_seconds("warm-up", self.options.warm_up.into());
        tokio::time::sleep(Duration::from_secs(self.options.warm_up.into())).await;
        stage.begin_measuring(self.options.seconds)?;
        tokio::time::sleep(Duration::from_secs(self.options.seconds.into())).await;
        stage.end_measuring()?;
        let sockets = stage.world.counts().connected;
        if let (Some(server), Some(before)) = (stage.target.watched, before) {
            let kib = server.anonymous_kib()?.saturating_sub(before);
            stage.figure("memory per connection", per(kib, real(sockets)), "KiB");
        }
        if let Some(cpu) = stage.server_cpu_s() {
            let percent = cpu / stage.measured_seconds() * 100.0;
            stage.figure("server, of a core", percent, "%");
        }
        Ok(stage.report(self.about(sockets), None))
    }

    fn about(&self, sockets: u64) -> About {
        let joined =
            if self.joined { "each joined to a thread" } else { "none joined to a thread" };
        About {
            name: "idle",
            description: format!(
                "{sockets} sockets, a person each, {joined}: they hear their feed and answer pings."
            ),
            settings: vec![
                ("sockets".to_owned(), self.sockets.to_string()),
                ("joined".to_owned(), self.joined.to_string()),
            ],
            intended: Intended {
                seconds: self.options.seconds.into(),
                connections: self.sockets.into(),
                acks: 0,
                deliveries: 0,
                checked: false,
            },
        }
    }
}
