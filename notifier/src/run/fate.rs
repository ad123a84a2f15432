//! What becomes of a mail after it was tried. Pure.

use super::watch::MailResult;
use crate::deliver::{Delivery, retry_after};
use crate::mail::Unwritable;
use std::time::Duration;
use tidings_protocol::{NoticeReason, Timestamp};
use tidings_storage::Sending;

/// When a mail was tried, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried {
    pub(super) now: Timestamp,
    /// This time included.
    pub(super) attempts: u32,
    /// Any number, another one each time.
    pub(super) random: u32,
}

/// Until when a claim made now lasts.
pub(super) fn lease_until(now: Timestamp, lease: Duration) -> Timestamp {
    now.plus_millis(millis(lease))
}

/// So much of a lease may pass until a mail is handed over. The rest is for putting down what became
/// of it.
pub(super) const fn for_delivery(lease: Duration) -> Duration {
    match lease.checked_div(5) {
        Some(fifth) => fifth.saturating_mul(4),
        None => Duration::ZERO,
    }
}

/// How long a mail may still take to be handed over, of a claim that lasts until a time.
pub(super) fn time_left(now: Timestamp, until: Timestamp, lease: Duration) -> Option<Duration> {
    let end = until.plus_millis(-millis(lease.saturating_sub(for_delivery(lease))));
    let left_ms = u64::try_from(end.0.saturating_sub(now.0)).ok()?;
    (left_ms > 0).then(|| Duration::from_millis(left_ms))
}

/// What is put down of a mail that was handed over, or was to be.
pub(super) fn of_delivery(delivery: Delivery, message_id: String, tried: Tried) -> Sending {
    match delivery {
        Delivery::Sent { answer } => Sending::Sent { answer, message_id },
        Delivery::Later { answer } => later(answer, message_id, tried),
        Delivery::Never { answer } => {
            Sending::Failed { answer, message_id, reason: NoticeReason::Refused }
        }
    }
}

/// What is put down of one that can't be written.
pub(super) fn of_unwritable(unwritable: Unwritable) -> Sending {
    let reason = match unwritable {
        Unwritable::Address => NoticeReason::BadAddress,
    };
    Sending::Failed { answer: unwritable.to_string(), message_id: String::new(), reason }
}

/// What is put down of one that broke off so often that nobody would try it any more: whatever it is
/// about it breaks who tries.
pub(super) fn of_hopeless(tried: Tried) -> Option<Sending> {
    let before = Tried { attempts: tried.attempts.saturating_sub(1), ..tried };
    retry_after(before.attempts, before.random).is_none().then(|| {
        let answer = "every attempt broke off".to_owned();
        Sending::Failed { answer, message_id: String::new(), reason: NoticeReason::GaveUp }
    })
}

/// Tried again when it is time, or given up.
pub(super) fn later(answer: String, message_id: String, tried: Tried) -> Sending {
    match retry_after(tried.attempts, tried.random) {
        Some(wait) => {
            Sending::Later { answer, message_id, at: tried.now.plus_millis(millis(wait)) }
        }
        None => Sending::Failed { answer, message_id, reason: NoticeReason::GaveUp },
    }
}

/// What it comes to, for whoever counts.
pub(super) fn result_of(sending: &Sending) -> MailResult {
    match sending {
        Sending::Sent { .. } => MailResult::Sent,
        Sending::Later { .. } => MailResult::Later,
        Sending::Failed { .. } => MailResult::Failed,
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn tried(attempts: u32) -> Tried {
        Tried { now: NOW, attempts, random: 0 }
    }

    fn sending(delivery: fn(String) -> Delivery, attempts: u32) -> Sending {
        of_delivery(delivery("said".to_owned()), "id@a".to_owned(), tried(attempts))
    }

    #[test]
    fn what_a_server_says_decides() {
        let (answer, message_id) = ("said".to_owned(), "id@a".to_owned());
        assert_eq!(
            sending(|answer| Delivery::Sent { answer }, 1),
            Sending::Sent { answer: answer.clone(), message_id: message_id.clone() }
        );
        // A minute, less a quarter of it: chance is at its least.
        assert_eq!(
            sending(|answer| Delivery::Later { answer }, 1),
            Sending::Later {
                answer: answer.clone(),
                message_id: message_id.clone(),
                at: NOW.plus_millis(45_000)
            }
        );
        assert_eq!(
            sending(|answer| Delivery::Never { answer }, 1),
            Sending::Failed {
                answer: answer.clone(),
                message_id: message_id.clone(),
                reason: NoticeReason::Refused
            }
        );
        assert_eq!(
            sending(|answer| Delivery::Later { answer }, 1_000),
            Sending::Failed { answer, message_id, reason: NoticeReason::GaveUp }
        );
    }

    #[test]
    fn a_mail_that_breaks_whoever_tries_it_is_given_up_at_last() {
        assert_eq!(of_hopeless(tried(0)), None);
        assert_eq!(of_hopeless(tried(1)), None);
        let first_given_up = (1..99).find(|attempts| of_hopeless(tried(*attempts)).is_some());
        let last_tried = (1..99).take_while(|tries| retry_after(*tries, 0).is_some()).last();
        assert_eq!(first_given_up, last_tried.map(|tries| tries + 2));
    }

    #[test]
    fn of_a_claim_that_came_late_little_or_nothing_is_left() {
        let lease = Duration::from_secs(10);
        let until = lease_until(NOW, lease);
        for (passed_ms, left_ms) in
            [(0, Some(8_000)), (7_999, Some(1)), (8_000, None), (60_000, None)]
        {
            let left = time_left(NOW.plus_millis(passed_ms), until, lease);
            assert_eq!(left, left_ms.map(Duration::from_millis), "{passed_ms}");
        }
    }
}
