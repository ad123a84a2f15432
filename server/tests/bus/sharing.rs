//! Who hears what while nothing is broken.

use super::support::{FIRM, Node, OTHER, number, until};
use tidings_server::bus::{Heard, Payload};
use tidings_tests::Redis;

#[tokio::test]
async fn what_one_says_the_others_hear_in_order_and_itself_does_not() {
    let redis = Redis::start().await;
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::watching(redis.address(), FIRM).await);
    }
    for n in 0..1_000 {
        nodes[0].say(FIRM, n);
    }
    nodes[1].say(FIRM, 7);
    let first = nodes[0].bus.node();
    assert_eq!(nodes[0].hears_next(number).await, (nodes[1].bus.node(), FIRM, 7));
    for n in 0..1_000 {
        assert_eq!(nodes[1].hears_next(number).await, (first, FIRM, n));
    }
    let mut both = Vec::new();
    for _ in 0..1_001 {
        both.push(nodes[2].hears_next(number).await);
    }
    assert!(both.iter().filter(|(from, ..)| *from == first).map(|(.., n)| *n).eq(0..1_000));
    until("the last answers", || nodes[0].metrics.bus_published_total.get() == 1_000).await;
    assert_eq!((nodes[0].metrics.bus_dropped_total.get(), nodes[0].metrics.bus_up.get()), (0, 1));
    assert_eq!(
        (nodes[1].metrics.bus_missed_total.get(), nodes[1].metrics.bus_received_total.get()),
        (0, 1_000)
    );
}

#[tokio::test]
async fn only_firms_that_are_watched_are_heard_of_and_not_for_long_after() {
    let redis = Redis::start().await;
    let speaker = Node::up(redis.address()).await;
    let mut node = Node::watching(redis.address(), FIRM).await;
    speaker.say(OTHER, 1);
    speaker.say(FIRM, 2);
    assert_eq!(node.hears_next(number).await.2, 2);
    node.watch(OTHER).await;
    speaker.say(OTHER, 3);
    assert_eq!(node.hears_next(number).await.2, 3);
    let channel = format!("PUBSUB NUMSUB tidings:{}", OTHER.0);
    node.bus.unwatch(OTHER);
    // Nobody there any more: two lines, the name and 0; the first says how many lines.
    while redis.say(&channel).await.ends_with(":1") {
        tokio::task::yield_now().await;
    }
    node.hears("the end", |heard| matches!(heard, Heard::Unwatched(OTHER))).await;
    speaker.say(OTHER, 4);
    speaker.say(FIRM, 5);
    assert_eq!(node.hears_next(number).await.2, 5);
    node.watch(OTHER).await;
    speaker.say(OTHER, 6);
    assert_eq!(node.hears_next(number).await.2, 6);
}

#[tokio::test]
async fn who_says_that_it_is_watching_hears_what_is_said_from_then_on() {
    let redis = Redis::start().await;
    let speaker = Node::up(redis.address()).await;
    for n in 0..50 {
        let mut node = Node::watching(redis.address(), FIRM).await;
        speaker.say(FIRM, n);
        assert_eq!(node.hears_next(number).await.2, n);
    }
}

#[tokio::test]
async fn a_firm_that_is_watched_by_many_sockets_is_watched_until_the_last() {
    let redis = Redis::start().await;
    let speaker = Node::up(redis.address()).await;
    let mut node = Node::watching(redis.address(), FIRM).await;
    node.bus.watch(FIRM);
    node.bus.unwatch(FIRM);
    node.watch(OTHER).await;
    node.bus.unwatch(OTHER);
    let channel = format!("PUBSUB NUMSUB tidings:{}", OTHER.0);
    while redis.say(&channel).await.ends_with(":1") {
        tokio::task::yield_now().await;
    }
    node.hears("the end", |heard| matches!(heard, Heard::Unwatched(OTHER))).await;
    speaker.say(FIRM, 1);
    assert_eq!(node.hears_next(number).await.2, 1);
}

#[tokio::test]
async fn clusters_with_prefixes_of_their_own_share_a_redis() {
    let redis = Redis::start().await;
    let ours = Node::up_with(redis.address(), "?prefix=ours").await;
    let mut theirs = Node::up_with(redis.address(), "?prefix=theirs").await;
    let speaker = Node::up_with(redis.address(), "?prefix=theirs").await;
    theirs.watch(FIRM).await;
    ours.say(FIRM, 1);
    until("it to be said", || ours.metrics.bus_published_total.get() == 1).await;
    speaker.say(FIRM, 2);
    assert_eq!(theirs.hears_next(number).await.2, 2);
}

#[tokio::test]
async fn a_password_is_asked_for_and_told() {
    let redis = Redis::start_with(&["--user", "me", "on", ">s3cret", "~*", "&*", "+@all"]).await;
    let with = |who: &str| format!("redis://{who}{}", redis.address());
    let start = |url: &str| {
        let url = tidings_server::bus::BusUrl::parse(url).unwrap();
        let metrics = std::sync::Arc::default();
        tidings_server::bus::Bus::start(&url, super::support::TIMES, &metrics)
    };
    let (bus, mut heard) = start(&with("me:s3cret@"));
    assert!(matches!(heard.recv().await, Some(Heard::Up)));
    until("the bus to be up", || bus.is_up()).await;
    let (bus, mut heard) = start(&with("me:wrong@"));
    assert!(matches!(heard.recv().await, Some(Heard::Down)));
    bus.publish(FIRM, Payload::Ask);
    assert!(!bus.is_up());
}

#[tokio::test]
async fn a_node_that_is_alone_has_nobody_to_talk_to() {
    let (bus, mut heard) = tidings_server::bus::Bus::alone();
    assert!(bus.is_up() && !bus.is_shared());
    bus.watch(FIRM);
    bus.publish(FIRM, Payload::Ask);
    bus.unwatch(FIRM);
    bus.goodbye().await;
    assert!(heard.recv().await.is_none());
}
