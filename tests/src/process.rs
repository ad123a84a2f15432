//! A process of ours that runs until it is ended, and never longer than its test.

use crate::binary;
use crate::logs::Logs;
use crate::wait::within;
use std::fs::File;
use std::process::{ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::process::{Child, Command};

/// A running process. Dropping it kills it, and shows its logs if the test has failed.
pub struct Process {
    child: Child,
    /// Standard error.
    pub logs: Logs,
    /// Standard output.
    pub output: Logs,
    readers: Vec<JoinHandle<()>>,
    name: String,
}

impl Process {
    /// Starts `tidings` with these arguments.
    pub fn start(arguments: &[String]) -> Self {
        Self::run("tidings", binary::command(), arguments)
    }

    /// Starts `tidings-notifier` with these arguments.
    pub fn start_notifier(arguments: &[String]) -> Self {
        Self::run("tidings-notifier", binary::notifier_command(), arguments)
    }

    fn run(program: &str, mut command: Command, arguments: &[String]) -> Self {
        command.args(arguments).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("what was built can be run");
        let output = child.stdout.take().and_then(|pipe| pipe.into_owned_fd().ok());
        let logs = child.stderr.take().and_then(|pipe| pipe.into_owned_fd().ok());
        let (output, out) = Logs::collect(File::from(output.expect("its output is piped")));
        let (logs, err) = Logs::collect(File::from(logs.expect("its errors are piped")));
        let name = format!("{program} {}", arguments.join(" "));
        Self { child, logs, output, readers: vec![out, err], name }
    }

    /// Its number, while it runs.
    pub fn id(&self) -> u32 {
        self.child.id().expect("the process runs")
    }

    /// Whether it has ended, by itself or not.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal by its name, such as `TERM`.
    pub async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(sent.is_ok_and(|status| status.success()), "kill -s {name} {id}");
    }

    /// Ends it on the spot, as a power cut would.
    pub async fn kill(&mut self) {
        self.child.start_kill().expect("a process of ours can be killed");
        within("a killed process to end", self.child.wait()).await.expect("it is our child");
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        within("the process to end", self.child.wait()).await.expect("it is our child")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its folder is about to go: it has to be gone by then.
        let _ = self.child.start_kill();
        while matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(1));
        }
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        if std::thread::panicking() {
            println!("---- {} (pid and port are gone)", self.name);
            self.logs.lines().iter().for_each(|line| println!("{line}"));
        }
    }
}
