//! When things are due: at a fixed rate, whatever the server does (an open model). A server that
//! falls behind does not slow its users down, and every latency counts from the moment at which
//! something was due.

use crate::machine::Alarm;
use crate::record::Micros;
use crate::world::World;
use anyhow::Result;

/// Things done in a row when they are late, before those who read have their turn.
const IN_A_ROW: u64 = 32;

/// A rate and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Things a second, all together.
    pub per_second: f64,
    /// For how long.
    pub seconds: f64,
}

impl Pace {
    /// How many things are due in all.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    pub fn count(self) -> u64 {
        (self.per_second * self.seconds).round().max(0.0) as u64
    }

    /// When the `index`th is due, after the start.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
    pub fn due(self, index: u64) -> Micros {
        Micros((crate::meter::real(index) * 1e6 / self.per_second) as u64)
    }

    /// Does all of them, each when it is due or as soon as possible after.
    pub async fn run(self, world: &World, mut act: impl FnMut(u64, Micros)) -> Result<()> {
        let mut alarm = Alarm::new()?;
        let start = world.clock.now();
        for index in 0..self.count() {
            let due = Micros(start.0 + self.due(index).0);
            if world.clock.now() < due {
                alarm.until(world.clock.instant(due)).await?;
            } else if index.is_multiple_of(IN_A_ROW) {
                tokio::task::yield_now().await;
            }
            act(index, due);
        }
        // The last interval belongs to it as well.
        alarm.until(world.clock.instant(Micros(start.0 + self.due(self.count()).0))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_due_at_even_distances() {
        let pace = Pace { per_second: 40.0, seconds: 2.5 };
        assert_eq!(pace.count(), 100);
        assert_eq!(pace.due(0), Micros(0));
        assert_eq!(pace.due(1), Micros(25_000));
        assert_eq!(pace.due(100), Micros(2_500_000));
    }
}
