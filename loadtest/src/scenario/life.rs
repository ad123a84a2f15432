//! What a person does with a device: writes, reads, ticks, turns away, loses the network, at moments
//! of its own that do not depend on how fast the server answers.

use crate::client::Device;
use crate::record::Micros;
use crate::scenario::stage::{Place, micros};
use crate::world::World;
use std::rc::Rc;
use std::time::Duration;
use tidings_protocol::{TaskId, ThreadId};

/// How long one types before a message is sent.
const TYPING: Duration = Duration::from_millis(300);

/// What it does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Write,
    Read,
    Tick,
    Look,
    /// The same message twice, as after a lost answer.
    WriteTwice,
    /// Something that must be refused.
    WriteBadly,
    /// The network is gone for a moment.
    LoseNetwork,
}

/// How often each is done, in a thousand.
const DEEDS: [(Deed, u32); 7] = [
    (Deed::Write, 400),
    (Deed::Read, 380),
    (Deed::Tick, 120),
    (Deed::Look, 60),
    (Deed::WriteTwice, 20),
    (Deed::WriteBadly, 10),
    (Deed::LoseNetwork, 10),
];

const _: () = {
    let mut sum = 0;
    let mut at = 0;
    while at < DEEDS.len() {
        sum += DEEDS[at].1;
        at += 1;
    }
    assert!(sum == 1_000);
};

/// A person with a device.
pub(super) struct Life {
    pub(super) world: Rc<World>,
    pub(super) device: Rc<Device>,
    pub(super) place: Place,
    /// A thread that this person does not see.
    pub(super) stranger: ThreadId,
    /// Deeds a second, on average.
    pub(super) rate: f64,
}

impl Life {
    /// Lives until a moment.
    pub(super) async fn live(self, until: Micros) {
        let mut due = self.world.clock.now();
        loop {
            due = Micros(due.0 + pause(self.rate));
            tokio::time::sleep_until(self.world.clock.instant(due.min(until)).into()).await;
            // Who gets access back has another device, and another life with it.
            if due >= until || self.device.is_dismissed() {
                return;
            }
            self.act(deed(fastrand::u32(..1_000)), due).await;
        }
    }

    async fn act(&self, deed: Deed, due: Micros) {
        let device = &self.device;
        match deed {
            Deed::Write => {
                device.type_something(0);
                let due = Micros(due.0 + micros(TYPING));
                tokio::time::sleep_until(self.world.clock.instant(due).into()).await;
                device.post(0, due);
            }
            Deed::Read => device.read(0),
            Deed::Tick => {
                if let Some(task) = self.task() {
                    device.tick(0, task, fastrand::bool());
                }
            }
            Deed::Look => device.look(0, fastrand::bool()),
            Deed::WriteTwice => device.post_twice(0, self.world.clock.now().max(due)),
            Deed::WriteBadly => device.post_badly(0, self.stranger),
            Deed::LoseNetwork => device.drop_connection(),
        }
    }

    fn task(&self) -> Option<TaskId> {
        fastrand::choice(&self.place.tasks).copied()
    }
}

/// Microseconds until the next deed: exponentially distributed, as independent events are.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
fn pause(rate: f64) -> u64 {
    (-(1.0 - fastrand::f64()).ln() / rate * 1e6) as u64
}

fn deed(at: u32) -> Deed {
    let mut sum = 0;
    for (deed, often) in DEEDS {
        sum += often;
        if at < sum {
            return deed;
        }
    }
    Deed::Read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deed_is_done() {
        for (wanted, often) in DEEDS {
            let count = (0..1_000).filter(|at| deed(*at) == wanted).count();
            assert_eq!(count, often as usize, "{wanted:?}");
        }
    }
}
