//! A mail server in the test's own hand: it keeps what it takes, and does with the next mail as it is
//! told.

use super::conduct::Conduct;
use super::session::{Link, serve};
use crate::authority::{Authority, Identity};
use crate::wait::within;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// Most mails that are kept: more than any test sends.
const MAILS_MAX: usize = 100_000;

/// A mail server on a port of loopback, until it is dropped.
pub struct MailSink {
    shared: Arc<Shared>,
    address: SocketAddr,
    listening: JoinHandle<()>,
}

/// What it offers.
#[derive(Clone, Debug)]
pub struct SinkSetup {
    /// How it speaks TLS.
    pub tls: SinkTls,
    /// Who has to log in before anything is taken: name and password.
    pub login: Option<(String, String)>,
    /// Whether addresses may have any letters.
    pub smtputf8: bool,
    /// Somebody between it and its client, who slips in an answer before TLS begins.
    pub slips_in: bool,
}

/// How TLS is spoken. It shows a certificate for `127.0.0.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkTls {
    /// Not at all.
    None,
    /// By STARTTLS.
    Offered,
    /// From the first byte.
    Wrapped,
}

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenMail {
    /// Whom it says it is from; empty for nobody.
    pub from: String,
    /// For whom it is.
    pub to: Vec<String>,
    /// What it asked for with its sender, such as `SMTPUTF8`.
    pub parameters: Vec<String>,
    /// The mail.
    pub bytes: Vec<u8>,
    /// Whether it came over TLS.
    pub tls: bool,
    /// Who had logged in.
    pub user: Option<String>,
}

/// What all its connections know.
pub(super) struct Shared {
    pub(super) setup: SinkSetup,
    pub(super) tls: Option<TlsAcceptor>,
    /// Sessions that wait for a command end when it grows.
    pub(super) closed: watch::Sender<u64>,
    state: Mutex<State>,
    /// How many mails there are.
    taken: watch::Sender<usize>,
    /// How many connections are open.
    open: watch::Sender<usize>,
}

struct State {
    mails: Vec<TakenMail>,
    next: VecDeque<Conduct>,
    rule: Box<dyn Fn(&str) -> Conduct + Send>,
    connections: usize,
}

impl Default for SinkSetup {
    fn default() -> Self {
        Self { tls: SinkTls::None, login: None, smtputf8: true, slips_in: false }
    }
}

impl MailSink {
    /// Starts one that takes everything, from everybody, without TLS.
    pub async fn start() -> Self {
        Self::start_as(SinkSetup::default(), None).await
    }

    /// Starts one with TLS as the setup says, and a certificate for its address.
    pub async fn start_with(setup: SinkSetup, authority: &Authority) -> Self {
        let tls = acceptor(&authority.vouch("127.0.0.1"));
        Self::start_as(setup, Some(tls)).await
    }

    async fn start_as(setup: SinkSetup, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("loopback has free ports");
        let address = listener.local_addr().expect("it listens");
        let state = State {
            mails: Vec::new(),
            next: VecDeque::new(),
            rule: Box::new(|_| Conduct::Accept),
            connections: 0,
        };
        let shared = Arc::new(Shared {
            setup,
            tls,
            closed: watch::Sender::new(0),
            state: Mutex::new(state),
            taken: watch::Sender::new(0),
            open: watch::Sender::new(0),
        });
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared)));
        Self { shared, address, listening }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a URL, for one without TLS.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// What to do with the next mail that nothing is said about yet. Mails are counted by their
    /// `MAIL FROM`; a conduct at the greeting or `EHLO` is for the next connection.
    pub fn next(&self, conduct: Conduct) {
        self.shared.state().next.push_back(conduct);
    }

    /// The same for several mails.
    pub fn next_times(&self, times: usize, conduct: &Conduct) {
        self.shared.state().next.extend(std::iter::repeat_n(conduct.clone(), times));
    }

    /// What to do, by recipient, with all mails for which [`Self::next`] says nothing: from the
    /// recipient on.
    pub fn always(&self, rule: impl Fn(&str) -> Conduct + Send + 'static) {
        self.shared.state().rule = Box::new(rule);
    }

    /// What it has taken, in that order.
    pub fn mails(&self) -> Vec<TakenMail> {
        self.shared.state().mails.clone()
    }

    /// What it has taken, which is forgotten.
    pub fn take(&self) -> Vec<TakenMail> {
        let mut state = self.shared.state();
        let mails = std::mem::take(&mut state.mails);
        self.shared.taken.send_replace(0);
        mails
    }

    /// Waits until it has taken so many, and gives all.
    pub async fn wait_for(&self, count: usize) -> Vec<TakenMail> {
        let mut taken = self.shared.taken.subscribe();
        let waited = taken.wait_for(|taken| *taken >= count);
        let what = format!("{count} mails");
        within(&what, waited).await.expect("it is here");
        self.mails()
    }

    /// How many connections were made to it until now.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Waits until so many connections are open.
    pub async fn wait_for_open(&self, count: usize) {
        let mut open = self.shared.open.subscribe();
        let what = format!("{count} open connections");
        within(&what, open.wait_for(|open| *open == count)).await.expect("it is here");
    }

    /// Closes the connections on which no command is under way, as servers do with those that wait
    /// for too long, and waits until they are closed.
    pub async fn close_idle(&self) {
        self.shared.closed.send_modify(|closed| *closed += 1);
        self.wait_for_open(0).await;
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl TakenMail {
    /// The mail as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// A field of its header as it is written, on one line.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.text();
        let header = text.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", " ");
        let fields = unfolded.split("\r\n").filter_map(|line| line.split_once(':'));
        let mut named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim().to_owned())
    }

    /// What names it.
    pub fn message_id(&self) -> String {
        self.header("message-id").unwrap_or_default()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can be half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, mail: TakenMail) {
        let mut state = self.state();
        assert!(state.mails.len() < MAILS_MAX, "no test sends so many mails");
        state.mails.push(mail);
        self.taken.send_replace(state.mails.len());
    }

    /// What was ordered for the next connection (`true`) or the next mail.
    pub(super) fn ordered(&self, of_connection: bool) -> Option<Conduct> {
        use super::conduct::Stage::{Greeting, Hello};
        let mut state = self.state();
        let fits = |next: &Conduct| matches!(next.stage(), Greeting | Hello) == of_connection;
        if state.next.front().is_some_and(fits) { state.next.pop_front() } else { None }
    }

    /// What the rule says of a recipient.
    pub(super) fn rule(&self, recipient: &str) -> Conduct {
        (self.state().rule)(recipient)
    }
}

fn acceptor(identity: &Identity) -> TlsAcceptor {
    let certificates = CertificateDer::pem_slice_iter(identity.certificate.as_bytes());
    let certificates = certificates.collect::<Result<Vec<_>, _>>().expect("rcgen writes PEM");
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("rcgen writes PEM");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("ring has all that TLS needs").with_no_client_auth();
    let config = config.with_single_cert(certificates, key).expect("they belong together");
    TlsAcceptor::from(Arc::new(config))
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    // They end with it.
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = sessions.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else { return };
        shared.state().connections += 1;
        shared.open.send_modify(|open| *open += 1);
        let shared = Arc::clone(&shared);
        sessions.spawn(async move {
            // Which of the two went away is of no interest.
            let _ = serve(Link::Plain(stream), &shared).await;
            shared.open.send_modify(|open| *open -= 1);
        });
    }
}
