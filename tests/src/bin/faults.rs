//! A long run of faults: a cluster in use is broken in every way, many times, alone and two at a
//! time, and everything that its clients saw is held against what was promised.
//!
//! `cargo run -p tidings-tests --bin faults -- --cycles 50`

use clap::Parser;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tidings_tests::faults::{Campaign, Fault, Tally};
use tidings_tests::{Cluster, LoadReport, LoadSize, now};

/// Once in so often, two faults are inflicted at a time.
const TOGETHER_ONE_IN: u32 = 4;

/// What there must be some of, or the run shows nothing.
const DONE: [(&str, &str); 3] = [
    ("messages acknowledged", "/totals/acked"),
    ("events delivered", "/totals/delivered"),
    ("acknowledgements looked up", "/proof/acks"),
];

/// A line of progress for so many faults.
const PROGRESS: usize = 50;

/// Breaks a cluster in use in every way, and proves that nothing was lost.
#[derive(Parser)]
#[command(name = "faults")]
struct Options {
    /// How often each fault is inflicted
    #[arg(long, default_value_t = 50)]
    cycles: usize,
    /// Nodes
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// Threads of two to six people
    #[arg(long, default_value_t = 40)]
    threads: u32,
    /// What each person does a second
    #[arg(long, default_value_t = 0.5)]
    rate: f64,
    /// People at a time that lose their access for a while
    #[arg(long, default_value_t = 4)]
    turnover: u32,
    /// Only faults with this in their name; again for more
    #[arg(long)]
    only: Vec<String>,
    /// No more faults are inflicted after so many minutes
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// What is left to chance follows from it
    #[arg(long)]
    seed: Option<u64>,
    /// Where the nodes' logs and the load tester's report are put
    #[arg(long, default_value = "target/faults")]
    folder: PathBuf,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("the system gives threads");
    if runtime.block_on(run(&options)) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(options: &Options) -> bool {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    let longest = Duration::from_secs(options.minutes * 60 + 600);
    let size = LoadSize {
        threads: options.threads,
        rate: options.rate,
        turnover: options.turnover,
        longest,
        settle: Duration::from_mins(1),
    };
    println!("seed {seed}");
    let began = now();
    let mut campaign = Campaign::start(options.nodes, size, seed).await;
    let faults: Vec<Fault> = Fault::ALL.iter().copied().filter(|f| is_meant(options, *f)).collect();
    let broken_off = inflict_all(&mut campaign, options, &faults, seed).await.err();
    let (cluster, tally, report, probes) = campaign.finish().await;
    let mut wrong: Vec<String> = broken_off.into_iter().collect();
    wrong.extend(probes.as_ref().err().cloned());
    if !report.passed {
        wrong.push(format!("the load tester did not pass: {:#}", report.json["failures"]));
        wrong.extend(report.json["proof"]["examples"].as_array().map(|all| format!("{all:#?}")));
        wrong.push(report.errors.clone());
    }
    let meant = |fault: &&Fault| fault.times_of(options.cycles);
    for (what, path) in DONE.iter().filter(|(_, path)| report.number(path) == 0) {
        wrong.push(format!("none: {what} ({path})"));
    }
    for fault in faults.iter().filter(|fault| tally.times(**fault) < meant(fault)) {
        wrong.push(format!("too few: {}: {}", fault.name(), tally.times(*fault)));
    }
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    println!("\n{tally}\n{}", said(&tally, &report, &cluster, probes.unwrap_or(0), minutes));
    keep(&options.folder, &cluster, &report);
    println!("logs and the report of the load are in {}", options.folder.display());
    if !wrong.is_empty() {
        println!("WRONG:\n{}", wrong.join("\n"));
        return false;
    }
    println!("nothing was lost");
    true
}

fn is_meant(options: &Options, fault: Fault) -> bool {
    options.only.is_empty() || options.only.iter().any(|only| fault.name().contains(only))
}

/// Each fault so many times, in any order; one in a few together with one of another part.
async fn inflict_all(
    campaign: &mut Campaign,
    options: &Options,
    faults: &[Fault],
    seed: u64,
) -> Result<(), String> {
    let mut dice = fastrand::Rng::with_seed(seed);
    let times = |fault: &Fault| std::iter::repeat_n(*fault, fault.times_of(options.cycles));
    let mut due: Vec<Fault> = faults.iter().flat_map(times).collect();
    dice.shuffle(&mut due);
    let (all, began, mut told) = (due.len(), now(), 0);
    while let Some(fault) = due.pop() {
        if began.elapsed() > Duration::from_secs(options.minutes * 60) {
            return Err(format!("time was up after {} of {all} faults", campaign.tally.all()));
        }
        let other = due.iter().rposition(|other| other.part() != fault.part());
        match other.filter(|_| dice.u32(..TOGETHER_ONE_IN) == 0) {
            Some(other) => campaign.inflict_both([fault, due.remove(other)]).await?,
            None => campaign.inflict(fault).await?,
        }
        let done = campaign.tally.all();
        if done / PROGRESS > told {
            told = done / PROGRESS;
            println!("{:>5.0} s: {done} of {all}", began.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

/// The figures of the run.
fn said(
    tally: &Tally,
    report: &LoadReport,
    cluster: &Cluster,
    probes: usize,
    minutes: f64,
) -> String {
    let mut said = String::new();
    let mut line = |what: &str, figure: String| {
        // Writing to a String can't fail.
        let _ = writeln!(said, "{what:<48} {figure:>10}");
    };
    line("faults", tally.all().to_string());
    line("minutes", format!("{minutes:.1}"));
    for (what, path) in [
        ("messages posted", "/totals/posted"),
        ("messages acknowledged", "/totals/acked"),
        ("acknowledgements looked up in the logs", "/proof/acks"),
        ("events delivered", "/totals/delivered"),
        ("connections opened", "/totals/connects"),
        ("of these, sessions resumed after a loss", "/totals/reconnects"),
        ("connections that could not be opened", "/totals/unreachable"),
        ("commands refused for the moment", "/totals/put_off"),
        ("messages of these given up, none of which appears", "/totals/given_up"),
    ] {
        line(what, report.number(path).to_string());
    }
    line("ends of access for a while", report.access_changes().to_string());
    line("seconds without any acknowledgement", report.silent_seconds().to_string());
    line("probes of single nodes, all in the log", probes.to_string());
    let false_starts: u32 = cluster.nodes.iter().map(|node| node.false_starts).sum();
    line("starts of nodes that failed, for lack of a store", false_starts.to_string());
    line("promises broken", report.violations().to_string());
    said
}

/// Keeps what is needed to find out what was wrong.
fn keep(folder: &Path, cluster: &Cluster, report: &LoadReport) {
    let _ = std::fs::create_dir_all(folder);
    let _ = std::fs::write(folder.join("report.json"), report.json.to_string());
    for (index, node) in cluster.nodes.iter().enumerate() {
        let lines = node.log();
        let _ = std::fs::write(folder.join(format!("node-{index}.log")), lines.join("\n"));
    }
    let _ = std::fs::write(folder.join("postgres.log"), cluster.postgres.log());
}
