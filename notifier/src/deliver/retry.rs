//! When a mail that could not be handed over is tried again: soon at first, for a passing fault, then
//! every few hours for days, as mail servers do among themselves (RFC 5321, 4.5.4.1).

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Waits between the tries, in seconds.
const WAITS_S: &[u64] = &[MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];

/// The wait once those are used up, in seconds.
const LAST_WAIT_S: u64 = 6 * HOUR;

/// How long a mail is tried, in seconds, if every wait is as long as planned: RFC 5321 asks for four
/// days at least.
const TRIED_S: u64 = 4 * 24 * HOUR;

/// Waits vary by this part of them to either side, so that mails that failed together don't come
/// back together.
const JITTER_PART: u64 = 4;

/// How long to wait after a mail has been tried so often; `None`: it is given up. `random` is any
/// number, another one each time.
pub fn retry_after(attempts: u32, random: u32) -> Option<Duration> {
    let waits = WAITS_S.iter().copied().chain(std::iter::repeat(LAST_WAIT_S));
    let mut tried = 0;
    // The bound keeps this short for any number of attempts.
    let waits = waits.take_while(|wait| {
        tried += wait;
        tried <= TRIED_S
    });
    // One that was never tried has nothing to wait for, but is no reason to give up.
    let wait_ms = waits.into_iter().nth(attempts.saturating_sub(1) as usize)? * 1_000;
    let (least, spread) = (wait_ms - wait_ms / JITTER_PART, 2 * wait_ms / JITTER_PART);
    Some(Duration::from_millis(least + spread * u64::from(random) / u64::from(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the middle of what chance makes of it.
    fn planned(attempts: u32) -> Option<u64> {
        retry_after(attempts, u32::MAX / 2).map(|wait| (wait + Duration::from_millis(1)).as_secs())
    }

    #[test]
    fn waits_grow_to_hours_and_end_after_four_days() {
        let table = [
            (0, Some(60)),
            (1, Some(60)),
            (2, Some(300)),
            (3, Some(900)),
            (4, Some(1_800)),
            (5, Some(3_600)),
            (6, Some(7_200)),
            (7, Some(14_400)),
            (8, Some(21_600)),
            (21, Some(21_600)),
            (22, None),
            (u32::MAX, None),
        ];
        for (attempts, expected) in table {
            assert_eq!(planned(attempts), expected, "{attempts}");
        }
        let whole: u64 = (1..).map_while(planned).sum();
        assert!(whole > 3 * 24 * HOUR && whole <= TRIED_S, "{whole} s");
    }

    #[test]
    fn chance_moves_a_wait_by_a_quarter_to_either_side() {
        for (random, expected_ms) in [(0, 45_000), (u32::MAX / 2, 59_999), (u32::MAX, 75_000)] {
            assert_eq!(retry_after(1, random), Some(Duration::from_millis(expected_ms)));
        }
    }
}
