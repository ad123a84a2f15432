//! A Redis Cluster: its nodes share the channels among them.

use super::support::{FIRM, Node, number, until};
use tidings_protocol::FirmId;
use tidings_server::bus::Heard;
use tidings_tests::{Redis, within};
use uuid::Uuid;

const CLUSTER: &str = "?cluster=true";

/// Slots of each of three nodes.
const RANGES: [(u16, u16); 3] = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)];

/// Three primaries that know each other.
async fn cluster() -> Vec<Redis> {
    cluster_of(Redis::start_in_cluster).await
}

/// The same, each started so.
pub(crate) async fn cluster_of<F: Future<Output = Redis>>(start: impl Fn() -> F) -> Vec<Redis> {
    let mut nodes = Vec::new();
    for (first, last) in RANGES {
        let node = start().await;
        assert_eq!(node.say(&format!("CLUSTER ADDSLOTSRANGE {first} {last}")).await, "+OK");
        nodes.push(node);
    }
    for node in &nodes[1..] {
        assert_eq!(nodes[0].say(&format!("CLUSTER MEET {}", node.cluster_address())).await, "+OK");
    }
    for node in &nodes {
        whole(node).await;
    }
    nodes
}

/// Waits until a node says that the cluster is whole.
async fn whole(node: &Redis) {
    let waiting = async {
        while !node.say("CLUSTER INFO").await.contains("cluster_state:ok") {
            tokio::task::yield_now().await;
        }
    };
    within("the cluster to be whole", waiting).await;
}

/// A firm of each node.
pub(crate) async fn firms(nodes: &[Redis]) -> Vec<FirmId> {
    let mut firms = Vec::new();
    for (first, last) in RANGES {
        let mut n = 0_u128;
        loop {
            n += 1;
            let firm = FirmId(Uuid::from_u128(n));
            let slot = nodes[0].say(&format!("CLUSTER KEYSLOT tidings:{}", firm.0)).await;
            if (first..=last).contains(&slot.trim_start_matches(':').parse().unwrap()) {
                firms.push(firm);
                break;
            }
        }
    }
    firms
}

/// Says something of each firm until it is heard.
pub(crate) async fn hears_all(speaker: &Node, node: &mut Node, firms: &[FirmId]) {
    for firm in firms {
        let said = (speaker.bus.node(), *firm, fastrand::u32(..));
        let saying = async {
            loop {
                speaker.say(*firm, said.2);
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            () = saying => {}
            () = async { while node.hears_number().await != said {} } => {}
        }
    }
}

#[tokio::test]
async fn each_channel_is_on_the_node_of_its_slot() {
    let nodes = cluster().await;
    let firms = firms(&nodes).await;
    let mut node = Node::up_with(nodes[0].address(), CLUSTER).await;
    let speaker = Node::up_with(nodes[2].address(), CLUSTER).await;
    for firm in &firms {
        node.watch(*firm).await;
    }
    for (n, firm) in (0..).zip(&firms) {
        speaker.say(*firm, n);
        assert_eq!(node.hears_next(number).await, (speaker.bus.node(), *firm, n));
    }
    for (redis, firm) in nodes.iter().zip(&firms) {
        let channels = redis.say("PUBSUB SHARDCHANNELS").await;
        let here: Vec<_> = firms.iter().filter(|f| channels.contains(&f.0.to_string())).collect();
        assert_eq!(here, [firm]);
    }
    let one = Redis::start().await;
    let mut wrong = Node::start(one.address(), CLUSTER);
    wrong.hears_next(|heard| matches!(heard, Heard::Down).then_some(())).await;
}

#[tokio::test]
async fn a_node_that_is_killed_takes_the_bus_down_until_it_is_back() {
    let mut nodes = cluster().await;
    let firms = firms(&nodes).await;
    let mut node = Node::up_with(nodes[0].address(), CLUSTER).await;
    let speaker = Node::up_with(nodes[1].address(), CLUSTER).await;
    for firm in &firms {
        node.watch(*firm).await;
    }
    // The one that was named by the operator, and another one.
    for killed in [0, 2] {
        nodes[killed].kill().await;
        node.hears("down", |heard| matches!(heard, Heard::Down)).await;
        nodes[killed].start_again().await;
        for redis in &nodes {
            whole(redis).await;
        }
        node.hears("up", |heard| matches!(heard, Heard::Up)).await;
        hears_all(&speaker, &mut node, &firms).await;
    }
}

#[tokio::test]
async fn a_slot_that_moves_is_followed() {
    let nodes = cluster().await;
    let mut node = Node::up_with(nodes[0].address(), CLUSTER).await;
    let speaker = Node::up_with(nodes[0].address(), CLUSTER).await;
    node.watch(FIRM).await;
    let slot = nodes[0].say(&format!("CLUSTER KEYSLOT tidings:{}", FIRM.0)).await;
    let slot = slot.trim_start_matches(':');
    let number: u16 = slot.parse().unwrap();
    let from = RANGES.iter().position(|(first, last)| (first..=last).contains(&&number)).unwrap();
    let to = nodes[(from + 1) % 3].say("CLUSTER MYID").await;
    for redis in &nodes {
        assert_eq!(redis.say(&format!("CLUSTER SETSLOT {slot} NODE {to}")).await, "+OK");
    }
    node.hears("down", |heard| matches!(heard, Heard::Down)).await;
    node.hears("up", |heard| matches!(heard, Heard::Up)).await;
    hears_all(&speaker, &mut node, &[FIRM]).await;
    until("the speaker to be up", || speaker.bus.is_up()).await;
}
