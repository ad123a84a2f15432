//! What is counted, for `/metrics`: `OpenMetrics` text, each name with its unit.
//!
//! What lies on the way of a message is a plain atomic or a histogram of its own. Labelled counters
//! look their labels up, so they count once per command, request or close, never once per recipient.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};
use std::time::Duration;
use tidings_notifier::run::{Seen, Watch};
use tidings_protocol::{Outcome, RefusalCode};

/// The media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    /// Sockets open now.
    pub connections: Gauge,
    /// Sockets ever opened.
    pub connections_total: Counter,
    /// Messages posted.
    pub messages_total: Counter,
    /// Frames that rooms have queued to sockets.
    pub deliveries_total: Counter,
    /// Frames queued to sockets by feeds.
    pub feed_frames_total: Counter,
    /// From reading a writing command to queueing its reply.
    pub ack_seconds: Histogram,
    /// From the commit of an event to its being queued to every joined socket here.
    pub fanout_seconds: Histogram,
    /// Sockets cut off because they did not keep up.
    pub queue_overflows_total: Counter,
    /// Operations in one commit.
    pub commit_batch_operations: Histogram,
    /// Time of one commit.
    pub commit_seconds: Histogram,
    /// Commits that failed as a whole.
    pub commit_failures_total: Counter,
    /// Time of one query, waiting for a reader included.
    pub read_seconds: Histogram,
    /// Threads with joined sockets.
    pub rooms: Gauge,
    /// Holes in a thread's stream that were read from the store.
    pub bus_gaps_total: Counter,
    /// Times that what is live was compared with the store.
    pub look_overs_total: Counter,
    /// Rooms that were found to have missed something by it.
    pub look_over_behind_total: Counter,
    /// Times that a firm's sockets had to be looked at, since ends of access may have been missed.
    pub access_checks_total: Counter,
    /// Whether other nodes hear this one, and the other way round.
    pub bus_up: Gauge,
    /// Messages that the bus has taken.
    pub bus_published_total: Counter,
    /// From handing a message to the bus to its having taken it.
    pub bus_publish_seconds: Histogram,
    /// Messages that were not said: the bus was away, or did not keep up.
    pub bus_dropped_total: Counter,
    /// Messages of other nodes that were heard.
    pub bus_received_total: Counter,
    /// Times that something of another node was missed.
    pub bus_missed_total: Counter,
    /// Connections to the bus that came back.
    pub bus_reconnects_total: Counter,
    /// Threads that were looked at for who is to be told by email.
    pub notifier_looks_total: Counter,
    /// Reminders that were decided.
    pub notifier_reminders_total: Counter,
    /// Notices that were claimed to be sent.
    pub notices_claimed_total: Counter,
    /// Notices that were due and could not be claimed.
    pub notices_left_total: Counter,
    /// Emails that are being handed over.
    pub mails_under_way: Gauge,
    /// Time to hand an email over.
    pub mail_seconds: Histogram,
    mails: Family<MailLabels, Counter>,
    answers: Family<MailLabels, Counter>,
    commands: Family<CommandLabels, Counter>,
    closes: Family<CloseLabels, Counter>,
    http_requests: Family<HttpLabels, Counter>,
    registry: Registry,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CommandLabels {
    command: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CloseLabels {
    code: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HttpLabels {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MailLabels {
    result: &'static str,
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("tidings");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which version runs", build);
        let mut r = Registrar(&mut registry);
        Self {
            connections: r.plain("connections", "Sockets open now"),
            connections_total: r.plain("connections_opened", "Sockets ever opened"),
            messages_total: r.plain("messages", "Messages posted"),
            deliveries_total: r.plain("deliveries", "Frames queued to sockets by rooms"),
            feed_frames_total: r.plain("feed_frames", "Frames queued to sockets by feeds"),
            ack_seconds: r.seconds("ack", "From reading a writing command to queueing its reply"),
            fanout_seconds: r
                .seconds("fanout", "From an event's commit to all its sockets' queues"),
            queue_overflows_total: r.plain("queue_overflows", "Sockets cut off for slow reading"),
            commit_batch_operations: r.histogram(
                "commit_batch_operations",
                "Operations in one commit",
                Histogram::new(exponential_buckets(1.0, 2.0, 12)),
            ),
            commit_seconds: r.seconds("commit", "Time of one commit"),
            commit_failures_total: r.plain("commit_failures", "Commits that failed as a whole"),
            read_seconds: r.seconds("read", "Time of one query of the store, its wait included"),
            rooms: r.plain("rooms", "Threads with joined sockets"),
            bus_gaps_total: r.plain("bus_gaps", "Holes in a stream, read from the store"),
            look_overs_total: r.plain("look_overs", "Comparisons of what is live with the store"),
            look_over_behind_total: r
                .plain("look_over_behind", "Rooms that were found to be behind by a comparison"),
            access_checks_total: r
                .plain("access_checks", "Times that a firm's sockets were checked in the store"),
            bus_up: r.plain("bus_up", "1 if the nodes hear each other by the bus, 0 if not"),
            bus_published_total: r.plain("bus_published", "Messages that the bus has taken"),
            bus_publish_seconds: r.seconds("bus_publish", "From a message to the bus having it"),
            bus_dropped_total: r.plain("bus_dropped", "Messages lost on their way to the bus"),
            bus_received_total: r.plain("bus_received", "Messages of other nodes that were heard"),
            bus_missed_total: r
                .plain("bus_missed", "Times that messages of another node were missed"),
            bus_reconnects_total: r
                .plain("bus_reconnects", "Connections to the bus that came back"),
            notifier_looks_total: r
                .plain("notifier_looks", "Threads looked at for who is to be told by email"),
            notifier_reminders_total: r.plain("notifier_reminders", "Reminders that were decided"),
            notices_claimed_total: r.plain("notices_claimed", "Notices claimed to be sent"),
            notices_left_total: r.plain(
                "notices_left",
                "Notices that were due and not sent: nothing to tell any more, night, or taken by \
                 another notifier",
            ),
            mails_under_way: r.plain("mails_under_way", "Emails being handed over"),
            mail_seconds: r.seconds("mail", "Time to hand an email over"),
            mails: r.plain("mails", "Emails handed over, by result: sent, later, failed"),
            answers: r.plain("answers", "Answers by email, by what became of them"),
            commands: r.plain("commands", "Commands given to the store, by what became of them"),
            closes: r.plain("closes", "Sockets closed, by close code"),
            http_requests: r.plain("http_requests", "HTTP requests, by route and status"),
            registry,
        }
    }

    /// Counts a transaction.
    pub fn commit(&self, operations: usize, took: Duration, durable: bool) {
        if !durable {
            self.commit_failures_total.inc();
            return;
        }
        // Batches are bounded far below where a float loses count.
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        self.commit_batch_operations.observe(operations as f64);
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// Counts a command and what became of it.
    pub fn command(&self, name: &'static str, refused: Option<RefusalCode>) {
        let outcome = refused.map_or("ok", RefusalCode::name);
        self.commands.get_or_create(&CommandLabels { command: name, outcome }).inc();
    }

    /// The same, by its outcome.
    pub fn outcome(&self, name: &'static str, outcome: &Outcome) {
        let refused = match outcome {
            Outcome::Ok(_) => None,
            Outcome::Refused(refusal) => Some(refusal.code),
        };
        self.command(name, refused);
    }

    /// Counts a socket that we closed. `code` is one of ours: a client's choice of codes must not
    /// make series.
    pub fn closed(&self, code: u16) {
        self.closes.get_or_create(&CloseLabels { code }).inc();
    }

    /// Counts an HTTP request. `route` is the pattern, never the path with its ids.
    pub fn http_request(&self, route: &'static str, status: u16) {
        self.http_requests.get_or_create(&HttpLabels { route, status }).inc();
    }

    /// All of it as [`CONTENT_TYPE`].
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        text::encode(&mut text, &self.registry).expect("a string takes all that is written");
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// What the notifier does is counted here.
impl Watch for Metrics {
    fn saw(&self, seen: Seen) {
        match seen {
            Seen::Looked => {
                self.notifier_looks_total.inc();
            }
            Seen::Reminded => {
                self.notifier_reminders_total.inc();
            }
            Seen::Claimed { got, left } => {
                self.notices_claimed_total.inc_by(got as u64);
                self.notices_left_total.inc_by(left as u64);
            }
            Seen::Begun => {
                self.mails_under_way.inc();
            }
            Seen::Over => {
                self.mails_under_way.dec();
            }
            Seen::Mail { result, took } => {
                self.mails.get_or_create(&MailLabels { result: result.name() }).inc();
                self.mail_seconds.observe(took.as_secs_f64());
            }
            Seen::Answer(outcome) => {
                self.answers.get_or_create(&MailLabels { result: outcome.name() }).inc();
            }
        }
    }
}

/// Registers what it hands out; the clone shares its value.
struct Registrar<'a>(&'a mut Registry);

impl Registrar<'_> {
    fn plain<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        let metric = M::default();
        self.0.register(name, help, metric.clone());
        metric
    }

    fn histogram(&mut self, name: &str, help: &str, metric: Histogram) -> Histogram {
        self.0.register(name, help, metric.clone());
        metric
    }

    /// A duration, from 50 µs doubling up to 26 s.
    fn seconds(&mut self, name: &str, help: &str) -> Histogram {
        let metric = Histogram::new(exponential_buckets(50e-6, 2.0, 20));
        self.0.register_with_unit(name, help, Unit::Seconds, metric.clone());
        metric
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_notifier::run::MailResult;

    #[test]
    fn names_carry_units_and_labels() {
        let metrics = Metrics::new();
        metrics.connections.inc();
        metrics.ack_seconds.observe(0.004);
        metrics.command("post_message", None);
        metrics.command("post_message", Some(RefusalCode::Archived));
        metrics.closed(1012);
        metrics.http_request("/v1/ws", 101);
        metrics.saw(Seen::Begun);
        metrics.saw(Seen::Mail { result: MailResult::Sent, took: Duration::from_millis(20) });
        let text = metrics.encode();
        for line in [
            "tidings_connections 1",
            "tidings_ack_seconds_count 1",
            "tidings_commands_total{command=\"post_message\",outcome=\"ok\"} 1",
            "tidings_commands_total{command=\"post_message\",outcome=\"archived\"} 1",
            "tidings_closes_total{code=\"1012\"} 1",
            "tidings_http_requests_total{route=\"/v1/ws\",status=\"101\"} 1",
            "tidings_mails_under_way 1",
            "tidings_mails_total{result=\"sent\"} 1",
            "tidings_mail_seconds_count 1",
            "tidings_messages_total 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
        }
    }
}
