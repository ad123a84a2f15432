//! Over SMTP: a few connections, each used for one mail after the other, and closed when there is
//! nothing to do.
//!
//! The connections are lettre's, the pool is not: lettre's own puts a connection back that was given
//! up in the middle of a mail, waits without limit for a server that hangs, and lets any number be
//! open.

mod connect;
mod idle;
mod talk;
mod url;

pub use url::{SmtpUrl, SmtpUrlError};

use super::answer::tidy;
use super::{Delivery, OpenError};
use connect::Access;
use idle::Idle;
use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use std::path::PathBuf;
use std::time::Duration;
use talk::End;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How many connections there are at most, and so how many mails under way: more than that wait.
pub const CONNECTIONS_MAX: usize = 4;

/// Longest time that handing over a mail takes. A claim has to last longer.
pub const DELIVERY_MAX: Duration = Duration::from_mins(10);

/// How long things may take. Shorter than RFC 5321 (4.5.3.2) asks of mail servers, except for the end:
/// what is given up before the mail itself is tried again without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection is there: name, TCP, TLS, login.
    pub connect: Duration,
    /// For the answer to a command.
    pub command: Duration,
    /// From the first byte of a mail to the answer for it. Long: a mail that is taken after that goes
    /// out twice.
    pub content: Duration,
    /// How long a connection stays open without a mail; up to twice this.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_secs(30),
            content: Duration::from_mins(5),
            idle: Duration::from_secs(30),
        }
    }
}

/// A mail server, and the connections to it.
pub(super) struct Smtp {
    access: Access,
    limits: Limits,
    places: Semaphore,
    idle: Idle,
}

impl Smtp {
    pub(super) fn open(
        url: SmtpUrl,
        password_file: Option<PathBuf>,
        limits: Limits,
    ) -> Result<Self, OpenError> {
        let access = Access::open(url, password_file)?;
        let idle = Idle::new(limits.idle);
        Ok(Self { access, limits, places: Semaphore::new(CONNECTIONS_MAX), idle })
    }

    pub(super) fn url(&self) -> &SmtpUrl {
        self.access.url()
    }

    pub(super) async fn deliver(&self, envelope: &Envelope, mail: &[u8]) -> Delivery {
        // Each step has its own limit; this one holds whatever they add up to. What is under way then
        // is dropped, and its connection with it.
        let done = timeout(DELIVERY_MAX, self.deliver_in_turn(envelope, mail)).await;
        done.unwrap_or_else(|_| later("the mail server took too long"))
    }

    async fn deliver_in_turn(&self, envelope: &Envelope, mail: &[u8]) -> Delivery {
        let place = timeout(self.limits.command, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else {
            return later("all connections to the mail server are busy");
        };
        if let Some(mut connection) = self.reuse().await {
            match talk::send(&mut connection, envelope, mail, &self.limits).await {
                End::Answered(delivery) => return self.keep(connection, delivery),
                End::Lost { answer, nothing_sent: false } => return later(&answer),
                // It was closed while nobody used it: that says nothing of this mail.
                End::Lost { nothing_sent: true, .. } => {}
            }
        }
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(answer) => return later(&answer),
        };
        match talk::send(&mut connection, envelope, mail, &self.limits).await {
            End::Answered(delivery) => self.keep(connection, delivery),
            End::Lost { answer, .. } => later(&answer),
        }
    }

    /// A connection that is open still, and has forgotten the mail before. Those that are not are
    /// dropped on the way.
    async fn reuse(&self) -> Option<AsyncSmtpConnection> {
        while let Some(mut connection) = self.idle.take() {
            if talk::reset(&mut connection, &self.limits).await {
                return Some(connection);
            }
        }
        None
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        let made = timeout(self.limits.connect, self.access.connect(self.limits.connect)).await;
        let made = made.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        made.map_err(|why| tidy(&format!("no connection to {}: {why}", self.access.place())))
    }

    fn keep(&self, connection: AsyncSmtpConnection, delivery: Delivery) -> Delivery {
        self.idle.put(connection);
        delivery
    }
}

fn later(answer: &str) -> Delivery {
    Delivery::Later { answer: tidy(answer) }
}
