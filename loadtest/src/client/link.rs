//! One connection: opens a WebSocket, writes frames, reads frames. Cheap, because it shares the
//! machine with the server: one read for all that is there, into a buffer that all connections share.

use crate::client::frame::{self, Frame};
use anyhow::{Context, Result, bail, ensure};
use socket2::SockRef;
use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tidings_protocol::Encoding;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// Read at a time.
const READ_BYTES: usize = 64 * 1024;

/// What the kernel does not take yet is kept, up to this: a server that reads nothing any more is
/// an error.
const UNSENT_BYTES_MAX: usize = 4 << 20;

/// A connection must be open in this time.
const OPEN_TIME: Duration = Duration::from_secs(20);

/// Receive buffer of a slow reader, in bytes: the kernel must not read in its place.
const SLOW_BUFFER_BYTES: u32 = 8 * 1024;

/// Loopback addresses that connections come from: one has too few ports for tens of thousands.
const LOOPBACK_SOURCES: u32 = 16;

/// The nonce of RFC 6455, 1.3, and the answer that it must get. Handshakes are tested elsewhere.
pub(crate) const HANDSHAKE_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const HANDSHAKE_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Longest head of an answer to a handshake, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;

thread_local! {
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// How connections are made.
#[derive(Clone, Debug)]
pub struct Route {
    /// The path, such as `/v1/ws`.
    pub path: String,
    /// How frames are encoded.
    pub encoding: Encoding,
    /// The addresses to come from, one after another; none: the system chooses.
    pub sources: Rc<[IpAddr]>,
    /// Whether it will read slowly.
    pub slow: bool,
    /// A connection on which nothing comes for so long is lost; none: however long.
    pub silence: Option<Duration>,
}

/// The addresses to come from when none are given.
pub fn default_sources(servers: &[SocketAddr]) -> Rc<[IpAddr]> {
    if servers.iter().any(|server| server.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST)) {
        return Rc::new([]);
    }
    let first = Ipv4Addr::LOCALHOST.to_bits();
    (0..LOOPBACK_SOURCES).map(|index| Ipv4Addr::from_bits(first + index).into()).collect()
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The other side sent a close frame.
    Closed(Option<u16>),
    /// It was gone without one, or silent for too long.
    Lost,
    /// It could not be opened.
    Unopened,
    /// We have cut it.
    Cut,
}

/// An open connection.
pub struct Link {
    stream: TcpStream,
    encoding: Encoding,
    /// Numbers the connections of a run.
    pub number: u32,
    unsent: RefCell<Vec<u8>>,
    cut: Cell<bool>,
    /// Bytes a second that it reads; none: all that comes.
    pace: Cell<Option<u32>>,
    silence: Option<Duration>,
}

impl Link {
    /// Opens a WebSocket to a node. What came right behind the answer is given back as well.
    pub async fn open(
        route: &Route,
        node: SocketAddr,
        number: u32,
        pace: Option<u32>,
    ) -> Result<(Rc<Self>, Vec<u8>)> {
        let time = route.silence.map_or(OPEN_TIME, |silence| silence.min(OPEN_TIME));
        let opened = tokio::time::timeout(time, open(route, node, number)).await;
        let (stream, behind) = opened.context("no connection in time")??;
        let (unsent, cut) = (RefCell::default(), Cell::new(false));
        let encoding = route.encoding;
        let (pace, silence) = (Cell::new(pace), route.silence);
        Ok((Rc::new(Self { stream, encoding, number, unsent, cut, pace, silence }), behind))
    }

    /// Writes a message.
    pub fn send(self: &Rc<Self>, payload: &[u8]) -> Result<()> {
        self.write(&frame::masked(self.opcode(), payload))
    }

    /// Says goodbye.
    pub fn close(self: &Rc<Self>) {
        // It may be gone already.
        let _ = self.write(&frame::masked(frame::CLOSE, &1000_u16.to_be_bytes()));
    }

