//! Stands between the load tester and a server, and does what a [`Lie`] says. `WebSocket`s are taken
//! apart, frame by frame; everything else passes byte for byte.

use crate::lie::{Act, Lie, Socket};
use anyhow::{Context as _, Result, bail, ensure};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tidings_protocol::Encoding;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{
    Callback, ErrorResponse, Request, Response,
};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

/// Frames on their way to one side of a connection; far more than any test sends at once.
const QUEUE_FRAMES: usize = 65_536;

/// How a request for a WebSocket begins; any request is longer.
const UPGRADE: &[u8] = b"GET /v1/ws";

const SUBPROTOCOL: &str = "sec-websocket-protocol";

/// A proxy in front of a server, until it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// Begins to listen.
    pub(crate) async fn start(server: SocketAddr, lie: impl Lie) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("the loopback has a free port");
        let address = listener.local_addr().expect("it listens");
        let passing = Mutex::new(Passing { lie: Box::new(lie), ends: Vec::new() });
        let shared = Arc::new(Shared { server, passing });
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared)));
        Self { address, shared, listening }
    }

    /// Where it listens, as the load tester takes it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections have come through.
    pub(crate) fn sockets(&self) -> usize {
        self.shared.lock(|passing| passing.ends.len())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

struct Shared {
    server: SocketAddr,
    passing: Mutex<Passing>,
}

/// The one lie, and the ends of all connections.
struct Passing {
    lie: Box<dyn Lie>,
    ends: Vec<Ends>,
}

/// The two sides of a connection.
struct Ends {
    encoding: Encoding,
    client: Sender<Out>,
    server: Sender<Out>,
}

enum Out {
    Message(Message),
    Cut,
}

impl Shared {
    fn lock<T>(&self, then: impl FnOnce(&mut Passing) -> T) -> T {
        then(&mut self.passing.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn act(&self, decide: impl FnOnce(&mut dyn Lie) -> Vec<Act>) {
        self.lock(|passing| {
            for act in decide(&mut *passing.lie) {
                passing.act(act);
            }
        });
    }
}

impl Passing {
    fn act(&self, act: Act) {
        let (Act::Tell(socket, _) | Act::Ask(socket, _) | Act::Close(socket, _) | Act::Cut(socket)) =
            &act;
        let ends = &self.ends[socket.0];
        let (to, out) = match act {
            Act::Tell(_, frame) => {
                (&ends.client, Out::message(ends.encoding, ends.encoding.encode_server(&frame)))
            }
            Act::Ask(_, frame) => {
                (&ends.server, Out::message(ends.encoding, ends.encoding.encode_client(&frame)))
            }
            Act::Close(_, code) => {
                let frame = code.map(|code| CloseFrame { code: code.into(), reason: "".into() });
                (&ends.client, Out::Message(Message::Close(frame)))
            }
            Act::Cut(_) => (&ends.client, Out::Cut),
        };
        // A side that is gone hears nothing.
        let _ = to.try_send(out);
    }
}

impl Out {
    fn message(encoding: Encoding, bytes: Vec<u8>) -> Self {
        Self::Message(match encoding {
            Encoding::Json => Message::text(String::from_utf8(bytes).expect("JSON is UTF-8")),
            Encoding::Postcard => Message::binary(bytes),
        })
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        // Which side was lost first is of no interest.
        tokio::spawn(async move { pass(client, &shared).await.ok() });
    }
}

async fn pass(mut client: TcpStream, shared: &Shared) -> Result<()> {
    let mut head = [0; UPGRADE.len()];
    while client.peek(&mut head).await? < head.len() {
        client.readable().await?;
        tokio::task::yield_now().await;
    }
    client.set_nodelay(true)?;
    let mut server = TcpStream::connect(shared.server).await?;
    server.set_nodelay(true)?;
    if head == UPGRADE {
        ensure!(shared.lock(|passing| passing.lie.opens()), "not opened");
        return pass_frames(client, server, shared).await;
    }
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// Says yes to the subprotocol that is asked for, and remembers it.
struct Subprotocol<'a>(&'a mut Option<HeaderValue>);

impl Callback for Subprotocol<'_> {
    fn on_request(self, asked: &Request, mut answer: Response) -> Result<Response, ErrorResponse> {
        if let Some(name) = asked.headers().get(SUBPROTOCOL) {
            answer.headers_mut().insert(SUBPROTOCOL, name.clone());
            *self.0 = Some(name.clone());
        }
        Ok(answer)
    }
}

async fn pass_frames(client: TcpStream, server: TcpStream, shared: &Shared) -> Result<()> {
    let mut name = None;
    let client = accept_hdr_async(client, Subprotocol(&mut name)).await?;
    let name = name.context("no subprotocol is asked for")?;
    let encoding = Encoding::of_subprotocol(name.to_str()?).context("an unknown subprotocol")?;
    let mut request = format!("ws://{}/v1/ws", shared.server).into_client_request()?;
    request.headers_mut().insert(SUBPROTOCOL, name);
    let (server, _) = client_async(request, server).await?;
    let (to_client, client_queue) = channel(QUEUE_FRAMES);
    let (to_server, server_queue) = channel(QUEUE_FRAMES);
    let socket = shared.lock(|passing| {
        passing.ends.push(Ends { encoding, client: to_client, server: to_server });
        Socket(passing.ends.len() - 1)
    });
    let (client_sink, client) = client.split();
    let (server_sink, server) = server.split();
    tokio::select! {
        end = hear_server(server, encoding, socket, shared) => end,
        end = hear_client(client, encoding, socket, shared) => end,
        end = send(client_queue, client_sink) => end,
        end = send_on(server_queue, server_sink) => end,
    }
}

type Half = SplitStream<WebSocketStream<TcpStream>>;

async fn hear_server(
    mut server: Half,
    encoding: Encoding,
    to: Socket,
    shared: &Shared,
) -> Result<()> {
    loop {
        match payload(&mut server).await {
            Ok(bytes) => {
                let frame = encoding.decode_server(&bytes)?;
                shared.act(|lie| lie.told(to, frame));
            }
            Err(code) => {
                shared.act(|lie| lie.closed(to, code));
                // Whether the client hears of it is the lie's business.
                return pending().await;
            }
        }
    }
}

async fn hear_client(
    mut client: Half,
    encoding: Encoding,
    from: Socket,
    shared: &Shared,
) -> Result<()> {
    while let Ok(bytes) = payload(&mut client).await {
        let frame = encoding.decode_client(&bytes)?;
        shared.act(|lie| lie.said(from, frame));
    }
    Ok(())
}

/// The next message that holds a frame, or the code with which the connection was closed.
async fn payload(
    from: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
) -> Result<Vec<u8>, Option<u16>> {
    loop {
        match from.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_bytes().to_vec()),
            Some(Ok(Message::Binary(bytes))) => return Ok(bytes.to_vec()),
            Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}

async fn send(
    mut queue: Receiver<Out>,
    mut to: impl Sink<Message, Error = Error> + Unpin,
) -> Result<()> {
    while let Some(Out::Message(message)) = queue.recv().await {
        let closing = message.is_close();
        to.send(message).await?;
        if closing {
            return Ok(());
        }
    }
    bail!("cut")
}

/// To a server that may be gone while its client does not know.
async fn send_on(
    mut queue: Receiver<Out>,
    mut to: SplitSink<WebSocketStream<TcpStream>, Message>,
) -> Result<()> {
    while let Some(Out::Message(message)) = queue.recv().await {
        let _ = to.send(message).await;
    }
    pending().await
}
