//! A TCP connection that sends any bytes, and reads HTTP heads and WebSocket frames strictly.

use crate::wire;
use serde_json::Value;
use std::io::ErrorKind;
use std::time::Duration;
use tidings_protocol::CloseCode;
use tidings_tests::{Endpoint, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// A frame from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// FIN, reserved bits and opcode.
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The JSON of a text frame.
    pub(crate) fn json(&self) -> Option<Value> {
        let text = self.first == wire::FIN | wire::TEXT;
        text.then(|| serde_json::from_slice(&self.payload).expect("a text frame is JSON"))
    }

    /// Code and reason of a close frame.
    pub(crate) fn close(&self) -> Option<(u16, String)> {
        let (code, reason) = self.payload.split_at_checked(2)?;
        let reason = String::from_utf8(reason.to_vec()).expect("a reason is UTF-8");
        let close = self.first == wire::FIN | wire::CLOSE;
        close.then(|| (u16::from_be_bytes([code[0], code[1]]), reason))
    }
}

/// The head of an HTTP answer.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    lines: Vec<String>,
}

impl Head {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
}

/// One TCP connection.
pub(crate) struct Raw {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    /// Read, and not yet taken.
    buffer: Vec<u8>,
}

impl Raw {
    pub(crate) async fn dial(endpoint: &Endpoint) -> Self {
        let stream = within("a connection", TcpStream::connect(endpoint.address())).await;
        Self::of(stream.expect("the server listens"))
    }

    /// With so small a receive buffer that the server notices when nothing is read.
    pub(crate) async fn dial_narrow(endpoint: &Endpoint) -> Self {
        let socket = TcpSocket::new_v4().expect("there are sockets");
        socket.set_recv_buffer_size(4096).expect("a receive buffer can be small");
        let stream = within("a connection", socket.connect(endpoint.address())).await;
        Self::of(stream.expect("the server listens"))
    }

    fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a TCP socket has that option");
        let (reader, writer) = stream.into_split();
        Self { reader, writer, buffer: Vec::new() }
    }

    /// Sends bytes, as far as the server takes them: what is wrong shows itself in the answer.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = within("bytes to be sent", self.writer.write_all(bytes.as_ref())).await;
    }

    /// Sends each byte in a segment of its own, as far as that can be had.
    pub(crate) async fn send_slowly(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.send([*byte]).await;
            tokio::task::yield_now().await;
        }
    }

    /// Goes on sending the same until the connection ends; what comes back can be read meanwhile.
    pub(crate) fn send_for_ever(self, bytes: Vec<u8>) -> (Reading, JoinHandle<()>) {
        let Self { reader, mut writer, buffer } = self;
        let sending = tokio::spawn(async move { while writer.write_all(&bytes).await.is_ok() {} });
        (Reading { reader, buffer }, sending)
    }

    /// Sends bytes, and reads meanwhile. The task holds the writing half: dropping that would be
    /// to finish.
    pub(crate) fn send_beside(self, bytes: Vec<u8>) -> (Reading, JoinHandle<OwnedWriteHalf>) {
        let Self { reader, mut writer, buffer } = self;
        let sending = tokio::spawn(async move {
            let _ = writer.write_all(&bytes).await;
            writer
        });
        (Reading { reader, buffer }, sending)
    }

    /// Sends one byte each time that so long has passed.
    pub(crate) fn send_trickle(
        self,
        bytes: Vec<u8>,
        pause: Duration,
    ) -> (Reading, JoinHandle<OwnedWriteHalf>) {
        let Self { reader, mut writer, buffer } = self;
        let sending = tokio::spawn(async move {
            let mut beat = tokio::time::interval(pause);
            for byte in bytes {
                beat.tick().await;
                if writer.write_all(&[byte]).await.is_err() {
                    break;
                }
            }
            writer
        });
        (Reading { reader, buffer }, sending)
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn finish(&mut self) {
        let _ = self.writer.shutdown().await;
    }

    /// Resets the connection: no goodbye, and what is on its way is lost.
    pub(crate) fn reset(self) {
        let stream = self.reader.reunite(self.writer).expect("two halves of one");
        stream.set_zero_linger().expect("a TCP socket has that option");
    }

    /// See [`Reading`].
    async fn reading<T>(&mut self, read: impl AsyncFnOnce(&mut Buffered<'_>) -> T) -> T {
        read(&mut Buffered { reader: &mut self.reader, buffer: &mut self.buffer }).await
    }

    pub(crate) async fn head(&mut self) -> Head {
        self.reading(async |from| from.head().await).await
    }

    /// The next frame, or how the connection ended.
    pub(crate) async fn frame(&mut self) -> Result<Frame, End> {
        self.reading(async |from| from.frame().await).await
    }

    pub(crate) async fn reply(&mut self, id: u32) -> Value {
        self.reading(async |from| from.reply(id).await).await
    }

    /// The next reply to any command, with its id.
    pub(crate) async fn next_reply(&mut self) -> Value {
        self.reading(async |from| from.json("reply").await).await
    }

    pub(crate) async fn welcome(&mut self) -> Value {
        self.reading(async |from| from.json("welcome").await).await
    }

    /// Reads up to the close frame, which must have this code and its reason, and to the orderly
    /// end of the connection behind it.
    pub(crate) async fn expect_close(&mut self, code: CloseCode) {
        self.reading(async |from| from.expect_close(code).await).await;
    }

    /// Reads whatever comes until the connection ends.
    pub(crate) async fn drain(&mut self) -> (Vec<u8>, End) {
        self.reading(async |from| from.drain().await).await
    }

    /// Reads until the connection ends: code and reason of the close frame if there was one.
    pub(crate) async fn ended(&mut self) -> (Option<(u16, String)>, End) {
        self.reading(async |from| from.ended().await).await
    }
}

/// The reading half of a connection whose writing half is busy.
pub(crate) struct Reading {
    reader: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl Reading {
    pub(crate) async fn expect_close(&mut self, code: CloseCode) {
        Buffered { reader: &mut self.reader, buffer: &mut self.buffer }.expect_close(code).await;
    }

    pub(crate) async fn reply(&mut self, id: u32) -> Value {
        Buffered { reader: &mut self.reader, buffer: &mut self.buffer }.reply(id).await
    }

    pub(crate) async fn head(&mut self) -> Head {
        Buffered { reader: &mut self.reader, buffer: &mut self.buffer }.head().await
    }

    pub(crate) async fn drain(&mut self) -> (Vec<u8>, End) {
        Buffered { reader: &mut self.reader, buffer: &mut self.buffer }.drain().await
    }

    pub(crate) async fn ended(&mut self) -> (Option<(u16, String)>, End) {
        Buffered { reader: &mut self.reader, buffer: &mut self.buffer }.ended().await
    }
}

struct Buffered<'a> {
    reader: &'a mut OwnedReadHalf,
    buffer: &'a mut Vec<u8>,
}

/// Longer than the longest wait there is, that for a silent peer.
const DEADLINE: Duration = Duration::from_mins(1);

impl Buffered<'_> {
    /// Reads some more.
    async fn fill(&mut self) -> Result<(), End> {
        let read = tokio::time::timeout(DEADLINE, self.reader.read_buf(self.buffer)).await;
        match read.expect("the server says something or ends the connection") {
            Ok(0) => Err(End::Closed),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(End::Reset),
            Err(error) => panic!("{error}"),
        }
    }

    async fn drain(&mut self) -> (Vec<u8>, End) {
        loop {
            if let Err(end) = self.fill().await {
                return (std::mem::take(self.buffer), end);
            }
        }
    }

    async fn take(&mut self, count: usize) -> Result<Vec<u8>, End> {
        while self.buffer.len() < count {
            let before = self.buffer.len();
            if let Err(end) = self.fill().await {
                assert!(before == 0 || end == End::Reset, "cut off in the middle of a frame");
                return Err(end);
            }
        }
        Ok(self.buffer.drain(..count).collect())
    }

    async fn head(&mut self) -> Head {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if let Err(end) = self.fill().await {
                panic!("{end:?} instead of an answer: {:?}", String::from_utf8_lossy(self.buffer));
            }
        };
        let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
        let head = String::from_utf8(head).expect("an HTTP head is ASCII");
        let mut lines = head.split("\r\n").map(str::to_owned);
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        Head { status: status.expect("an answer has a status"), lines: lines.collect() }
    }

    async fn frame(&mut self) -> Result<Frame, End> {
        let start = self.take(2).await?;
        let (first, second) = (start[0], start[1]);
        assert_eq!(second & 0x80, 0, "a server must not mask");
        assert_eq!(first & 0x70, 0, "no extension gives meaning to reserved bits");
        let length = match second {
            126 => {
                let bytes = self.take(2).await?;
                usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
            }
            127 => {
                let bytes: [u8; 8] = self.take(8).await?.try_into().expect("these are eight");
                usize::try_from(u64::from_be_bytes(bytes)).expect("frames are shorter")
            }
            short => usize::from(short),
        };
        Ok(Frame { first, payload: self.take(length).await? })
    }

    /// The next text frame with this key; others are passed over.
    async fn json(&mut self, key: &str) -> Value {
        loop {
            let frame = self.frame().await.unwrap_or_else(|end| panic!("{end:?}, no {key}"));
            assert_eq!(frame.close(), None, "closed instead of {key}");
            if let Some(mut json) = frame.json()
                && let Some(found) = json.get_mut(key)
            {
                return found.take();
            }
        }
    }

    async fn reply(&mut self, id: u32) -> Value {
        loop {
            let mut reply = self.json("reply").await;
            if reply["id"] == id {
                return reply["outcome"].take();
            }
        }
    }

    async fn ended(&mut self) -> (Option<(u16, String)>, End) {
        let mut close: Option<Frame> = None;
        loop {
            match self.frame().await {
                Ok(frame) => {
                    assert_eq!(close, None, "{frame:?} came after the close frame");
                    close = (frame.first == wire::FIN | wire::CLOSE).then_some(frame);
                }
                Err(end) => return (close.and_then(|frame| frame.close()), end),
            }
        }
    }

    async fn expect_close(&mut self, code: CloseCode) {
        let expected = (code.code(), code.text().to_owned());
        assert_eq!(self.ended().await, (Some(expected), End::Closed));
    }
}
