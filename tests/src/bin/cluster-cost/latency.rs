//! What the bus adds: the time from sending a message until a socket on the same node has it, and
//! until one on another node has it, one message at a time.

use crate::cluster::Cluster;
use std::time::{Duration, Instant};
use tidings_protocol::{ContactState, Encoding, Person, Role, Seq, ThreadId};
use tidings_tests::{Client, post, start_thread, thread};

/// Messages measured, and before that to warm up.
const MESSAGES: u64 = 300;
const WARM_UP: u64 = 50;

/// Measures on an idle cluster of two nodes; a line of text.
pub(crate) async fn measure() -> String {
    let cluster = Cluster::start(2).await;
    let firm = &cluster.firm;
    let owner = Person::Member(firm.member("Olive", Role::Owner).await);
    let account = firm.account("Acme").await;
    firm.contact(account, "Carl", ContactState::Active).await;
    let token = firm.token(owner).await;
    let mut sender = Client::connect(cluster.nodes[0].endpoint(), &token, Encoding::Json).await;
    let thread = start_thread(&mut sender, thread(account, "Latency", &[])).await;
    let mut here = listener(&cluster, 0, &token, thread).await;
    let mut there = listener(&cluster, 1, &token, thread).await;
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + MESSAGES {
        let sent = now();
        let id = sender.send(post(thread, "x".repeat(200))).await;
        // The thread began with two events.
        let seq = Seq(number + 3);
        let (first, second) =
            tokio::join!(heard(&mut here, seq, sent), heard(&mut there, seq, sent));
        sender.try_reply(id).await.expect("the connection holds");
        if number >= WARM_UP {
            near.push(first);
            far.push(second);
        }
    }
    near.sort_unstable();
    far.sort_unstable();
    let figures = |times: &[Duration]| {
        format!(
            "p50 {:.2} ms, p99 {:.2} ms",
            ms(times[times.len() / 2]),
            ms(times[times.len() * 99 / 100])
        )
    };
    format!(
        "One message at a time, sent until heard: same node {}; other node {}",
        figures(&near),
        figures(&far)
    )
}

async fn listener(cluster: &Cluster, node: usize, token: &str, thread: ThreadId) -> Client {
    let mut client = Client::connect(cluster.nodes[node].endpoint(), token, Encoding::Json).await;
    client.join_live(thread).await;
    client.take_events();
    client
}

async fn heard(client: &mut Client, seq: Seq, sent: Instant) -> Duration {
    client.events_up_to(seq).await;
    sent.elapsed()
}

#[expect(clippy::disallowed_methods, reason = "this is what is measured")]
fn now() -> Instant {
    Instant::now()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
