//! The ways in which a cluster breaks.

use super::exhaust::Exhausted;
use crate::cluster::{Cluster, DATABASE};
use std::time::Duration;

/// How late everything is that goes over a slow network.
const SLOW: Duration = Duration::from_millis(150);

/// What lasts so long is long, in milliseconds, and done once for so many of the others.
const LONG_MS: u64 = 10_000;
const LONG_ONE_IN: usize = 10;

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident, $part:ident, $least:literal..=$most:literal, $name:literal;)*) => {
        /// A way in which a cluster breaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Fault { $($(#[$doc])* $variant,)* }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// In words.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it breaks: two faults at a time break two parts.
            pub fn part(self) -> Part {
                match self { $(Self::$variant => Part::$part,)* }
            }

            /// How long it lasts, in milliseconds.
            fn lasts_ms(self) -> std::ops::RangeInclusive<u64> {
                match self { $(Self::$variant => $least..=$most,)* }
            }
        }
    };
}

/// A part of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A node.
    Node,
    /// Redis.
    Redis,
    /// PostgreSQL.
    Postgres,
    /// The network between nodes and Redis.
    BusNetwork,
    /// The network between nodes and PostgreSQL.
    StoreNetwork,
    /// The network between clients and nodes.
    ClientNetwork,
}

faults! {
    /// `kill -9`, and started again.
    NodeKilled, Node, 0..=500, "a node killed";
    /// Asked to stop, and started again: a rolling restart.
    NodeStopped, Node, 0..=300, "a node stopped";
    /// Killed, and started again with nothing.
    RedisKilled, Redis, 100..=1_000, "Redis killed";
    /// Stands still with all connections open.
    RedisPaused, Redis, 500..=2_000, "Redis paused";
    /// It cuts the nodes' subscriptions.
    SubscribersKilled, Redis, 0..=100, "Redis: CLIENT KILL TYPE pubsub";
    /// It cuts all of the nodes' connections.
    RedisClientsKilled, Redis, 0..=100, "Redis: CLIENT KILL of all";
    /// It forgets everything.
    RedisFlushed, Redis, 0..=0, "Redis: FLUSHALL";
    /// Stopped in order, and started again.
    PostgresRestarted, Postgres, 0..=0, "PostgreSQL restarted";
    /// Away for longer than a command waits for it, so that commands are refused.
    PostgresAway, Postgres, 11_000..=13_000, "PostgreSQL away";
    /// It crashes, and recovers from its log.
    PostgresCrashed, Postgres, 0..=0, "PostgreSQL crashed";
    /// It ends all of the nodes' sessions.
    BackendsTerminated, Postgres, 0..=100, "PostgreSQL: backends terminated";
    /// It ends all of the nodes' sessions, and others take all that there are.
    ConnectionsExhausted, Postgres, 300..=1_500, "PostgreSQL: connections exhausted";
    /// A node's connections to Redis are reset and refused.
    BusCut, BusNetwork, 100..=1_500, "network cut: a node and Redis";
    /// Nothing goes between a node and Redis.
    BusFrozen, BusNetwork, 500..=2_500, "network frozen: a node and Redis";
    /// No node reaches Redis.
    BusAway, BusNetwork, 500..=2_500, "network cut: all nodes and Redis";
    /// Everything between a node and Redis is late.
    BusSlow, BusNetwork, 500..=1_500, "network slow: a node and Redis";
    /// A node's connections to PostgreSQL are reset and refused.
    StoreCut, StoreNetwork, 100..=1_500, "network cut: a node and PostgreSQL";
    /// Nothing goes between a node and PostgreSQL.
    StoreFrozen, StoreNetwork, 500..=3_000, "network frozen: a node and PostgreSQL";
    /// What PostgreSQL answers does not arrive, such as what became of a commit.
    StoreAnswersFrozen, StoreNetwork, 500..=3_000, "network frozen: PostgreSQL's answers to a node";
    /// A node's sockets are reset and refused.
    ClientsCut, ClientNetwork, 100..=1_000, "network cut: clients and a node";
    /// Nothing goes between clients and a node.
    ClientsFrozen, ClientNetwork, 500..=3_000, "network frozen: clients and a node";
    /// What a node's clients send does not arrive.
    ClientsUnheard, ClientNetwork, 500..=3_000, "network frozen: from clients to a node";
    /// What a node's clients are sent does not arrive.
    ClientsDeaf, ClientNetwork, 500..=3_000, "network frozen: from a node to clients";
    /// All sockets of all nodes are lost at once.
    ClientsReset, ClientNetwork, 0..=0, "all sockets lost";
}

