//! Nodes that come and go.

use super::support::{FIRM, Node, TIMES, number};
use std::net::SocketAddr;
use tidings_server::bus::Heard;
use tidings_tests::{FaultProxy, Redis, now};
use tokio::runtime::Runtime;

/// A node in a process of its own, as far as that can be: it ends at a stroke.
async fn mortal(redis: SocketAddr) -> (Runtime, Node) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("there are threads");
    let node = runtime.spawn(Node::up(redis)).await.expect("it starts");
    (runtime, node)
}

fn gone(heard: &Heard) -> Option<tidings_server::bus::NodeId> {
    match heard {
        Heard::Gone(node) | Heard::Left(node) => Some(*node),
        _ => None,
    }
}

#[tokio::test]
async fn who_says_goodbye_is_gone_at_once_after_its_last_words() {
    let redis = Redis::start().await;
    let mut node = Node::watching(redis.address(), FIRM).await;
    let leaving = Node::up(redis.address()).await;
    leaving.say(FIRM, 1);
    leaving.bus.goodbye().await;
    assert_eq!(node.hears_next(number).await.2, 1);
    // It was told so, and has not found out by the silence.
    let left = |heard: &Heard| match heard {
        Heard::Left(node) => Some(*node),
        _ => None,
    };
    assert_eq!(node.hears_next(left).await, leaving.bus.node());
    leaving.say(FIRM, 2);
    assert!(!leaving.bus.is_up());
}

#[tokio::test]
async fn who_ends_without_a_word_is_gone_after_a_while() {
    let redis = Redis::start().await;
    let mut node = Node::watching(redis.address(), FIRM).await;
    let (runtime, dying) = mortal(redis.address()).await;
    dying.say(FIRM, 1);
    assert_eq!(node.hears_next(number).await.2, 1);
    let died = now();
    runtime.shutdown_background();
    assert_eq!(node.hears_next(gone).await, dying.bus.node());
    assert!(died.elapsed() + TIMES.beat * 2 >= TIMES.silence);
}

#[tokio::test]
async fn nobody_is_gone_because_we_were_away() {
    let redis = Redis::start().await;
    let network = FaultProxy::start(redis.address()).await;
    let other = Node::up(redis.address()).await;
    let mut node = Node::watching(network.address(), FIRM).await;
    other.say(FIRM, 1);
    assert_eq!(node.hears_next(number).await.2, 1);
    network.cut();
    node.hears("down", |heard| matches!(heard, Heard::Down)).await;
    // Far longer than the others may be silent.
    tokio::time::sleep(TIMES.silence * 2).await;
    network.heal();
    node.hears_next(|heard| matches!(heard, Heard::Up).then_some(())).await;
    let mut heard = Vec::new();
    let listening = now();
    while listening.elapsed() < TIMES.silence * 2 {
        other.say(FIRM, 2);
        let next = node.next().await;
        heard.extend(gone(&next));
    }
    assert_eq!(heard, []);
}

#[tokio::test]
async fn who_was_cut_off_and_comes_back_may_have_said_anything() {
    let redis = Redis::start().await;
    let network = FaultProxy::start(redis.address()).await;
    let mut node = Node::watching(redis.address(), FIRM).await;
    let cut_off = Node::up(network.address()).await;
    cut_off.say(FIRM, 1);
    assert_eq!(node.hears_next(number).await.2, 1);
    network.freeze();
    assert_eq!(node.hears_next(gone).await, cut_off.bus.node());
    network.heal();
    node.hears("up", |heard| matches!(heard, Heard::Up)).await;
}
