//! `tidings-notifier`: emails in a process of their own.

use super::serve::until_stopped;
use crate::config::{Effective, Problems, StoreUrl};
use crate::{logging, process};

/// Sends emails until it is asked to stop.
pub(super) fn run(effective: &Effective) -> anyhow::Result<()> {
    if let StoreUrl::Sqlite(path) = &effective.config.store {
        let mut problems = Problems::default();
        problems.add(format!(
            "store: sqlite:{} is one process' own, and that is the server, which sends emails \
             itself; a notifier beside it needs a PostgreSQL store",
            path.display()
        ));
        return Err(problems.into());
    }
    logging::start(&effective.config.log)?;
    let config = effective.config.clone();
    until_stopped(|stop| process::run_notifier(config, stop))
}
