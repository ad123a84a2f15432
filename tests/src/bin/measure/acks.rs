//! How many messages a second are acknowledged, and so durable: senders that send the next one when
//! one is answered (a closed loop), each in a thread of its own that it has joined, with one message
//! or several under way.

use crate::clock::now;
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

/// One run: first one under way, then several.
pub(crate) async fn run(options: &Options, program: &Path) -> Result<Vec<Reading>> {
    let [rate, p50, p99, cpu, cost] = measure(options, program, 1).await?;
    let mut readings = vec![
        Reading::new("acks, 1 under way per sender", "per s", rate),
        Reading::new("  ack p50", "ms", p50),
        Reading::new("  ack p99", "ms", p99),
        Reading::new("  server's core in use", "%", cpu),
        Reading::new("  server, per ack", "CPU s per 1,000,000", cost),
    ];
    let [rate, p50, p99, cpu, cost] = measure(options, program, PIPELINED).await?;
    readings.extend([
        Reading::new("acks, 8 under way per sender", "per s", rate),
        Reading::new("  ack p50 ", "ms", p50),
        Reading::new("  ack p99 ", "ms", p99),
        Reading::new("  server's core in use ", "%", cpu),
        Reading::new("  server, per ack ", "CPU s per 1,000,000", cost),
    ]);
    Ok(readings)
}

async fn measure(options: &Options, program: &Path, under_way: usize) -> Result<[f64; 5]> {
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
    let (acked, before, start) = (tally.acks.get(), server.cpu()?, now());
    tokio::time::sleep(Duration::from_secs(options.seconds.into())).await;
    let (acks, used, took) = (
        real(tally.acks.get() - acked),
        server.cpu()?.since(before).total(),
        start.elapsed().as_secs_f64(),
    );
    let (p50, p99) = p50_p99_ms(&mut tally.ack_micros.borrow_mut());
    crowd.iter().flatten().for_each(|client| client.set_closed_loop(false));
    // What was acknowledged is in the log: each sender hears its own messages, in order.
    let idle = || crowd.iter().flatten().all(|client| client.waiting() == 0);
    tally
        .wait("every ack and delivery", TAIL, |t| idle() && t.deliveries.get() == t.acks.get())
        .await?;
    Ok([acks / took, p50, p99, used / took * 100.0, used * 1e6 / acks])
}
