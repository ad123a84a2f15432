//! What the server costs on this machine, by one command:
//!
//! ```text
//! cargo run --release -p tidings-tests --bin measure [-- NAME… --runs N --postcard …]
//! ```
//!
//! It builds the release server, starts it with a new store on a core of its own, and drives it
//! from the other core with real commands of real people. CPU seconds are those of the server's
//! process, user and system; they vary less than wall clock when the machine has other work. A run in
//! which anything was lost, doubled, changed or out of order is an error, not a figure.

mod acks;
mod api;
mod client;
mod clock;
mod crowd;
mod fan_out;
mod floor;
mod frame;
mod idle;
mod machine;
mod message;
mod options;
mod population;
mod server;
mod stats;
mod tally;

use anyhow::{Context, Result};
use options::{Options, Scenario, USAGE};
use stats::Reading;
use std::path::Path;
use tokio::task::LocalSet;

/// Sockets of the largest scenario, and what else a process has open.
const OPEN_FILES: u64 = 5_000 + 200;

fn main() -> Result<()> {
    let Some(options) = Options::read()? else {
        println!("{USAGE}");
        return Ok(());
    };
    let program = server::build()?;
    machine::pin_clients()?;
    machine::raise_open_files(OPEN_FILES)?;
    println!(
        "{:?}, {}-byte messages, {} runs of {} s, server on core {}, clients on core {}, stores in \
         {} ({}), flags {:?}",
        options.encoding,
        message::BODY_BYTES,
        options.runs,
        options.seconds,
        machine::SERVER_CORE,
        machine::CLIENT_CORE,
        options.folder.display(),
        machine::file_system(&options.folder),
        options.serve,
    );
    for scenario in &options.scenarios {
        println!("\n{}: {}", scenario.name(), describe(*scenario));
        let mut runs = Vec::new();
        for run in 1..=options.runs {
            let readings = measure(&options, &program, *scenario);
            let readings = readings.with_context(|| format!("{}, run {run}", scenario.name()))?;
            if let Some(first) = readings.first() {
                eprintln!("    run {run}: {} {:.2} {}", first.what, first.value, first.unit);
            }
            runs.push(readings);
        }
        stats::print(&runs);
    }
    Ok(())
}

/// One run, with a runtime of its own: what is left of it ends with it.
fn measure(options: &Options, program: &Path, scenario: Scenario) -> Result<Vec<Reading>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        match scenario {
            Scenario::OneThread => fan_out::run(options, program, fan_out::ONE_THREAD).await,
            Scenario::ManyThreads => fan_out::run(options, program, fan_out::MANY_THREADS).await,
            Scenario::Acks => acks::run(options, program).await,
            Scenario::Idle => idle::run(options, program).await,
            Scenario::Floor => {
                let per = "CPU s per 1,000,000";
                let one = floor::cost(fan_out::ONE_THREAD, options).await?;
                let many = floor::cost(fan_out::MANY_THREADS, options).await?;
                Ok(vec![
                    Reading::new("send(2), as in one-thread", per, one),
                    Reading::new("send(2), as in many-threads", per, many),
                ])
            }
        }
    })
}

fn describe(scenario: Scenario) -> String {
    let fan_out = |shape: fan_out::Shape| {
        format!(
            "{} threads of {} joined sockets (a contact each), {} messages/s in each",
            shape.threads, shape.sockets_per_thread, shape.messages_per_thread_per_second
        )
    };
    match scenario {
        Scenario::OneThread => fan_out(fan_out::ONE_THREAD),
        Scenario::ManyThreads => fan_out(fan_out::MANY_THREADS),
        Scenario::Acks => format!(
            "{} senders, each in a thread of its own that it has joined; durable messages",
            acks::SENDERS
        ),
        Scenario::Idle => format!(
            "{} sockets, {} contacts in each of {} accounts",
            idle::THREADS * idle::SOCKETS_PER_THREAD,
            idle::SOCKETS_PER_THREAD,
            idle::THREADS
        ),
        Scenario::Floor => "what the kernel alone takes for the same sends".to_owned(),
    }
}
