//! A cluster of three nodes in use, broken in every way once. What was acknowledged must be there,
//! and nobody may notice but by having to wait. The same for long: the program `faults`.

use std::time::Duration;
use tidings_tests::LoadSize;
use tidings_tests::faults::{Campaign, Fault};

/// A small load: what breaks is what this is about.
const SIZE: LoadSize = LoadSize {
    threads: 12,
    rate: 1.0,
    turnover: 3,
    longest: Duration::from_mins(10),
    settle: Duration::from_mins(1),
};

/// In this time, a room that is cut off from the bus compares heads with the store.
const LONG: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_breaks_nothing_acknowledged_is_lost() {
    let mut campaign = Campaign::start(3, SIZE, 4).await;
    for fault in Fault::ALL {
        let inflicted = match fault {
            Fault::RedisPaused | Fault::ConnectionsExhausted | Fault::BusAway => {
                campaign.inflict_for(*fault, LONG).await
            }
            _ => campaign.inflict(*fault).await,
        };
        inflicted.unwrap_or_else(|why| panic!("{why}"));
    }
    let (_cluster, tally, report, probes) = campaign.finish().await;
    let acked = report.number("/totals/acked");
    println!("{tally}\n{acked} messages acknowledged");
    let failures = &report.json["failures"];
    let examples = &report.json["proof"]["examples"];
    assert!(report.passed, "{failures:#}\n{examples:#}\n{}", report.errors);
    assert_eq!(report.violations(), 0);
    assert!(report.number("/totals/reconnects") > 0, "no session was resumed");
    assert!(report.access_changes() > 0.0, "nobody's access ended");
    assert!(probes.is_ok_and(|probes| probes > 0), "no node was probed");
}
