//! A run that shows nothing does not pass, and says why.

use crate::lie::{Honest, Lie};
use crate::world::{CONVERSATIONS, FAN_OUT, World};
use std::slice;
use tidings_tests::Port;

#[tokio::test]
async fn a_server_that_is_of_no_use_is_said_in_words() {
    let world = World::start().await;
    let port = Port::take();
    let nobody = format!("http://{}", port.address());
    let proxy = world.proxy(Honest).await;
    let url = proxy.url();
    let (absent, refusing, stranger) = tokio::join!(
        world.run(FAN_OUT, slice::from_ref(&nobody)),
        world.through(FAN_OUT, Refusing),
        world.run_with_key("nonsense", FAN_OUT, slice::from_ref(&url)),
    );
    for (run, word) in [(absent, "refused"), (refusing, "connections"), (stranger, "401")] {
        assert_eq!(run.finished.code, Some(2), "{run}");
        assert!(run.finished.stderr.contains(word), "{run}");
    }
}

#[tokio::test]
async fn a_run_that_shows_nothing_does_not_pass() {
    let world = World::start().await;
    let run = async |scenario: &str, word| {
        let run = world.through(scenario, Honest).await;
        assert_eq!(run.finished.code, Some(1), "{run}");
        assert!(run.report["failures"].to_string().contains(word), "{run}");
        assert!(run.found().iter().all(|(_, count)| *count == 0), "{run}");
    };
    let quiet = FAN_OUT.replace("--rate 20", "--rate 0.001");
    let still = CONVERSATIONS.replace("--rate 10", "--rate 0.001");
    let slow = format!("{FAN_OUT} --max-ack-p50-ms 0.001");
    tokio::join!(run(&quiet, "too "), run(&still, "too little done"), run(&slow, "max-ack-p50-ms"),);
}

/// Opens no WebSocket.
struct Refusing;

impl Lie for Refusing {
    fn opens(&mut self) -> bool {
        false
    }
}
