//! `tidings-notifier`: emails in a process of their own.

use super::say;
use super::serve::until_stopped;
use crate::config::{self, Config, Effective, Problems, StoreUrl};
use crate::{logging, mail, process};

/// Sends emails until it is asked to stop.
pub(super) fn run(effective: &Effective) -> anyhow::Result<()> {
    shared_store(&effective.config)?;
    logging::start(&effective.config.log)?;
    let config = effective.config.clone();
    until_stopped(|stop| process::run_notifier(config, stop))
}

/// Shows what is in force, having looked into the key files as [`run`] would.
pub(super) fn check_config(effective: &Effective) -> anyhow::Result<()> {
    shared_store(&effective.config)?;
    mail::transport(&effective.config)?;
    say(&config::show(effective))
}

/// A file is one process' own.
fn shared_store(config: &Config) -> Result<(), Problems> {
    let StoreUrl::Sqlite(path) = &config.store else { return Ok(()) };
    let mut problems = Problems::default();
    problems.add(format!(
        "store: sqlite:{} is one process' own, and that is the server, which sends emails \
         itself; a notifier beside it needs a PostgreSQL store",
        path.display()
    ));
    Err(problems)
}
