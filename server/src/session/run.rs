//! A session's task: reads the socket, asks the state machine, and does what it says. Commands
//! are handed on without waiting for them; their answers go from the store straight to the socket.

use crate::auth::Identity;
use crate::clock::monotonic;
use crate::dispatch::{PendingReply, Ticket};
use crate::node::Node;
use crate::people::Peer;
use crate::rooms::Mail;
use crate::session::state::{Rates, Session, Step, Tick};
use crate::socket::{Ending, Outbound, PING, Transport, linger};
use bytes::Bytes;
use futures_util::FutureExt;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;
use tidings_protocol::limits::{FRAME_BYTES_MAX, TOKEN_BYTES_MAX};
use tidings_protocol::{
    Checked, CloseCode, Command, Encoding, Outcome, Refusal, RefusalCode, Reply, RequestId,
    ServerFrame, ThreadId,
};
use tidings_storage::{Operation, QueryError, writes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Bytes read at a time. Small, because every connection keeps that much; longer frames get room
/// of their own.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// Messages handled before other tasks get their turn.
const MESSAGES_PER_TURN: usize = 32;

/// Longest frame of a client that is not known yet: a token and little else.
const FIRST_FRAME_BYTES_MAX: usize = TOKEN_BYTES_MAX + 1024;

/// Bytes that all pieces of one message may have together with their headers.
const MESSAGE_BYTES_MAX: usize = FRAME_BYTES_MAX * 2;

/// One connection.
pub(super) struct Connection<'a> {
    pub(super) node: &'a Arc<Node>,
    pub(super) outbound: &'a Arc<Outbound>,
    pub(super) session: Session,
    pub(super) peer: Option<Arc<Peer>>,
    in_flight: Arc<Semaphore>,
    /// For the next command; while there is none, nothing is read.
    permit: Option<OwnedSemaphorePermit>,
}

/// How reading ended for now.
enum Turn {
    /// The kernel has no more.
    Blocked,
    /// There may be more, but others wait.
    Yielded,
    /// All commands that may be at work are.
    Full,
    /// The connection ends, with our close frame if there is a code.
    Over(Option<CloseCode>),
}

/// Serves a connection until it ends.
pub async fn run(
    node: &Arc<Node>,
    outbound: &Arc<Outbound>,
    already_read: Bytes,
    identity: Option<Identity>,
) {
    let limits = &node.config.limits;
    let rates = Rates {
        commands_per_second: limits.commands_per_second,
        commands_burst: limits.commands_burst,
    };
    let mut connection = Connection {
        node,
        outbound,
        session: Session::new(rates, monotonic()),
        peer: None,
        in_flight: Arc::new(Semaphore::new(limits.commands_in_flight.max(1))),
        permit: None,
    };
    // A panic is a bug, but this connection's alone: nothing may keep its seats for ever.
    let served = AssertUnwindSafe(connection.serve(already_read, identity)).catch_unwind().await;
    let code = served.unwrap_or_else(|_| {
        tracing::error!(socket = outbound.id().0, "a session panicked");
        Some(CloseCode::InternalError)
    });
    connection.leave_everything().await;
    if let Some(code) = code {
        outbound.close(code);
    }
    if let Some(code) = outbound.closing() {
        node.metrics.closed(code.code());
        tracing::debug!(
            socket = outbound.id().0,
            person =
                connection.peer.as_ref().map(|peer| tracing::field::display(peer.actor.person)),
            code = code.code(),
            "closed"
        );
    }
    linger(outbound).await;
}

