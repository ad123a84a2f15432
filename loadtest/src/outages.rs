//! What a run takes from the command line in which somebody else breaks things meanwhile: nodes,
//! their store, the network. Such a run counts what it can't reach, gives up what is silent, and
//! comes back soon.

use anyhow::{Context, Result};
use clap::Args;
use std::time::Duration;
use tokio::sync::oneshot;

/// How a run lives with outages.
#[derive(Args, Clone, Debug)]
pub struct Outages {
    /// Others break things meanwhile, on purpose: what can't be reached is counted, and is no error
    #[arg(long, help_heading = HEADING)]
    pub outages: bool,
    /// The measured part lasts until standard input ends, and not longer than --seconds; when it
    /// begins, standard output says `measuring`
    #[arg(long, help_heading = HEADING)]
    pub until_stdin_ends: bool,
    /// A connection on which nothing came for so long, not even the answer to a ping, is lost, in
    /// milliseconds; 0: however long it is silent
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=600_000),
        help_heading = HEADING)]
    pub silence_ms: u32,
    /// Longest wait before any attempt to come back, in milliseconds
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=60_000),
        help_heading = HEADING)]
    pub backoff_max_ms: u32,
    /// Longest time in which everything must come to rest after the measured part, in seconds
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_600),
        help_heading = HEADING)]
    pub settle: u32,
}

const HEADING: &str = "Outages: somebody else breaks things meanwhile";

impl Outages {
    /// How long a connection may be silent.
    pub fn silence(&self) -> Option<Duration> {
        (self.silence_ms > 0).then(|| Duration::from_millis(self.silence_ms.into()))
    }

    /// Longest wait before coming back.
    pub fn backoff_max(&self) -> Duration {
        Duration::from_millis(self.backoff_max_ms.into())
    }

    /// In this time everything must have come to rest after the measured part.
    pub fn settling_time(&self) -> Duration {
        Duration::from_secs(self.settle.into())
    }

    /// Waits until standard input ends, if the measured part lasts so long; else for ever.
    pub async fn stdin_ended(&self) -> Result<()> {
        if !self.until_stdin_ends {
            return std::future::pending().await;
        }
        println!("measuring");
        let (ended, end) = oneshot::channel();
        // A thread of its own, since a runtime waits at its end for what it reads itself.
        std::thread::spawn(move || {
            let copied = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            ended.send(copied.map(|_| ()))
        });
        end.await?.context("reading standard input")
    }
}
