//! Puts the floor server under the same load as the server that is compared with it: the same
//! sockets, messages of the same size, the same moments.

use crate::client::link::Link;
use crate::client::{Route, message};
use crate::machine::{self, SERVER_CORE, Watched};
use crate::meter::real;
use crate::options::Options;
use crate::scenario::Shape;
use crate::world::World;
use anyhow::{Context, Result, ensure};
use std::cell::Cell;
use std::net::SocketAddr;
use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Enough for a figure.
const SECONDS_MAX: u32 = 10;

/// Everything must have been delivered in this time after the last message.
const REST_TIME: Duration = Duration::from_secs(20);

/// Sends before the measurement.
const WARM_UP_SECONDS: u32 = 1;

/// CPU seconds for a million sends.
pub async fn cost(shape: Shape, options: &Options) -> Result<f64> {
    let (server, address) = start(options).await?;
    let watched = Watched::new(server.id().context("the floor server is gone")?)?;
    let api = crate::cast::Api::new(&[address], String::new());
    let world = World::new(api, options.manners());
    let delivered = Rc::new(Cell::new(0_u64));
    let mut links = Vec::new();
    for room in 0..shape.threads {
        let mut sockets = Vec::new();
        for _ in 0..shape.sockets {
            sockets.push(connect(address, room, options, &world, &delivered).await?);
        }
        links.push(sockets);
    }
    let payload = message::delivery(options.encoding_of(0), options.body_bytes as usize);
    let drive = async |seconds: u32| -> Result<u64> {
        let pace = shape.pace(seconds);
        let expected = delivered.get() + pace.count() * shape.sockets as u64;
        let mut broken = Ok(());
        pace.run(&world, |message, _| {
            let (room, socket) = shape.place(message);
            if let Err(error) = links[room][socket].send(&payload) {
                broken = Err(error);
            }
        })
        .await?;
        broken?;
        world
            .wait("every delivery of the floor", REST_TIME, |_| delivered.get() >= expected)
            .await?;
        Ok(pace.count() * shape.sockets as u64)
    };
    drive(WARM_UP_SECONDS).await?;
    let before = watched.cpu()?;
    let sends = drive(options.seconds.min(SECONDS_MAX)).await?;
    let used = watched.cpu()?.since(before).total_s();
    ensure!(sends > 0, "the floor sent nothing");
    Ok(used * 1e6 / real(sends))
}

/// Starts it as a process of its own, on the server's core. It ends with the handle.
async fn start(options: &Options) -> Result<(Child, SocketAddr)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", "--listen", "127.0.0.1:0"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    if !options.no_pin {
        machine::pin(None, SERVER_CORE)?;
    }
    let child = command.spawn();
    if !options.no_pin {
        machine::pin(None, machine::CLIENT_CORE)?;
    }
    let mut child = child.context("starting the floor server")?;
    let stdout = child.stdout.take().context("no output")?;
    let line = BufReader::new(stdout).lines().next_line().await?;
    let line = line.context("the floor server did not start")?;
    let address = line.strip_prefix("ready ").context("the floor server did not start")?;
    Ok((child, address.parse()?))
}

async fn connect(
    server: SocketAddr,
    room: usize,
    options: &Options,
    world: &World,
    delivered: &Rc<Cell<u64>>,
) -> Result<Rc<Link>> {
    let route = Route {
        path: format!("/{room}"),
        encoding: tidings_protocol::Encoding::Json,
        sources: options.sources(&[server]),
        slow: false,
        silence: None,
    };
    let (link, behind) = Link::open(&route, server, world.connection_number(), None).await?;
    let (reading, delivered) = (Rc::clone(&link), Rc::clone(delivered));
    tokio::task::spawn_local(async move {
        let count = |_: &[u8]| {
            delivered.set(delivered.get() + 1);
            Ok(())
        };
        // It ends when the floor server does.
        let _ = reading.read(behind, count).await;
    });
    Ok(link)
}