impl Connection<'_> {
    async fn serve(
        &mut self,
        already_read: Bytes,
        identity: Option<Identity>,
    ) -> Option<CloseCode> {
        let mut context = WebSocketContext::new(Role::Server, Some(config(FIRST_FRAME_BYTES_MAX)));
        let mut known = None;
        if let Some(identity) = identity
            && let Err(code) = Box::pin(self.start(identity, None)).await
        {
            return Some(code);
        }
        let outbound = Arc::clone(self.outbound);
        let mut transport = Transport::new(&outbound, &already_read, MESSAGE_BYTES_MAX);
        drop(already_read);
        let sleep = tokio::time::sleep_until(monotonic().into());
        tokio::pin!(sleep);
        let mut turn = Turn::Yielded;
        loop {
            if known.as_ref() != self.session.identity() {
                known = self.session.identity().copied();
                context.set_config(|limits| *limits = config(FRAME_BYTES_MAX));
                // The token may run out before the time that was waited for.
                sleep.as_mut().reset(monotonic().into());
            }
            tokio::select! {
                biased;
                ending = poll_fn(|cx| outbound.poll_ending(cx)) => {
                    let (Ending::Closing(_) | Ending::Gone) = ending;
                    return None;
                }
                () = &mut sleep => match self.tick(sleep.as_mut()) {
                    Ok(()) => continue,
                    Err(code) => return Some(code),
                },
                permit = Arc::clone(&self.in_flight).acquire_owned(), if self.permit.is_none() => {
                    self.permit = permit.ok();
                    turn = Turn::Yielded;
                    continue;
                }
                ready = outbound.stream().readable(), if matches!(turn, Turn::Blocked) => {
                    if ready.is_err() {
                        return None;
                    }
                }
                () = std::future::ready(()), if matches!(turn, Turn::Yielded) => {}
            }
            turn = self.read(&mut context, &mut transport).await;
            match turn {
                Turn::Over(code) => return code,
                Turn::Yielded => tokio::task::yield_now().await,
                Turn::Blocked | Turn::Full => {}
            }
        }
    }

    fn tick(&mut self, mut sleep: Pin<&mut Sleep>) -> Result<(), CloseCode> {
        loop {
            match self.session.tick(monotonic()) {
                Tick::Wait(until) => {
                    sleep.as_mut().reset(until.into());
                    return Ok(());
                }
                Tick::Ping => {
                    self.outbound.queue(Bytes::from_static(PING));
                    self.outbound.flush();
                }
                Tick::Close(code) => return Err(code),
            }
        }
    }

    async fn read(
        &mut self,
        context: &mut WebSocketContext,
        transport: &mut Transport<'_>,
    ) -> Turn {
        for _ in 0..MESSAGES_PER_TURN {
            if self.permit.is_none() {
                self.permit = Arc::clone(&self.in_flight).try_acquire_owned().ok();
            }
            let Some(permit) = self.permit.take() else { return Turn::Full };
            let message = match context.read(transport) {
                Ok(message) => message,
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    self.permit = Some(permit);
                    // A long message on a slow line leaves no room for pongs.
                    if transport.heard() {
                        self.session.on_bytes(monotonic());
                    }
                    return Turn::Blocked;
                }
                Err(error) => return Turn::Over(close_code(&error)),
            };
            transport.message_ended();
            let now = monotonic();
            self.session.on_bytes(now);
            let handled = match message {
                Message::Text(text) if self.outbound.encoding() == Encoding::Json => {
                    self.on_frame(text.as_bytes(), permit, now).await
                }
                Message::Binary(bytes) if self.outbound.encoding() == Encoding::Postcard => {
                    self.on_frame(&bytes, permit, now).await
                }
                Message::Text(_) | Message::Binary(_) => Err(CloseCode::WrongFrameType),
                Message::Ping(_) | Message::Pong(_) => self.session.on_control(now),
                // Answered here and not by tungstenite, so that nothing is queued behind the answer.
                // A code that may not be sent has become 1002 by now.
                Message::Close(close) => {
                    self.outbound.answer_close(close.map(|close| close.code.into()));
                    return Turn::Over(None);
                }
                Message::Frame(_) => Ok(()),
            };
            if let Err(code) = handled {
                return Turn::Over(Some(code));
            }
        }
        Turn::Yielded
    }

    async fn on_frame(
        &mut self,
        bytes: &[u8],
        permit: OwnedSemaphorePermit,
        received: Instant,
    ) -> Result<(), CloseCode> {
        let frame = self.outbound.encoding().decode_client(bytes);
        let step = self.session.on_frame(frame, received);
        match step {
            Step::Close(code) => return Err(code),
            Step::Execute { id, command } => self.execute(id, command, permit, received),
            Step::Answer { id, outcome } => self.answer(id, outcome),
            // Seldom and large: what they keep over a wait has room of its own, only for so long.
            Step::Authenticate { id, token } => {
                Box::pin(self.authenticate(id, &token)).await?;
            }
            Step::Join { id, thread, after, again } => {
                Box::pin(self.join(id, thread, after, again)).await?;
            }
            Step::Leave { id, thread } => {
                self.leave(thread).await;
                self.done(id);
            }
            Step::Typing { id, thread } => {
                if let Some(identity) = self.session.identity() {
                    let person = identity.actor.person;
                    self.node.rooms.send(thread, Mail::Typing { thread, person }).await;
                }
                self.done(id);
            }
            Step::Presence { id, thread, looking } => {
                let socket = self.outbound.id();
                self.node.rooms.send(thread, Mail::Look { thread, socket, looking }).await;
                self.done(id);
            }
        }
        Ok(())
    }

    /// Sends a reply that did not need the store.
    pub(super) fn answer(&self, id: RequestId, outcome: Outcome) {
        self.outbound.send(&ServerFrame::Reply { id, outcome });
    }

    pub(super) fn refuse(&self, id: RequestId, refusal: impl Into<Refusal>) {
        self.answer(id, Outcome::Refused(refusal.into()));
    }

    fn done(&self, id: RequestId) {
        self.answer(id, Outcome::Ok(Reply::Done {}));
    }

    fn execute(
        &self,
        id: RequestId,
        command: Checked,
        permit: OwnedSemaphorePermit,
        received: Instant,
    ) {
        let Some(identity) = self.session.identity() else { return };
        let actor = identity.actor;
        let pending = PendingReply {
            outbound: Arc::clone(self.outbound),
            id,
            command: command.get().name(),
            received,
            permit,
        };
        let metrics = Arc::clone(&self.node.metrics);
        if let Command::Render { markdown } = command.get() {
            let reply = crate::markdown::render_reply(markdown);
            pending.queue(Outcome::Ok(reply), &metrics).flush();
        } else if writes(command.get()) {
            let operation = Operation::Command { actor, command };
            let refused = self.node.store.submit(operation, Ticket::Socket(pending));
            if let Err((Ticket::Socket(pending), refusal)) = refused {
                pending.queue(Outcome::Refused(refusal), &metrics).flush();
            }
        } else {
            let now = self.node.clock.now();
            let (outbound, name) = (Arc::clone(self.outbound), pending.command);
            let asked = self.node.store.read_then(move |reader| {
                let outcome = match reader.answer(actor, &command, now) {
                    Ok(reply) => Outcome::Ok(reply),
                    Err(QueryError::Refused(refusal)) => Outcome::Refused(refusal),
                    Err(QueryError::Unavailable(_)) => {
                        Outcome::Refused(RefusalCode::Unavailable.into())
                    }
                };
                pending.queue(outcome, &metrics).flush();
            });
            if asked.is_err() {
                self.node.metrics.command(name, Some(RefusalCode::Unavailable));
                let outcome = Outcome::Refused(RefusalCode::Unavailable.into());
                outbound.send(&ServerFrame::Reply { id, outcome });
            }
        }
    }

    /// Takes this socket out of a room.
    pub(super) async fn leave(&self, thread: ThreadId) {
        if let Some(peer) = &self.peer {
            peer.leave(thread);
        }
        let socket = self.outbound.id();
        self.node.rooms.send(thread, Mail::Detach { thread, socket }).await;
    }

    async fn leave_everything(&self) {
        if let Some(peer) = &self.peer {
            self.node.people.exit(peer);
        }
        for thread in self.session.joined() {
            self.leave(*thread).await;
        }
    }
}

fn config(frame_bytes_max: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        // What tungstenite writes is queued at once, never held back.
        .write_buffer_size(0)
        .max_message_size(Some(frame_bytes_max))
        .max_frame_size(Some(frame_bytes_max))
}

/// Which close code answers what went wrong while reading; none if nobody is there to read it.
fn close_code(error: &Error) -> Option<CloseCode> {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::InvalidData => Some(CloseCode::TooBig),
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Capacity(_) => Some(CloseCode::TooBig),
        Error::Utf8(_) => Some(CloseCode::NotUtf8),
        Error::Protocol(_) => Some(CloseCode::ProtocolError),
        _ => Some(CloseCode::InternalError),
    }
}
