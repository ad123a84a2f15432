//! Redis is away, and comes back.

use super::support::{FIRM, Node, OTHER, number, until};
use std::time::Duration;
use tidings_server::bus::Heard;
use tidings_tests::{Redis, now};

/// How soon it has to be noticed that Redis answers nothing, on a machine that is busy.
const NOTICED: Duration = Duration::from_secs(6);

async fn down(node: &mut Node) {
    node.hears("down", |heard| matches!(heard, Heard::Down)).await;
}

async fn up(node: &mut Node) {
    node.hears("up", |heard| matches!(heard, Heard::Up)).await;
    node.is_up().await;
}

/// Two nodes, of which the second hears of two firms.
async fn two(redis: &Redis) -> (Node, Node) {
    let speaker = Node::up(redis.address()).await;
    let mut node = Node::watching(redis.address(), FIRM).await;
    node.watch(OTHER).await;
    (speaker, node)
}

/// The second hears of both firms what the first says, once the first has noticed too that its
/// connection is gone.
async fn hears_again(speaker: &mut Node, node: &mut Node) {
    for firm in [FIRM, OTHER] {
        let again = (speaker.bus.node(), firm, fastrand::u32(..));
        let saying = async {
            loop {
                speaker.say(firm, again.2);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let hearing = async { while node.hears_number().await != again {} };
        tokio::select! {
            () = saying => {}
            () = hearing => {}
        }
    }
}

#[tokio::test]
async fn killed_and_started_again() {
    let mut redis = Redis::start().await;
    let (mut speaker, mut node) = two(&redis).await;
    redis.kill().await;
    down(&mut node).await;
    until("the speaker to notice", || !speaker.bus.is_up()).await;
    speaker.say(FIRM, 1);
    assert!(!node.bus.is_up());
    redis.start_again().await;
    up(&mut node).await;
    hears_again(&mut speaker, &mut node).await;
    assert!(node.metrics.bus_reconnects_total.get() >= 1);
}

#[tokio::test]
async fn stopped_in_order_and_started_again() {
    let mut redis = Redis::start().await;
    let (mut speaker, mut node) = two(&redis).await;
    redis.stop().await;
    down(&mut node).await;
    redis.start_again().await;
    up(&mut node).await;
    hears_again(&mut speaker, &mut node).await;
}

#[tokio::test]
async fn silent_with_its_connections_open() {
    let redis = Redis::start().await;
    let (mut speaker, mut node) = two(&redis).await;
    let paused = now();
    redis.pause().await;
    down(&mut node).await;
    until("the speaker to notice", || !speaker.bus.is_up()).await;
    assert!(paused.elapsed() < NOTICED, "noticed after {:?}", paused.elapsed());
    redis.resume().await;
    up(&mut node).await;
    hears_again(&mut speaker, &mut node).await;
}

#[tokio::test]
async fn its_connections_cut_one_kind_after_the_other() {
    let redis = Redis::start().await;
    let (mut speaker, mut node) = two(&redis).await;
    for kind in ["pubsub", "normal", "all", "pubsub", "all"] {
        until("both to be there", || speaker.bus.is_up() && node.bus.is_up()).await;
        assert!(redis.client_kill(kind).await >= 2);
        if kind != "normal" {
            for listener in [&mut speaker, &mut node] {
                down(listener).await;
                up(listener).await;
            }
        }
        hears_again(&mut speaker, &mut node).await;
    }
}

#[tokio::test]
async fn flushed() {
    let redis = Redis::start().await;
    let (speaker, mut node) = two(&redis).await;
    redis.flush().await;
    speaker.say(FIRM, 1);
    assert_eq!(node.hears_next(number).await.2, 1);
}

#[tokio::test]
async fn not_there_when_a_node_starts() {
    let mut redis = Redis::start().await;
    redis.kill().await;
    let mut node = Node::start(redis.address(), "");
    node.bus.watch(FIRM);
    node.hears_next(|heard| matches!(heard, Heard::Down).then_some(())).await;
    assert!(!node.bus.is_up());
    redis.start_again().await;
    node.hears_next(|heard| matches!(heard, Heard::Watching(FIRM)).then_some(())).await;
    up(&mut node).await;
    let speaker = Node::up(redis.address()).await;
    speaker.say(FIRM, 1);
    assert_eq!(node.hears_next(number).await.2, 1);
}

#[tokio::test]
async fn firms_that_are_watched_while_it_is_away_are_heard_of_when_it_is_back() {
    let mut redis = Redis::start().await;
    let mut node = Node::watching(redis.address(), FIRM).await;
    redis.kill().await;
    down(&mut node).await;
    node.bus.watch(OTHER);
    node.bus.unwatch(FIRM);
    redis.start_again().await;
    node.hears("watching", |heard| matches!(heard, Heard::Watching(OTHER))).await;
    up(&mut node).await;
    let speaker = Node::up(redis.address()).await;
    speaker.say(OTHER, 1);
    assert_eq!(node.hears_number().await, (speaker.bus.node(), OTHER, 1));
}

/// It costs neither memory nor time.
#[tokio::test]
async fn away_for_long_while_a_million_things_are_said() {
    let mut redis = Redis::start().await;
    let (mut speaker, mut node) = two(&redis).await;
    redis.kill().await;
    until("the speaker to notice", || !speaker.bus.is_up()).await;
    // Were each of them to wait for Redis, this would not end.
    (0..1_000_000).for_each(|n| speaker.say(FIRM, n));
    let all_dropped = || speaker.metrics.bus_dropped_total.get() == 1_000_000;
    until("what still waited to be dropped", all_dropped).await;
    redis.start_again().await;
    up(&mut node).await;
    hears_again(&mut speaker, &mut node).await;
}

/// What waits while Redis is paused is bounded too.
#[tokio::test]
async fn silent_while_much_is_said() {
    let redis = Redis::start().await;
    let (mut speaker, mut node) = two(&redis).await;
    redis.pause().await;
    let mut longest = Duration::ZERO;
    while speaker.bus.is_up() {
        let before = now();
        (0..1_000).for_each(|n| speaker.say(FIRM, n));
        longest = longest.max(before.elapsed());
        tokio::task::yield_now().await;
    }
    println!("the slowest 1,000 in {longest:?}");
    assert!(speaker.metrics.bus_dropped_total.get() > 0);
    down(&mut node).await;
    redis.resume().await;
    up(&mut node).await;
    hears_again(&mut speaker, &mut node).await;
}
