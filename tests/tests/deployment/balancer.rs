//! The balancer's configuration, as `HAProxy` reads it, and before two nodes of which one goes.

use crate::{check, text};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tidings_protocol::{CloseCode, Encoding, Seq};
use tidings_tests::{
    Cast, Client, Endpoint, Http, Port, Postgres, Redis, Server, messages, post, start_thread,
    thread, within,
};

/// Devices of one person, spread over the nodes; more if one node gets none of them at first.
const DEVICES: usize = 6;
const DEVICES_MAX: usize = 60;

/// A running balancer.
struct Balancer {
    process: Child,
    endpoint: Endpoint,
    _port: Port,
}

impl Balancer {
    fn start(folder: &Path, nodes: &[(SocketAddr, SocketAddr)]) -> Self {
        let port = Port::take();
        let address = port.address();
        let path = configuration(folder, address, nodes);
        let process = Command::new("haproxy").arg("-f").arg(path).stderr(Stdio::null()).spawn();
        let process = process.expect("the package haproxy is installed, as tests/run does");
        Self { process, endpoint: Endpoint::of(address), _port: port }
    }

    /// Connects once a node is found ready.
    async fn connect(&self, token: &str) -> Client {
        let connected = async {
            loop {
                let tried = Client::try_connect(&self.endpoint, Some(token), Encoding::Json).await;
                match tried {
                    Ok(mut client) => {
                        client.welcome().await;
                        return client;
                    }
                    Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                }
            }
        };
        within("the balancer to find a node", connected).await
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sockets of a node, by its operator's listener.
async fn sockets(ops: &Port) -> usize {
    let answer = Http::new(&Endpoint::of(ops.address())).get("/metrics").await;
    let count = |line: &str| line.strip_prefix("tidings_connections ")?.parse().ok();
    answer.body.lines().find_map(count).unwrap_or_else(|| panic!("no count in {answer:?}"))
}

/// The configuration with addresses of this machine; for fewer connections, which need fewer files.
fn configuration(
    folder: &Path,
    address: SocketAddr,
    nodes: &[(SocketAddr, SocketAddr)],
) -> PathBuf {
    let mut here = text("compose/haproxy.cfg")
        .replace("bind :8080", &format!("bind {address}"))
        .replace("maxconn 200000", "maxconn 1000")
        .replace("maxconn 100000", "maxconn 1000");
    for (number, (node, health)) in (1..).zip(nodes) {
        let containers = format!("tidings-{number}:8080 check port 9090");
        assert!(here.contains(&containers), "{here}");
        here = here.replace(&containers, &format!("{node} check port {}", health.port()));
    }
    let path = folder.join("haproxy.cfg");
    std::fs::write(&path, here).expect("there is room for it");
    path
}

#[test]
fn haproxy_reads_the_configuration() {
    let folder = TempDir::new().unwrap();
    let ports = [(); 5].map(|()| Port::take());
    let [clients, one, one_ops, other, other_ops] = ports.each_ref().map(Port::address);
    let nodes = [(one, one_ops), (other, other_ops)];
    let path = configuration(folder.path(), clients, &nodes);
    check("haproxy", &["-c", "-f", path.to_str().unwrap()], "the package haproxy");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_a_node_that_stops_go_on_at_the_other() {
    let (redis, postgres) = (Redis::start().await, Postgres::start());
    postgres.create_database("balanced");
    let (store, bus) = (postgres.url("balanced"), redis.url());
    let mut nodes = Vec::new();
    let mut addresses = Vec::new();
    let ops = [Port::take(), Port::take()];
    for ops in &ops {
        let address = ops.address().to_string();
        let settings = [("store", &*store), ("bus", &*bus), ("ops-listen", &*address)];
        let node = Server::start_with(&settings).await;
        addresses.push((node.endpoint().address(), ops.address()));
        nodes.push(node);
    }
    let folder = TempDir::new().unwrap();
    let balancer = Balancer::start(folder.path(), &addresses);
    let cast = Cast::on(&nodes[1]).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, thread(cast.account, "Balance", &[])).await;
    let token = cast.firm.token(cast.carlos).await;
    let mut devices = Vec::new();
    // A node may be found ready later than the other. Mia is at the second one, and in no balancer's way.
    while devices.len() < DEVICES || sockets(&ops[0]).await == 0 || sockets(&ops[1]).await == 1 {
        assert!(devices.len() < DEVICES_MAX, "all are at one node");
        let mut device = balancer.connect(&token).await;
        device.join(thread, None).await;
        device.events_up_to(Seq(2)).await;
        devices.push(device);
    }

    mia.done(post(thread, "before")).await;
    nodes[0].ask_to_stop().await;
    let mut closed = 0;
    let mut last = Seq(0);
    for number in 0..20 {
        last = mia.written(post(thread, format!("during {number}"))).await;
    }
    nodes[0].ended().await;
    for device in &mut devices {
        // Those of the other node hear all of it without noticing.
        let mut events = Vec::new();
        while events.len() < 21 {
            match device.try_event().await {
                Ok(event) => events.push(event),
                Err(end) => {
                    assert_eq!(end.code, Some(CloseCode::Restarting.code()), "{end:?}");
                    closed += 1;
                    let have = events.last().map_or(Seq(2), |event| event.seq);
                    *device = balancer.connect(&token).await;
                    device.join(thread, Some(have)).await;
                }
            }
        }
        assert_eq!(events.last().map(|event| event.seq), Some(last));
        assert_eq!(messages(&events).len(), 21);
    }
    let all = devices.len();
    assert!((1..all).contains(&closed), "{closed} of {all} were on the node that stopped");
}
