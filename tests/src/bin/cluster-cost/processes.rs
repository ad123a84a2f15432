//! CPU seconds of the processes of a cluster, user and system.

use procfs::process::{Process, Stat, all_processes};
use std::collections::HashMap;

/// What each part has used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cpu {
    /// In the order of the nodes.
    pub(crate) nodes: Vec<f64>,
    pub(crate) redis: f64,
    pub(crate) postgres: f64,
}

impl Cpu {
    /// Since the processes began. All of them are descendants of this one.
    pub(crate) fn now(nodes: &[u32]) -> Self {
        let stats = stats();
        let ours: Vec<&Stat> = stats.values().filter(|stat| is_ours(stat, &stats)).collect();
        let of = |name: &str| {
            ours.iter()
                .filter(|stat| stat.comm.starts_with(name))
                .map(|stat| with_reaped(stat))
                .sum()
        };
        let node =
            |id: &u32| i32::try_from(*id).ok().and_then(|id| stats.get(&id)).map_or(0.0, own);
        Self {
            nodes: nodes.iter().map(node).collect(),
            redis: of("redis-server"),
            postgres: of("postgres"),
        }
    }

    /// What was used beyond that.
    pub(crate) fn without(&self, before: &Self) -> Self {
        let nodes = self.nodes.iter().zip(&before.nodes).map(|(now, before)| now - before);
        Self {
            nodes: nodes.collect(),
            redis: self.redis - before.redis,
            postgres: self.postgres - before.postgres,
        }
    }
}

fn stats() -> HashMap<i32, Stat> {
    let all = all_processes().expect("/proc is there").flatten();
    let stats = all.filter_map(|process| process.stat().ok());
    stats.map(|stat| (stat.pid, stat)).collect()
}

fn is_ours(stat: &Stat, all: &HashMap<i32, Stat>) -> bool {
    let us = Process::myself().map_or(0, |process| process.pid);
    let mut at = stat;
    while at.pid != us {
        match all.get(&at.ppid) {
            Some(parent) => at = parent,
            None => return false,
        }
    }
    stat.pid != us
}

/// Of the process itself.
fn own(stat: &Stat) -> f64 {
    seconds(stat.utime + stat.stime)
}

/// With its children that have ended: PostgreSQL has a process for each connection.
fn with_reaped(stat: &Stat) -> f64 {
    own(stat) + seconds((stat.cutime + stat.cstime).try_into().unwrap_or(0))
}

#[expect(clippy::cast_precision_loss, reason = "a run is short")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / procfs::ticks_per_second() as f64
}
