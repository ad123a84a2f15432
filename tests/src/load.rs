//! The load tester at work beside a test that breaks things meanwhile.

use crate::binary::loadtest_command;
use crate::logs::Logs;
use serde_json::Value;
use std::fs::File;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, ChildStdin};

/// People, writing and reading and losing the network, in threads of two to six; some of them lose
/// their access for a while. They come back soon, and take a silent connection for lost.
const CONVERSATIONS: &str = "conversations --ramp-up 1 --warm-up 0 --access-ends 2 --outages \
    --until-stdin-ends --silence-ms 2000 --backoff-ms 50 --backoff-max-ms 500 --no-pin --quiet \
    --max-tester-cpu-percent off --encoding both --body-bytes 100";

/// From the end of the load to the report: everything comes to rest, is read back and checked.
const FINISHING: Duration = Duration::from_mins(5);

/// A load tester that runs until it is told to finish.
pub struct Load {
    child: Child,
    stdin: Option<ChildStdin>,
    errors: Logs,
    folder: TempDir,
}

/// How much there is to be.
#[derive(Clone, Copy, Debug)]
pub struct LoadSize {
    /// Threads.
    pub threads: u32,
    /// Deeds a second of each person.
    pub rate: f64,
    /// People at a time that lose their access for a while.
    pub turnover: u32,
    /// The longest it may last.
    pub longest: Duration,
    /// The longest until everything is at rest again.
    pub settle: Duration,
}

/// What it has found.
#[derive(Debug)]
pub struct LoadReport {
    /// Whether it passed: no promise broken, and enough done.
    pub passed: bool,
    /// All it says.
    pub json: Value,
    /// What it wrote to standard error.
    pub errors: String,
}

impl Load {
    /// Starts it in a firm on these addresses, and waits until everybody is there.
    pub async fn start(targets: &[String], key: &str, size: LoadSize) -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        let mut command = loadtest_command();
        command.args(CONVERSATIONS.split_whitespace()).args(["--api-key", key]);
        for target in targets {
            command.args(["--target", target]);
        }
        for (flag, value) in [
            ("--threads", size.threads.to_string()),
            ("--rate", size.rate.to_string()),
            ("--access-turnover", size.turnover.to_string()),
            ("--seconds", size.longest.as_secs().to_string()),
            ("--settle", size.settle.as_secs().to_string()),
        ] {
            command.args([flag, &value]);
        }
        command.arg("--json").arg(folder.path().join("report.json"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().expect("tidings-loadtest can be run");
        let stdin = child.stdin.take();
        let output = child.stdout.take().and_then(|pipe| pipe.into_owned_fd().ok());
        let errors = child.stderr.take().and_then(|pipe| pipe.into_owned_fd().ok());
        // Their threads end with the pipes.
        let (output, _) = Logs::collect(File::from(output.expect("its output is piped")));
        let (errors, _) = Logs::collect(File::from(errors.expect("its errors are piped")));
        let measuring = |line: &str| (line == "measuring").then_some(());
        if let Err(said) = output.wait_for("the load to begin", measuring).await {
            panic!("the load tester does not begin: {said}\n{}", errors.lines().join("\n"));
        }
        Self { child, stdin, errors, folder }
    }

    /// Whether it has ended before it was told to.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Nothing is broken any more: it ends, and says what it has found.
    pub async fn finish(mut self) -> LoadReport {
        drop(self.stdin.take());
        let ended = tokio::time::timeout(FINISHING, self.child.wait()).await;
        let errors = self.errors.lines().join("\n");
        let status = ended.unwrap_or_else(|_| panic!("the load tester does not end: {errors}"));
        let status = status.expect("it is our child");
        let json = std::fs::read(self.folder.path().join("report.json")).ok();
        let json = json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or(Value::Null);
        let passed = status.code() == Some(0) && json["passed"] == true;
        LoadReport { passed, json, errors }
    }
}

impl LoadReport {
    /// A number by its path, such as `/totals/acked`; 0 if there is none.
    pub fn number(&self, path: &str) -> u64 {
        self.json.pointer(path).and_then(Value::as_u64).unwrap_or(0)
    }

    /// How many promises were broken.
    pub fn violations(&self) -> u64 {
        let found = self.json["proof"]["found"].as_array();
        found.into_iter().flatten().filter_map(|kind| kind[1].as_u64()).sum()
    }

    /// How often somebody's access ended for a while.
    pub fn access_changes(&self) -> f64 {
        let mut figures = self.json["figures"].as_array().into_iter().flatten();
        let changes = figures.find(|figure| figure["name"] == "ends of access for a while");
        changes.and_then(|changes| changes["value"].as_f64()).unwrap_or(0.0)
    }

    /// Whole seconds of the measured part in which nothing was acknowledged.
    pub fn silent_seconds(&self) -> usize {
        let slices = self.json["timeline"].as_array();
        let slices = slices.into_iter().flatten().filter(|slice| slice["measured"] == true);
        slices.filter(|slice| slice["acked_per_s"].as_f64() == Some(0.0)).count()
    }
}
