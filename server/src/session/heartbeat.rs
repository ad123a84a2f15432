//! Whether the peer is still there. Pure: anything heard counts; after a silence it is asked, and
//! after a further one given up.

use std::time::{Duration, Instant};
use tidings_protocol::limits::{PING_SECONDS, PONG_SECONDS};

const QUIET: Duration = Duration::from_secs(PING_SECONDS);
const PATIENCE: Duration = Duration::from_secs(PONG_SECONDS);

/// What is known of the peer.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    heard: Instant,
    asked: Option<Instant>,
}

/// What to do at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// Nothing until then.
    Wait(Instant),
    /// Send a ping.
    Ping,
    /// Close: the peer is silent.
    Dead,
}

impl Heartbeat {
    /// The peer has just connected.
    pub fn new(now: Instant) -> Self {
        Self { heard: now, asked: None }
    }

    /// Something came in.
    pub fn hear(&mut self, now: Instant) {
        self.heard = now;
        self.asked = None;
    }

    /// What to do now. A ping that it asks for counts as sent.
    pub fn beat(&mut self, now: Instant) -> Beat {
        match self.asked {
            Some(asked) if now >= asked + PATIENCE => Beat::Dead,
            Some(asked) => Beat::Wait(asked + PATIENCE),
            None if now >= self.heard + QUIET => {
                self.asked = Some(now);
                Beat::Ping
            }
            None => Beat::Wait(self.heard + QUIET),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any moment will do as the first")]
    fn quiet_peer_is_asked_and_silent_peer_is_dead() {
        let start = Instant::now();
        let mut heart = Heartbeat::new(start);
        assert_eq!(heart.beat(start), Beat::Wait(start + QUIET));
        assert_eq!(heart.beat(start + QUIET), Beat::Ping);
        assert_eq!(heart.beat(start + QUIET), Beat::Wait(start + QUIET + PATIENCE));
        let pong = start + QUIET + PATIENCE / 2;
        heart.hear(pong);
        assert_eq!(heart.beat(pong), Beat::Wait(pong + QUIET));
        assert_eq!(heart.beat(pong + QUIET), Beat::Ping);
        assert_eq!(heart.beat(pong + QUIET + PATIENCE), Beat::Dead);
    }
}
