//! One connection of a person, in either encoding.
//!
//! Whatever comes in is sorted as it comes: replies by their id, events by the rule of `seq`,
//! everything else in order. A test then waits for what it is about.

use crate::endpoint::Endpoint;
use crate::wait::within;
use futures_util::{SinkExt, StreamExt};
use std::collections::{HashMap, VecDeque};
use tidings_protocol::{
    ClientFrame, CloseCode, Command, Encoding, Event, Joined, Outcome, Refusal, Reply, RequestId,
    Seq, ServerFrame, ThreadId, Welcome,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The code of the close frame; none if there was no frame.
    pub code: Option<u16>,
    /// Its reason.
    pub reason: String,
}

/// One connection of a person.
pub struct Client {
    socket: WebSocketStream<TcpStream>,
    encoding: Encoding,
    last_id: u32,
    replies: HashMap<RequestId, Outcome>,
    events: VecDeque<Event>,
    /// The last event of each joined thread.
    seen: HashMap<ThreadId, Seq>,
    frames: VecDeque<ServerFrame>,
    closed: Option<Closed>,
}

impl Client {
    /// Connects with the token in a header, and waits for the welcome.
    pub async fn connect(endpoint: &Endpoint, token: &str, encoding: Encoding) -> Self {
        let mut client = Self::try_connect(endpoint, Some(token), encoding)
            .await
            .unwrap_or_else(|error| panic!("the upgrade failed: {error}"));
        client.peek_welcome().await;
        client
    }

    /// Opens a socket. Says nothing on it yet, and waits for nothing.
    pub async fn try_connect(
        endpoint: &Endpoint,
        token: Option<&str>,
        encoding: Encoding,
    ) -> Result<Self, Error> {
        let address = endpoint.address();
        let mut request = format!("ws://{address}/v1/ws").into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", encoding.subprotocol().parse()?);
        if let Some(token) = token {
            headers.insert("authorization", format!("Bearer {token}").parse()?);
        }
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (socket, answer): (_, Response<_>) =
            within("the answer to an upgrade", client_async(request, stream)).await?;
        let chosen = answer.headers().get("sec-websocket-protocol");
        assert_eq!(chosen.map(AsRef::as_ref), Some(encoding.subprotocol().as_bytes()));
        Ok(Self {
            socket,
            encoding,
            last_id: 0,
            replies: HashMap::new(),
            events: VecDeque::new(),
            seen: HashMap::new(),
            frames: VecDeque::new(),
            closed: None,
        })
    }

    /// Sends a text frame as it is, made from an id that its reply, if any, will come by.
    pub async fn send_text(&mut self, text: impl FnOnce(RequestId) -> String) -> RequestId {
        let id = self.next_id();
        let _ = within("a frame to be sent", self.socket.send(Message::text(text(id)))).await;
        id
    }

    fn next_id(&mut self) -> RequestId {
        self.last_id += 1;
        RequestId(self.last_id)
    }

    /// Sends a command, and says by which id its reply will come.
    pub async fn send(&mut self, command: Command) -> RequestId {
        let id = self.next_id();
        let bytes = self.encoding.encode_client(&ClientFrame { id, command });
        let message = match self.encoding {
            Encoding::Json => Message::text(String::from_utf8(bytes).expect("JSON is UTF-8")),
            Encoding::Postcard => Message::binary(bytes),
        };
        // A connection that has ended says so when it is read.
        let _ = within("a frame to be sent", self.socket.send(message)).await;
        id
    }

    /// Waits for a reply; `Err` if the connection ends before it.
    pub async fn try_reply(&mut self, id: RequestId) -> Result<Outcome, Closed> {
        let reply = async {
            loop {
                if let Some(outcome) = self.replies.remove(&id) {
                    return Ok(outcome);
                }
                self.pump().await?;
            }
        };
        within("a reply", reply).await
    }

    /// Waits for a reply.
    pub async fn reply(&mut self, id: RequestId) -> Outcome {
        let reply = self.try_reply(id).await;
        reply.unwrap_or_else(|closed| panic!("closed instead of a reply: {closed:?}"))
    }

    /// Does a command and waits for what became of it.
    pub async fn outcome(&mut self, command: Command) -> Outcome {
        let id = self.send(command).await;
        self.reply(id).await
    }

    /// Does a command that must be done.
    pub async fn done(&mut self, command: Command) -> Reply {
        let name = command.name();
        match self.outcome(command).await {
            Outcome::Ok(reply) => reply,
            Outcome::Refused(refusal) => panic!("{name} was refused: {refusal:?}"),
        }
    }

    /// Does a command that writes to a thread, and says where.
    pub async fn written(&mut self, command: Command) -> Seq {
        match self.done(command).await {
            Reply::Written { seq, .. } => seq,
            other => panic!("{other:?} instead of `written`"),
        }
    }

    /// Does a command that must be refused.
    pub async fn refused(&mut self, command: Command) -> Refusal {
        let name = command.name();
        match self.outcome(command).await {
            Outcome::Refused(refusal) => refusal,
            Outcome::Ok(reply) => panic!("{name} was done: {reply:?}"),
        }
    }

    /// Joins a thread.
    pub async fn join(&mut self, thread: ThreadId, after: Option<Seq>) -> Joined {
        match self.done(Command::Join { thread, after }).await {
            Reply::Joined(joined) => {
                assert_eq!(joined.view.item.summary.thread, thread);
                let joins_up = Seq(joined.from.0 - 1) == after.unwrap_or_default();
                assert_eq!(joined.complete, joins_up, "{joined:?} after {after:?}");
                *joined
            }
            other => panic!("{other:?} instead of `joined`"),
        }
    }