/// A fault under way.
pub struct Broken {
    fault: Fault,
    node: usize,
    taken: Option<Exhausted>,
}

impl Fault {
    /// How long it lasts this time.
    pub fn lasts(self, dice: &mut fastrand::Rng) -> Duration {
        Duration::from_millis(dice.u64(self.lasts_ms()))
    }

    /// How often it is inflicted, where every fault is so often; long ones less.
    pub fn times_of(self, cycles: usize) -> usize {
        if *self.lasts_ms().start() < LONG_MS { cycles } else { cycles.div_ceil(LONG_ONE_IN) }
    }

    /// Breaks it: at this node, if it is about one.
    pub async fn begin(self, cluster: &mut Cluster, node: usize) -> Broken {
        let at = &mut cluster.nodes[node];
        let mut taken = None;
        match self {
            Self::NodeKilled => at.kill().await,
            Self::NodeStopped => at.stop().await,
            Self::RedisKilled => cluster.redis.kill().await,
            Self::RedisPaused => cluster.redis.pause().await,
            Self::SubscribersKilled => drop(cluster.redis.client_kill("pubsub").await),
            Self::RedisClientsKilled => drop(cluster.redis.client_kill("all").await),
            Self::RedisFlushed => cluster.redis.flush().await,
            Self::PostgresRestarted => {
                cluster.postgres.stop();
                cluster.postgres.start_again();
            }
            Self::PostgresCrashed => {
                cluster.postgres.crash();
                cluster.postgres.start_again();
            }
            Self::PostgresAway => cluster.postgres.stop(),
            Self::BackendsTerminated => drop(cluster.postgres.terminate_backends(DATABASE)),
            Self::ConnectionsExhausted => {
                taken = Some(Exhausted::start(&cluster.postgres, DATABASE).await);
            }
            Self::BusCut => at.to_redis.cut(),
            Self::BusFrozen => at.to_redis.freeze(),
            Self::BusAway => cluster.nodes.iter().for_each(|node| node.to_redis.cut()),
            Self::BusSlow => at.to_redis.delay(SLOW),
            Self::StoreCut => at.to_postgres.cut(),
            Self::StoreFrozen => at.to_postgres.freeze(),
            Self::StoreAnswersFrozen => at.to_postgres.freeze_down(),
            Self::ClientsCut => at.clients.cut(),
            Self::ClientsFrozen => at.clients.freeze(),
            Self::ClientsUnheard => at.clients.freeze_up(),
            Self::ClientsDeaf => at.clients.freeze_down(),
            Self::ClientsReset => cluster.nodes.iter().for_each(|node| node.clients.reset_all()),
        }
        Broken { fault: self, node, taken }
    }
}

impl Broken {
    /// Mends it. What needs time to recover has it afterwards.
    pub async fn end(self, cluster: &mut Cluster) {
        match self.fault {
            Fault::NodeKilled | Fault::NodeStopped => cluster.nodes[self.node].start_again(),
            Fault::RedisKilled => cluster.redis.start_again().await,
            Fault::RedisPaused => cluster.redis.resume().await,
            Fault::PostgresAway => cluster.postgres.start_again(),
            Fault::ConnectionsExhausted => drop(self.taken),
            _ => match self.fault.part() {
                Part::BusNetwork => cluster.nodes.iter().for_each(|node| node.to_redis.heal()),
                Part::StoreNetwork => cluster.nodes[self.node].to_postgres.heal(),
                Part::ClientNetwork => cluster.nodes[self.node].clients.heal(),
                Part::Node | Part::Redis | Part::Postgres => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_fault_has_a_name_of_its_own() {
        let names: HashSet<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
    }
}
