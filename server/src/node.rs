//! One running server: what every connection and every request shares.

use crate::auth::Auth;
use crate::config::Config;
use crate::metrics::Metrics;
use std::sync::Arc;
use tidings_protocol::{Checked, Outcome, Refusal};
use tidings_storage::{Actor, Clock, Done, Operation};

/// The store, with the server's tickets.
pub type Store = tidings_storage::Store<crate::dispatch::Ticket>;

/// What every connection and every request shares.
pub struct Node {
    /// What the operator set.
    pub config: Config,
    /// Who is who.
    pub auth: Auth,
    /// What is durable.
    pub store: Store,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
}

impl Node {
    /// Makes an operation durable and waits for it.
    pub async fn apply(&self, operation: Operation) -> Result<Done, Refusal> {
        unimplemented!("{operation:?}")
    }

    /// Does a command that needs no socket, in somebody's name, and waits for it.
    pub async fn execute(&self, actor: Actor, command: Checked) -> Outcome {
        unimplemented!("{actor:?} {command:?}")
    }
}
