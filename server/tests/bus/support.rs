//! A node as far as the bus is concerned: what it says, and what it has heard.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tidings_protocol::{FirmId, ThreadId};
use tidings_server::bus::{Bus, BusUrl, Heard, NodeId, Payload, Times};
use tidings_server::metrics::Metrics;
use tidings_tests::within;
use tokio::sync::mpsc;
use uuid::Uuid;

/// A firm.
pub(crate) const FIRM: FirmId = FirmId(Uuid::from_u128(1));

/// Another one.
pub(crate) const OTHER: FirmId = FirmId(Uuid::from_u128(2));

/// Shorter than in life, but not so short that a busy machine looks like a dead one.
pub(crate) const TIMES: Times = Times {
    beat: Duration::from_millis(250),
    silence: Duration::from_secs(2),
    deadline: Duration::from_secs(1),
    tail: Duration::from_millis(250),
    linger: Duration::from_millis(500),
};

/// What is shown at most of what was heard instead of what was waited for.
const SHOWN_MAX: usize = 20;

/// A node.
pub(crate) struct Node {
    pub(crate) bus: Bus,
    pub(crate) heard: mpsc::Receiver<Heard>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Node {
    /// Starts one, which may find no Redis there.
    pub(crate) fn start(redis: SocketAddr, options: &str) -> Self {
        Self::start_at(&format!("redis://{redis}{options}"))
    }

    /// The same, by its URL.
    pub(crate) fn start_at(url: &str) -> Self {
        let url = BusUrl::parse(url).unwrap();
        let metrics = Arc::new(Metrics::new());
        let (bus, heard) = Bus::start(&url, TIMES, &metrics);
        Self { bus, heard, metrics }
    }

    /// Starts one that can hear and speak.
    pub(crate) async fn up(redis: SocketAddr) -> Self {
        Self::up_with(redis, "").await
    }

    /// The same, with options of the URL.
    pub(crate) async fn up_with(redis: SocketAddr, options: &str) -> Self {
        Self::up_at(&format!("redis://{redis}{options}")).await
    }

    /// The same, by its URL.
    pub(crate) async fn up_at(url: &str) -> Self {
        let mut node = Self::start_at(url);
        node.hears("up", |heard| matches!(heard, Heard::Up)).await;
        node.is_up().await;
        node
    }

    /// Starts one that hears of a firm.
    pub(crate) async fn watching(redis: SocketAddr, firm: FirmId) -> Self {
        let mut node = Self::up(redis).await;
        node.watch(firm).await;
        node
    }

    /// Watches a firm, and waits until it is heard of.
    pub(crate) async fn watch(&mut self, firm: FirmId) {
        self.bus.watch(firm);
        self.hears("watching", |heard| matches!(heard, Heard::Watching(f) if *f == firm)).await;
    }

    /// Waits until both of its connections are up.
    pub(crate) async fn is_up(&self) {
        until("the bus to be up", || self.bus.is_up()).await;
    }

    /// The next thing it hears.
    pub(crate) async fn next(&mut self) -> Heard {
        within("something to be heard", self.heard.recv()).await.expect("the bus goes on")
    }

    /// Hears until something comes.
    pub(crate) async fn hears(&mut self, what: &str, is_it: impl Fn(&Heard) -> bool) -> Heard {
        let mut before = Vec::new();
        let hearing = async {
            loop {
                let heard = self.heard.recv().await.expect("the bus goes on");
                if is_it(&heard) {
                    return heard;
                }
                before.truncate(SHOWN_MAX);
                before.push(heard);
            }
        };
        let heard = tokio::time::timeout(tidings_tests::DEADLINE, hearing).await;
        heard.unwrap_or_else(|_| panic!("{what} was not heard, but {before:?}"))
    }

    /// The number of the next message that is heard, with who said it, whatever else is heard before it.
    pub(crate) async fn hears_number(&mut self) -> (NodeId, FirmId, u32) {
        let heard = self.hears("a number", |heard| number(heard).is_some()).await;
        number(&heard).unwrap()
    }

    /// Says a number.
    pub(crate) fn say(&self, firm: FirmId, number: u32) {
        let thread = ThreadId(Uuid::nil());
        self.bus.publish(firm, Payload::Looking { thread, people: Vec::new(), count: number });
    }

    /// What has to be next.
    pub(crate) async fn hears_next<T: Debug>(&mut self, pick: impl Fn(&Heard) -> Option<T>) -> T {
        let next = self.next().await;
        pick(&next).unwrap_or_else(|| panic!("{next:?} is not what has to be heard next"))
    }
}

/// The number in what was heard.
pub(crate) fn number(heard: &Heard) -> Option<(NodeId, FirmId, u32)> {
    match heard {
        Heard::Payload { from, firm, payload: Payload::Looking { count, .. } } => {
            Some((*from, *firm, *count))
        }
        _ => None,
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within(what, waiting).await;
}
