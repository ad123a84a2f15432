//! Whatever happens, nothing is lost in silence: of everything that was said and not heard, it was
//! said after it that it may have been missed.

use super::lossy::LossyProxy;
use super::support::{FIRM, Node, number};
use fastrand::Rng;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tidings_server::bus::Heard;
use tidings_tests::{FaultProxy, Redis, now, within};

/// How long things are broken, and how long nothing more is said in the end.
const STORM: Duration = Duration::from_secs(10);

/// So much of what is said is heard, at the least: otherwise hardly anything is shown.
const HEARD_ONE_IN: u32 = 10;

/// What one node heard of what another one said.
#[derive(Default)]
struct Ledger {
    said: Arc<AtomicU32>,
    heard: BTreeSet<u32>,
    /// How many of them, for whoever speaks.
    heard_count: Arc<AtomicU32>,
    /// Up to which number everything was heard or said to be missed.
    covered: u32,
    missed: usize,
}

impl Ledger {
    fn take(&mut self, heard: &Heard) {
        match heard {
            Heard::Missed { .. } | Heard::Up | Heard::Watching(_) => {
                self.covered = self.said.load(Ordering::Acquire);
                self.missed += 1;
            }
            Heard::Payload { .. } => {
                self.heard.extend(number(heard).map(|(.., n)| n));
                let count = u32::try_from(self.heard.len()).expect("as few as were said");
                self.heard_count.store(count, Ordering::Release);
            }
            Heard::Gone(_) | Heard::Left(_) | Heard::Down | Heard::Unwatched(_) => {}
        }
    }

    fn lost_in_silence(&self) -> Vec<u32> {
        let said = self.said.load(Ordering::Acquire);
        (self.covered + 1..=said).filter(|n| !self.heard.contains(n)).collect()
    }
}

