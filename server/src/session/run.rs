//! A session's task: reads the socket, asks the state machine, and does what it says. Commands
//! are handed on without waiting for them; their answers go from the store straight to the socket.

use crate::auth::Identity;
use crate::clock::monotonic;
use crate::dispatch::{PendingReply, Ticket};
use crate::node::Node;
use crate::people::Peer;
use crate::rooms::Mail;
use crate::session::join::Wish;
use crate::session::state::{Rates, Session, Step, Tick};
use crate::settle::Settle;
use crate::socket::{Inbound, Outbound, PING, linger};
use crate::store;
use bytes::Bytes;
use futures_util::FutureExt;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;
use tidings_notifier::markdown;
use tidings_protocol::{
    Checked, CloseCode, Command, Encoding, FirmId, Outcome, Refusal, RefusalCode, Reply, RequestId,
    ServerFrame, ThreadId,
};
use tidings_storage::{Actor, Operation, QueryError, Reader, Unavailable, writes};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Messages handled before other tasks get their turn.
const MESSAGES_PER_TURN: usize = 32;

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
    /// Something is to be waited for.
    Step(Box<Step>),
    /// The connection ends, with our close frame if there is a code.
    Over(Option<CloseCode>),
}

/// What a session's task woke up for.
enum Woken {
    /// The socket ends, from here or by its client.
    Ended,
    /// The time that was waited for has come.
    Due,
    /// There may be something to read.
    Readable,
    /// Another command may be put to work.
    Permit(Option<OwnedSemaphorePermit>),
}

/// Serves a connection until it ends. `already_read` is what the client sent behind the handshake.
///
/// Of what waits for a client that says nothing, each byte is there as often as there are
/// connections: so whatever is seldom and large has room of its own, for as long as it takes.
pub async fn run(
    node: &Arc<Node>,
    outbound: &Arc<Outbound>,
    already_read: Box<[u8]>,
    identity: Option<Box<Identity>>,
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
    Box::pin(connection.end(code)).await;
}

