//! A network that loses, doubles and holds back single messages of a subscription, which no real one
//! does; Redis itself may, as when a cluster's nodes lose each other.

use fastrand::Rng;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How RESP3 begins a message.
const MESSAGE: &[u8] = b">3\r\n$7\r\nmessage\r\n";

/// A proxy in front of Redis.
pub(crate) struct LossyProxy {
    address: SocketAddr,
    plan: Arc<Plan>,
}

#[derive(Default)]
struct Plan {
    to_lose: AtomicUsize,
    some: Mutex<Option<Rng>>,
    lost: AtomicUsize,
}

impl LossyProxy {
    pub(crate) async fn start(redis: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, plan) = (listener.local_addr().unwrap(), Arc::<Plan>::default());
        let listening = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(redis).await.unwrap();
                tokio::spawn(pass(client, server, Arc::clone(&listening)));
            }
        });
        Self { address, plan }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Loses the next messages about firms.
    pub(crate) fn lose(&self, messages: usize) {
        self.plan.to_lose.store(messages, Ordering::Release);
    }

    /// From now on, loses, doubles or holds back one in ten, by this chance.
    pub(crate) fn lose_some(&self, chance: Rng) {
        *self.plan.some() = Some(chance);
    }

    /// No longer.
    pub(crate) fn lose_none(&self) {
        *self.plan.some() = None;
    }

    /// How many were lost.
    pub(crate) fn lost(&self) -> usize {
        self.plan.lost.load(Ordering::Acquire)
    }
}

async fn pass(client: TcpStream, server: TcpStream, plan: Arc<Plan>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let (mut read, mut held) = (Vec::new(), Vec::new());
    while from_server.read_buf(&mut read).await.is_ok_and(|n| n > 0) {
        let mut write = Vec::new();
        while let Some(length) = unit(&read) {
            let unit: Vec<u8> = read.drain(..length).collect();
            plan.apply(unit, &mut write, &mut held);
        }
        if to_client.write_all(&write).await.is_err() {
            return;
        }
    }
}

impl Plan {
    fn some(&self) -> MutexGuard<'_, Option<Rng>> {
        self.some.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, unit: Vec<u8>, write: &mut Vec<u8>, held: &mut Vec<u8>) {
        let is_ours = unit.starts_with(MESSAGE) && !contains(&unit, b":nodes\r\n");
        let chance = self.some().as_mut().map_or(u8::MAX, |chance| chance.u8(..30));
        let lose =
            || self.to_lose.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| n.checked_sub(1));
        if is_ours && (chance == 0 || lose().is_ok()) {
            self.lost.fetch_add(1, Ordering::AcqRel);
        } else if is_ours && chance == 1 {
            *held = unit;
        } else {
            write.extend_from_slice(&unit);
            if is_ours && chance == 2 {
                write.extend_from_slice(&unit);
            }
            write.append(held);
        }
    }
}

/// The length of a whole message, or of anything up to one; `None` if more has to be read.
fn unit(read: &[u8]) -> Option<usize> {
    if !read.starts_with(&MESSAGE[..MESSAGE.len().min(read.len())]) {
        let next = read.windows(4).position(|bytes| bytes == &MESSAGE[..4]);
        return Some(next.filter(|at| *at > 0).unwrap_or(read.len()));
    }
    let mut at = MESSAGE.len();
    for _ in 0..2 {
        let line = read.get(at..)?.windows(2).position(|bytes| bytes == b"\r\n")?;
        let length: usize = std::str::from_utf8(&read[at + 1..at + line]).ok()?.parse().ok()?;
        at += line + 2 + length + 2;
    }
    (at <= read.len()).then_some(at)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
