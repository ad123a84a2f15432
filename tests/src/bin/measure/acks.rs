//! How many messages a second are acknowledged, and so durable: senders that send the next one when
//! one is answered (a closed loop), each in a thread of its own that it has joined, with one message
//! or several under way.

use crate::crowd;
use crate::options::Options;
use crate::population::populate;
use crate::server::Server;
use crate::stats::{Reading, p50_p99_ms, real};
use crate::tally::Tally;
use anyhow::Result;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

pub(crate) const SENDERS: usize = 64;

/// Messages that each sender has under way, the second time.
pub(crate) const PIPELINED: usize = 8;

const WARM_UP: Duration = Duration::from_secs(1);
const TAIL: Duration = Duration::from_secs(10);

/// What each run reads, once with one message under way and once with several.
const FIGURES: [[&str; 8]; 2] = [
    [
        "acks, 1 under way per sender",
        "  ack p50, 1 under way",
        "  ack p99, 1 under way",
        "  server's core, used by it, 1 under way",
        "  server's core, used by others, 1 under way",
        "  server, per ack, 1 under way",
        "  messages per commit, 1 under way",
        "  time of a commit, 1 under way",
    ],
    [
        "acks, 8 under way per sender",
        "  ack p50, 8 under way",
        "  ack p99, 8 under way",
        "  server's core, used by it, 8 under way",
        "  server's core, used by others, 8 under way",
        "  server, per ack, 8 under way",
        "  messages per commit, 8 under way",
        "  time of a commit, 8 under way",
    ],
];
const UNITS: [&str; 8] = ["per s", "ms", "ms", "%", "%", "CPU s per 1,000,000", "", "ms"];

/// One run: first one under way, then several.
pub(crate) async fn run(options: &Options, program: &Path) -> Result<Vec<Reading>> {
    let mut readings = Vec::new();
    for (figures, under_way) in FIGURES.into_iter().zip([1, PIPELINED]) {
        let values = measure(options, program, under_way).await?;
        let named = figures.into_iter().zip(UNITS).zip(values);
        readings.extend(named.map(|((what, unit), value)| Reading::new(what, unit, value)));
    }
    Ok(readings)
}

/// Number of commits, seconds in them, operations in them.
async fn commits(server: &Server) -> Result<[f64; 3]> {
    Ok([
        server.metric("tidings_commit_seconds_count").await?,
        server.metric("tidings_commit_seconds_sum").await?,
        server.metric("tidings_commit_batch_operations_sum").await?,
    ])
}

async fn measure(options: &Options, program: &Path, under_way: usize) -> Result<[f64; 8]> {
    let server = Server::start(options, program).await?;
    let groups = populate(&server.api(), SENDERS, 1).await?;
    let tally = Rc::new(Tally::new());
    let crowd = crowd::connect(server.address(), options.encoding, &groups, &tally).await?;
    crowd::join(&groups, &crowd).await?;
    for client in crowd.iter().flatten() {
        client.set_closed_loop(true);
        for _ in 0..under_way {
            client.post()?;
        }
    }
    tokio::time::sleep(WARM_UP).await;
    tally.ack_micros.borrow_mut().clear();
    let commits_before = commits(&server).await?;
    let (acked, watch) = (tally.acks.get(), server.watch()?);
    tokio::time::sleep(Duration::from_secs(options.seconds.into())).await;
    let (acks, used) = (real(tally.acks.get() - acked), watch.used(&server)?);
    let commits = commits(&server).await?;
    let [count, seconds, operations] = [0, 1, 2].map(|i| commits[i] - commits_before[i]);
    let (p50, p99) = p50_p99_ms(&mut tally.ack_micros.borrow_mut());
    crowd.iter().flatten().for_each(|client| client.set_closed_loop(false));
    // What was acknowledged is in the log: each sender hears its own messages, in order.
    let idle = || crowd.iter().flatten().all(|client| client.waiting() == 0);
    tally
        .wait("every ack and delivery", TAIL, |t| idle() && t.deliveries.get() == t.acks.get())
        .await?;
    Ok([
        acks / used.seconds,
        p50,
        p99,
        used.own_percent,
        used.others_percent,
        used.cpu.total() * 1e6 / acks,
        operations / count,
        seconds * 1e3 / count,
    ])
}
