//! `tidings serve`: the server in a process of its own.

use super::signals;
use crate::config::{Config, Effective};
use crate::node::Node;
use crate::{Addresses, logging};
use std::pin::Pin;
use std::sync::Arc;

/// Files besides one for each connection: the store's, listeners, what the runtime keeps.
const FILES_BESIDES_CONNECTIONS: u64 = 100;

/// Runs the server until it is asked to stop.
pub(super) fn serve(effective: &Effective) -> anyhow::Result<()> {
    logging::start(&effective.config.log)?;
    serve_until_stopped(effective.config.clone(), |_, _| {})
}

/// Runs a server with this process' signals, which must be the only one in it.
pub(crate) fn serve_until_stopped(
    config: Config,
    ready: impl FnOnce(&Arc<Node>, Addresses),
) -> anyhow::Result<()> {
    raise_open_files(config.limits.connections);
    until_stopped(|stop| crate::run(config, ready, stop))
}

/// Runs something with this process' signals and a runtime, until it ends.
pub(super) fn until_stopped<R: Future<Output = anyhow::Result<()>>>(
    running: impl FnOnce(Pin<Box<dyn Future<Output = ()> + Send>>) -> R,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async { running(Box::pin(signals::stop()?)).await });
    // Whoever still waits for a store that does not answer is not waited for.
    runtime.shutdown_background();
    ended
}

/// Every connection is an open file, and the usual soft limit is 1,024: takes what the hard limit
/// allows, and says when that is too little.
fn raise_open_files(connections: usize) {
    let wanted = (connections as u64).saturating_add(FILES_BESIDES_CONNECTIONS);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(open_files) if open_files >= wanted => {}
        Ok(open_files) => tracing::warn!(
            open_files,
            wanted,
            "the limit on open files (ulimit -n) is less than limits.connections needs"
        ),
        Err(error) => tracing::warn!(%error, wanted, "can't raise the limit on open files"),
    }
}
