//! A server under test: a process, a folder, an address.

use crate::binary::{Finished, tidings};
use crate::endpoint::Endpoint;
use crate::http::Http;
use crate::logs::Logs;
use crate::process::Process;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use tempfile::TempDir;

/// Rates that no test reaches unless it is about them.
const SETTINGS: [(&str, &str); 6] = [
    ("listen", "127.0.0.1:0"),
    ("log-format", "json"),
    ("log-filter", "info,tidings=debug,tidings_server=debug,tidings_storage=debug"),
    ("commands-per-second", "100000"),
    ("commands-burst", "100000"),
    ("sockets-per-person", "100"),
];

/// A running `tidings serve`, with a data folder of its own.
pub struct Server {
    process: Process,
    endpoint: Endpoint,
    settings: Vec<(String, String)>,
    folder: TempDir,
}

impl Server {
    /// Starts one on an empty store.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with further settings, each by the name of its flag without the dashes.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in SETTINGS.iter().chain(settings) {
            all.retain(|(known, _)| known != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        if !all.iter().any(|(name, _)| name == "store") {
            let store = folder.path().join("tidings.db");
            all.push(("store".to_owned(), format!("sqlite:{}", store.display())));
        }
        if !all.iter().any(|(name, _)| name == "mail-folder") {
            let mails = folder.path().join("mail");
            all.push(("mail-folder".to_owned(), mails.display().to_string()));
        }
        let process = Process::start(&arguments(&all));
        let address = ready_or_panic(&process).await;
        Self { process, endpoint: Endpoint::of(address), settings: all, folder }
    }

    /// Where it listens, now and after restarts.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Its HTTP API, without a credential.
    pub fn http(&self) -> Http {
        Http::new(&self.endpoint)
    }

    /// What it has logged since it was last started.
    pub fn logs(&self) -> &Logs {
        &self.process.logs
    }

    /// The process' number.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// A path in its folder, which goes when this is dropped.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The value of `--store`.
    pub fn store(&self) -> &str {
        let (_, store) = self.settings.iter().find(|(name, _)| name == "store").expect("it is set");
        store
    }

    /// The arguments of a second one with the same settings.
    pub fn arguments(&self) -> Vec<String> {
        arguments(&self.settings)
    }

    /// Runs a command of `tidings` on its store.
    pub async fn tidings(&self, arguments: &[&str]) -> Finished {
        tidings(arguments.iter().chain(&["--store", self.store()])).await
    }

    /// Ends it on the spot, as a power cut would.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Asks it to stop.
    pub async fn ask_to_stop(&self) {
        self.process.signal("TERM").await;
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        self.process.ended().await
    }

    /// Starts it again on the same store, on another port.
    pub async fn start_again(&mut self) {
        self.process = Process::start(&self.arguments());
        self.endpoint.move_to(ready_or_panic(&self.process).await);
    }
}

fn arguments(settings: &[(String, String)]) -> Vec<String> {
    let flags = settings.iter().flat_map(|(name, value)| [format!("--{name}"), value.clone()]);
    std::iter::once("serve".to_owned()).chain(flags).collect()
}

async fn ready_or_panic(process: &Process) -> SocketAddr {
    let ready = ready(process).await;
    ready.unwrap_or_else(|logs| panic!("the server did not start:\n{logs}"))
}

/// The address in the JSON line that says `ready`; all lines if there is none.
pub(crate) async fn ready(process: &Process) -> Result<SocketAddr, String> {
    let address = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let ready = line["message"] == "ready";
        ready.then(|| line["listen"].as_str()?.parse().ok()).flatten()
    };
    process.logs.wait_for("the server to be ready", address).await
}
