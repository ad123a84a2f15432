//! A session: one connection's side of the protocol as a state machine without socket, store or
//! clock. It takes what came in and `now`, and says what to do; `session::run` does it.

use crate::auth::Identity;
use crate::session::heartbeat::{Beat, Heartbeat};
use crate::session::pace::Pace;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tidings_protocol::limits::{AUTHENTICATE_SECONDS, JOINED_THREADS_MAX};
use tidings_protocol::{
    Checked, ClientFrame, CloseCode, Command, DecodeError, Outcome, Refusal, RefusalCode, Reply,
    RequestId, Seq, ThreadId, Timestamp,
};

/// Control frames a connection may send per second in the long run: a ping each way now and then
/// is all that anybody needs.
const CONTROL_FRAMES_PER_SECOND: u32 = 5;

/// Control frames it may send at once.
const CONTROL_FRAMES_BURST: u32 = 50;

/// Refusals for rate that a connection may collect at once before it is closed: it does not listen.
const RATE_REFUSALS_MAX: u32 = 500;

/// Refusals for rate per second that it may go on collecting.
const RATE_REFUSALS_PER_SECOND: u32 = 5;

/// What one connection is up to.
#[derive(Debug)]
pub struct Session {
    identity: Option<Identity>,
    /// Until when somebody must have authenticated, or the token runs out.
    deadline: Instant,
    joined: HashSet<ThreadId>,
    commands: Pace,
    controls: Pace,
    rate_refusals: Pace,
    heartbeat: Heartbeat,
}

/// What to do about a frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Check a token, then call [`Session::authenticated`].
    Authenticate {
        /// The frame's id.
        id: RequestId,
        /// The token.
        token: String,
    },
    /// Join a thread, then call [`Session::joined`].
    Join {
        /// The frame's id.
        id: RequestId,
        /// Which thread.
        thread: ThreadId,
        /// What the client has.
        after: Option<Seq>,
        /// Whether it is joined already, and must be left first.
        again: bool,
    },
    /// Leave a thread.
    Leave {
        /// The frame's id.
        id: RequestId,
        /// Which thread, joined.
        thread: ThreadId,
    },
    /// Tell a room that this person is writing.
    Typing {
        /// The frame's id.
        id: RequestId,
        /// Which thread, joined.
        thread: ThreadId,
    },
    /// Tell a room whether this socket's user looks at it.
    Presence {
        /// The frame's id.
        id: RequestId,
        /// Which thread, joined.
        thread: ThreadId,
        /// Whether it is looked at.
        looking: bool,
    },
    /// Have the store do a command.
    Execute {
        /// The frame's id.
        id: RequestId,
        /// The command.
        command: Checked,
    },
    /// Answer at once.
    Answer {
        /// The frame's id.
        id: RequestId,
        /// The answer.
        outcome: Outcome,
    },
    /// Close the connection.
    Close(CloseCode),
}

/// What to do at some moment, whatever came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// Nothing until then.
    Wait(Instant),
    /// Send a ping.
    Ping,
    /// Close the connection.
    Close(CloseCode),
}

/// The rates of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Commands per second in the long run.
    pub commands_per_second: u32,
    /// Commands at once.
    pub commands_burst: u32,
}

impl Session {
    /// A connection whose handshake is done.
    pub fn new(rates: Rates, now: Instant) -> Self {
        Self {
            identity: None,
            deadline: now + Duration::from_secs(AUTHENTICATE_SECONDS),
            joined: HashSet::new(),
            commands: Pace::new(rates.commands_per_second, rates.commands_burst, now),
            controls: Pace::new(CONTROL_FRAMES_PER_SECOND, CONTROL_FRAMES_BURST, now),
            rate_refusals: Pace::new(RATE_REFUSALS_PER_SECOND, RATE_REFUSALS_MAX, now),
            heartbeat: Heartbeat::new(now),
        }
    }

    /// Who it is, once that is known.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The threads it has joined.
    pub fn joined(&self) -> &HashSet<ThreadId> {
        &self.joined
    }

    /// Something came in, if only bytes.
    pub fn on_bytes(&mut self, now: Instant) {
        self.heartbeat.hear(now);
    }

    /// A ping or pong came in.
    pub fn on_control(&mut self, now: Instant) -> Result<(), CloseCode> {
        self.controls.take(now).map_err(|_| CloseCode::TooManyControlFrames)
    }

