//! The store as the rest of the program holds it: a front that gathers operations into batches
//! for the one writer, and a few reader threads beside it.

use crate::backend::{Reader, Unavailable, Writer};
use crate::clock::Clock;
use crate::operation::{Applied, Operation};
use std::sync::Arc;
use std::time::Duration;

/// What comes out of the writer, one batch at a time, in commit order.
pub trait Observer: Send + 'static {
    /// What the submitter sent along to know its operation by.
    type Ticket: Send + 'static;

    /// Called on the writer's thread after each batch is durable (or was refused as a whole). May
    /// block to slow the writer down; must not call the store.
    fn applied(&mut self, batch: Vec<(Self::Ticket, Applied)>);
}

/// How the front gathers. The defaults are right for a server.
#[derive(Clone, Copy, Debug)]
pub struct FrontOptions {
    /// Operations that may wait; more are refused as `unavailable`.
    pub queue_max: usize,
    /// Operations in one transaction at most.
    pub batch_max: usize,
    /// Under load, commits are at least this far apart, unless `pace_batch` are waiting: a commit
    /// costs as much CPU as several messages. The first after an idle time is made at once.
    pub pace: Duration,
    /// So many waiting operations are committed without further delay.
    pub pace_batch: usize,
    /// Threads that answer queries.
    pub readers: usize,
}
