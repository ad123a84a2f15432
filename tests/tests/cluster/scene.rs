//! A firm with one thread, on a cluster.

use std::sync::Arc;
use tidings_protocol::{
    Command, ContactState, Encoding, Outcome, Person, Reply, Seq, ServerFrame, ThreadId,
};
use tidings_tests::{
    Answer, Cast, Client, Cluster, Firm, post, start_thread, thread as draft, within,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

/// Clusters at a time: each is some processes that are busy while they start.
const CLUSTERS_MAX: usize = 2;

/// A cluster with a firm that has a thread.
pub(crate) struct Scene {
    pub(crate) cluster: Cluster,
    pub(crate) cast: Cast,
    pub(crate) thread: ThreadId,
    _turn: OwnedSemaphorePermit,
}

impl Scene {
    /// So many nodes, with further settings.
    pub(crate) async fn new(nodes: usize, settings: &[&str]) -> Self {
        let turn = turns().acquire_owned().await.expect("it is never closed");
        let cluster = Cluster::start_with(nodes, settings).await;
        let cast = Cast::of(cluster.firm("Visser & Co").await).await;
        // Somebody has to stay whom posts can reach.
        cast.firm.contact(cast.account, "Clara Vega", ContactState::Active).await;
        let mut olga = cast.firm.connect(cast.olga).await;
        let thread = start_thread(&mut olga, draft(cast.account, "Live", &[])).await;
        Self { cluster, cast, thread, _turn: turn }
    }

    /// The firm as it is reached at a node.
    pub(crate) fn firm(&self, node: usize) -> Firm {
        self.cast.firm.at(self.cluster.nodes[node].endpoint())
    }

    /// Connects a person by a node.
    pub(crate) async fn connect(&self, node: usize, person: Person, encoding: Encoding) -> Client {
        self.firm(node).connect_with(person, encoding).await
    }

    /// Connects a person by a node and joins the thread.
    pub(crate) async fn listen(&self, node: usize, person: Person, encoding: Encoding) -> Client {
        let mut client = self.connect(node, person, encoding).await;
        client.join_live(self.thread).await;
        client
    }

    /// Connects with a token by a node, and joins the thread.
    pub(crate) async fn listen_by(&self, node: usize, token: &str, encoding: Encoding) -> Client {
        let endpoint = self.cluster.nodes[node].endpoint();
        let mut client = Client::connect(endpoint, token, encoding).await;
        client.join_live(self.thread).await;
        client
    }

    /// Olga posts by a node, without a socket.
    pub(crate) async fn post(&self, node: usize, body: &str) -> Seq {
        match self.firm(node).command(self.cast.olga, &post(self.thread, body)).await {
            Outcome::Ok(Reply::Written { seq, .. }) => seq,
            other => panic!("{other:?}"),
        }
    }

    /// Olga posts by a node all the time, until that is dropped.
    pub(crate) async fn chatter(&self, node: usize) -> Chatter {
        let mut olga = self.connect(node, self.cast.olga, Encoding::Json).await;
        let thread = self.thread;
        Chatter(tokio::spawn(async move {
            loop {
                olga.outcome(post(thread, "chatter")).await;
            }
        }))
    }

    /// What a node says of its health when it says something that is looked for.
    pub(crate) async fn health(&self, node: usize, what: &str, is: impl Fn(&Answer) -> bool) {
        let http = self.cluster.nodes[node].http();
        let looked_for = async { while !is(&http.get("/health/ready").await) {} };
        within(what, looked_for).await;
    }
}

/// Posts until it is dropped.
pub(crate) struct Chatter(JoinHandle<()>);

impl Drop for Chatter {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn turns() -> Arc<Semaphore> {
    static TURNS: std::sync::LazyLock<Arc<Semaphore>> =
        std::sync::LazyLock::new(|| Arc::new(Semaphore::new(CLUSTERS_MAX)));
    Arc::clone(&TURNS)
}

/// Waits until a client was told that exactly these look at a thread.
pub(crate) async fn present(client: &mut Client, mut expected: Vec<Person>) {
    expected.sort_unstable();
    let what = format!("{} to look", expected.len());
    let all = |frame: &ServerFrame| match frame {
        ServerFrame::Presence { people, count, .. } => {
            (*people == expected && *count as usize == people.len()).then_some(())
        }
        _ => None,
    };
    client.frame(&what, all).await;
    client.forget_frames();
}

/// `read` of a thread.
pub(crate) fn read(thread: ThreadId, up_to: Seq) -> Command {
    Command::Read { thread, up_to }
}
