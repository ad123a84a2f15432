//! Whether a run did enough to mean something. A run that hardly did anything violates nothing and
//! has splendid latencies, so it must not pass.

use super::Report;
use super::units::{NONE, count, float, seconds};

/// The shortest measured part that says anything, in seconds.
pub const MEASURED_SECONDS_MIN: f64 = 1.0;

/// The share of the intended work below which a run is another one than the one asked for. A server
/// that is too slow for the intended rate is a finding, and is told by the figures; hence so low.
pub const DONE_SHARE_MIN: f64 = 0.1;

/// The share of the intended measured seconds and of the intended connections that must be there:
/// the load tester makes these itself, so that less than nearly all is its own fault.
pub const MADE_SHARE_MIN: f64 = 0.95;

/// Says what there was too little of; none if there was enough. Reads nothing but the report.
pub fn enough(report: &Report) -> Option<String> {
    too_short(report).or_else(|| too_little_done(report)).or_else(|| too_little_checked(report))
}

fn too_short(report: &Report) -> Option<String> {
    let (measured, meant) = (report.totals.seconds, report.intended.seconds);
    if is_bound_by_work(report) {
        return None;
    }
    // Written so that what is no number is too short.
    if measured >= MEASURED_SECONDS_MIN && measured >= meant * MADE_SHARE_MIN {
        return None;
    }
    let measured = if measured.is_finite() { seconds(measured) } else { NONE.to_owned() };
    Some(format!(
        "too short to mean anything: {measured} measured of {} meant; {} is the least",
        seconds(meant),
        seconds(MEASURED_SECONDS_MIN)
    ))
}

fn too_little_done(report: &Report) -> Option<String> {
    let (totals, intended) = (&report.totals, &report.intended);
    if intended.acks == 0 && intended.deliveries == 0 && intended.connections == 0 {
        return Some("nothing was meant to be done, so that nothing is shown".to_owned());
    }
    if is_bound_by_work(report) {
        return too_little_work(report);
    }
    let open = report.timeline.iter().filter(|slice| slice.measured).map(|slice| slice.connected);
    let open = open.max().unwrap_or(0);
    let posted_for = if intended.acks > 0 { totals.posted } else { 0 };
    [
        ("connections were open while it was measured", open, intended.connections, MADE_SHARE_MIN),
        ("messages were due", posted_for, intended.acks, DONE_SHARE_MIN),
        ("messages were acknowledged", totals.acked, intended.acks, DONE_SHARE_MIN),
        ("acknowledgements were timed", timed(report, "ack"), intended.acks, DONE_SHARE_MIN),
        ("events were delivered", totals.delivered, intended.deliveries, DONE_SHARE_MIN),
        ("deliveries were timed", timed(report, "delivery"), intended.deliveries, DONE_SHARE_MIN),
    ]
    .into_iter()
    .find(|(_, done, meant, share)| float(*done) < float(*meant) * share)
    .map(|(what, done, meant, _)| {
        format!("too little done: {} of {} {what}", count(done), count(meant))
    })
}

/// A scenario that ends when its work is done, however fast that is: a length says nothing there,
/// nor does a latency of what is sent in pages.
fn is_bound_by_work(report: &Report) -> bool {
    let intended = &report.intended;
    intended.seconds <= 0.0 && intended.acks + intended.deliveries > 0
}

/// Such a scenario is over when all is done, so all of it must have been.
fn too_little_work(report: &Report) -> Option<String> {
    let (totals, intended) = (&report.totals, &report.intended);
    [
        ("messages were acknowledged", totals.acked, intended.acks),
        ("events were delivered", totals.delivered, intended.deliveries),
    ]
    .into_iter()
    .find(|(_, done, meant)| done < meant)
    .map(|(what, done, meant)| {
        format!("too little done: {} of {} {what}", count(done), count(meant))
    })
}

fn timed(report: &Report, name: &str) -> u64 {
    let latency = report.latencies.iter().find(|latency| latency.name == name);
    latency.map_or(0, |latency| latency.count)
}

fn too_little_checked(report: &Report) -> Option<String> {
    let (proof, totals) = (&report.proof, &report.totals);
    if !report.intended.checked {
        return None;
    }
    if proof.found.is_empty() {
        return Some("nothing was checked: no kind of violation was looked for".to_owned());
    }
    let least = |there_is: u64| u64::from(there_is > 0);
    [
        ("threads were read back", proof.threads, least(totals.acked)),
        ("events were read back", proof.events, totals.acked),
        ("acknowledgements were looked up", proof.acks, totals.acked),
        ("deliveries were compared", proof.deliveries, totals.delivered),
    ]
    .into_iter()
    .find(|(_, looked_at, there_are)| looked_at < there_are)
    .map(|(what, looked_at, there_are)| {
        format!("too little checked: {} of {} {what}", count(looked_at), count(there_are))
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn judged(change: impl FnOnce(&mut Report)) -> String {
        let mut report = sample::passed();
        change(&mut report);
        enough(&report).unwrap_or_else(|| "enough".to_owned())
    }

    #[test]
    fn a_full_run_is_enough() {
        assert_eq!(judged(|_| ()), "enough");
        assert_eq!(enough(&sample::idle()), None);
    }

    #[test]
    fn a_run_that_was_broken_off_is_not() {
        assert!(judged(|r| r.totals.seconds = 0.3).starts_with("too short"));
        assert!(judged(|r| r.totals.seconds = f64::NAN).starts_with("too short"));
        assert!(judged(|r| r.totals.seconds = r.intended.seconds / 2.0).starts_with("too short"));
        assert!(enough(&sample::empty()).is_some_and(|why| why.starts_with("too short")));
    }

    #[test]
    fn a_run_without_the_work_that_was_meant_is_not() {
        assert!(
            judged(|r| r.intended = super::super::Intended { seconds: 30.0, ..Default::default() })
                .starts_with("nothing was meant")
        );
        assert!(
            judged(|r| r.timeline.iter_mut().for_each(|s| s.connected /= 2))
                .contains("connections")
        );
        assert!(judged(|r| r.timeline.clear()).contains("connections"));
        assert!(judged(|r| r.totals.posted = 1).contains("messages were due"));
        assert!(judged(|r| r.totals.acked = 0).contains("messages were acknowledged"));
        assert!(judged(|r| r.totals.delivered = 5).contains("events were delivered"));
        assert!(judged(|r| r.latencies.clear()).contains("acknowledgements were timed"));
        assert!(
            judged(|r| r.latencies.retain(|l| l.name == "ack")).contains("deliveries were timed")
        );
    }

    #[test]
    fn a_run_that_was_not_checked_as_it_should_is_not() {
        assert!(judged(|r| r.proof.found.clear()).contains("nothing was checked"));
        assert!(judged(|r| r.proof.threads = 0).contains("threads were read back"));
        assert!(judged(|r| r.proof.events = 10).contains("events were read back"));
        assert!(
            judged(|r| r.proof.acks = r.totals.acked - 1)
                .contains("acknowledgements were looked up")
        );
        assert!(judged(|r| r.proof.deliveries = 0).contains("deliveries were compared"));
        assert_eq!(
            judged(|r| {
                r.intended.checked = false;
                r.proof = super::super::Proof::default();
            }),
            "enough"
        );
    }

    #[test]
    fn a_server_that_is_too_slow_is_a_finding_and_not_a_run_without_meaning() {
        assert_eq!(judged(|r| r.totals.acked /= 2), "enough");
    }
}