    /// Joins a thread and waits until its live stream has begun: what is not stored, such as
    /// typing, is missed before.
    pub async fn join_live(&mut self, thread: ThreadId) -> Joined {
        let joined = self.join(thread, None).await;
        let present = |frame: &ServerFrame| match frame {
            ServerFrame::Presence { thread: of, .. } => (*of == thread).then_some(()),
            _ => None,
        };
        self.frame("the live stream to begin", present).await;
        joined
    }

    /// The next event of a joined thread.
    pub async fn try_event(&mut self) -> Result<Event, Closed> {
        let event = async {
            loop {
                if let Some(event) = self.events.pop_front() {
                    return Ok(event);
                }
                self.pump().await?;
            }
        };
        within("an event", event).await
    }

    /// The next event of a joined thread.
    pub async fn event(&mut self) -> Event {
        let event = self.try_event().await;
        event.unwrap_or_else(|closed| panic!("closed instead of an event: {closed:?}"))
    }

    /// Events up to a position of the one joined thread.
    pub async fn events_up_to(&mut self, seq: Seq) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        while events.last().is_none_or(|last| last.seq < seq) {
            events.push(self.event().await);
        }
        events
    }

    /// Waits for a frame that is neither reply nor event, of which `pick` makes something. Those
    /// before it stay, for others to look for.
    pub async fn frame<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&ServerFrame) -> Option<T>,
    ) -> T {
        let mut looked_at = 0;
        let found = async {
            loop {
                for at in looked_at..self.frames.len() {
                    if let Some(found) = pick(&self.frames[at]) {
                        self.frames.remove(at);
                        return found;
                    }
                }
                looked_at = self.frames.len();
                if let Err(closed) = self.pump().await {
                    panic!("closed instead of {what}: {closed:?}; got {:?}", self.frames);
                }
            }
        };
        within(what, found).await
    }

    /// The welcome; leaves it there.
    async fn peek_welcome(&mut self) {
        let welcome = self.welcome().await;
        self.frames.push_front(ServerFrame::Welcome(Box::new(welcome)));
    }

    /// The welcome.
    pub async fn welcome(&mut self) -> Welcome {
        let pick = |frame: &ServerFrame| match frame {
            ServerFrame::Welcome(welcome) => Some(Welcome::clone(welcome)),
            _ => None,
        };
        self.frame("the welcome", pick).await
    }

    /// Forgets the frames that have come so far.
    pub fn forget_frames(&mut self) {
        self.frames.clear();
    }

    /// The frames that have come so far and that nobody has asked for.
    pub fn frames(&self) -> impl Iterator<Item = &ServerFrame> {
        self.frames.iter()
    }

    /// Events that have come so far and that nobody has asked for.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.events.drain(..).collect()
    }

    /// Reads until the connection ends, and says how.
    pub async fn closed(&mut self) -> Closed {
        let closed = async {
            loop {
                if let Err(closed) = self.pump().await {
                    return closed;
                }
            }
        };
        within("the connection to be closed", closed).await
    }

    /// Reads until the connection ends, which has to be with this code.
    pub async fn expect_close(&mut self, code: CloseCode) {
        let closed = self.closed().await;
        let expected = Closed { code: Some(code.code()), reason: code.text().to_owned() };
        assert_eq!(closed, expected);
    }

    /// Reads one message. The end of the connection is told again each time.
    async fn pump(&mut self) -> Result<(), Closed> {
        if let Some(closed) = &self.closed {
            return Err(closed.clone());
        }
        // Pings and pongs are the library's business, and no reason to wait longer.
        let frame = match self.socket.next().await {
            Some(Ok(Message::Text(text))) if self.encoding == Encoding::Json => {
                self.encoding.decode_server(text.as_bytes())
            }
            Some(Ok(Message::Binary(bytes))) if self.encoding == Encoding::Postcard => {
                self.encoding.decode_server(&bytes)
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Close(Some(close)))) => {
                let (code, reason) = (u16::from(close.code), close.reason.to_string());
                return Err(self.end(Some(code), reason));
            }
            Some(Err(error)) => return Err(self.end(None, error.to_string())),
            None | Some(Ok(Message::Close(None))) => return Err(self.end(None, String::new())),
            Some(Ok(other)) => panic!("{other:?} on a socket of {:?}", self.encoding),
        };
        self.sort(frame.unwrap_or_else(|error| panic!("the server sent {error}")));
        Ok(())
    }

    fn end(&mut self, code: Option<u16>, reason: String) -> Closed {
        self.closed.insert(Closed { code, reason }).clone()
    }

    fn sort(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Reply { id, outcome } => {
                if let Outcome::Ok(Reply::Joined(joined)) = &outcome {
                    let thread = joined.view.item.summary.thread;
                    self.seen.insert(thread, Seq(joined.from.0 - 1));
                }
                assert!(id.0 <= self.last_id, "a reply to {id}, which was not sent");
                let before = self.replies.insert(id, outcome);
                assert!(before.is_none(), "two replies to {id}");
            }
            ServerFrame::Event(event) => self.take(event),
            ServerFrame::Events { thread, events, .. } => {
                for event in events {
                    assert_eq!(event.thread, thread);
                    self.take(event);
                }
            }
            other => self.frames.push_back(other),
        }
    }

    /// The rule of `seq`: every event once, in order, without gaps.
    fn take(&mut self, event: Event) {
        let seen = self.seen.get_mut(&event.thread);
        let seen = seen.unwrap_or_else(|| panic!("{event:?} of a thread that was not joined"));
        assert_eq!(event.seq, seen.next(), "after event {seen} came {event:?}");
        *seen = event.seq;
        self.events.push_back(event);
    }
}
