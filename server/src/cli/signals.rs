//! What other programs and the terminal tell the process.

use std::future::Future;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The exit code after a second request to stop: as a shell shows Ctrl-C.
const EXIT_AT_ONCE: i32 = 130;

/// SIGXFSZ on Linux (but on MIPS) and on the BSDs: a file would grow over `ulimit -f`.
const FILE_SIZE_EXCEEDED: SignalKind = SignalKind::from_raw(25);

/// Done when the process is asked to stop, by SIGTERM or SIGINT. Asked again, it ends at once:
/// what was acknowledged is on disk.
pub(super) fn stop() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // With a handler, however idle, a write over the limit is an error like that of a full disk,
    // not the end of the process. The handler stays when the stream of signals is dropped.
    drop(signal(FILE_SIZE_EXCEEDED)?);
    Ok(async move {
        asked(&mut terminate, &mut interrupt).await;
        tokio::spawn(async move {
            asked(&mut terminate, &mut interrupt).await;
            tracing::warn!("stopping at once");
            std::process::exit(EXIT_AT_ONCE);
        });
    })
}

async fn asked(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
