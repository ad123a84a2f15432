//! The store in an operator's hands: for commands that do one thing and end, beside a running
//! server or without one.

use crate::config::Config;
use crate::open;
use anyhow::{Context as _, bail};
use std::path::Path;
use tidings_protocol::Refusal;
use tidings_storage::{Clock, Done, Operation, Reader, Writer};

/// A writer and a reader, without the server's queues and threads.
pub(crate) struct Operator {
    writer: Box<dyn Writer>,
    /// Answers questions.
    pub(crate) reader: Box<dyn Reader>,
    clock: Box<dyn Clock>,
}

impl Operator {
    /// Opens the store and makes it if there is none.
    pub(crate) fn open(config: &Config, clock: Box<dyn Clock>) -> anyhow::Result<Self> {
        let (writer, reader) = open::tool(config, true)?;
        Ok(Self { writer, reader, clock })
    }

    /// Opens a store that is there.
    pub(crate) fn open_existing(config: &Config, clock: Box<dyn Clock>) -> anyhow::Result<Self> {
        let (writer, reader) = open::tool(config, false)?;
        Ok(Self { writer, reader, clock })
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

/// Copies the store to a new file.
pub(super) fn backup(config: &Config, file: &Path) -> anyhow::Result<()> {
    if file.exists() {
        bail!("{}: exists already; a backup goes to a new file", file.display());
    }
    open::backup(config, file)
}
