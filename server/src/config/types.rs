//! The configuration as the rest of the program sees it: typed, complete, checked.

use crate::bus::BusUrl;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tidings_notifier::Address;
use tidings_notifier::deliver::SmtpUrl;
use tidings_storage::postgres;

/// Everything an operator can set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where HTTP and sockets are served.
    pub listen: SocketAddr,
    /// Where health and metrics are served, if not on `listen`.
    pub ops_listen: Option<SocketAddr>,
    /// Where everything is kept.
    pub store: StoreUrl,
    /// The password of a store that has none in its address.
    pub store_password_file: Option<PathBuf>,
    /// How the nodes of one store hear of each other.
    pub bus: BusUrl,
    /// Origins of web pages that may open sockets, exactly as browsers send them; empty: none.
    /// Clients that send no `Origin` are not browsers, and not concerned.
    pub allowed_origins: Vec<String>,
    /// How people's tokens are checked.
    pub auth: AuthConfig,
    /// How emails go out, and answers come in.
    pub mail: MailConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Bounds on what clients may do to the server.
    pub limits: Limits,
}

impl Config {
    /// A place for every value, all of them still to be filled from the table of settings.
    pub(super) fn blank() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ops_listen: None,
            store: StoreUrl::Sqlite(PathBuf::new()),
            store_password_file: None,
            bus: BusUrl::Local,
            allowed_origins: Vec::new(),
            auth: AuthConfig {
                audience: String::new(),
                issuer: String::new(),
                host_issuer: None,
                host_secret_file: None,
                host_jwks_file: None,
            },
            mail: MailConfig::blank(),
            log: LogConfig { json: false, filter: String::new() },
            limits: Limits {
                connections: 0,
                sockets_per_person: 0,
                commands_per_second: 0,
                commands_burst: 0,
                commands_in_flight: 0,
                outbound_bytes: 0,
                header_time: Duration::ZERO,
                header_bytes: 0,
                body_bytes: 0,
                body_time: Duration::ZERO,
                drain_time: Duration::ZERO,
                commit_pace: Duration::ZERO,
                readers: None,
            },
        }
    }
}

/// Where everything is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sqlite:PATH`, a file.
    Sqlite(PathBuf),
    /// `postgres://…`, a database. Shown without its password.
    Postgres(postgres::Url),
}

/// How people's tokens are checked.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// `aud` that every token must have.
    pub audience: String,
    /// `iss` of tokens that Tidings itself signs.
    pub issuer: String,
    /// `iss` of tokens that the host application signs.
    pub host_issuer: Option<String>,
    /// The host application's HS256 secret.
    pub host_secret_file: Option<PathBuf>,
    /// The host application's ES256 and `EdDSA` public keys.
    pub host_jwks_file: Option<PathBuf>,
}

/// How emails go out, and answers come in.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// Whether processes of their own send them, not the server.
    pub apart: bool,
    /// The mail server that takes them.
    pub smtp: Option<SmtpUrl>,
    /// The password of the user in its address.
    pub smtp_password_file: Option<PathBuf>,
    /// Where they are put if there is no mail server.
    pub folder: PathBuf,
    /// Whom they are from.
    pub from: Address,
    /// How links in them begin, without a slash at the end, if not by the address of [`Config::listen`].
    pub public_url: Option<String>,
    /// The domain of the addresses that they are answered to.
    pub reply_domain: Option<String>,
    /// Where a mail server brings the answers.
    pub inbound_listen: Option<SocketAddr>,
    /// The domain that signs them.
    pub dkim_domain: Option<String>,
    /// Which of its keys does.
    pub dkim_selector: Option<String>,
    /// That key.
    pub dkim_key_file: Option<PathBuf>,
    /// How long a link in them logs in.
    pub login_time: Duration,
}

impl MailConfig {
    fn blank() -> Self {
        Self {
            apart: false,
            smtp: None,
            smtp_password_file: None,
            folder: PathBuf::new(),
            from: Address::new("nobody", "localhost").expect("it is an address"),
            public_url: None,
            reply_domain: None,
            inbound_listen: None,
            dkim_domain: None,
            dkim_selector: None,
            dkim_key_file: None,
            login_time: Duration::ZERO,
        }
    }
}

/// How logs are written.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// One JSON object a line, instead of text.
    pub json: bool,
    /// `tracing_subscriber::EnvFilter` directives, such as `info`.
    pub filter: String,
}

/// Bounds on what clients may do to the server.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time, of any kind.
    pub connections: usize,
    /// Sockets that one person may have at a time.
    pub sockets_per_person: usize,
    /// Commands a connection may send per second in the long run.
    pub commands_per_second: u32,
    /// Commands a connection may send at once after a quiet time.
    pub commands_burst: u32,
    /// Commands of one connection that may be at work at a time; further ones wait unread.
    pub commands_in_flight: usize,
    /// Bytes that may wait for a client that reads slowly, before it is cut off.
    pub outbound_bytes: usize,
    /// Time to send all headers of a request.
    pub header_time: Duration,
    /// Bytes of all headers of a request.
    pub header_bytes: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Time to send a request's body.
    pub body_time: Duration,
    /// Time over which sockets are closed when the server stops.
    pub drain_time: Duration,
    /// Least time between two commits under load.
    pub commit_pace: Duration,
    /// Threads that read the store.
    pub readers: Option<usize>,
}
