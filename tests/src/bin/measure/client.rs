//! One socket of a client: connects, asks, posts, and checks all that comes. Cheap, because it
//! shares the machine with the server: one read for all that is there, and of a delivery no more
//! is decoded than says that it is the right one.

use crate::clock::now;
use crate::frame::{self, Frame};
use crate::message::{self, Recogniser};
use crate::tally::Tally;
use anyhow::{Context, Result, bail, ensure};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tidings_protocol::{
    ClientFrame, ClientKey, Command, Encoding, Event, Outcome, Reply, RequestId, ServerFrame,
    ThreadId,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use uuid::Uuid;

/// Read at a time, into a buffer that all sockets share.
const READ_BYTES: usize = 64 * 1024;

/// Loopback addresses that connections come from: one has too few ports for many runs.
const SOURCES: usize = 16;

const ASK_TIME: Duration = Duration::from_secs(20);

thread_local! {
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// A connected socket. Its task reads; everybody writes.
pub(crate) struct Client {
    stream: TcpStream,
    encoding: Encoding,
    tally: Rc<Tally>,
    next_id: Cell<u32>,
    welcomed: Cell<bool>,
    /// The one thread it has joined.
    thread: Cell<Option<ThreadId>>,
    recogniser: RefCell<Option<Recogniser>>,
    /// The last event received.
    last: Cell<u64>,
    /// Posts without answer, oldest first.
    posts: RefCell<VecDeque<(RequestId, Instant)>>,
    asked: RefCell<Option<(RequestId, oneshot::Sender<Outcome>)>>,
    /// Posts again whenever a post is answered.
    closed_loop: Cell<bool>,
}

impl Client {
    /// Connects the `index`th socket and starts reading it. Must run in a `LocalSet`.
    pub(crate) async fn connect(
        server: SocketAddr,
        encoding: Encoding,
        index: usize,
        tally: &Rc<Tally>,
    ) -> Result<Rc<Self>> {
        let socket = TcpSocket::new_v4()?;
        let source = u8::try_from(index % SOURCES).unwrap_or(0) + 1;
        socket.bind((Ipv4Addr::new(127, 0, 0, source), 0).into())?;
        let mut stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        let behind = shake_hands(&mut stream, encoding).await?;
        let client = Rc::new(Self {
            stream,
            encoding,
            tally: Rc::clone(tally),
            next_id: Cell::new(1),
            welcomed: Cell::new(false),
            thread: Cell::new(None),
            recogniser: RefCell::default(),
            last: Cell::new(0),
            posts: RefCell::default(),
            asked: RefCell::default(),
            closed_loop: Cell::new(false),
        });
        let reading = Rc::clone(&client);
        tokio::task::spawn_local(async move {
            if let Err(error) = reading.read_on(behind).await {
                reading.tally.fail(format!("a socket failed: {error:#}"));
            }
        });
        Ok(client)
    }

    pub(crate) async fn authenticate(&self, token: &str) -> Result<()> {
        self.ask(Command::Authenticate { token: token.to_owned() }).await?;
        Ok(())
    }

    /// Joins a thread, the one that is posted to from now on.
    pub(crate) async fn join(&self, thread: ThreadId) -> Result<()> {
        // Events may follow the reply in the same read.
        self.thread.set(Some(thread));
        *self.recogniser.borrow_mut() = Some(Recogniser::new(self.encoding, thread));
        match self.ask(Command::Join { thread, after: None }).await? {
            Reply::Joined(_) => Ok(()),
            other => bail!("join answered {other:?}"),
        }
    }

    /// The last event received.
    pub(crate) fn last(&self) -> u64 {
        self.last.get()
    }

    /// Posts without answer.
    pub(crate) fn waiting(&self) -> usize {
        self.posts.borrow().len()
    }

    /// From now on posts again whenever a post is answered, or no more.
    pub(crate) fn set_closed_loop(&self, on: bool) {
        self.closed_loop.set(on);
    }

    /// Posts a message, under a key of its own, without waiting for the answer.
    pub(crate) fn post(&self) -> Result<()> {
        let thread = self.thread.get().context("no thread joined")?;
        let id = self.new_id();
        let command = Command::PostMessage {
            thread,
            key: ClientKey(Uuid::new_v4()),
            body: message::body(self.tally.epoch),
            mentions: Vec::new(),
        };
        self.posts.borrow_mut().push_back((id, now()));
        self.send(id, command)
    }

    async fn ask(&self, command: Command) -> Result<Reply> {
        let (name, id) = (command.name(), self.new_id());
        let (answer, answered) = oneshot::channel();
        *self.asked.borrow_mut() = Some((id, answer));
        self.send(id, command)?;
        let answered = tokio::time::timeout(ASK_TIME, answered).await;
        match answered.with_context(|| format!("{name}: no answer in {ASK_TIME:?}"))?? {
            Outcome::Ok(reply) => Ok(reply),
            Outcome::Refused(refusal) => bail!("{name} was refused: {refusal:?}"),
        }
    }

    fn new_id(&self) -> RequestId {
        RequestId(self.next_id.replace(self.next_id.get() + 1))
    }

    fn send(&self, id: RequestId, command: Command) -> Result<()> {
        let payload = self.encoding.encode_client(&ClientFrame { id, command });
        self.write(&frame::masked(self.opcode(), &payload))
    }

    /// Writes a frame, which is small beside what the kernel takes: if it does not take it, the
    /// server no longer reads, and that is not what is measured.
    fn write(&self, bytes: &[u8]) -> Result<()> {
        match self.stream.try_write(bytes) {
            Ok(written) if written == bytes.len() => Ok(()),
            Ok(_) => bail!("the server has stopped reading"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                bail!("the server has stopped reading")
            }
            Err(error) => Err(error.into()),
        }
    }

    fn opcode(&self) -> u8 {
        match self.encoding {
            Encoding::Json => frame::TEXT,
            Encoding::Postcard => frame::BINARY,
        }
    }

    /// Reads until the run is over. `rest` is what has not been looked at yet.
    async fn read_on(&self, mut rest: Vec<u8>) -> Result<()> {
        loop {
            let taken = self.take_frames(&rest)?;
            rest.drain(..taken);
            self.stream.readable().await?;
            READ_BUFFER.with_borrow_mut(|buffer| -> Result<()> {
                let count = match self.stream.try_read(buffer) {
                    Ok(0) => bail!("the server closed without a close frame"),
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                    Err(error) => return Err(error.into()),
                };
                if rest.is_empty() {
                    let taken = self.take_frames(&buffer[..count])?;
                    rest.extend_from_slice(&buffer[taken..count]);
                } else {
                    rest.extend_from_slice(&buffer[..count]);
                }
                Ok(())
            })?;
        }
    }

    /// Handles all whole frames, and says how many bytes they had.
    fn take_frames(&self, bytes: &[u8]) -> Result<usize> {
        let mut taken = 0;
        while let Some(frame) = frame::first(&bytes[taken..])? {
            taken += frame.taken;
            self.take_frame(&frame)?;
        }
        Ok(taken)
    }

    fn take_frame(&self, frame: &Frame<'_>) -> Result<()> {
        match frame.opcode {
            frame::PING => self.write(&frame::masked(frame::PONG, frame.payload)),
            frame::CLOSE => {
                let code = frame.payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                bail!("the server closed with {code:?}")
            }
            opcode if opcode == self.opcode() => self.take_payload(frame.payload),
            opcode => bail!("a frame with opcode {opcode}"),
        }
    }

    fn take_payload(&self, payload: &[u8]) -> Result<()> {
        let recogniser = self.recogniser.borrow();
        if let Some(seq) = recogniser.as_ref().and_then(|known| known.seq(payload)) {
            self.take_seq(seq)?;
            let age = message::age_micros(payload, self.tally.epoch);
            self.tally.delivered(age.context("an event without the body that was posted")?);
            return Ok(());
        }
        drop(recogniser);
        match self.encoding.decode_server(payload)? {
            ServerFrame::Reply { id, outcome } => self.take_reply(id, outcome),
            // What changed while the first was made comes as a second one.
            ServerFrame::Welcome(_) if self.welcomed.replace(true) => {
                self.tally.other("welcome");
                Ok(())
            }
            ServerFrame::Welcome(_) => {
                self.tally.welcomes.set(self.tally.welcomes.get() + 1);
                Ok(())
            }
            ServerFrame::Events { events, .. } => self.take_page(&events),
            ServerFrame::Event(event) => bail!("an event of thread {}, not joined", event.thread),
            other => {
                self.tally.other(kind(&other));
                Ok(())
            }
        }
    }

    fn take_reply(&self, id: RequestId, outcome: Outcome) -> Result<()> {
        let asked = self.asked.borrow_mut().take_if(|(asked, _)| *asked == id);
        if let Some((_, answer)) = asked {
            if let Outcome::Ok(Reply::Joined(joined)) = &outcome {
                self.last.set(joined.from.0.saturating_sub(1));
            }
            // Whoever asked may have given up.
            let _ = answer.send(outcome);
            return Ok(());
        }
        ensure!(matches!(outcome, Outcome::Ok(Reply::Written { .. })), "a post got {outcome:?}");
        let oldest = self.posts.borrow_mut().pop_front();
        let sent = match oldest {
            Some((oldest, sent)) if oldest == id => sent,
            _ => bail!("a reply to frame {id}, which is not the oldest post without one"),
        };
        self.tally.acked(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        if self.closed_loop.get() { self.post() } else { Ok(()) }
    }

    fn take_page(&self, events: &[Event]) -> Result<()> {
        self.tally.other("events");
        events.iter().try_for_each(|event| self.take_seq(event.seq.0))
    }

    fn take_seq(&self, seq: u64) -> Result<()> {
        let last = self.last.replace(seq);
        ensure!(seq == last + 1, "event {seq} came after event {last}");
        Ok(())
    }
}

fn kind(frame: &ServerFrame) -> &'static str {
    match frame {
        ServerFrame::Receipts { .. } => "receipts",
        ServerFrame::Typing { .. } => "typing",
        ServerFrame::Presence { .. } => "presence",
        ServerFrame::ThreadChanged(_) => "thread_changed",
        ServerFrame::ReadChanged { .. } => "read_changed",
        ServerFrame::InboxChanged(_) => "inbox_changed",
        ServerFrame::BadgesChanged(_) => "badges_changed",
        ServerFrame::Welcome(_)
        | ServerFrame::Reply { .. }
        | ServerFrame::Event(_)
        | ServerFrame::Events { .. } => "known",
    }
}

/// Opens a WebSocket, and gives back what came right behind the answer. The server is trusted to
/// have made the right accept key: its own tests see to that.
async fn shake_hands(stream: &mut TcpStream, encoding: Encoding) -> Result<Vec<u8>> {
    let request = format!(
        "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {}\r\n\r\n",
        encoding.subprotocol(),
    );
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            ensure!(head.starts_with("HTTP/1.1 101"), "the handshake answered {head}");
            bytes.drain(..end + 4);
            return Ok(bytes);
        }
        ensure!(stream.read_buf(&mut bytes).await? > 0, "closed in the handshake");
    }
}
