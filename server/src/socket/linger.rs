//! The end of a connection. What is queued goes out, the close frame last; then what the client
//! still sends is read and dropped, because closing over unread bytes resets the connection, and
//! the reset can overtake the close frame.

use crate::socket::Outbound;
use socket2::SockRef;
use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::time::Duration;

/// How long each half of the end may take.
const LINGER: Duration = Duration::from_secs(2);

/// Bytes read and dropped; more than that is not worth it.
const DISCARD_BYTES_MAX: usize = 1024 * 1024;

/// Ends a connection whose close frame was queued, or that the client closed.
pub async fn linger(outbound: &Outbound) {
    let drained = poll_fn(|cx| outbound.poll_drained(cx, 0));
    if tokio::time::timeout(LINGER, drained).await.is_ok() {
        let socket = SockRef::from(outbound.stream());
        if socket.shutdown(Shutdown::Write).is_ok() {
            // Running out of patience is an end like any other.
            drop(tokio::time::timeout(LINGER, discard(outbound)).await);
        }
    }
    // Others may still hold the handle; the client should not wait for them.
    drop(SockRef::from(outbound.stream()).shutdown(Shutdown::Both));
}

async fn discard(outbound: &Outbound) -> io::Result<()> {
    let mut discarded = 0;
    while discarded < DISCARD_BYTES_MAX {
        outbound.stream().readable().await?;
        // Not kept over a wait: it would be a part of every connection's task.
        let mut buffer = [0; 4096];
        match outbound.stream().try_read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => discarded += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
