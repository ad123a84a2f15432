//! What happened, counted since the start of a run.

use crate::report::Totals;
use std::ops::Sub;

/// Counts. All of them only grow, but for `connected`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Messages that were due.
    pub posted: u64,
    /// Messages acknowledged.
    pub acked: u64,
    /// Events received, live or in pages.
    pub delivered: u64,
    /// Commands other than posts that were answered as they should be.
    pub commands: u64,
    /// Frames that are neither replies nor events.
    pub other_frames: u64,
    /// Commands refused that should not have been, and connections that failed.
    pub errors: u64,
    /// Commands refused as they should be.
    pub refused: u64,
    /// Commands refused for the moment: to be tried again.
    pub put_off: u64,
    /// Messages of these that were given up, and so must never appear.
    pub given_up: u64,
    /// Connections that could not be opened, while outages are meant to be.
    pub unreachable: u64,
    /// Connections that were welcomed.
    pub connects: u64,
    /// Those of them that came back.
    pub reconnects: u64,
    /// Connections that the server closed.
    pub closed_by_server: u64,
    /// Payload bytes received.
    pub bytes_received: u64,
    /// Connections that are welcomed now.
    pub connected: u64,
    /// Threads joined now, over all connections.
    pub joined: u64,
}

impl Sub for Counts {
    type Output = Self;

    /// What happened since; `connected` and `joined` stay as they are now.
    fn sub(self, before: Self) -> Self {
        Self {
            posted: self.posted - before.posted,
            acked: self.acked - before.acked,
            delivered: self.delivered - before.delivered,
            commands: self.commands - before.commands,
            other_frames: self.other_frames - before.other_frames,
            errors: self.errors - before.errors,
            refused: self.refused - before.refused,
            put_off: self.put_off - before.put_off,
            given_up: self.given_up - before.given_up,
            unreachable: self.unreachable - before.unreachable,
            connects: self.connects - before.connects,
            reconnects: self.reconnects - before.reconnects,
            closed_by_server: self.closed_by_server - before.closed_by_server,
            bytes_received: self.bytes_received - before.bytes_received,
            connected: self.connected,
            joined: self.joined,
        }
    }
}

impl Counts {
    /// As a report has them.
    pub fn totals(self, seconds: f64) -> Totals {
        Totals {
            seconds,
            posted: self.posted,
            acked: self.acked,
            delivered: self.delivered,
            commands: self.commands,
            other_frames: self.other_frames,
            errors: self.errors,
            refused: self.refused,
            put_off: self.put_off,
            given_up: self.given_up,
            unreachable: self.unreachable,
            connects: self.connects,
            reconnects: self.reconnects,
            closed_by_server: self.closed_by_server,
            bytes_received: self.bytes_received,
        }
    }
}
