//! Inflicts faults on a cluster that is in use.

use super::fault::Fault;
use super::probe::Probe;
use super::tally::Tally;
use crate::cluster::Cluster;
use crate::load::{Load, LoadReport, LoadSize};
use std::time::Duration;

/// Recovering for so long is said at once, so that it is found in the logs.
const SLOW: Duration = Duration::from_millis(1_500);

/// A cluster, in use.
pub struct Campaign {
    /// What is broken.
    pub cluster: Cluster,
    /// What was done.
    pub tally: Tally,
    load: Load,
    probe: Probe,
    dice: fastrand::Rng,
}

impl Campaign {
    /// Starts a cluster and a load on it. What is left to chance follows from the seed.
    pub async fn start(nodes: usize, size: LoadSize, seed: u64) -> Self {
        let cluster = Cluster::start(nodes).await;
        let firm = cluster.firm("Visser & Co").await;
        let probe = Probe::start(&cluster).await;
        let targets = cluster.nodes.iter().map(|node| format!("http://{}", node.clients.address()));
        let load = Load::start(&targets.collect::<Vec<_>>(), &firm.key, size).await;
        let dice = fastrand::Rng::with_seed(seed);
        Self { cluster, tally: Tally::default(), load, probe, dice }
    }

    /// Breaks something for a while, and waits until every node serves again.
    pub async fn inflict(&mut self, fault: Fault) -> Result<(), String> {
        let lasts = fault.lasts(&mut self.dice);
        self.inflict_for(fault, lasts).await
    }

    /// The same for so long.
    pub async fn inflict_for(&mut self, fault: Fault, lasts: Duration) -> Result<(), String> {
        let node = self.dice.usize(..self.cluster.nodes.len());
        let broken = fault.begin(&mut self.cluster, node).await;
        tokio::time::sleep(lasts).await;
        broken.end(&mut self.cluster).await;
        let recovery = self.recovered(fault.name()).await?;
        if recovery > SLOW {
            println!("{recovery:.1?} until all served after this: {}, node {node}", fault.name());
        }
        self.tally.alone(fault, recovery);
        Ok(())
    }

    /// Breaks two parts, the second while the first is broken, and mends them in the same order.
    pub async fn inflict_both(&mut self, faults: [Fault; 2]) -> Result<(), String> {
        let [first, second] = faults;
        let nodes = self.cluster.nodes.len();
        let one = first.begin(&mut self.cluster, self.dice.usize(..nodes)).await;
        tokio::time::sleep(first.lasts(&mut self.dice) / 2).await;
        let other = second.begin(&mut self.cluster, self.dice.usize(..nodes)).await;
        tokio::time::sleep(first.lasts(&mut self.dice) / 2).await;
        one.end(&mut self.cluster).await;
        tokio::time::sleep(second.lasts(&mut self.dice) / 2).await;
        other.end(&mut self.cluster).await;
        self.recovered(&format!("{}, and {}", first.name(), second.name())).await?;
        self.tally.together(faults);
        Ok(())
    }

    async fn recovered(&mut self, after: &str) -> Result<Duration, String> {
        let recovery = self.probe.all_serve(&mut self.cluster).await;
        let recovery = recovery.map_err(|why| format!("after this: {after}: {why}"))?;
        if let Some(crashed) = self.cluster.nodes.iter().position(|node| node.crashes > 0) {
            return Err(format!("after this: {after}: node {crashed} has ended by itself"));
        }
        if self.load.has_ended() {
            return Err(format!("after this: {after}: the load tester has ended"));
        }
        Ok(recovery)
    }

    /// Ends the load, and holds everything against what was promised. The cluster runs on.
    pub async fn finish(self) -> (Cluster, Tally, LoadReport, Result<usize, String>) {
        let report = self.load.finish().await;
        let probes = self.probe.check(&self.cluster).await;
        (self.cluster, self.tally, report, probes)
    }
}