    /// A frame came in.
    pub fn on_frame(&mut self, frame: Result<ClientFrame, DecodeError>, now: Instant) -> Step {
        let id = match &frame {
            Ok(frame) => frame.id,
            Err(DecodeError::BadCommand { id, .. }) => *id,
            Err(DecodeError::NotAFrame(_)) => return Step::Close(CloseCode::Malformed),
        };
        if let Err(wait) = self.commands.take(now) {
            return self.over_rate(id, wait, now);
        }
        let command = match frame {
            Ok(frame) => frame.command,
            Err(DecodeError::BadCommand { refusal, .. }) if self.identity.is_some() => {
                return refuse(id, refusal);
            }
            Err(_) => return Step::Close(CloseCode::NotAuthenticated),
        };
        if self.identity.is_none() && !matches!(command, Command::Authenticate { .. }) {
            return Step::Close(CloseCode::NotAuthenticated);
        }
        match Checked::try_from(command) {
            Ok(command) => self.on_command(id, command),
            Err(refusal) => refuse(id, refusal),
        }
    }

    fn on_command(&mut self, id: RequestId, command: Checked) -> Step {
        match command.get() {
            Command::Join { thread, after } => {
                let again = self.joined.contains(thread);
                if !again && self.joined.len() >= JOINED_THREADS_MAX {
                    let refusal = Refusal::new(RefusalCode::TooMany)
                        .because(format!(
                            "{JOINED_THREADS_MAX} threads are joined; leave one first"
                        ))
                        .limit(JOINED_THREADS_MAX as u64);
                    return refuse(id, refusal);
                }
                Step::Join { id, thread: *thread, after: *after, again }
            }
            Command::Leave { thread }
            | Command::Typing { thread }
            | Command::Presence { thread, .. }
                if !self.joined.contains(thread) =>
            {
                refuse(id, RefusalCode::NotJoined.into())
            }
            Command::Leave { thread } => {
                self.joined.remove(thread);
                Step::Leave { id, thread: *thread }
            }
            Command::Typing { thread } => Step::Typing { id, thread: *thread },
            Command::Presence { thread, looking } => {
                Step::Presence { id, thread: *thread, looking: *looking }
            }
            Command::Authenticate { .. } => match command.into_inner() {
                Command::Authenticate { token } => Step::Authenticate { id, token },
                _ => Step::Close(CloseCode::InternalError),
            },
            _ => Step::Execute { id, command },
        }
    }

    fn over_rate(&mut self, id: RequestId, wait: Duration, now: Instant) -> Step {
        if self.rate_refusals.take(now).is_err() {
            return Step::Close(CloseCode::RateLimited);
        }
        if self.identity.is_none() {
            return Step::Close(CloseCode::NotAuthenticated);
        }
        let wait_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).saturating_add(1);
        refuse(id, Refusal::new(RefusalCode::RateLimited).retry_after_ms(wait_ms))
    }

    /// A token was found good. A session belongs to one person for good.
    pub fn authenticated(
        &mut self,
        identity: Identity,
        now: Instant,
        clock: Timestamp,
    ) -> Result<Reply, Refusal> {
        if self.identity.is_some_and(|known| known.actor != identity.actor) {
            return Err(Refusal::new(RefusalCode::NotAllowed)
                .at("authenticate.token")
                .because("this connection belongs to somebody else; open another"));
        }
        let left_ms = u64::try_from(identity.expires.0 - clock.0).unwrap_or(0);
        self.deadline = now + Duration::from_millis(left_ms);
        self.identity = Some(identity);
        Ok(Reply::Authenticated { token_expires_ms: identity.expires })
    }

    /// A thread was joined.
    pub fn thread_joined(&mut self, thread: ThreadId) {
        self.joined.insert(thread);
    }

    /// A thread that was to be joined again was left, and could not be.
    pub fn thread_left(&mut self, thread: ThreadId) {
        self.joined.remove(&thread);
    }

    /// What is due now.
    pub fn tick(&mut self, now: Instant) -> Tick {
        if now >= self.deadline {
            return Tick::Close(match self.identity {
                None => CloseCode::NotAuthenticated,
                Some(_) => CloseCode::TokenExpired,
            });
        }
        match self.heartbeat.beat(now) {
            Beat::Wait(until) => Tick::Wait(until.min(self.deadline)),
            Beat::Ping => Tick::Ping,
            Beat::Dead => Tick::Close(CloseCode::Silent),
        }
    }
}

fn refuse(id: RequestId, refusal: Refusal) -> Step {
    Step::Answer { id, outcome: Outcome::Refused(refusal) }
}

#[cfg(test)]
mod tests;
