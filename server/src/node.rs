//! One running server: what every connection and every request shares, and how its parts are put
//! together.

use crate::auth::{Auth, ask};
use crate::bus::{Bus, Times};
use crate::commits;
use crate::config::Config;
use crate::dispatch::{Dispatch, Inlet, outcome_of};
use crate::feed::Feed;
use crate::janitor;
use crate::lookover::{LookOver, Scope};
use crate::mail::MailOffice;
use crate::metrics::Metrics;
use crate::neighbours::Neighbours;
use crate::open::{self, Opened};
use crate::people::People;
use crate::rooms::Rooms;
use crate::settle::Settle;
use crate::socket::Sockets;
use crate::store::Store;
use std::sync::Arc;
use std::thread::available_parallelism;
use tidings_protocol::{Checked, Outcome, Refusal};
use tidings_storage::{Actor, Clock, Done, FrontOptions, Operation, writes};
use tokio::sync::{Semaphore, watch};

/// What every connection and every request shares.
pub struct Node {
    /// What the operator set.
    pub config: Config,
    /// Who is who.
    pub auth: Auth,
    /// What signs the links in emails, and how they begin.
    pub mail: MailOffice,
    /// What is durable.
    pub store: Store,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Who is connected.
    pub people: Arc<People>,
    /// The live threads.
    pub rooms: Rooms,
    /// What people are told without joining anything.
    pub feed: Feed,
    /// Whether those it is for know enough to be handed what was read.
    pub settle: Settle,
    /// What nodes tell each other.
    pub bus: Bus,
    /// What they tell each other of their own accord.
    pub neighbours: Neighbours,
    /// Every open socket.
    pub sockets: Sockets,
    /// Turns to go on reading what clients have missed, after the first visit that each join makes, as
    /// many as there are readers: however long a catching up is, others wait for a visit or two of it.
    pub catching_up: Semaphore,
    /// Turns to come in, twice as many as there are readers: however many come at once, others wait
    /// for few of them.
    pub admitting: Semaphore,
    /// Closed when everybody was told of all that was committed.
    all_dispatched: watch::Receiver<()>,
}

impl Node {
    /// Opens the store and starts everything that does not face the network.
    /// Until the store is open nothing has begun: dropped before that, there is nothing to end.
    pub async fn start(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<Self>> {
        let Opened { writer, readers, signing_secret } = open::serve(&config).await?;
        let metrics = Arc::new(Metrics::new());
        let catching_up = Semaphore::new(readers.len());
        let admitting = Semaphore::new(2 * readers.len());
        let mail = MailOffice::new(&config, signing_secret);
        let auth = Auth::load(&config.auth, signing_secret)?;
        let options = FrontOptions {
            pace: config.limits.commit_pace,
            readers: readers.len(),
            ..FrontOptions::default()
        };
        let (observer, batches) = commits::channel(Arc::clone(&metrics));
        let store =
            tidings_storage::Store::start(writer, readers, Arc::clone(&clock), options, observer);
        let store = Store::new(store, Arc::clone(&metrics));

        let (bus, heard) = Bus::start(&config.bus, Times::default(), &metrics);
        let people = Arc::new(People::new(bus.clone()));
        let (settle, settling) = Settle::new(&people);
        let shards = available_parallelism().map_or(1, usize::from);
        let rooms = Rooms::start(shards, &store, &bus, &settle, &metrics);
        let feed = Feed::start(&people, &store, &settle, &metrics, &clock);
        let neighbours = Neighbours::start(&bus, &rooms, &people, config.limits.sockets_per_person);
        let look_over = if bus.is_shared() {
            let scope = Scope {
                people: Arc::clone(&people),
                rooms: rooms.clone(),
                feed: feed.clone(),
                store: store.clone(),
                settle: settle.clone(),
                metrics: Arc::clone(&metrics),
            };
            LookOver::start(scope, bus.is_up())
        } else {
            LookOver::never()
        };
        let dispatch = Dispatch {
            people: Arc::clone(&people),
            rooms: rooms.clone(),
            feed: feed.clone(),
            bus: bus.clone(),
            neighbours: neighbours.clone(),
            look_over,
            store: store.clone(),
            metrics: Arc::clone(&metrics),
        };
        let inlet = Inlet { batches, heard, settling };
        let (dispatched, all_dispatched) = watch::channel(());
        crate::vital::spawn("dispatch", async move {
            dispatch.run(inlet).await;
            drop(dispatched);
        });
        janitor::start(&store, &clock, &bus);
        let sockets = Sockets::new(Arc::clone(&metrics));
        Ok(Arc::new(Self {
            config,
            auth,
            mail,
            store,
            metrics,
            clock,
            people,
            rooms,
            feed,
            settle,
            bus,
            neighbours,
            sockets,
            catching_up,
            admitting,
            all_dispatched,
        }))
    }

    /// Makes an operation durable and waits for it.
    pub async fn apply(&self, operation: Operation) -> Result<Done, Refusal> {
        self.store.apply(operation).await
    }

    /// Does a command that needs no socket, in somebody's name, and waits for it.
    pub async fn execute(&self, actor: Actor, command: Checked) -> Outcome {
        let name = command.get().name();
        let outcome = if writes(command.get()) {
            outcome_of(self.apply(Operation::Command { actor, command }).await)
        } else {
            let now = self.clock.now();
            let answer = ask(self, move |reader| reader.answer(actor, &command, now)).await;
            answer.map_or_else(Outcome::Refused, Outcome::Ok)
        };
        self.metrics.outcome(name, &outcome);
        outcome
    }

    /// Closes the store: all that was submitted is durable when this returns, and the other nodes
    /// were told.
    pub async fn close(&self) {
        let store = self.store.clone();
        if tokio::task::spawn_blocking(move || store.close()).await.is_err() {
            tracing::error!("the store did not close in order");
        }
        // Closed by the end of dispatch: no value is ever sent.
        drop(self.all_dispatched.clone().changed().await);
    }
}
