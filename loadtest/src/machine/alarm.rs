//! Wakes at a moment, to within a tenth of a millisecond. The runtime's timers go by whole
//! milliseconds: a server would get in one go what is due apart, and the load tester's lateness
//! would look like the server's latency.

use crate::machine::now;
use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Sleeps that are shorter are over by the time they begin.
const SHORTEST: Duration = Duration::from_micros(20);

/// A thread that sleeps in the runtime's place. It ends with this.
pub struct Alarm {
    sleeper: SyncSender<Instant>,
    rung: Arc<Notify>,
}

impl Alarm {
    /// An alarm that is not set.
    pub fn new() -> Result<Self> {
        let (sleeper, moments) = sync_channel::<Instant>(1);
        let rung = Arc::new(Notify::new());
        let bell = Arc::clone(&rung);
        thread::Builder::new().name("alarm".to_owned()).spawn(move || {
            for moment in moments {
                thread::sleep(moment.saturating_duration_since(now()));
                bell.notify_one();
            }
        })?;
        Ok(Self { sleeper, rung })
    }

    /// Waits until a moment. One at a time.
    pub async fn until(&mut self, moment: Instant) -> Result<()> {
        if moment.saturating_duration_since(now()) < SHORTEST {
            return Ok(());
        }
        self.sleeper.send(moment).context("the alarm is broken")?;
        self.rung.notified().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_never_comes_early() {
        let mut alarm = Alarm::new().unwrap();
        for micros in [0, 50, 900, 3_000] {
            let moment = now() + Duration::from_micros(micros);
            alarm.until(moment).await.unwrap();
            assert!(now() + SHORTEST >= moment);
        }
    }
}
