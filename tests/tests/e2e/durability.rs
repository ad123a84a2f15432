//! Acknowledged means durable: servers that are killed or stopped amid load lose nothing they have
//! acknowledged, double nothing, and leave no gap.

use std::collections::HashMap;
use std::time::Duration;
use tidings_protocol::{
    ClientKey, CloseCode, Command, Encoding, Event, Outcome, Person, Reply, Seq, ThreadId,
};
use tidings_tests::{
    Cast, Client, Closed, Firm, Server, history, key, messages, start_thread, thread as draft,
};
use tokio::task::JoinHandle;

/// Posts that a writer has under way at a time.
const PIPELINE: usize = 16;

/// Posts that must be acknowledged before a server is ended, so that it is under load then.
const ACKS_BEFORE_END: usize = 60;

/// How long a server may take to stop.
const STOP_TIME: Duration = Duration::from_secs(10);

/// Somebody who posts as fast as the server acknowledges.
struct Writer {
    firm: Firm,
    person: Person,
    thread: ThreadId,
    encoding: Encoding,
    /// What was acknowledged, and where it stands.
    acked: HashMap<ClientKey, Seq>,
    /// What was sent and had no reply, in order.
    unsure: Vec<(ClientKey, String)>,
    sent: usize,
}

impl Writer {
    fn post(&self, key: ClientKey, body: String) -> Command {
        Command::PostMessage { thread: self.thread, key, body, mentions: Vec::new() }
    }

    /// Sends what is unsure again, then new posts, until the connection ends. Says after how
    /// many acknowledgements through `loaded`.
    async fn write_until_closed(
        &mut self,
        client: &mut Client,
        loaded: &tokio::sync::mpsc::Sender<()>,
    ) -> Closed {
        let mut waiting = std::collections::VecDeque::new();
        let mut again: std::collections::VecDeque<_> =
            std::mem::take(&mut self.unsure).into_iter().collect();
        let mut acks = 0;
        loop {
            while waiting.len() < PIPELINE {
                let (key, body) = again.pop_front().unwrap_or_else(|| {
                    self.sent += 1;
                    (key(), format!("{} {}", self.person, self.sent))
                });
                let id = client.send(self.post(key, body.clone())).await;
                waiting.push_back((id, key, body));
            }
            let (id, key, body) = waiting.pop_front().expect("there are some");
            match client.try_reply(id).await {
                Ok(Outcome::Ok(Reply::Written { seq, .. })) => {
                    if let Some(before) = self.acked.insert(key, seq) {
                        assert_eq!(before, seq, "the same key has two places");
                    }
                    acks += 1;
                    if acks == ACKS_BEFORE_END {
                        loaded.send(()).await.expect("the test waits for it");
                    }
                }
                Ok(other) => panic!("a post of {body}: {other:?}"),
                Err(closed) => {
                    // In order: what was waited for, what was under way, what was to come.
                    self.unsure.push((key, body));
                    self.unsure.extend(waiting.into_iter().map(|(_, key, body)| (key, body)));
                    self.unsure.extend(again);
                    return closed;
                }
            }
        }
    }
}

