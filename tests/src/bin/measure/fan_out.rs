//! What a delivery costs the server. Messages come at a fixed rate, from the joined sockets in turn,
//! whatever the server does (an open loop), and every socket must get every one, in order.
//!
//! CPU time is read before the first message and after the last delivery, with nothing under way at
//! either moment, so that it is the cost of exactly these messages: reading, checking, storing and
//! acknowledging them, and delivering them.

use crate::clock::now;
use crate::crowd::{self, Sockets};
use crate::floor;
use crate::options::Options;
use crate::population::{Group, populate};
use crate::server::Server;
use crate::stats::{Reading, p50_p99_ms, real};
use crate::tally::Tally;
use anyhow::{Result, ensure};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// How many threads, sockets and messages.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) threads: u32,
    pub(crate) sockets_per_thread: u32,
    pub(crate) messages_per_thread_per_second: u32,
}

pub(crate) const ONE_THREAD: Shape =
    Shape { threads: 1, sockets_per_thread: 1_000, messages_per_thread_per_second: 40 };

pub(crate) const MANY_THREADS: Shape =
    Shape { threads: 500, sockets_per_thread: 4, messages_per_thread_per_second: 10 };

/// Messages before the measurement: caches fill, the store's log reaches its size.
const WARM_UP_SECONDS: u32 = 2;

/// Presence and receipts of everybody's joining go out before anything is measured.
const SETTLE: Duration = Duration::from_secs(3);

/// After the last message, all must be there in this time.
const TAIL: Duration = Duration::from_secs(10);

impl Shape {
    pub(crate) fn messages_per_second(self) -> u32 {
        self.threads * self.messages_per_thread_per_second
    }

    /// When a message is due, after the start.
    pub(crate) fn due(self, message: u32) -> Duration {
        Duration::from_secs(1) * message / self.messages_per_second()
    }

    /// Which thread a message is for, and which of its sockets sends it.
    pub(crate) fn place(self, message: u32) -> (usize, usize) {
        let (thread, round) = (message % self.threads, message / self.threads);
        (thread as usize, (round % self.sockets_per_thread) as usize)
    }
}

/// One run.
pub(crate) async fn run(options: &Options, program: &Path, shape: Shape) -> Result<Vec<Reading>> {
    let server = Server::start(options, program).await?;
    let (threads, sockets) = (shape.threads as usize, shape.sockets_per_thread as usize);
    let groups = populate(&server.api(), threads, sockets).await?;
    let tally = Rc::new(Tally::new());
    let crowd = crowd::connect(server.address(), options.encoding, &groups, &tally).await?;
    crowd::join(&groups, &crowd).await?;
    tokio::time::sleep(SETTLE).await;
    send(shape, WARM_UP_SECONDS, &crowd, &tally).await?;
    tally.reset();

    let heads = heads(&crowd);
    let watch = server.watch()?;
    let lag_micros = send(shape, options.seconds, &crowd, &tally).await?;
    let used = watch.used(&server)?;
    check(shape, options.seconds, &groups, &crowd, &heads)?;
    tally.check()?;
    let deliveries = tally.deliveries.get();
    let others = tally.others();
    eprintln!("    other frames: {}; server: {}", tally.others_by_kind(), log(&server));
    drop((crowd, server));

    let floor = floor::cost(shape, options).await?;
    let per_million = 1e6 / real(deliveries);
    let (ack_p50, ack_p99) = p50_p99_ms(&mut tally.ack_micros.borrow_mut());
    let (delivery_p50, delivery_p99) = p50_p99_ms(&mut tally.delivery_micros.borrow_mut());
    let (_, lag_p99) = p50_p99_ms(&mut lag_micros.clone());
    let per = "CPU s per 1,000,000";
    Ok(vec![
        Reading::new("server, per delivery", per, used.cpu.total() * per_million),
        Reading::new("  of it user", per, used.cpu.user * per_million),
        Reading::new("  of it system", per, used.cpu.system * per_million),
        Reading::new("floor: one send(2) per delivery", per, floor),
        Reading::new("server / floor", "", used.cpu.total() * per_million / floor),
        Reading::new("deliveries", "", real(deliveries)),
        Reading::new("other frames per delivery", "", real(others) / real(deliveries)),
        Reading::new("server's core, used by it", "%", used.own_percent),
        Reading::new("server's core, used by others", "%", used.others_percent),
        Reading::new("ack p50", "ms", ack_p50),
        Reading::new("ack p99", "ms", ack_p99),
        Reading::new("delivery p50", "ms", delivery_p50),
        Reading::new("delivery p99", "ms", delivery_p99),
        Reading::new("client late in sending, p99", "ms", lag_p99),
    ])
}

/// Sends for so many seconds, waits until all is acknowledged and delivered, and says how late each
/// message was sent.
async fn send(shape: Shape, seconds: u32, crowd: &[Sockets], tally: &Tally) -> Result<Vec<u32>> {
    let messages = shape.messages_per_second() * seconds;
    let acks = tally.acks.get() + u64::from(messages);
    let deliveries =
        tally.deliveries.get() + u64::from(messages) * u64::from(shape.sockets_per_thread);
    let mut lag_micros = Vec::with_capacity(messages as usize);
    let start = now();
    for message in 0..messages {
        let due = start + shape.due(message);
        if now() < due {
            tokio::time::sleep_until(due.into()).await;
        } else if message.is_multiple_of(64) {
            // Late: but those who read must have their turn.
            tokio::task::yield_now().await;
        }
        let lag = now().saturating_duration_since(due);
        lag_micros.push(u32::try_from(lag.as_micros()).unwrap_or(u32::MAX));
        let (thread, socket) = shape.place(message);
        crowd[thread][socket].post()?;
        tally.check()?;
    }
    let all = |t: &Tally| t.acks.get() >= acks && t.deliveries.get() >= deliveries;
    tally.wait("every ack and delivery", TAIL, all).await?;
    Ok(lag_micros)
}

fn heads(crowd: &[Sockets]) -> Vec<u64> {
    crowd.iter().map(|sockets| sockets[0].last()).collect()
}

/// Each socket has got every message of its thread: the sequence has no gaps, so its end says it.
fn check(
    shape: Shape,
    seconds: u32,
    groups: &[Group],
    crowd: &[Sockets],
    heads: &[u64],
) -> Result<()> {
    let messages = u64::from(shape.messages_per_thread_per_second * seconds);
    for ((group, sockets), head) in groups.iter().zip(crowd).zip(heads) {
        for client in sockets {
            let (last, expected) = (client.last(), head + messages);
            ensure!(
                last == expected && client.waiting() == 0,
                "invalid run: a socket of thread {} is at event {last}, not {expected}",
                group.thread,
            );
        }
    }
    Ok(())
}

fn log(server: &Server) -> String {
    let log = server.log();
    if log.is_empty() { "no warnings".to_owned() } else { log }
}
