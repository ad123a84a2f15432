//! The simulated world: some nodes over one store, a bus between them, devices, and a scheduler
//! that lets one thing happen at a time.

mod access;
mod admit;
mod connection;
mod device;
mod dispatch;
mod feed;
mod heal;
mod host;
mod join;
mod look_over;
mod notify;
mod rooms;
mod setup;
mod step;
mod store;

use crate::bus::Bus;
use crate::chance::Chance;
use crate::device::Device;
use crate::invariant::{Held, Violation};
use crate::lie::Lie;
use crate::node::Node;
use crate::trace::Trace;
use crate::truth::Truth;
use std::time::Instant;
use store::Stored;
use tidings_protocol::Timestamp;
use tidings_server::session::Rates;

/// Steps of one run, before it is healed.
const STEPS: u64 = 400;

/// Everything there is.
pub(crate) struct World {
    chance: Chance,
    pub(crate) trace: Trace,
    truth: Truth,
    lie: Lie,
    stored: Stored,
    nodes: Vec<Node>,
    bus: Bus,
    devices: Vec<Device>,
    /// The clock that never goes back.
    now: Instant,
    /// The time of day, which jumps.
    wall: Timestamp,
    /// The latest it ever was.
    wall_max: Timestamp,
    settings: Settings,
    /// The store fails no more.
    healed: bool,
    next_socket: u64,
}

/// How servers are set in this run.
#[derive(Clone, Copy)]
struct Settings {
    outbound_bytes: usize,
    mail_max: usize,
    commands_in_flight: usize,
    rates: Rates,
}

/// What came of a run.
pub(crate) struct Run {
    pub(crate) outcome: Result<(), Violation>,
    pub(crate) trace: Trace,
}

/// Runs one seed from the beginning to the end.
pub(crate) fn run(seed: u64, lie: Lie) -> Run {
    let mut world = World::new(seed, lie);
    let outcome = world.live();
    Run { outcome, trace: world.trace }
}

impl World {
    fn live(&mut self) -> Held {
        for _ in 0..STEPS {
            self.trace.step += 1;
            self.step()?;
        }
        self.heal()
    }
}

/// Adds a line to the trace of a world.
macro_rules! say {
    ($world:expr, $($what:tt)*) => {
        $world.trace.say(format_args!($($what)*))
    };
}
use say;
