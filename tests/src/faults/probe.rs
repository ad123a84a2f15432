//! Finds out, as a client would, whether a node serves: posts a message in a thread of a firm of its
//! own. What was acknowledged to it must be in that thread's log at the end, too.

use crate::cluster::Cluster;
use crate::firm::Firm;
use crate::http::Http;
use crate::wait::now;
use futures_util::future::join_all;
use serde_json::json;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;
use tidings_protocol::{
    ClientKey, Command, ContactState, Event, EventKind, HistoryFrom, Outcome, Person, Reply, Role,
    Seq, ThreadId,
};

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(25);

/// An attempt that takes longer is given up.
const ATTEMPT: Duration = Duration::from_secs(2);

/// Every node must serve in this time after everything is whole again.
const RECOVERY_MAX: Duration = Duration::from_mins(1);

/// A firm with a thread, and what was acknowledged in it.
pub struct Probe {
    firm: Firm,
    owner: Person,
    thread: ThreadId,
    acked: HashMap<ClientKey, Seq>,
}

impl Probe {
    /// Makes the firm.
    pub async fn start(cluster: &Cluster) -> Self {
        let firm = cluster.firm("Probe").await;
        let owner = Person::Member(firm.member("Olga Owner", Role::Owner).await);
        let account = firm.account("Vega").await;
        firm.contact(account, "Carlos Vega", ContactState::Active).await;
        let started = firm.command(owner, &crate::thread(account, "Probe", &[])).await;
        let Outcome::Ok(Reply::ThreadCreated { thread, .. }) = started else {
            panic!("no thread: {started:?}");
        };
        Self { firm, owner, thread, acked: HashMap::new() }
    }

    /// Waits until every node serves, and says how long that took; which does not, if it takes too
    /// long.
    pub async fn all_serve(&mut self, cluster: &mut Cluster) -> Result<Duration, String> {
        let began = now();
        let recovered = async {
            cluster.all_ready().await;
            let nodes = cluster.nodes.iter().map(|node| node.http().with(&self.firm.key));
            join_all(nodes.map(|http| self.serves(http))).await
        };
        match tokio::time::timeout(RECOVERY_MAX, recovered).await {
            Ok(acked) => self.acked.extend(acked),
            Err(_) => return Err(self.who_does_not(cluster).await),
        }
        Ok(began.elapsed())
    }

    /// Posts a message until it is acknowledged, each time under the same key.
    async fn serves(&self, http: Http) -> (ClientKey, Seq) {
        let post = crate::post(self.thread, "Are you there?");
        let Command::PostMessage { key, .. } = &post else { unreachable!("that is what it is") };
        let body = json!({ "actor": self.owner, "command": &post });
        loop {
            if let Ok(seq) = self.attempt(&http, &body).await {
                return (*key, seq);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn attempt(&self, http: &Http, body: &serde_json::Value) -> Result<Seq, String> {
        let sent = http.try_send("POST", "/v1/commands", Some(body));
        let answer = tokio::time::timeout(ATTEMPT, sent).await.map_err(|_| "silent".to_owned())?;
        let answer = answer.map_err(|error| error.to_string())?;
        match (answer.status, serde_json::from_str(&answer.body)) {
            (200, Ok(Reply::Written { seq, .. })) => Ok(seq),
            _ => Err(format!("{}: {}", answer.status, answer.body)),
        }
    }

    async fn who_does_not(&self, cluster: &Cluster) -> String {
        let mut said = format!("not every node serves {RECOVERY_MAX:?} after all was mended:");
        for (index, node) in cluster.nodes.iter().enumerate() {
            let post = crate::post(self.thread, "Are you there?");
            let body = json!({ "actor": self.owner, "command": post });
            let answer = self.attempt(&node.http().with(&self.firm.key), &body).await;
            // Writing to a String can't fail.
            let _ = write!(said, "\nnode {index}: {answer:?}");
        }
        said
    }

    /// Holds the log against what was acknowledged, by each node.
    pub async fn check(&self, cluster: &Cluster) -> Result<usize, String> {
        for node in &cluster.nodes {
            let log = self.log(&node.http().with(&self.firm.key)).await;
            let mut found: HashMap<ClientKey, Vec<Seq>> = HashMap::new();
            for event in &log {
                if let EventKind::MessagePosted { key, .. } = &event.kind {
                    found.entry(*key).or_default().push(event.seq);
                }
            }
            for (key, seq) in &self.acked {
                if found.get(key).is_none_or(|found| found != &[*seq]) {
                    return Err(format!("probe {key}: acknowledged at {seq}, is {found:?}"));
                }
            }
        }
        Ok(self.acked.len())
    }

    async fn log(&self, http: &Http) -> Vec<Event> {
        let mut log: Vec<Event> = Vec::new();
        loop {
            let from = HistoryFrom::After(log.last().map_or(Seq(0), |last| last.seq));
            let command = Command::History { thread: self.thread, from, limit: Some(100) };
            let body = json!({ "actor": self.owner, "command": command });
            let answer = http.post("/v1/commands", &body).await;
            let Reply::History { events, more } = answer.expect(200) else {
                panic!("something else than history: {answer:?}");
            };
            log.extend(events);
            if !more {
                return log;
            }
        }
    }
}