/// The one says numbers until the storm is over, the other keeps a ledger of them until it is whole.
async fn converge(
    speaker: Node,
    mut node: Node,
    mut chance: Rng,
    storm: impl Future<Output = ()>,
) -> Ledger {
    let mut ledger = Ledger::default();
    let (said, heard) = (Arc::clone(&ledger.said), Arc::clone(&ledger.heard_count));
    let (over, mut is_over) = tokio::sync::watch::channel(false);
    let hearing = tokio::spawn(async move {
        loop {
            if *is_over.borrow() && node.bus.is_up() && ledger.lost_in_silence().is_empty() {
                return ledger;
            }
            let lost = || format!("{:?} lost in silence", ledger.lost_in_silence());
            tokio::select! {
                heard = tokio::time::timeout(tidings_tests::DEADLINE, node.heard.recv()) => {
                    let heard = heard.unwrap_or_else(|_| panic!("{}", lost()));
                    ledger.take(&heard.expect("the bus goes on"));
                }
                changed = is_over.changed() => changed.unwrap(),
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
        }
    });
    let speaking = async {
        loop {
            // Counted before it is said: whoever hears of a miss knows of everything before.
            let number = said.fetch_add(1, Ordering::AcqRel) + 1;
            speaker.say(FIRM, number);
            // Sometimes with pauses in which a tail is said.
            let pause = if chance.u8(..) < 2 { 600 } else { chance.u64(..3) };
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    };
    let storm = async {
        storm.await;
        // Some storms leave hardly any time to hear something: it goes on in fair weather.
        let enough = || heard.load(Ordering::Acquire) > said.load(Ordering::Acquire) / HEARD_ONE_IN;
        super::support::until("more to be heard", enough).await;
    };
    tokio::select! {
        () = storm => {}
        () = speaking => {}
    }
    over.send_replace(true);
    within("everything to be heard or missed", hearing).await.unwrap()
}

/// Chance that can be had again.
fn chance() -> Rng {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    Rng::with_seed(seed)
}

fn report(ledger: &Ledger) {
    let said = ledger.said.load(Ordering::Acquire);
    println!("said {said}, heard {}, missed {} times", ledger.heard.len(), ledger.missed);
}

#[tokio::test]
async fn nothing_is_lost_in_silence_when_redis_breaks() {
    let mut rng = chance();
    let mut redis = Redis::start().await;
    let networks =
        [FaultProxy::start(redis.address()).await, FaultProxy::start(redis.address()).await];
    let speaker = Node::up(networks[0].address()).await;
    let node = Node::watching(networks[1].address(), FIRM).await;
    let pauses = rng.fork();
    let storm = async {
        let began = now();
        while began.elapsed() < STORM {
            let network = &networks[rng.usize(..2)];
            let wait = Duration::from_millis(rng.u64(..1_200));
            match rng.u8(..8) {
                0 => drop(redis.client_kill("pubsub").await),
                1 => drop(redis.client_kill("normal").await),
                2 => drop(redis.client_kill("all").await),
                3 => {
                    redis.kill().await;
                    tokio::time::sleep(wait).await;
                    redis.start_again().await;
                }
                4 => {
                    redis.pause().await;
                    tokio::time::sleep(wait).await;
                    redis.resume().await;
                }
                5 => {
                    network.freeze();
                    tokio::time::sleep(wait).await;
                    network.heal();
                }
                6 => {
                    network.cut();
                    tokio::time::sleep(wait).await;
                    network.heal();
                }
                _ => network.reset_all(),
            }
            tokio::time::sleep(Duration::from_millis(rng.u64(..1_500))).await;
        }
    };
    report(&converge(speaker, node, pauses, storm).await);
}

#[tokio::test]
async fn nothing_is_lost_in_silence_when_messages_get_lost_doubled_or_late() {
    let mut rng = chance();
    let redis = Redis::start().await;
    let network = LossyProxy::start(redis.address()).await;
    let speaker = Node::up(redis.address()).await;
    let node = Node::watching(network.address(), FIRM).await;
    network.lose_some(rng.fork());
    let storm = async {
        tokio::time::sleep(STORM / 2).await;
        // On a machine on which little is said in that time, a while later.
        super::support::until("something to be lost", || network.lost() > 0).await;
        network.lose_none();
    };
    let ledger = converge(speaker, node, rng, storm).await;
    report(&ledger);
    assert!(ledger.missed > 0);
}

/// There is no next message by whose number it would be noticed.
#[tokio::test]
async fn a_last_message_that_is_lost_is_missed() {
    let redis = Redis::start().await;
    let network = LossyProxy::start(redis.address()).await;
    let mut speaker = Node::up(redis.address()).await;
    let mut node = Node::watching(network.address(), FIRM).await;
    speaker.say(FIRM, 1);
    assert_eq!(node.hears_next(number).await.2, 1);
    network.lose(1);
    speaker.say(FIRM, 2);
    let from = speaker.bus.node();
    let missed =
        |heard: &Heard| matches!(heard, Heard::Missed { from: f, firm: FIRM } if *f == from);
    node.hears_next(|heard| missed(heard).then_some(())).await;
    assert_eq!(network.lost(), 1);
    speaker.say(FIRM, 3);
    assert_eq!(node.hears_next(number).await.2, 3);
    drop(speaker.heard.try_recv());
}

/// The listener was fine all the time, and has never heard of the speaker before.
#[tokio::test]
async fn a_first_message_that_could_not_be_said_is_missed() {
    let redis = Redis::start().await;
    let network = FaultProxy::start(redis.address()).await;
    let mut node = Node::watching(redis.address(), FIRM).await;
    let speaker = Node::up(network.address()).await;
    network.cut();
    super::support::until("it to be noticed", || !speaker.bus.is_up()).await;
    speaker.say(FIRM, 1);
    network.heal();
    let missed = |heard: &Heard| matches!(heard, Heard::Missed { firm: FIRM, .. });
    node.hears("missed", missed).await;
}

/// A listener that takes nothing for a while is told so, and nobody waits for it.
#[tokio::test]
async fn who_does_not_listen_is_told_what_it_missed() {
    let redis = Redis::start().await;
    let speaker = Node::up(redis.address()).await;
    let mut node = Node::watching(redis.address(), FIRM).await;
    let address: SocketAddr = redis.address();
    let total = 60_000;
    for n in 1..=total {
        speaker.say(FIRM, n);
        if n % 1_000 == 0 {
            let taken = || speaker.metrics.bus_published_total.get() >= u64::from(n);
            super::support::until("Redis to take it", taken).await;
        }
    }
    assert_eq!(speaker.metrics.bus_dropped_total.get(), 0);
    let missed = |heard: &Heard| matches!(heard, Heard::Missed { firm: FIRM, .. });
    node.hears("missed", missed).await;
    assert!(node.bus.is_up());
    let late = Node::up(address).await;
    late.say(FIRM, total + 1);
    while node.hears_number().await.2 != total + 1 {}
}
