//! Who is told of a thread, with a real store behind it.

use crate::auth::Identity;
use crate::clock::SystemClock;
use crate::config::{Config, StoreUrl};
use crate::node::Node;
use crate::people::Peer;
use crate::socket::Outbound;
use std::sync::Arc;
use tidings_protocol::{
    AccountId, Checked, ClientKey, CloseCode, Command, ContactPatch, ContactState, Encoding,
    FirmId, NewAccount, NewContact, NewMember, Outcome, Person, Rights, Role, Timestamp, Welcome,
};
use tidings_storage::{Access, Actor, DirectoryChange, Done, Epoch, Operation};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

pub(super) async fn change(node: &Node, firm: FirmId, change: DirectoryChange) -> Done {
    node.apply(Operation::Directory { firm, change }).await.unwrap()
}

pub(super) async fn new_account(node: &Node, firm: FirmId, name: &str) -> AccountId {
    let new = NewAccount { name: name.to_owned(), time_zone: "UTC".to_owned() };
    let Done::Account(made) = change(node, firm, DirectoryChange::CreateAccount(new)).await else {
        panic!("an account was asked for");
    };
    made.account
}

pub(super) async fn contact(node: &Node, firm: FirmId, account: AccountId, name: &str) -> Person {
    let new = NewContact {
        account,
        name: name.to_owned(),
        email: format!("{name}@client.example"),
        notify: true,
        state: ContactState::Active,
        language: tidings_protocol::Language::En,
        time_zone: "UTC".to_owned(),
    };
    let Done::Contact(made) = change(node, firm, DirectoryChange::CreateContact(new)).await else {
        panic!("a contact was asked for");
    };
    Person::Contact(made.contact)
}

/// A welcomed socket of a contact who, as far as this node knows, sees the account.
async fn listen(node: &Node, actor: Actor, account: AccountId, welcome: Welcome) -> TcpStream {
    enter(node, actor, Access::Contact { account }, welcome).await
}

/// A welcomed socket.
pub(super) async fn enter(
    node: &Node,
    actor: Actor,
    access: Access,
    welcome: Welcome,
) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let bytes_max = node.config.limits.outbound_bytes;
    let outbound = Outbound::new(stream, Encoding::Json, bytes_max, Arc::clone(&node.metrics));
    let (issued, expires) = (Timestamp(0), Timestamp(i64::MAX));
    let identity = Identity { actor, token: None, issued, expires };
    let peer = Arc::new(Peer::new(identity, Arc::new(outbound)));
    node.people.enter(&peer, usize::MAX).unwrap();
    node.people.grant(&peer, access, Epoch(0)).unwrap();
    assert!(peer.first_welcome(welcome, None, Timestamp(0)));
    client
}

/// What comes on a socket until it says that a thread has changed, or ends.
async fn hear(client: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    loop {
        let more = client.read_buf(&mut heard).await.unwrap();
        let text = String::from_utf8_lossy(&heard);
        if more == 0 || text.contains("thread_changed") {
            return text.into_owned();
        }
    }
}

#[tokio::test]
async fn a_feed_asks_the_store_before_it_tells_of_a_thread() {
    let folder = tempfile::tempdir().unwrap();
    let store = StoreUrl::Sqlite(folder.path().join("tidings.db"));
    let node =
        Node::start(Config { store, ..Config::default() }, Arc::new(SystemClock)).await.unwrap();
    let made = node.apply(Operation::CreateFirm { name: "Bright".to_owned() }).await.unwrap();
    let Done::Firm(firm) = made else { panic!("a firm was asked for") };
    let firm = firm.firm;
    let account = new_account(&node, firm, "Bakery").await;
    let other = new_account(&node, firm, "Butcher").await;
    let elsewhere = contact(&node, firm, other, "elsewhere").await;
    let (gone, stays) =
        (contact(&node, firm, account, "gone").await, contact(&node, firm, account, "stays").await);
    let new = NewMember {
        name: "Olivia".to_owned(),
        email: "olivia@bright.example".to_owned(),
        role: Role::Owner,
        rights: Rights::default(),
    };
    let made = change(&node, firm, DirectoryChange::CreateMember(new)).await;
    let Done::Member(owner) = made else { panic!("a member was asked for") };

    let Person::Contact(id) = gone else { panic!("it is a contact") };
    let patch = ContactPatch { state: Some(ContactState::None), ..ContactPatch::default() };
    change(&node, firm, DirectoryChange::PatchContact(id, patch)).await;
    let (gone, stays) = (Actor { firm, person: gone }, Actor { firm, person: stays });
    let welcome = node.store.read(move |reader| reader.welcome(stays).unwrap()).await.unwrap();
    let welcome = welcome.unwrap();
    // Access has ended in the store, all of it or that to this account, and this node has yet to
    // hear of it. These two come first.
    let mut gone = listen(&node, gone, account, welcome.clone()).await;
    let elsewhere = Actor { firm, person: elsewhere };
    let mut elsewhere = listen(&node, elsewhere, account, welcome.clone()).await;
    let mut stays = listen(&node, stays, account, welcome).await;

    let command = Command::CreateThread {
        account,
        key: ClientKey(Uuid::nil()),
        subject: "Secret".to_owned(),
        body: "Not for everybody".to_owned(),
        tasks: Vec::new(),
        reminder: None,
        mentions: Vec::new(),
    };
    let actor = Actor { firm, person: Person::Member(owner.member) };
    let outcome = node.execute(actor, Checked::try_from(command).unwrap()).await;
    assert!(matches!(outcome, Outcome::Ok(_)));
    assert!(hear(&mut stays).await.contains("thread_changed"));
    node.people.everybody().iter().for_each(|peer| peer.outbound.close(CloseCode::Restarting));
    node.people.everybody().iter().for_each(|peer| node.people.exit(peer));
    assert!(!hear(&mut gone).await.contains("thread_changed"));
    assert!(!hear(&mut elsewhere).await.contains("thread_changed"));
}
