//! The command line: which scenario, and what becomes of its result.

use crate::options::Options;
use crate::report::{Report, html, json, table};
use crate::scenario::{
    CatchUp, Connect, Conversations, FanOut, Herd, Idle, Mixed, Saturate, SlowReaders,
};
use crate::summary::Summary;
use crate::{floor, machine};
use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use tokio::task::LocalSet;

/// Files that every run needs; what its sockets need besides is found out as they are opened.
const OPEN_FILES: u64 = 1_024;

/// Thousands of clients that behave like people and devices: measures a Tidings server, and proves
/// that nothing was lost. Exits with 0 if the run passed, 1 if not, 2 if it could not be done.
#[derive(Parser, Debug)]
#[command(name = "tidings-loadtest", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    FanOut(FanOut),
    Conversations(Conversations),
    Mixed(Mixed),
    Idle(Idle),
    Herd(Herd),
    SlowReaders(SlowReaders),
    Saturate(Saturate),
    Connect(Connect),
    CatchUp(CatchUp),
    Summary(Summary),
    /// The server that does nothing but send, for comparison
    Floor {
        /// Where it listens
        #[arg(long, default_value = "127.0.0.1:9000")]
        listen: SocketAddr,
    },
}

impl Cli {
    /// Does what was asked for. Says whether it passed.
    pub fn run(&self) -> Result<bool> {
        machine::raise_open_files(OPEN_FILES)?;
        match &self.command {
            Command::Floor { listen } => floor::serve(*listen).map(|()| true),
            Command::Summary(summary) => summary.run(),
            _ => {
                self.options().context("no scenario")?.settle_in()?;
                let (report, options) = self.measure()?;
                publish(&report, options)?;
                Ok(report.passed)
            }
        }
    }

    /// Runs a scenario, in a runtime of its own: what is left of it ends with it.
    pub(crate) fn measure(&self) -> Result<(Report, &Options)> {
        let options = self.options().context("no scenario")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let report = LocalSet::new().block_on(&runtime, async {
            match &self.command {
                Command::FanOut(scenario) => scenario.run().await,
                Command::Conversations(scenario) => scenario.run().await,
                Command::Mixed(scenario) => scenario.run().await,
                Command::Idle(scenario) => scenario.run().await,
                Command::Herd(scenario) => scenario.run().await,
                Command::SlowReaders(scenario) => scenario.run().await,
                Command::Saturate(scenario) => scenario.run().await,
                Command::Connect(scenario) => scenario.run().await,
                Command::CatchUp(scenario) => scenario.run().await,
                Command::Summary(_) | Command::Floor { .. } => anyhow::bail!("no scenario"),
            }
        })?;
        Ok((report, options))
    }

    fn options(&self) -> Option<&Options> {
        match &self.command {
            Command::FanOut(scenario) => Some(&scenario.options),
            Command::Conversations(scenario) => Some(&scenario.options),
            Command::Mixed(scenario) => Some(&scenario.options),
            Command::Idle(scenario) => Some(&scenario.options),
            Command::Herd(scenario) => Some(&scenario.options),
            Command::SlowReaders(scenario) => Some(&scenario.options),
            Command::Saturate(scenario) => Some(&scenario.options),
            Command::Connect(scenario) => Some(&scenario.options),
            Command::CatchUp(scenario) => Some(&scenario.options),
            Command::Summary(_) | Command::Floor { .. } => None,
        }
    }
}

fn publish(report: &Report, options: &Options) -> Result<()> {
    println!("{}", table(report));
    if let Some(path) = &options.json {
        json::write(report, path).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(path) = &options.html {
        html::write(report, path).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
