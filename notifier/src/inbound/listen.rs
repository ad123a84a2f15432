//! Takes connections of mail servers, as many at a time as may be, until it is told to stop.

use super::answers::Answers;
use super::automatic::Own;
use super::connection::serve;
use super::limits::Limits;
use super::memory::Memory;
use super::reply;
use crate::run::Watch;
use crate::signed::Signer;
use std::sync::Arc;
use std::time::Duration;
use tidings_storage::Clock;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

/// How long to wait when the machine has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(200);

/// How long whoever is one too many has to take in that it is.
const TURNED_AWAY: Duration = Duration::from_millis(200);

/// Everything that a connection needs.
pub struct Reception<A> {
    /// The domain of reply addresses.
    pub domain: String,
    /// Knows them.
    pub signer: Signer,
    /// By what our own mails are known.
    pub own: Own,
    /// Bounds.
    pub limits: Limits,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Keeps the threads.
    pub answers: A,
    /// Is told what became of each mail.
    pub watch: Arc<dyn Watch>,
}

/// Takes answers by email until `stop` is true, or nobody is left to say so. Then says goodbye to
/// those who are between two mails, and waits a while for the others.
pub async fn listen<A: Answers>(
    listener: TcpListener,
    reception: Arc<Reception<A>>,
    stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let memory = Arc::new(Memory::default());
    let mut stopping = stop.clone();
    loop {
        tokio::select! {
            biased;
            () = told(&mut stopping) => break,
            Some(ended) = connections.join_next() => report(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() >= reception.limits.connections => {
                    turn_away(stream).await;
                }
                Ok((stream, _)) => {
                    let (reception, memory) = (reception.clone(), memory.clone());
                    connections.spawn(serve(stream, reception, memory, stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection for answers by email can be taken");
                    sleep(NO_ROOM).await;
                }
            },
        }
    }
    drop(listener);
    let ended = async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    // Whoever is cut off in the middle has heard no yes, and brings its mail again.
    if timeout(reception.limits.grace, ended).await.is_err() {
        connections.shutdown().await;
    }
}

/// Waits until we are told to stop, or nobody is left to say so.
pub(super) async fn told(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// A panic is our mistake and ends one connection only; its mail comes again.
fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection for answers by email broke down");
    }
}

async fn turn_away(mut stream: TcpStream) {
    let mut words = Vec::new();
    reply::TOO_MANY_CONNECTIONS.write(&mut words);
    // The first bytes on a connection fit its buffer: nobody can make us wait here for long.
    let _ = timeout(TURNED_AWAY, stream.write_all(&words)).await;
}