    /// Cuts it without a word, as a dead network does.
    pub fn cut(&self) {
        self.cut.set(true);
        // It may be gone already.
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Both);
    }

    /// From now on it reads so many bytes a second; none: all that comes.
    pub fn read_at(&self, pace: Option<u32>) {
        self.pace.set(pace);
    }

    fn opcode(&self) -> u8 {
        match self.encoding {
            Encoding::Json => frame::TEXT,
            Encoding::Postcard => frame::BINARY,
        }
    }

    fn write(self: &Rc<Self>, bytes: &[u8]) -> Result<()> {
        let mut unsent = self.unsent.borrow_mut();
        if !unsent.is_empty() {
            ensure!(unsent.len() <= UNSENT_BYTES_MAX, "the server has stopped reading");
            unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let written = match self.stream.try_write(bytes) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error.into()),
        };
        if written < bytes.len() {
            unsent.extend_from_slice(&bytes[written..]);
            tokio::task::spawn_local(Rc::clone(self).write_on());
        }
        Ok(())
    }

    /// Writes what is left, whenever the kernel takes some.
    async fn write_on(self: Rc<Self>) {
        while self.stream.writable().await.is_ok() {
            let mut unsent = self.unsent.borrow_mut();
            match self.stream.try_write(&unsent) {
                Ok(written) => drop(unsent.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Whoever reads will meet it too.
                Err(_) => return,
            }
            if unsent.is_empty() {
                return;
            }
        }
    }

    /// Reads until the end, and hands every message to `take`. Pings are answered here. `rest` is
    /// what has come already.
    pub async fn read(
        self: &Rc<Self>,
        mut rest: Vec<u8>,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<End> {
        loop {
            let (taken, end) = self.take_frames(&rest, &mut take)?;
            if let Some(end) = end {
                return Ok(end);
            }
            rest.drain(..taken);
            if !self.readable().await {
                return Ok(self.gone());
            }
            let (count, end) = self.read_once(&mut rest, &mut take)?;
            if let Some(end) = end {
                return Ok(end);
            }
            if let Some(pace) = self.pace.get() {
                let seconds = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / f64::from(pace);
                tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            }
        }
    }

    /// Waits for something to read. One that is silent is pinged, and then taken for lost.
    async fn readable(self: &Rc<Self>) -> bool {
        let Some(silence) = self.silence else { return self.stream.readable().await.is_ok() };
        let half = silence / 2;
        if let Ok(read) = tokio::time::timeout(half, self.stream.readable()).await {
            return read.is_ok();
        }
        if self.write(&frame::masked(frame::PING, &[])).is_err() {
            return false;
        }
        matches!(tokio::time::timeout(half, self.stream.readable()).await, Ok(Ok(())))
    }

    fn read_once(
        self: &Rc<Self>,
        rest: &mut Vec<u8>,
        take: &mut impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<(usize, Option<End>)> {
        READ_BUFFER.with_borrow_mut(|buffer| {
            let most = self.pace.get().map_or(READ_BYTES, |_| SLOW_BUFFER_BYTES as usize / 4);
            let count = match self.stream.try_read(&mut buffer[..most]) {
                Ok(0) => return Ok((0, Some(self.gone()))),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok((0, None)),
                Err(_) => return Ok((0, Some(self.gone()))),
            };
            if !rest.is_empty() {
                rest.extend_from_slice(&buffer[..count]);
                return Ok((count, None));
            }
            let (taken, end) = self.take_frames(&buffer[..count], take)?;
            rest.extend_from_slice(&buffer[taken..count]);
            Ok((count, end))
        })
    }

    fn gone(&self) -> End {
        if self.cut.get() { End::Cut } else { End::Lost }
    }

    /// Handles all whole frames, and says how many bytes they had.
    fn take_frames(
        self: &Rc<Self>,
        bytes: &[u8],
        take: &mut impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<(usize, Option<End>)> {
        let mut taken = 0;
        while let Some(Frame { opcode, payload, taken: length }) = frame::first(&bytes[taken..])? {
            taken += length;
            match opcode {
                opcode if opcode == self.opcode() => take(payload)?,
                frame::PING => {
                    if self.write(&frame::masked(frame::PONG, payload)).is_err() {
                        return Ok((taken, Some(self.gone())));
                    }
                }
                frame::PONG => {}
                frame::CLOSE => {
                    let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                    // The answer; the other side may be gone already.
                    let _ = self.write(&frame::masked(frame::CLOSE, payload));
                    return Ok((taken, Some(End::Closed(code))));
                }
                opcode => bail!("a frame with opcode {opcode}"),
            }
        }
        Ok((taken, None))
    }
}

async fn open(route: &Route, node: SocketAddr, number: u32) -> Result<(TcpStream, Vec<u8>)> {
    let socket = if node.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = route.sources.get(number as usize % route.sources.len().max(1)) {
        socket.bind((*source, 0).into()).context("binding the source address")?;
    }
    if route.slow {
        socket.set_recv_buffer_size(SLOW_BUFFER_BYTES)?;
    }
    let mut stream = socket.connect(node).await.context("connecting")?;
    stream.set_nodelay(true)?;
    let behind = shake_hands(&mut stream, node, route).await?;
    Ok((stream, behind))
}

async fn shake_hands(stream: &mut TcpStream, node: SocketAddr, route: &Route) -> Result<Vec<u8>> {
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {HANDSHAKE_KEY}\r\n\
         Sec-WebSocket-Protocol: {}\r\n\r\n",
        route.path,
        node,
        route.encoding.subprotocol(),
    );
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            ensure!(
                head.starts_with("HTTP/1.1 101") && head.contains(HANDSHAKE_ACCEPT),
                "the handshake was answered {}",
                head.lines().next().unwrap_or_default()
            );
            bytes.drain(..end + 4);
            return Ok(bytes);
        }
        ensure!(bytes.len() <= HEAD_BYTES_MAX, "an endless answer to the handshake");
        ensure!(stream.read_buf(&mut bytes).await? > 0, "closed in the handshake");
    }
}
