//! A server with a firm, and a load tester that reaches it through a proxy.

use crate::lie::Lie;
use crate::proxy::Proxy;
use serde_json::Value;
use tidings_tests::{Finished, Firm, Server, loadtest};

/// A small one with a fixed rate: every event goes to five sockets.
pub(crate) const FAN_OUT: &str = "fan-out --threads 4 --sockets 5 --rate 20 --seconds 2";

/// One in which nobody counts on a delivery, so that none is waited for. How much it does in its second
/// is up to the machine.
pub(crate) const SATURATE: &str =
    "saturate --threads 4 --sockets 5 --senders 1 --window 1 --seconds 1";

/// Posts with which [`SATURATE`] begins, in any case.
pub(crate) const FIRST_POSTS: usize = 4;

/// A small one with receipts, feeds, and connections that are lost.
pub(crate) const CONVERSATIONS: &str =
    "conversations --threads 4 --rate 10 --ramp-up 0 --access-ends 0 --listeners 4 --seconds 2";

/// What every run here is: short, in anybody's company, with clients that come back at once.
const SHORT: &str = "--no-pin --quiet --warm-up 0 --backoff-ms 50";

/// A server.
pub(crate) struct World {
    pub(crate) server: Server,
}

/// What came of a run of the load tester.
pub(crate) struct Run {
    pub(crate) finished: Finished,
    /// Its report; null if there is none.
    pub(crate) report: Value,
}

impl World {
    /// Starts the server.
    pub(crate) async fn start() -> Self {
        Self { server: Server::start().await }
    }

    /// A proxy in front of it.
    pub(crate) async fn proxy(&self, lie: impl Lie) -> Proxy {
        Proxy::start(self.server.endpoint().address(), lie).await
    }

    /// Runs a scenario through a proxy that lies.
    pub(crate) async fn through(&self, scenario: &str, lie: impl Lie) -> Run {
        let proxy = self.proxy(lie).await;
        self.run(scenario, &[proxy.url()]).await
    }

    /// Runs a scenario against these targets, in a firm of its own.
    pub(crate) async fn run(&self, scenario: &str, targets: &[String]) -> Run {
        let firm = Firm::create(&self.server, "Visser & Co").await;
        self.run_with_key(&firm.key, scenario, targets).await
    }

    /// The same with any API key.
    pub(crate) async fn run_with_key(&self, key: &str, scenario: &str, targets: &[String]) -> Run {
        let json = self.server.path(&format!("report-{}.json", tidings_tests::key()));
        let words = scenario.split(' ').chain(SHORT.split(' ')).map(str::to_owned);
        let targets = targets.iter().flat_map(|url| ["--target".to_owned(), url.clone()]);
        let rest = ["--api-key", key, "--json", &json.to_string_lossy()].map(str::to_owned);
        let finished = loadtest(words.chain(targets).chain(rest)).await;
        let report = std::fs::read(&json).ok();
        let report = report.map_or(Value::Null, |bytes| {
            serde_json::from_slice(&bytes).expect("the report is JSON")
        });
        Run { finished, report }
    }
}

impl Run {
    /// How many violations of each kind it found.
    pub(crate) fn found(&self) -> Vec<(String, u64)> {
        let found = self.report["proof"]["found"].clone();
        serde_json::from_value(found).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// It must say that promises of this kind were broken so often, and no other.
    #[track_caller]
    pub(crate) fn found_only(&self, kind: &str, count: u64) {
        self.found_besides(kind, &[]);
        let found = self.found().into_iter().find(|(name, _)| name == kind);
        assert_eq!(found, Some((kind.to_owned(), count)), "{self}");
    }

    /// It must say that promises of this kind were broken, and no other but these.
    #[track_caller]
    pub(crate) fn found_besides(&self, kind: &str, others: &[&str]) {
        assert_eq!(self.finished.code, Some(1), "{self}");
        assert_eq!(self.report["passed"], false, "{self}");
        let found = self.found();
        assert!(found.iter().any(|(name, count)| name == kind && *count > 0), "{self}");
        let all = [&[kind], others].concat();
        let rest: Vec<_> =
            found.iter().filter(|(name, count)| *count > 0 && !all.contains(&&**name)).collect();
        assert!(rest.is_empty(), "{rest:?} as well: {self}");
    }

    /// It must have passed.
    #[track_caller]
    pub(crate) fn passed(&self) {
        assert_eq!(self.finished.code, Some(0), "{self}");
        assert_eq!(self.report["passed"], true, "{self}");
        assert!(self.found().iter().all(|(_, count)| *count == 0), "{self}");
    }

    /// A number in the report, by its path.
    #[track_caller]
    pub(crate) fn number(&self, path: &str) -> u64 {
        let number = self.report.pointer(path).and_then(Value::as_u64);
        number.unwrap_or_else(|| panic!("no number at {path}: {self}"))
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Finished { code, stdout, stderr } = &self.finished;
        let (failures, proof) = (&self.report["failures"], &self.report["proof"]);
        write!(f, "exit {code:?}\n{stdout}{stderr}\n{failures:#}\n{proof:#}")
    }
}
