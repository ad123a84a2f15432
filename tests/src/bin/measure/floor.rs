//! What the kernel alone takes for a delivery: a thread on the server's core sends frames of the
//! same size at the same pace to as many sockets, with one send(2) each, and does nothing else. It
//! differs from machine to machine and from hour to hour, so it is measured beside every run.

use crate::clock::now;
use crate::fan_out::Shape;
use crate::frame;
use crate::machine::{cpu, pin_this_thread_as_server};
use crate::message;
use crate::options::Options;
use crate::stats::real;
use anyhow::{Context, Result};
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use tidings_protocol::{Encoding, ThreadId};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Enough for a figure.
const SECONDS_MAX: u32 = 5;

/// CPU seconds for a million sends.
pub(crate) async fn cost(shape: Shape, options: &Options) -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let seconds = options.seconds.min(SECONDS_MAX);
    let frame = delivery(options.encoding);
    let (done, result) = oneshot::channel();
    let writer = thread::spawn(move || {
        // Nobody listens any more if the run failed.
        let _ = done.send(write(&listener, shape, seconds, &frame));
    });
    let readers = (0..shape.threads * shape.sockets_per_thread).map(|_| read(address));
    for reader in readers {
        tokio::task::spawn_local(reader.await?);
    }
    let cost = result.await.context("the floor's writer broke")??;
    writer.join().ok().context("the floor's writer broke")?;
    Ok(cost)
}

/// As long as what the server sends.
fn delivery(encoding: Encoding) -> Vec<u8> {
    let payload = message::delivery(encoding, ThreadId(Uuid::nil()), 1_000);
    frame::unmasked(frame::TEXT, &payload)
}

fn write(listener: &TcpListener, shape: Shape, seconds: u32, frame: &[u8]) -> Result<f64> {
    let times = pin_this_thread_as_server()?;
    let sockets: Vec<Vec<TcpStream>> = (0..shape.threads)
        .map(|_| accept(listener, shape.sockets_per_thread))
        .collect::<Result<_>>()?;
    let messages = shape.messages_per_second() * seconds;
    let (before, start) = (cpu(&times)?, now());
    for message in 0..messages {
        let wait = (start + shape.due(message)).saturating_duration_since(now());
        if !wait.is_zero() {
            thread::sleep(wait);
        }
        let (thread, _) = shape.place(message);
        for mut socket in &sockets[thread] {
            socket.write_all(frame)?;
        }
    }
    let used = cpu(&times)?.since(before).total();
    Ok(used * 1e6 / (real(messages.into()) * real(shape.sockets_per_thread.into())))
}

fn accept(listener: &TcpListener, count: u32) -> Result<Vec<TcpStream>> {
    let accept = |_| {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    (0..count).map(accept).collect()
}

/// Connects, and gives what reads until the other end closes.
async fn read(address: SocketAddr) -> Result<impl Future<Output = ()>> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    Ok(async move {
        let mut buffer = [0; 4096];
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut buffer) {
                Ok(0) => return,
                Err(error) if error.kind() != ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => {}
            }
        }
    })
}