impl Connection<'_> {
    async fn serve(
        &mut self,
        already_read: Box<[u8]>,
        identity: Option<Box<Identity>>,
    ) -> Option<CloseCode> {
        if let Some(identity) = identity
            && let Err(code) = Box::pin(self.start(*identity, None)).await
        {
            return Some(code);
        }
        let mut inbound = Inbound::new(self.outbound, already_read);
        let mut sleep = pin!(tokio::time::sleep_until(monotonic().into()));
        let mut expires = None;
        let mut turn = Turn::Yielded;
        loop {
            let identity = self.session.identity();
            if let Some(identity) = identity.filter(|one| expires != Some(one.expires)) {
                expires = Some(identity.expires);
                inbound.known();
                // The token may run out before the time that was waited for.
                sleep.as_mut().reset(monotonic().into());
            }
            match self.woken(sleep.as_mut(), &turn).await {
                Woken::Ended => return None,
                Woken::Due => match self.tick(sleep.as_mut()) {
                    Ok(()) => continue,
                    Err(code) => return Some(code),
                },
                Woken::Permit(permit) => self.permit = permit,
                Woken::Readable => {}
            }
            turn = self.read(&mut inbound);
            match turn {
                Turn::Over(code) => return code,
                Turn::Step(step) => {
                    if let Err(code) = Box::pin(self.carry_out(step)).await {
                        return Some(code);
                    }
                    turn = Turn::Yielded;
                }
                Turn::Yielded => tokio::task::yield_now().await,
                Turn::Blocked | Turn::Full => {}
            }
        }
    }

    /// Waits for what there is to do, the most urgent first.
    async fn woken(&self, mut sleep: Pin<&mut Sleep>, turn: &Turn) -> Woken {
        let mut permit = matches!(turn, Turn::Full)
            .then(|| Box::pin(Arc::clone(&self.in_flight).acquire_owned()));
        poll_fn(|cx| {
            if self.outbound.poll_ending(cx).is_ready() {
                return Poll::Ready(Woken::Ended);
            }
            if sleep.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Woken::Due);
            }
            if let Some(permit) = &mut permit {
                return permit.as_mut().poll(cx).map(|permit| Woken::Permit(permit.ok()));
            }
            if !matches!(turn, Turn::Blocked) {
                return Poll::Ready(Woken::Readable);
            }
            let ready = self.outbound.stream().poll_read_ready(cx);
            ready.map(|ready| ready.map_or(Woken::Ended, |()| Woken::Readable))
        })
        .await
    }

    /// Gives up the connection's seats, says goodbye, with a close frame if there is a code, and waits
    /// until that is on its way.
    async fn end(&mut self, code: Option<CloseCode>) {
        self.leave_everything().await;
        if let Some(code) = code {
            self.outbound.close(code);
        }
        if let Some(code) = self.outbound.closing() {
            self.node.metrics.closed(code.code());
            tracing::debug!(
                socket = self.outbound.id().0,
                person = self.peer.as_ref().map(|peer| tracing::field::display(peer.actor.person)),
                code = code.code(),
                "closed"
            );
        }
        linger(self.outbound).await;
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

    fn read(&mut self, inbound: &mut Inbound) -> Turn {
        for _ in 0..MESSAGES_PER_TURN {
            if self.permit.is_none() {
                self.permit = Arc::clone(&self.in_flight).try_acquire_owned().ok();
            }
            let Some(permit) = self.permit.take() else { return Turn::Full };
            let message = match inbound.read() {
                Ok(message) => message,
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    self.permit = Some(permit);
                    // A long message on a slow line leaves no room for pongs.
                    if inbound.heard() {
                        self.session.on_bytes(monotonic());
                    }
                    return Turn::Blocked;
                }
                Err(error) => return Turn::Over(close_code(&error)),
            };
            let now = monotonic();
            self.session.on_bytes(now);
            let handled = match message {
                Message::Text(text) if self.outbound.encoding() == Encoding::Json => {
                    self.on_frame(text.as_bytes(), permit, now)
                }
                Message::Binary(bytes) if self.outbound.encoding() == Encoding::Postcard => {
                    self.on_frame(&bytes, permit, now)
                }
                Message::Text(_) | Message::Binary(_) => Err(CloseCode::WrongFrameType),
                Message::Ping(_) | Message::Pong(_) => self.session.on_control(now).map(|()| None),
                // Answered here and not by tungstenite, so that nothing is queued behind the answer.
                // A code that may not be sent has become 1002 by now.
                Message::Close(close) => {
                    self.outbound.answer_close(close.map(|close| close.code.into()));
                    return Turn::Over(None);
                }
                Message::Frame(_) => Ok(None),
            };
            match handled {
                Ok(None) => {}
                Ok(Some(step)) => return Turn::Step(step),
                Err(code) => return Turn::Over(Some(code)),
            }
        }
        Turn::Yielded
    }

    /// Does what a frame asks for. What has to be waited for is given back.
    fn on_frame(
        &mut self,
        bytes: &[u8],
        permit: OwnedSemaphorePermit,
        received: Instant,
    ) -> Result<Option<Box<Step>>, CloseCode> {
        let frame = self.outbound.encoding().decode_client(bytes);
        match self.session.on_frame(frame, received) {
            Step::Close(code) => return Err(code),
            Step::Execute { id, command } => self.execute(id, command, permit, received),
            Step::Answer { id, outcome } => self.answer(id, outcome),
            step => return Ok(Some(Box::new(step))),
        }
        Ok(None)
    }

    async fn carry_out(&mut self, step: Box<Step>) -> Result<(), CloseCode> {
        match *step {
            Step::Authenticate { id, token } => self.authenticate(id, &token).await?,
            Step::Join { id, thread, after, again } => {
                self.join(Wish { id, thread, after, again }).await?;
            }
            Step::Leave { id, thread } => {
                self.leave(thread).await;
                self.done(id);
            }
            Step::Typing { id, thread } => {
                if let Some(identity) = self.session.identity() {
                    let Actor { firm, person } = identity.actor;
                    self.node.rooms.send(thread, Mail::Typing { thread, person }).await;
                    self.node.neighbours.typing(firm, thread, person);
                }
                self.done(id);
            }
            Step::Presence { id, thread, looking } => {
                let socket = self.outbound.id();
                self.node.rooms.send(thread, Mail::Look { thread, socket, looking }).await;
                self.done(id);
            }
            Step::Close(_) | Step::Execute { .. } | Step::Answer { .. } => {}
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
            let reply = Reply::Rendered { html: markdown::render(markdown) };
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
            let settle = self.settle_by();
            let asked = self.node.store.read_then(move |reader| {
                let outcome = match reader.answer(actor, &command, now) {
                    Ok(reply) => Outcome::Ok(reply),
                    Err(QueryError::Refused(refusal)) => Outcome::Refused(refusal),
                    Err(QueryError::Unavailable(_)) => Outcome::Refused(store::away()),
                };
                let Some((settle, runtime)) = settle else {
                    pending.queue(outcome, &metrics).flush();
                    return;
                };
                // After the answer, so that they are no earlier.
                let (outcome, epochs) = match reader.epochs(&[actor.firm]) {
                    Ok(epochs) => (outcome, epochs),
                    Err(Unavailable(_)) => (Outcome::Refused(store::away()), Vec::new()),
                };
                settle.then(epochs, &runtime, move || pending.queue(outcome, &metrics).flush());
            });
            if asked.is_err() {
                self.node.metrics.command(name, Some(RefusalCode::Unavailable));
                let outcome = Outcome::Refused(store::away());
                outbound.send(&ServerFrame::Reply { id, outcome });
            }
        }
    }

    /// By what an answer waits until this socket was looked at, should access have ended of which
    /// only other nodes know yet. A node that is alone knows of all.
    fn settle_by(&self) -> Option<(Settle, Handle)> {
        self.node.bus.is_shared().then(|| (self.node.settle.clone(), Handle::current()))
    }

    /// Asks the store for what this socket is to be sent, which has been looked at by then.
    pub(super) async fn ask<R: Send + 'static>(
        &self,
        firm: FirmId,
        question: impl FnOnce(&mut dyn Reader) -> R + Send + 'static,
    ) -> Result<R, Unavailable> {
        if !self.node.bus.is_shared() {
            return self.node.store.read(question).await;
        }
        let read = self.node.store.read(move |reader| {
            let answer = question(reader);
            // After the answer, so that they are no earlier.
            (answer, reader.epochs(&[firm]))
        });
        let (answer, epochs) = read.await?;
        self.node.settle.up_to(epochs?).await;
        Ok(answer)
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
            self.node.neighbours.sockets_changed(peer.actor.firm, peer.actor.person);
        }
        for thread in self.session.joined() {
            self.leave(*thread).await;
        }
    }
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
