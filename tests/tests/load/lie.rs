//! What a proxy makes of what passes. A pure function of the frames so far: says who is to be told
//! what, and the proxy does it.

use tidings_protocol::{
    ClientFrame, Event, Outcome, Refusal, RefusalCode, Reply, RequestId, Seq, ServerFrame, ThreadId,
};

/// Lies come after so many occasions on which the truth was told.
pub(crate) const AFTER: usize = 8;

/// A client's connection; they are numbered as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Socket(pub(crate) usize);

/// What the proxy does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends a frame to a client.
    Tell(Socket, ServerFrame),
    /// Sends a frame to the server in a client's name.
    Ask(Socket, ClientFrame),
    /// Closes a client's connection as the server did.
    Close(Socket, Option<u16>),
    /// Is gone, without a word.
    Cut(Socket),
}

/// One way to lie. What is not changed here passes as it is.
pub(crate) trait Lie: Send + 'static {
    /// Whether a WebSocket that somebody asks for is opened.
    fn opens(&mut self) -> bool {
        true
    }

    /// The server sends a frame to a client.
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        vec![Act::Tell(to, frame)]
    }

    /// A client sends a frame to the server.
    fn said(&mut self, from: Socket, frame: ClientFrame) -> Vec<Act> {
        vec![Act::Ask(from, frame)]
    }

    /// The server closes a client's connection.
    fn closed(&mut self, of: Socket, code: Option<u16>) -> Vec<Act> {
        vec![Act::Close(of, code)]
    }
}

/// Changes nothing.
pub(crate) struct Honest;

impl Lie for Honest {}

/// Lies once in what clients are told.
pub(crate) struct Once<F> {
    left: usize,
    lie: F,
    told: bool,
}

/// Lies once: `lie` says for each frame what to do instead, if it lends itself to the lie.
pub(crate) fn once<F>(lie: F) -> Once<F>
where
    F: FnMut(Socket, &ServerFrame) -> Option<Vec<Act>> + Send + 'static,
{
    once_after(AFTER, lie)
}

/// The same after so many frames that would have lent themselves to it.
pub(crate) fn once_after<F>(left: usize, lie: F) -> Once<F>
where
    F: FnMut(Socket, &ServerFrame) -> Option<Vec<Act>> + Send + 'static,
{
    Once { left, lie, told: false }
}

impl<F> Lie for Once<F>
where
    F: FnMut(Socket, &ServerFrame) -> Option<Vec<Act>> + Send + 'static,
{
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        // It may learn from frames that come before.
        match (self.lie)(to, &frame) {
            Some(acts) if !self.told && self.left == 0 => {
                self.told = true;
                acts
            }
            Some(_) => {
                self.left = self.left.saturating_sub(1);
                vec![Act::Tell(to, frame)]
            }
            None => vec![Act::Tell(to, frame)],
        }
    }
}

/// Lies in what clients are told, whenever a frame lends itself to the lie: one that is told once may be
/// told to a client that has just lost its connection.
pub(crate) struct Always<F>(pub(crate) F);

impl<F> Lie for Always<F>
where
    F: FnMut(Socket, &ServerFrame) -> Option<Vec<Act>> + Send + 'static,
{
    fn told(&mut self, to: Socket, frame: ServerFrame) -> Vec<Act> {
        (self.0)(to, &frame).unwrap_or_else(|| vec![Act::Tell(to, frame)])
    }
}

/// The event, if a frame is a live one.
pub(crate) fn event(frame: &ServerFrame) -> Option<&Event> {
    match frame {
        ServerFrame::Event(event) => Some(event),
        _ => None,
    }
}

/// The message's event, if a frame is a live one.
pub(crate) fn message(frame: &ServerFrame) -> Option<&Event> {
    event(frame).filter(|event| event.kind.is_message())
}

/// The thread that a frame answers a join of.
pub(crate) fn joined(frame: &ServerFrame) -> Option<ThreadId> {
    match frame {
        ServerFrame::Reply { outcome: Outcome::Ok(Reply::Joined(joined)), .. } => {
            Some(joined.view.item.summary.thread)
        }
        _ => None,
    }
}

/// That something is refused for good, as the server says it.
pub(crate) fn refused() -> Outcome {
    Outcome::Refused(Refusal {
        code: RefusalCode::Archived,
        message: "The thread is archived.".to_owned(),
        field: None,
        limit: None,
        retry_after_ms: None,
    })
}

/// That something was written, as the server says it.
pub(crate) fn written(id: RequestId, seq: Seq) -> ServerFrame {
    let at_ms = tidings_protocol::Timestamp(0);
    ServerFrame::Reply { id, outcome: Outcome::Ok(Reply::Written { seq, at_ms }) }
}
