//! A network between two programs that can be broken: a TCP proxy whose connections are cut, frozen
//! in one direction or both, or slowed down, and made whole again.
//!
//! Frozen is not cut: nobody is told anything, as on a network that drops packets. What was sent
//! meanwhile comes when it thaws, as what TCP sends again does.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Bytes under way in one direction of a connection.
const CHUNK_BYTES: usize = 64 * 1024;

/// A proxy on an address that stays the same, until it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    open: Arc<AtomicUsize>,
    listening: JoinHandle<()>,
}

/// What the network does at the moment.
#[derive(Clone, Copy, Debug)]
struct Weather {
    target: SocketAddr,
    /// Connections of an earlier one are closed.
    generation: u64,
    /// New connections are reset.
    refusing: bool,
    /// Nothing goes from the client to the target.
    frozen_up: bool,
    /// Nothing goes from the target to the client.
    frozen_down: bool,
    delay: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl FaultProxy {
    /// Begins to listen, in fair weather.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("loopback has free ports");
        let address = listener.local_addr().expect("it listens");
        let (weather, seen) = watch::channel(Weather::fair(target));
        let open = Arc::default();
        let listening = tokio::spawn(listen(listener, seen, Arc::clone(&open)));
        Self { address, weather, open, listening }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, new connections go there.
    pub fn lead_to(&self, target: SocketAddr) {
        self.weather.send_modify(|weather| weather.target = target);
    }

    /// Resets all connections, and each new one.
    pub fn cut(&self) {
        self.weather.send_modify(|weather| {
            weather.generation += 1;
            weather.refusing = true;
        });
    }

    /// Passes nothing on, and tells nobody.
    pub fn freeze(&self) {
        self.weather.send_modify(|weather| (weather.frozen_up, weather.frozen_down) = (true, true));
    }

    /// What clients send does not arrive; what they are sent does.
    pub fn freeze_up(&self) {
        self.weather.send_modify(|weather| weather.frozen_up = true);
    }

    /// What clients are sent does not arrive; what they send does.
    pub fn freeze_down(&self) {
        self.weather.send_modify(|weather| weather.frozen_down = true);
    }

    /// Everything takes so much longer in each direction.
    pub fn delay(&self, delay: Duration) {
        self.weather.send_modify(|weather| weather.delay = delay);
    }

    /// Resets all connections once; new ones are welcome.
    pub fn reset_all(&self) {
        self.weather.send_modify(|weather| weather.generation += 1);
    }

    /// Passes everything on again.
    pub fn heal(&self) {
        self.weather.send_modify(|weather| {
            *weather = Weather { generation: weather.generation, ..Weather::fair(weather.target) };
        });
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Weather {
    fn fair(target: SocketAddr) -> Self {
        let (generation, refusing, delay) = (0, false, Duration::ZERO);
        Self { target, generation, refusing, frozen_up: false, frozen_down: false, delay }
    }

    fn frozen(&self, way: Way) -> bool {
        match way {
            Way::Up => self.frozen_up,
            Way::Down => self.frozen_down,
        }
    }
}

async fn listen(listener: TcpListener, weather: watch::Receiver<Weather>, open: Arc<AtomicUsize>) {
    // They end with it.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((client, _)) = accepted else { return };
        // Whoever is closed here is to notice at once.
        let _ = client.set_zero_linger();
        let now = *weather.borrow();
        if now.refusing {
            continue;
        }
        let (weather, open) = (weather.clone(), Arc::clone(&open));
        connections.spawn(async move {
            open.fetch_add(1, Ordering::AcqRel);
            let closed = changed_to(weather.clone(), |later| later.generation > now.generation);
            tokio::select! {
                // Which side was lost first is of no interest.
                _ = pass(client, weather) => {}
                () = closed => {}
            }
            open.fetch_sub(1, Ordering::AcqRel);
        });
    }
}

/// Waits until the weather is so.
async fn changed_to(mut weather: watch::Receiver<Weather>, is_so: impl Fn(&Weather) -> bool) {
    if weather.wait_for(is_so).await.is_err() {
        // The proxy is gone, and with it everything.
        std::future::pending::<()>().await;
    }
}

async fn pass(client: TcpStream, weather: watch::Receiver<Weather>) -> std::io::Result<()> {
    changed_to(weather.clone(), |weather| !weather.frozen_up).await;
    let target = weather.borrow().target;
    let server = TcpStream::connect(target).await?;
    server.set_zero_linger()?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(
        pump(from_client, to_server, weather.clone(), Way::Up),
        pump(from_server, to_client, weather, Way::Down),
    )?;
    Ok(())
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    way: Way,
) -> std::io::Result<()> {
    let other = if way == Way::Up { Way::Down } else { Way::Up };
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let now = *weather.borrow_and_update();
        if now.frozen(way) {
            changed_to(weather.clone(), |weather| !weather.frozen(way)).await;
            continue;
        }
        let read = tokio::select! {
            biased;
            _ = weather.changed() => continue,
            read = from.read(&mut chunk) => read,
        };
        // Even no time takes a millisecond to sleep.
        if !now.delay.is_zero() {
            tokio::time::sleep(now.delay).await;
        }
        // What was read when it froze is under way still.
        changed_to(weather.clone(), |weather| !weather.frozen(way)).await;
        let written = match read {
            Ok(0) => to.shutdown().await.map(|()| 0),
            Ok(count) => to.write_all(&chunk[..count]).await.map(|()| count),
            Err(error) => Err(error),
        };
        match written {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                // That one side is gone does not reach the other while nothing goes there.
                changed_to(weather.clone(), |weather| !weather.frozen(other)).await;
                return Err(error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::{now, within};

    /// A server that sends back what it gets, a proxy in front of it, and a connection.
    async fn echo() -> (FaultProxy, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let target = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    tokio::io::copy(&mut from, &mut to).await.ok()
                });
            }
        });
        let proxy = FaultProxy::start(target).await;
        let client = TcpStream::connect(proxy.address()).await.unwrap();
        (proxy, client)
    }

    async fn comes_back(client: &mut TcpStream) -> std::io::Result<u8> {
        client.write_u8(7).await?;
        within("a byte to come back", client.read_u8()).await
    }

    async fn is_silent(client: &mut TcpStream) {
        let heard = tokio::time::timeout(Duration::from_millis(100), client.read_u8()).await;
        assert!(heard.is_err(), "{heard:?} through a frozen network");
    }

    #[tokio::test]
    async fn a_cut_resets_and_refuses_until_it_is_healed() {
        let (proxy, mut client) = echo().await;
        assert_eq!(comes_back(&mut client).await.unwrap(), 7);
        assert_eq!(proxy.connections(), 1);
        proxy.cut();
        assert!(within("the reset", client.read_u8()).await.is_err());
        let mut refused = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(comes_back(&mut refused).await.is_err());
        proxy.heal();
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(comes_back(&mut again).await.unwrap(), 7);
        proxy.reset_all();
        assert!(within("the reset", again.read_u8()).await.is_err());
    }

    #[tokio::test]
    async fn what_is_frozen_comes_when_it_thaws() {
        let (proxy, mut client) = echo().await;
        assert_eq!(comes_back(&mut client).await.unwrap(), 7);
        for freeze in [FaultProxy::freeze, FaultProxy::freeze_up, FaultProxy::freeze_down] {
            freeze(&proxy);
            client.write_u8(8).await.unwrap();
            is_silent(&mut client).await;
            let mut late = TcpStream::connect(proxy.address()).await.unwrap();
            late.write_u8(9).await.unwrap();
            is_silent(&mut late).await;
            proxy.heal();
            assert_eq!(within("the thaw", client.read_u8()).await.unwrap(), 8);
            assert_eq!(within("the thaw", late.read_u8()).await.unwrap(), 9);
        }
    }

    #[tokio::test]
    async fn it_slows_down_and_leads_elsewhere() {
        let (proxy, mut client) = echo().await;
        proxy.delay(Duration::from_millis(30));
        let began = now();
        assert_eq!(comes_back(&mut client).await.unwrap(), 7);
        assert!(began.elapsed() >= Duration::from_millis(60));
        let elsewhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        proxy.lead_to(elsewhere.local_addr().unwrap());
        let _client = TcpStream::connect(proxy.address()).await.unwrap();
        within("somebody to come", elsewhere.accept()).await.unwrap();
    }
}
