//! The store in an operator's hands: for commands that do one thing and end, beside a running
//! server or without one.

use crate::config::{Config, StoreUrl};
use anyhow::{Context as _, bail};
use std::path::Path;
use tidings_protocol::Refusal;
use tidings_storage::sqlite::{Location, Mode, Sqlite};
use tidings_storage::{Clock, Done, Operation, Reader, SystemEntropy, Writer};

/// A writer and a reader, without the server's queues and threads.
pub(crate) struct Operator {
    writer: Box<dyn Writer>,
    /// Answers questions.
    pub(crate) reader: Box<dyn Reader>,
    clock: Box<dyn Clock>,
}

impl Operator {
    /// Opens the store and makes it if there is none.
    pub(crate) fn open(store: &StoreUrl, clock: Box<dyn Clock>) -> anyhow::Result<Self> {
        let StoreUrl::Sqlite(path) = store;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("can't make {}", folder.display()))?;
        }
        let location = Location::File(path.clone());
        let sqlite = Sqlite::open(&location, Mode::Tool, &mut SystemEntropy)?;
        Ok(Self {
            writer: Box::new(sqlite.writer(Box::new(SystemEntropy))?),
            reader: Box::new(sqlite.reader()?),
            clock,
        })
    }

    /// Opens a store that is there.
    pub(crate) fn open_existing(store: &StoreUrl, clock: Box<dyn Clock>) -> anyhow::Result<Self> {
        existing(store)?;
        Self::open(store, clock)
    }

    /// Now.
    pub(crate) fn now(&self) -> tidings_protocol::Timestamp {
        self.clock.now()
    }

    /// Makes an operation durable.
    pub(crate) fn apply(&mut self, operation: Operation) -> anyhow::Result<Done> {
        let now = self.clock.now();
        let applied = self.writer.apply(vec![operation], now)?;
        let outcome: Option<Result<Done, Refusal>> = applied.into_iter().next().map(|a| a.outcome);
        Ok(outcome.context("the store gave no answer")??)
    }
}

/// The path of a store that is there.
fn existing(store: &StoreUrl) -> anyhow::Result<&Path> {
    let StoreUrl::Sqlite(path) = store;
    if !path.exists() {
        bail!("{}: there is no store; --store names another", path.display());
    }
    Ok(path)
}

/// Copies the store to a new file, of whatever version it is: a backup is what one makes before
/// a new version changes the store.
pub(super) fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        bail!("{}: exists already; a backup goes to a new file", file.display());
    }
    Ok(Sqlite::backup(existing(&config.store)?, file)?)
}
