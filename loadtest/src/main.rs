//! The program `tidings-loadtest`: reads the command line, runs a scenario, says what it found.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use std::process::ExitCode;
use tidings_loadtest::options::Options;
use tidings_loadtest::report::{Report, html, json, table};
use tidings_loadtest::scenario::{
    CatchUp, Connect, Conversations, FanOut, Herd, Idle, Mixed, Saturate, SlowReaders,
};
use tidings_loadtest::{floor, machine};
use tokio::task::LocalSet;

/// Sockets of the largest runs, and what else a process has open.
const OPEN_FILES: u64 = 1_024;

/// Thousands of clients that behave like people and devices: measures a Tidings server, and proves
/// that nothing was lost. Exits with 1 if it was, or if a threshold was missed.
#[derive(Parser)]
#[command(name = "tidings-loadtest", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
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
    /// The server that does nothing but send, for comparison
    Floor {
        /// Where it listens
        #[arg(long, default_value = "127.0.0.1:9000")]
        listen: SocketAddr,
    },
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("tidings-loadtest: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command) -> Result<bool> {
    machine::raise_open_files(OPEN_FILES)?;
    let options = match command {
        Command::Floor { listen } => return floor::serve(*listen).map(|()| true),
        Command::FanOut(scenario) => &scenario.options,
        Command::Conversations(scenario) => &scenario.options,
        Command::Mixed(scenario) => &scenario.options,
        Command::Idle(scenario) => &scenario.options,
        Command::Herd(scenario) => &scenario.options,
        Command::SlowReaders(scenario) => &scenario.options,
        Command::Saturate(scenario) => &scenario.options,
        Command::Connect(scenario) => &scenario.options,
        Command::CatchUp(scenario) => &scenario.options,
    };
    options.settle_in()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = LocalSet::new().block_on(&runtime, async {
        match command {
            Command::FanOut(scenario) => scenario.run().await,
            Command::Conversations(scenario) => scenario.run().await,
            Command::Mixed(scenario) => scenario.run().await,
            Command::Idle(scenario) => scenario.run().await,
            Command::Herd(scenario) => scenario.run().await,
            Command::SlowReaders(scenario) => scenario.run().await,
            Command::Saturate(scenario) => scenario.run().await,
            Command::Connect(scenario) => scenario.run().await,
            Command::CatchUp(scenario) => scenario.run().await,
            Command::Floor { .. } => unreachable!("it has been served"),
        }
    })?;
    publish(&report, options)
}

fn publish(report: &Report, options: &Options) -> Result<bool> {
    println!("{}", table(report));
    if let Some(path) = &options.json {
        json::write(report, path).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(path) = &options.html {
        html::write(report, path).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(report.passed)
}
