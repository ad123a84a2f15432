//! Logs to standard error, as lines of text or as JSON: standard output is for what a command says.

use crate::config::LogConfig;
use std::io::{IsTerminal, stderr};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;

/// Starts logging for the rest of the process. A second start is an error.
pub fn start(config: &LogConfig) -> Result<(), TryInitError> {
    use tracing_subscriber::util::SubscriberInitExt as _;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.filter))
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    if config.json {
        lines.json().flatten_event(true).with_span_list(false).finish().try_init()
    } else {
        lines.finish().try_init()
    }
}
