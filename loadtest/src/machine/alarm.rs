//! Wakes at a moment, to within some microseconds. The runtime's timers go by whole milliseconds: a
//! server would get in one go what is due apart, and the load tester's lateness would look like the
//! server's latency.

use crate::machine::now;
use anyhow::Result;
use rustix::fd::OwnedFd;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::time::{Duration, Instant};
use tokio::io::unix::AsyncFd;

/// Sleeps that are shorter are not worth a system call.
const SHORTEST: Duration = Duration::from_micros(5);

/// A timer of the kernel.
pub struct Alarm {
    timer: AsyncFd<OwnedFd>,
}

impl Alarm {
    /// A timer that is not set.
    pub fn new() -> Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        Ok(Self { timer: AsyncFd::register(timerfd_create(TimerfdClockId::Monotonic, flags)?)? })
    }

    /// Waits until a moment.
    pub async fn until(&self, moment: Instant) -> Result<()> {
        let wait = moment.saturating_duration_since(now());
        if wait < SHORTEST {
            return Ok(());
        }
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value =
            Timespec { tv_sec: wait.as_secs().try_into()?, tv_nsec: wait.subsec_nanos().into() };
        let spec = Itimerspec { it_interval: zero, it_value: value };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::empty(), &spec)?;
        loop {
            let mut ready = self.timer.readable().await?;
            let mut count = [0; 8];
            let read = ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut count)?));
            if let Ok(read) = read {
                return Ok(read.map(|_| ())?);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_never_comes_early() {
        let alarm = Alarm::new().unwrap();
        for micros in [0, 50, 900, 3_000] {
            let moment = now() + Duration::from_micros(micros);
            alarm.until(moment).await.unwrap();
            assert!(now() + SHORTEST >= moment);
        }
    }
}
