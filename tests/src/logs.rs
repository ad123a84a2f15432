//! The lines that a process writes, kept and waited for.

use crate::wait::within;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::watch;

/// Lines that are kept; of a process that writes more, the newest.
const LINES_MAX: usize = 50_000;

/// What a process has written so far.
#[derive(Clone)]
pub struct Logs {
    lines: Arc<Mutex<VecDeque<String>>>,
    /// Changes with each line; gone once the process has closed its end.
    grown: watch::Receiver<()>,
}

impl Logs {
    /// Keeps what comes out of a pipe, on a thread that ends with it.
    pub(crate) fn collect(pipe: impl Read + Send + 'static) -> (Self, JoinHandle<()>) {
        let (growing, grown) = watch::channel(());
        let lines: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let logs = Self { lines: Arc::clone(&lines), grown };
        let thread = std::thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.len() == LINES_MAX {
                    lines.pop_front();
                }
                lines.push_back(String::from_utf8_lossy(&line).into_owned());
                drop(lines);
                growing.send_replace(());
            }
        });
        (logs, thread)
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Waits for a line of which `pick` makes something; `Err` with all lines if the process ends
    /// without one.
    pub async fn wait_for<T>(
        &self,
        what: &str,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, String> {
        let mut grown = self.grown.clone();
        let found = async {
            loop {
                let open = grown.has_changed().is_ok();
                grown.mark_unchanged();
                if let Some(found) = self.lines().iter().find_map(|line| pick(line)) {
                    return Ok(found);
                }
                if !open
                    || grown.changed().await.is_err()
                        && !self.lines().iter().any(|l| pick(l).is_some())
                {
                    return Err(self.lines().join("\n"));
                }
            }
        };
        within(what, found).await
    }
}
