//! A seeded simulation of the server: sessions, rooms, joins, send queues, access and dispatch are
//! the real ones, over the real store in memory; only what carries them (tasks, sockets, clocks,
//! the bus between nodes) is made up here. One thing happens at a time, chosen by the seed, and
//! everything that anybody is told is held against a plain ledger of what was done.
//!
//! A failure prints the line that replays it; `TIDINGS_SIM_TRACE=1` before it prints every step.
//! `TIDINGS_SIM_SEEDS` asks for more seeds.
//!
//! **Invariant:** a run depends on its seed alone: no clock, no thread, no order of a hash map.

mod bus;
mod chance;
mod device;
mod invariant;
mod lie;
mod line;
mod node;
mod trace;
mod truth;
mod world;

use invariant::Invariant;
use lie::Lie;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::available_parallelism;

/// Seeds of a test run.
const SEEDS: u64 = 1_000;

/// Seeds in which a lie has to be found.
const SEEDS_PER_LIE: u64 = 400;

/// What every full test run has to meet, so that its silence means something.
const MEETS: &[&str] = &[
    "access asked for",
    "access read again before coming in",
    "behind the room",
    "commit that nobody was told of",
    "crash",
    "gap in a room",
    "joined anew",
    "key again",
    "look-over",
    "mail dropped",
    "mail that was delivered again",
    "notice that is not sent",
    "notifier that died with a mail",
    "reminder",
    "reminder told by its room",
    "repair that came too early",
    "room that was found behind",
    "stop in order",
    "resumed",
    "too much missed",
    "access changed",
    "access ended",
    "no answer to ping",
    "not authenticated",
    "reading too slowly",
    "token expired",
    "token refused",
];

/// How often things were met.
type Counts = BTreeMap<&'static str, u64>;

/// Runs a seed; what did not hold, in words and with the way to see it again.
fn check(seed: u64, met: &Mutex<Counts>) -> Result<(), String> {
    let run = world::run(seed, Lie::None);
    let mut met = met.lock().expect("nobody panics under it");
    for (what, count) in run.trace.counts() {
        *met.entry(what).or_default() += count;
    }
    drop(met);
    run.outcome.map_err(|violation| {
        format!(
            "seed {seed}, step {}: {:?} does not hold: {}\n\n{}\n\nTIDINGS_SIM_SEED={seed} cargo \
             test -p tidings-server --test simulation\n",
            run.trace.step,
            violation.invariant,
            violation.what,
            run.trace.tail()
        )
    })
}

/// Does the seeds on all cores, and gives the first failures.
fn check_all(seeds: u64, met: &Mutex<Counts>) -> Vec<String> {
    let next = AtomicU64::new(0);
    let enough = AtomicBool::new(false);
    let work = || {
        let mut failures = Vec::new();
        while !enough.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                break;
            }
            if let Err(failure) = check(seed, met) {
                enough.store(true, Ordering::Relaxed);
                failures.push(failure);
            }
        }
        failures
    };
    let threads = available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("runs return")).collect()
    })
}

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

#[test]
fn invariants_hold_whatever_happens() {
    let met = Mutex::default();
    let seeds = setting("TIDINGS_SIM_SEEDS").unwrap_or(SEEDS);
    let failures = match setting("TIDINGS_SIM_SEED") {
        Some(seed) => check(seed, &met).err().into_iter().collect(),
        None => check_all(seeds, &met),
    };
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    let met = met.into_inner().unwrap();
    println!("met in {seeds} seeds: {met:#?}");
    if setting("TIDINGS_SIM_SEED").is_none() && seeds >= SEEDS {
        let missing: Vec<_> = MEETS.iter().filter(|what| !met.contains_key(**what)).collect();
        assert!(missing.is_empty(), "never met: {missing:?}");
    }
}

#[test]
fn a_seed_replays_exactly() {
    for seed in 0..20 {
        let [first, second] = [(); 2].map(|()| world::run(seed, Lie::None).trace.hash());
        assert_eq!(first, second, "seed {seed}");
    }
}

#[test]
fn every_lie_is_found() {
    let unnoticed = |(lie, expected): &(Lie, Invariant)| {
        let mut others = BTreeMap::new();
        for seed in 0..SEEDS_PER_LIE {
            match world::run(seed, *lie).outcome {
                Err(violation) if violation.invariant == *expected => return None,
                Err(violation) => *others.entry(violation.invariant).or_insert(0) += 1,
                Ok(()) => {}
            }
        }
        Some(format!("{lie:?} does not break {expected:?}, but {others:?}"))
    };
    let unnoticed: Vec<String> = Lie::ALL.iter().filter_map(unnoticed).collect();
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}
