//! One load on one cluster, and what it cost each part.

use crate::cluster::Cluster;
use crate::processes::Cpu;
use serde_json::Value;
use tempfile::TempDir;
use tidings_tests::loadtest;

/// Seconds of messages in the short run of a pair, and in the long one.
const SECONDS: (u32, u32) = (2, 10);

/// Messages at a fixed rate to all sockets of some threads.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) name: &'static str,
    pub(crate) threads: u32,
    /// Of each thread.
    pub(crate) sockets: u32,
    /// Messages a second in each thread.
    pub(crate) rate: u32,
}

/// What the messages of a pair's difference cost.
pub(crate) struct Cost {
    pub(crate) messages: f64,
    pub(crate) deliveries: f64,
    pub(crate) cpu: Cpu,
    /// As the clients saw it in the long run, in milliseconds.
    pub(crate) delivery_p50_ms: f64,
    pub(crate) delivery_p99_ms: f64,
}

struct Run {
    messages: f64,
    deliveries: f64,
    cpu: Cpu,
    report: Value,
}

impl Load {
    /// Runs a pair on a new cluster of `nodes`, of which the first `serving` have clients.
    pub(crate) async fn cost(self, nodes: usize, serving: usize) -> Cost {
        let short = self.run(nodes, serving, SECONDS.0).await;
        let long = self.run(nodes, serving, SECONDS.1).await;
        let delivery = latency(&long.report, "delivery");
        Cost {
            messages: long.messages - short.messages,
            deliveries: long.deliveries - short.deliveries,
            cpu: long.cpu.without(&short.cpu),
            delivery_p50_ms: micros(&delivery["p50_us"]),
            delivery_p99_ms: micros(&delivery["p99_us"]),
        }
    }

    async fn run(self, nodes: usize, serving: usize, seconds: u32) -> Run {
        let cluster = Cluster::start(nodes).await;
        let folder = TempDir::new().expect("there is room for a report");
        let json = folder.path().join("report.json");
        let mut arguments = vec![
            "fan-out".to_owned(),
            "--no-pin".to_owned(),
            format!("--threads={}", self.threads),
            format!("--sockets={}", self.sockets),
            format!("--rate={}", self.rate),
            format!("--seconds={seconds}"),
            format!("--api-key={}", cluster.firm.key),
            format!("--json={}", json.display()),
        ];
        for node in &cluster.nodes[..serving] {
            arguments.push(format!("--target=http://{}", node.endpoint().address()));
        }
        let ids: Vec<u32> = cluster.nodes.iter().map(tidings_tests::Server::process_id).collect();
        let before = Cpu::now(&ids);
        let _ = loadtest(&arguments).await.ok();
        let cpu = Cpu::now(&ids).without(&before);
        let report = std::fs::read(&json).expect("the load tester has reported");
        let report: Value = serde_json::from_slice(&report).expect("its report is JSON");
        let messages = f64::from(self.threads * self.rate * seconds);
        Run { messages, deliveries: messages * f64::from(self.sockets), cpu, report }
    }
}

fn latency<'a>(report: &'a Value, name: &str) -> &'a Value {
    let latencies = report["latencies"].as_array().expect("a report has latencies");
    latencies.iter().find(|latency| latency["name"] == name).expect("and this one")
}

fn micros(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN) / 1_000.0
}
