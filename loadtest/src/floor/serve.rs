//! The floor server: one thread, one loop over epoll.

use crate::client::frame;
use crate::client::link::HANDSHAKE_ACCEPT;
use anyhow::{Context, Result, ensure};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

/// The listener's token; sockets have smaller ones.
const LISTENER: Token = Token(usize::MAX);

/// Events taken at a time.
const EVENTS: usize = 1_024;

/// Read at a time.
const READ_BYTES: usize = 16 * 1024;

/// What has not made a whole frame yet, at most.
const PARTIAL_BYTES_MAX: usize = 1 << 20;

/// One client.
struct Socket {
    stream: TcpStream,
    /// What came, and is no whole frame or head yet.
    partial: Vec<u8>,
    /// The room it asked for; none before the handshake.
    room: Option<usize>,
}

/// The server.
struct Server {
    poll: Poll,
    listener: TcpListener,
    sockets: Vec<Option<Socket>>,
    rooms: HashMap<usize, Vec<usize>>,
}

/// Serves for ever. Clients ask for `GET /ROOM`; what one sends, everybody in its room gets.
pub fn serve(address: SocketAddr) -> Result<()> {
    let poll = Poll::new()?;
    let mut listener = TcpListener::bind(address)?;
    println!("ready {}", listener.local_addr()?);
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut server = Server { poll, listener, sockets: Vec::new(), rooms: HashMap::new() };
    let (mut events, mut buffer) = (Events::with_capacity(EVENTS), vec![0; READ_BYTES]);
    loop {
        if let Err(error) = server.poll.poll(&mut events, None) {
            ensure!(error.kind() == ErrorKind::Interrupted, error);
        }
        for event in &events {
            if event.token() == LISTENER {
                server.accept()?;
            } else if server.read(event.token().0, &mut buffer).is_err() {
                server.drop_socket(event.token().0);
            }
        }
    }
}

impl Server {
    fn accept(&mut self) -> Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            stream.set_nodelay(true)?;
            let token = Token(self.sockets.len());
            self.poll.registry().register(&mut stream, token, Interest::READABLE)?;
            self.sockets.push(Some(Socket { stream, partial: Vec::new(), room: None }));
        }
    }

    fn drop_socket(&mut self, index: usize) {
        let socket = self.sockets.get_mut(index).and_then(Option::take);
        if let Some(room) = socket.and_then(|socket| socket.room)
            && let Some(members) = self.rooms.get_mut(&room)
        {
            members.retain(|member| *member != index);
        }
    }

    /// Reads until nothing is left. An error means that the socket is over.
    fn read(&mut self, index: usize, buffer: &mut [u8]) -> Result<()> {
        loop {
            let Some(socket) = self.sockets.get_mut(index).and_then(Option::as_mut) else {
                return Ok(());
            };
            let count = match socket.stream.read(buffer) {
                Ok(0) => anyhow::bail!("closed"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            self.take(index, &buffer[..count])?;
            // A read that did not fill the buffer has taken all there was.
            if count < buffer.len() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        let socket = self.sockets[index].as_mut().context("no such socket")?;
        socket.partial.extend_from_slice(bytes);
        ensure!(socket.partial.len() <= PARTIAL_BYTES_MAX, "too much");
        if socket.room.is_none() {
            let Some(room) = shake_hands(socket)? else { return Ok(()) };
            self.rooms.entry(room).or_default().push(index);
        }
        let mut partial =
            std::mem::take(&mut self.sockets[index].as_mut().context("gone")?.partial);
        let mut taken = 0;
        while let Some((payload, length)) = frame::first_masked(&partial[taken..])? {
            taken += length;
            self.send_to_room(index, &frame::unmasked(frame::TEXT, &payload));
        }
        partial.drain(..taken);
        self.sockets[index].as_mut().context("gone")?.partial = partial;
        Ok(())
    }

    /// The thing itself: one send per recipient. Who does not keep up gets no more.
    fn send_to_room(&self, sender: usize, frame: &[u8]) {
        let room = self.sockets[sender].as_ref().and_then(|socket| socket.room);
        let members = room.and_then(|room| self.rooms.get(&room)).map_or(&[][..], Vec::as_slice);
        for socket in members.iter().filter_map(|member| self.sockets[*member].as_ref()) {
            // Its reader meets the error.
            let _ = (&socket.stream).write(frame);
        }
    }
}

/// Answers the handshake once its head is whole, and says which room it asked for.
fn shake_hands(socket: &mut Socket) -> Result<Option<usize>> {
    let Some(end) = socket.partial.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&socket.partial[..end]).into_owned();
    let path = head.split(' ').nth(1).context("no path")?;
    let room = path.trim_start_matches('/').parse().context("the path is no room")?;
    let protocol = head.lines().find(|line| line.starts_with("Sec-WebSocket-Protocol:"));
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {HANDSHAKE_ACCEPT}\r\n{}\r\n\r\n",
        protocol.context("no subprotocol")?,
    );
    socket.stream.write_all(answer.as_bytes())?;
    socket.partial.drain(..end + 4);
    socket.room = Some(room);
    Ok(Some(room))
}
