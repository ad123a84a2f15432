//! A server of its own for each test, and a client that sends exactly the bytes it is told to.

use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;
use tidings_protocol::{Account, Contact, ContactState, Firm, FirmId, Member, Person, Role};
use tidings_protocol::{NewAccount, NewContact, NewMember, Rights, TokenId};
use tidings_server::Addresses;
use tidings_server::auth::new_api_key;
use tidings_server::config::{Config, StoreUrl};
use tidings_server::node::Node;
use tidings_storage::{Actor, DirectoryChange, Done, Operation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub(crate) struct Server {
    pub(crate) node: Arc<Node>,
    pub(crate) address: SocketAddr,
    pub(crate) ops: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<anyhow::Result<()>>,
    _folder: TempDir,
}

/// A firm with one of everybody.
pub(crate) struct Tenant {
    pub(crate) firm: FirmId,
    pub(crate) key: String,
    pub(crate) owner: Person,
    pub(crate) account: Account,
    pub(crate) contact: Person,
}

impl Server {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            store: StoreUrl::Sqlite(folder.path().join("tidings.db")),
            ..Config::default()
        };
        // Emails are their own tests' business.
        config.mail.apart = true;
        config.mail.folder = folder.path().join("mail");
        change(&mut config);
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, started) = oneshot::channel::<(Arc<Node>, Addresses)>();
        let running = tokio::spawn(tidings_server::run(
            config,
            move |node, addresses| drop(ready.send((Arc::clone(node), addresses))),
            async move { drop(stopped.await) },
        ));
        let (node, addresses) = started.await.expect("the server starts");
        let Addresses { listen: address, ops } = addresses;
        Self { node, address, ops, stop: Some(stop), running, _folder: folder }
    }

    /// Tells the server to stop, without waiting.
    pub(crate) fn tell_to_stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) async fn stopped(mut self) {
        self.tell_to_stop();
        self.running.await.unwrap().unwrap();
    }

    pub(crate) async fn tenant(&self, name: &str) -> Tenant {
        let made = self.node.apply(Operation::CreateFirm { name: name.to_owned() }).await;
        let Ok(Done::Firm(Firm { firm, .. })) = made else { panic!("{made:?}") };
        let (key, hash) = new_api_key().unwrap();
        let label = "test".to_owned();
        self.change(firm, DirectoryChange::CreateApiKey { label, hash }).await;
        let owner = NewMember {
            name: "Olga Owner".to_owned(),
            email: "olga@firm.example".to_owned(),
            role: Role::Owner,
            rights: Rights::default(),
        };
        let owner = self.change(firm, DirectoryChange::CreateMember(owner)).await;
        let Done::Member(Member { member, .. }) = owner else { panic!("{owner:?}") };
        let account = NewAccount { name: "Bakery Lane".to_owned(), time_zone: "UTC".to_owned() };
        let account = self.change(firm, DirectoryChange::CreateAccount(account)).await;
        let Done::Account(account) = account else { panic!("{account:?}") };
        let contact = NewContact {
            account: account.account,
            name: "Bo Baker".to_owned(),
            email: "bo@bakery.example".to_owned(),
            notify: true,
            state: ContactState::Active,
            language: tidings_protocol::Language::En,
            time_zone: "UTC".to_owned(),
        };
        let contact = self.change(firm, DirectoryChange::CreateContact(contact)).await;
        let Done::Contact(Contact { contact, .. }) = contact else { panic!("{contact:?}") };
        let (owner, contact) = (Person::Member(member), Person::Contact(contact));
        Tenant { firm, key, owner, account, contact }
    }

    async fn change(&self, firm: FirmId, change: DirectoryChange) -> Done {
        self.node.apply(Operation::Directory { firm, change }).await.unwrap()
    }

    pub(crate) fn token(&self, firm: FirmId, person: Person) -> String {
        let actor = Actor { firm, person };
        self.node.auth.mint(actor, 60, self.node.clock.now(), TokenId(Uuid::new_v4())).token
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads all that comes back until the server closes.
    pub(crate) async fn raw(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        read_answer(&mut stream).await
    }

    /// One request; `line` is `METHOD /path`.
    pub(crate) async fn ask(&self, line: &str, credential: &str, body: Option<&Value>) -> Answer {
        let mut lines = vec![format!("{line} HTTP/1.1"), "host: test".to_owned()];
        lines.push("connection: close".to_owned());
        if !credential.is_empty() {
            lines.push(format!("authorization: Bearer {credential}"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        if !body.is_empty() {
            lines.push("content-type: application/json".to_owned());
            lines.push(format!("content-length: {}", body.len()));
        }
        self.raw(format!("{}\r\n\r\n{body}", lines.join("\r\n"))).await
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON in {self:?}"))
    }

    /// The code of a problem document, which must be one.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        problem["code"].as_str().unwrap().to_owned()
    }
}

/// Reads until the other side closes.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A reset after the answer is an end, too.
    let _ = stream.read_to_end(&mut bytes).await;
    parse(&bytes)
}

pub(crate) fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Answer { status, head, body: bytes.get(end + 4..).unwrap_or_default().to_vec() }
}
