//! Redis with TLS: spoken to if it is vouched for.

use super::cluster::{cluster_of, firms, hears_all};
use super::support::{FIRM, Node, TIMES, number};
use std::path::Path;
use tidings_server::bus::Heard;
use tidings_tests::{Authority, Redis};

fn options(roots: &Path) -> String {
    format!("?ca={}", roots.display())
}

#[tokio::test]
async fn nodes_hear_each_other_over_tls() {
    let authority = Authority::new();
    let redis = Redis::start_with_tls(&authority).await;
    let url = redis.tls_url("127.0.0.1") + &options(&authority.roots());
    let mut node = Node::up_at(&url).await;
    node.watch(FIRM).await;
    let other = Node::up(redis.address()).await;
    other.say(FIRM, 7);
    assert_eq!(node.hears_next(number).await, (other.bus.node(), FIRM, 7));
}

#[tokio::test]
async fn nodes_of_a_cluster_are_spoken_to_over_tls_too() {
    let authority = Authority::new();
    let nodes = cluster_of(|| Redis::start_in_cluster_with_tls(&authority)).await;
    let firms = firms(&nodes).await;
    let options = options(&authority.roots()) + "&cluster=true";
    let mut node = Node::up_at(&(nodes[0].tls_url("127.0.0.1") + &options)).await;
    let speaker = Node::up_at(&(nodes[2].tls_url("127.0.0.1") + &options)).await;
    for firm in &firms {
        node.watch(*firm).await;
    }
    hears_all(&speaker, &mut node, &firms).await;
    for (redis, firm) in nodes.iter().zip(&firms) {
        let channels = redis.say("PUBSUB SHARDCHANNELS").await;
        assert!(channels.contains(&firm.0.to_string()), "{channels}");
    }
}

#[tokio::test]
async fn a_redis_that_nobody_vouches_for_is_not_spoken_to() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let redis = Redis::start_with_tls(&authority).await;
    let url = |host, roots: &Path| redis.tls_url(host) + &options(roots);
    let mut nodes = [
        Node::start_at(&url("127.0.0.1", &stranger.roots())),
        Node::start_at(&url("127.0.0.1", Path::new("/nowhere.pem"))),
        // It is called by another name than it was vouched for.
        Node::start_at(&url("localhost", &authority.roots())),
    ];
    // Who trusts it is up long before they would have given up.
    let _trusting = Node::up_at(&url("127.0.0.1", &authority.roots())).await;
    tokio::time::sleep(TIMES.deadline).await;
    for node in &mut nodes {
        assert!(!node.bus.is_up());
        let heard = node.heard.try_recv();
        assert!(!matches!(heard, Ok(Heard::Up)), "{heard:?}");
    }
}
