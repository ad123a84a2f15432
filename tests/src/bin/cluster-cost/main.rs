//! What a message costs a cluster, part by part: each node, Redis, PostgreSQL.
//!
//! ```sh
//! cargo run --release -p tidings-tests --bin cluster-cost
//! ```
//!
//! Everything runs on this machine, so the figures are CPU seconds of each process, not throughput.
//! A cost is the difference between a long run and a short one, so that what comes before and after
//! the messages (people, connections, reading back) is not in it. Medians of three such pairs, or of as
//! many as the first argument says.

mod cluster;
mod latency;
mod load;
mod processes;
mod table;

use load::Load;
use table::Table;

/// Pairs of runs of which the median is taken, if nothing else is asked for.
const PAIRS: usize = 3;

#[tokio::main]
async fn main() {
    let one_thread =
        Load { name: "one thread, 1,000 sockets", threads: 1, sockets: 1_000, rate: 40 };
    let many_threads = Load { name: "500 threads × 4 sockets", threads: 500, sockets: 4, rate: 1 };
    let asked = std::env::args().nth(1).map(|pairs| pairs.parse().expect("a number of pairs"));
    let pairs = asked.unwrap_or(PAIRS).max(1);
    let mut table = Table::default();
    for (load, nodes, serving) in [
        (one_thread, 1, 1),
        (one_thread, 2, 2),
        (one_thread, 3, 3),
        // The last node has nobody: what it pays for messages of others.
        (one_thread, 3, 2),
        (many_threads, 1, 1),
        (many_threads, 2, 2),
    ] {
        let mut costs = Vec::with_capacity(pairs);
        for _ in 0..pairs {
            costs.push(load.cost(nodes, serving).await);
        }
        table.add(load.name, nodes, serving, &costs);
    }
    println!("{}", table.markdown());
    println!("{}", latency::measure().await);
}
