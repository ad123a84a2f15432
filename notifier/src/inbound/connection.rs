//! One connection of a mail server: reads, answers, and gives up in time.

use super::answers::Answers;
use super::desk::{Sorted, settle, sort};
use super::limits::MAIL_BYTES_MAX;
use super::listen::{Reception, told};
use super::memory::Memory;
use super::reply;
use super::session::{Dialect, Next, Session};
use super::wire::{Mail, Pending};
use crate::run::Seen;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Bytes read at a time.
const READ_BYTES: usize = 16 * 1024;

/// How long the other side may go on after our last word. With what it says unread, closing would
/// take our last word from it.
const LINGER: Duration = Duration::from_secs(1);

/// Why a connection is over before the other side said so.
enum Over {
    /// The other side is gone, or does not read.
    Gone,
    /// It was silent for too long.
    Silent,
    /// We are stopping.
    Stopping,
}

/// A connection and what is on its way in and out.
struct Wire {
    stream: TcpStream,
    pending: Pending,
    out: Vec<u8>,
    stop: watch::Receiver<bool>,
}

/// Serves a connection to its end.
pub(super) async fn serve<A: Answers>(
    stream: TcpStream,
    reception: Arc<Reception<A>>,
    memory: Arc<Memory>,
    stop: watch::Receiver<bool>,
) {
    let mut wire = Wire { stream, pending: Pending::default(), out: Vec::new(), stop };
    reply::write_greeting(&reception.domain, &mut wire.out);
    let last = match converse(&mut wire, &reception, &memory).await {
        Ok(()) | Err(Over::Gone) => None,
        Err(Over::Silent) => Some(reply::TOO_SLOW),
        Err(Over::Stopping) => Some(reply::STOPPING),
    };
    if let Some(reply) = last {
        reply.write(&mut wire.out);
    }
    // What can't be said any more is not worth a word.
    let _ = timeout(reception.limits.silence, wire.flush()).await;
    let _ = timeout(reception.limits.silence, wire.stream.shutdown()).await;
    let _ = timeout(LINGER, wire.hear_out()).await;
}

async fn converse<A: Answers>(
    wire: &mut Wire,
    reception: &Arc<Reception<A>>,
    memory: &Memory,
) -> Result<(), Over> {
    let limits = reception.limits;
    let mut session = Session::new(&reception.domain, &reception.signer, limits.mails_a_minute);
    loop {
        let Some(line) = wire.pending.line() else {
            match timeout(limits.silence, wire.read_unless_stopping()).await {
                Ok(read) => read?,
                Err(_) => return Err(Over::Silent),
            }
            continue;
        };
        match session.line(&line, reception.clock.now(), &mut wire.out) {
            Next::Line => {}
            Next::Close => return Ok(()),
            Next::Mail => {
                let mail = match timeout(limits.mail, wire.mail(limits.silence)).await {
                    Ok(mail) => mail?,
                    Err(_) => return Err(Over::Silent),
                };
                answer(&mut session, mail, reception, memory, &mut wire.out).await;
            }
        }
    }
}

/// Does with a mail what is to be done, and writes the reply or replies to it.
async fn answer<A: Answers>(
    session: &mut Session<'_>,
    mail: Mail,
    reception: &Arc<Reception<A>>,
    memory: &Memory,
    out: &mut Vec<u8>,
) {
    let (dialect, envelope) = session.end_mail();
    let sorted = if mail.bytes > MAIL_BYTES_MAX {
        Sorted::TooLarge
    } else {
        // Reading takes as long as whoever wrote the mail makes it take, and others wait meanwhile.
        let (reception, return_path) = (reception.clone(), envelope.return_path);
        let read =
            spawn_blocking(move || sort(&mail, &return_path, &reception.own, &reception.signer));
        read.await.unwrap_or_else(|error| {
            tracing::error!(%error, "reading an answer by email broke down");
            Sorted::Later
        })
    };
    for (count, notice) in envelope.notices.into_iter().enumerate() {
        let now = reception.clock.now();
        let (reply, outcome) = settle(&sorted, notice, &reception.answers, memory, now).await;
        tracing::info!(%notice, outcome = outcome.name(), "an answer by email came in");
        reception.watch.saw(Seen::Answer(outcome));
        if dialect == Dialect::Lmtp || count == 0 {
            reply.write(out);
        }
    }
}

impl Wire {
    /// Reads a mail to its end, whatever its size. Whoever is in the middle of one when we stop may
    /// end it.
    async fn mail(&mut self, silence: Duration) -> Result<Mail, Over> {
        let mut mail = Mail::default();
        while !self.pending.mail(&mut mail) {
            match timeout(silence, self.read()).await {
                Ok(read) => read?,
                Err(_) => return Err(Over::Silent),
            }
        }
        Ok(mail)
    }

    async fn read_unless_stopping(&mut self) -> Result<(), Over> {
        // Replies first: a command that was sent before is answered before we go.
        self.flush().await?;
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            () = told(&mut stop) => Err(Over::Stopping),
            read = self.read() => read,
        }
    }

    /// Says what there is to say and waits for more to come in.
    async fn read(&mut self) -> Result<(), Over> {
        self.flush().await?;
        match self.stream.read_buf(self.pending.room(READ_BYTES)).await {
            Ok(0) | Err(_) => Err(Over::Gone),
            Ok(_) => Ok(()),
        }
    }

    /// Reads what nobody wants any more.
    async fn hear_out(&mut self) {
        loop {
            let heard = self.pending.room(READ_BYTES);
            heard.clear();
            if !matches!(self.stream.read_buf(heard).await, Ok(1..)) {
                return;
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Over> {
        if !self.out.is_empty() {
            self.stream.write_all(&self.out).await.map_err(|_| Over::Gone)?;
            self.out.clear();
        }
        Ok(())
    }
}
