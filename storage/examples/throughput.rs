//! How many posts a store acknowledges, by how many senders who each wait for the answer before they
//! post again: through the front, as a server does it, without sockets.
//!
//! `cargo run --release -p tidings-storage --example throughput -- [STORE [SECONDS]]`, where STORE is
//! `postgres://…`, an empty database, or a new file for SQLite; without it, a temporary one.

use std::sync::Arc;
use std::time::{Duration, Instant};
use tidings_protocol::{
    AccountId, Checked, ClientKey, Command, ContactState, FirmId, Language, NewAccount, NewContact,
    NewMember, Person, Reply, Rights, Role, ThreadId, Timestamp,
};
use tidings_storage::postgres::{Postgres, Url};
use tidings_storage::sqlite::{Location, Mode, Sqlite};
use tidings_storage::{
    Actor, Applied, Clock, DirectoryChange, Done, FrontOptions, Observer, Operation, Store,
    SystemEntropy, Writer,
};
use tokio::sync::oneshot;
use uuid::Uuid;

const FIRMS: usize = 50;
const THREADS_PER_FIRM: usize = 10;
const BODY_BYTES: usize = 300;
const SENDERS: [usize; 4] = [1, 64, 256, 1_024];

type Ticket = oneshot::Sender<Applied>;
type Group = (Actor, ThreadId);

/// Gives everybody their answers.
struct Answers;

impl Observer for Answers {
    type Ticket = Ticket;

    fn applied(&mut self, batch: Vec<(Ticket, Applied)>) {
        for (ticket, applied) in batch {
            // Who has stopped waiting is at the end of its time.
            let _ = ticket.send(applied);
        }
    }
}

/// The time of day.
struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(0))
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let store = arguments.next();
    let seconds = arguments.next().map_or(5, |text| text.parse().expect("a number of seconds"));
    let mut writer = writer(store.as_deref());
    let groups: Arc<Vec<Group>> =
        (0..FIRMS).flat_map(|_| firm(&mut *writer)).collect::<Vec<_>>().into();
    let options = FrontOptions::default();
    let store = Store::start(writer, Vec::new(), Arc::new(Now), options, Answers);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("senders  posts/s  p50 ms  p99 ms");
    for senders in SENDERS {
        let took = runtime.block_on(run(&store, &groups, senders, Duration::from_secs(seconds)));
        let at = |part: usize| took[(took.len() - 1) * part / 100].as_secs_f64() * 1_000.0;
        let rate = took.len() as u64 / seconds;
        println!("{senders:7}  {rate:7}  {:6.1}  {:6.1}", at(50), at(99));
    }
    store.close();
}

/// How long each answer took, in order.
async fn run(
    store: &Store<Ticket>,
    groups: &Arc<Vec<Group>>,
    senders: usize,
    time: Duration,
) -> Vec<Duration> {
    let until = now() + time;
    let senders = (0..senders).map(|sender| {
        let (store, groups) = (store.clone(), Arc::clone(groups));
        tokio::spawn(async move {
            let mut took = Vec::new();
            let (actor, thread) = groups[sender % groups.len()];
            while now() < until {
                let begun = now();
                let (ticket, answer) = oneshot::channel();
                if store.submit(post(actor, thread), ticket).is_ok() {
                    let applied = answer.await.expect("everybody is answered");
                    applied.outcome.expect("nothing is refused");
                    took.push(begun.elapsed());
                }
            }
            took
        })
    });
    let mut took = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        took.extend(sender.await.expect("a sender does not panic"));
    }
    took.sort();
    took
}

#[expect(clippy::disallowed_methods, reason = "it is measured how long things take")]
fn now() -> Instant {
    Instant::now()
}

fn post(actor: Actor, thread: ThreadId) -> Operation {
    let body = "x".repeat(BODY_BYTES);
    let key = ClientKey(Uuid::now_v7());
    command(actor, Command::PostMessage { thread, key, body, mentions: Vec::new() })
}

fn command(actor: Actor, command: Command) -> Operation {
    Operation::Command { actor, command: Checked::try_from(command).expect("it keeps the bounds") }
}

fn writer(store: Option<&str>) -> Box<dyn Writer> {
    let entropy = || Box::new(SystemEntropy);
    if let Some(url) = store.filter(|store| Url::is_meant(store)) {
        let url = url.parse().expect("an address");
        let postgres = Postgres::open(&url, Duration::ZERO, &mut SystemEntropy);
        return Box::new(postgres.expect("a database").writer(entropy()).expect("a writer"));
    }
    let file = match store {
        Some(file) => file.into(),
        None => std::env::temp_dir().join(format!("throughput-{}.db", std::process::id())),
    };
    let sqlite = Sqlite::open(&Location::File(file), Mode::Serve, &mut SystemEntropy);
    Box::new(sqlite.expect("a new file").writer(entropy()).expect("a writer"))
}

fn done(writer: &mut dyn Writer, operation: Operation) -> Done {
    let mut applied = writer.apply(vec![operation], Now.now()).expect("the store is there");
    applied.remove(0).outcome.expect("nothing is refused")
}

/// A firm, and its client in each of its threads.
fn firm(writer: &mut dyn Writer) -> Vec<Group> {
    let made = done(writer, Operation::CreateFirm { name: "Firm".to_owned() });
    let Done::Firm(made) = made else { unreachable!("a firm is made") };
    let firm = made.firm;
    let owner = DirectoryChange::CreateMember(NewMember {
        name: "Owner".to_owned(),
        email: "owner@firm.example".to_owned(),
        role: Role::Owner,
        rights: Rights::default(),
    });
    let Done::Member(owner) = done(writer, Operation::Directory { firm, change: owner }) else {
        unreachable!("a member is made")
    };
    let owner = Actor { firm, person: Person::Member(owner.member) };
    let change = DirectoryChange::CreateAccount(NewAccount {
        name: "Client".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let Done::Account(account) = done(writer, Operation::Directory { firm, change }) else {
        unreachable!("an account is made")
    };
    let contact = contact(writer, firm, account.account);
    (0..THREADS_PER_FIRM)
        .map(|_| {
            let create = Command::CreateThread {
                account: account.account,
                key: ClientKey(Uuid::now_v7()),
                subject: String::new(),
                body: "Hello".to_owned(),
                tasks: Vec::new(),
                reminder: None,
                mentions: Vec::new(),
            };
            match done(writer, command(owner, create)) {
                Done::Reply(Reply::ThreadCreated { thread, .. }) => (contact, thread),
                other => unreachable!("a thread is made, not {other:?}"),
            }
        })
        .collect()
}

fn contact(writer: &mut dyn Writer, firm: FirmId, account: AccountId) -> Actor {
    let change = DirectoryChange::CreateContact(NewContact {
        account,
        name: "Contact".to_owned(),
        email: "contact@client.example".to_owned(),
        notify: true,
        state: ContactState::Active,
        language: Language::En,
        time_zone: "UTC".to_owned(),
    });
    let Done::Contact(contact) = done(writer, Operation::Directory { firm, change }) else {
        unreachable!("a contact is made")
    };
    Actor { firm, person: Person::Contact(contact.contact) }
}