async fn writers(server: &Server) -> (Cast, Vec<Writer>) {
    let cast = Cast::on(server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let one = start_thread(&mut mia, draft(cast.account, "One", &[])).await;
    let two = start_thread(&mut mia, draft(cast.account, "Two", &[])).await;
    let people = [(cast.mia, one), (cast.carlos, one), (cast.olga, two), (cast.carlos, two)];
    let writers = people.into_iter().zip([Encoding::Json, Encoding::Postcard].into_iter().cycle());
    let writers = writers.map(|((person, thread), encoding)| Writer {
        firm: cast.firm.clone(),
        person,
        thread,
        encoding,
        acked: HashMap::new(),
        unsure: Vec::new(),
        sent: 0,
    });
    let writers = writers.collect();
    (cast, writers)
}

type Writing = JoinHandle<(Writer, Closed)>;

/// Sets the writers off, and comes back once every one of them has had enough acknowledgements.
async fn under_load(writers: Vec<Writer>) -> Vec<Writing> {
    let (loaded, mut wait) = tokio::sync::mpsc::channel(writers.len());
    let count = writers.len();
    let tasks = writers.into_iter().map(|mut writer| {
        let loaded = loaded.clone();
        tokio::spawn(async move {
            let mut client = writer.firm.connect_with(writer.person, writer.encoding).await;
            let closed = writer.write_until_closed(&mut client, &loaded).await;
            (writer, closed)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    drop(loaded);
    for _ in 0..count {
        tidings_tests::within("load", wait.recv()).await.expect("a writer has ended early");
    }
    tasks
}

/// The messages of a log by their keys, each of which is there once.
fn keys(log: &[Event]) -> HashMap<ClientKey, (Seq, String)> {
    let mut keys = HashMap::new();
    for event in log {
        for (key, body) in messages(std::slice::from_ref(event)) {
            let twice = keys.insert(key, (event.seq, body));
            assert!(twice.is_none(), "{key} is there twice: {twice:?} and {event:?}");
        }
    }
    keys
}

/// Every acknowledged post is in the log, exactly once, where the answer said.
async fn check(cast: &Cast, writers: &[Writer]) {
    let mut reader = cast.firm.connect(cast.olga).await;
    for writer in writers {
        let log = keys(&history(&mut reader, writer.thread).await);
        for (key, seq) in &writer.acked {
            let found = log.get(key).map(|(seq, _)| seq);
            assert_eq!(found, Some(seq), "{} was told that {key} is {seq}", writer.person);
        }
        // Nobody's order was changed: posts are numbered, and stand in that order.
        let prefix = format!("{} ", writer.person);
        let mut own: Vec<_> = log.values().filter(|(_, body)| body.starts_with(&prefix)).collect();
        own.sort();
        let numbers: Vec<usize> =
            own.iter().map(|(_, body)| body[prefix.len()..].parse().expect("a number")).collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
}

#[tokio::test]
async fn killed_amid_load_again_and_again_nothing_acknowledged_is_lost_or_doubled() {
    let mut server = Server::start().await;
    let (cast, mut all) = writers(&server).await;
    for round in 0..8 {
        let tasks = under_load(all).await;
        server.kill().await;
        all = Vec::new();
        for task in tasks {
            let (writer, closed) = task.await.expect("a writer has failed");
            assert_eq!(closed.code, None, "round {round}");
            all.push(writer);
        }
        server.start_again().await;
        check(&cast, &all).await;
    }
    // What was never answered is sent again under the same key, and is there once.
    for writer in &mut all {
        let mut client = writer.firm.connect_with(writer.person, writer.encoding).await;
        for (key, body) in std::mem::take(&mut writer.unsure) {
            let seq = client.written(writer.post(key, body)).await;
            writer.acked.insert(key, seq);
        }
        assert_eq!(writer.acked.len(), writer.sent, "all that was sent is acknowledged now");
    }
    check(&cast, &all).await;
}

#[tokio::test]
async fn stopped_amid_load_the_server_closes_its_sockets_keeps_what_it_acked_and_ends_in_time() {
    let mut server = Server::start().await;
    let (cast, all) = writers(&server).await;
    let mut idle = Vec::new();
    for _ in 0..10 {
        idle.push(cast.firm.connect(cast.carlos).await);
    }
    let tasks = under_load(all).await;
    server.ask_to_stop().await;
    let stopping = async {
        let mut all = Vec::new();
        for task in tasks {
            let (writer, closed) = task.await.expect("a writer has failed");
            assert_eq!(closed.code, Some(CloseCode::Restarting.code()));
            all.push(writer);
        }
        for client in &mut idle {
            client.expect_close(CloseCode::Restarting).await;
        }
        let status = server.ended().await;
        assert_eq!(status.code(), Some(0), "{status}");
        all
    };
    let all = tokio::time::timeout(STOP_TIME, stopping).await.expect("it ends in time");
    server.start_again().await;
    check(&cast, &all).await;
}
