//! What a durable message costs the writer: CPU time of its thread, and what it writes, for each
//! commit and each message. Unlike the benchmarks, which take the time, it tells the pages apart
//! that make it: how many a commit writes doesn't depend on how busy the machine is. Linux only.
//!
//! `cargo run --release -p tidings-storage --example writer_cost -- [STORED [FOLDER]]` posts into
//! 500 threads of four contacts each, in batches of at most one message a thread. STORED messages
//! are there before; in a FOLDER that is in memory, such as `/dev/shm`, syncing costs nothing.

use std::path::{Path, PathBuf};
use tidings_protocol::{
    AccountId, Checked, ClientKey, Command, ContactState, FirmId, Language, MemberId, NewAccount,
    NewContact, NewMember, Person, Reply, Rights, Role, ThreadId, Timestamp,
};
use tidings_storage::sqlite::{Location, Mode, Sqlite};
use tidings_storage::{Actor, DirectoryChange, Done, Operation, SystemEntropy, Writer};
use uuid::Uuid;

const THREADS: usize = 500;
const CONTACTS: usize = 4;
const BODY_BYTES: usize = 200;
/// A batch of one, what comes in 10 ms at 1, 10 and 40 messages a second in each thread.
const BATCHES: [usize; 4] = [1, 5, 50, 200];
/// Messages measured for each size of batch, unless that makes too many commits.
const MESSAGES: usize = 20_000;
const COMMITS_MAX: usize = 1_000;

/// How clients make their keys.
#[derive(Clone, Copy, Debug)]
enum Keys {
    /// UUID version 4.
    Random,
    /// UUID version 7.
    InOrderOfTime,
}

/// A thread and who writes in it.
struct Group {
    thread: ThreadId,
    contacts: Vec<Actor>,
}

struct Driver {
    writer: Box<dyn Writer>,
    groups: Vec<Group>,
    now: Timestamp,
    next: usize,
    keys: Keys,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let stored: usize = arguments.next().map_or(0, |text| text.parse().expect("a number"));
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let file = folder.join(format!("writer-cost-{}.db", std::process::id()));
    let database = Sqlite::open(&Location::File(file.clone()), Mode::Serve, &mut SystemEntropy)
        .expect("a new database");
    let writer = Box::new(database.writer(Box::new(SystemEntropy)).expect("a writer"));
    let mut driver = Driver::new(writer);
    for _ in 0..stored / THREADS {
        driver.post(THREADS);
    }
    for keys in [Keys::Random, Keys::InOrderOfTime] {
        driver.keys = keys;
        println!("keys: {keys:?}");
        println!("batch  µs/commit  ns/message  KiB/commit  bytes/message  writes/commit");
        for batch in BATCHES {
            driver.measure(batch);
        }
    }
    drop(driver);
    drop(database);
    remove(&file);
}

impl Driver {
    fn new(writer: Box<dyn Writer>) -> Self {
        let now = Timestamp(1_750_000_000_000);
        let mut driver = Self { writer, groups: Vec::new(), now, next: 0, keys: Keys::Random };
        let Done::Firm(firm) = driver.one(Operation::CreateFirm { name: "Firm".to_owned() }) else {
            panic!("a firm is made")
        };
        let firm = firm.firm;
        let owner = driver.owner(firm);
        for index in 0..THREADS {
            let group = driver.group(firm, owner, index);
            driver.groups.push(group);
        }
        driver
    }

    /// One batch: a message in each of so many threads.
    fn post(&mut self, batch: usize) {
        let operations = (0..batch).map(|_| self.message()).collect();
        for applied in self.apply(operations) {
            applied.expect("posted");
        }
    }

    fn message(&mut self) -> Operation {
        // A stride without a common divisor: all threads in turn, but not side by side.
        self.next += 1;
        let group = &self.groups[self.next * 269 % THREADS];
        let actor = group.contacts[self.next / THREADS % CONTACTS];
        let command = Command::PostMessage {
            thread: group.thread,
            key: self.key(),
            body: "x".repeat(BODY_BYTES),
            mentions: Vec::new(),
        };
        Operation::Command { actor, command: Checked::try_from(command).expect("within bounds") }
    }

    fn key(&self) -> ClientKey {
        ClientKey(match self.keys {
            Keys::Random => Uuid::new_v4(),
            Keys::InOrderOfTime => Uuid::now_v7(),
        })
    }

    fn measure(&mut self, batch: usize) {
        let commits = (MESSAGES / batch).min(COMMITS_MAX);
        let before = Spent::so_far();
        for _ in 0..commits {
            self.post(batch);
        }
        let spent = Spent::so_far();
        let (commits, messages) = (commits as u64, (commits * batch) as u64);
        let (cpu_ns, bytes) = (spent.cpu_ns - before.cpu_ns, spent.bytes - before.bytes);
        println!(
            "{batch:5}  {:9}  {:10}  {:10}  {:13}  {:13}",
            cpu_ns / commits / 1_000,
            cpu_ns / messages,
            bytes / commits / 1_024,
            bytes / messages,
            (spent.writes - before.writes) / commits,
        );
    }

    fn apply(&mut self, batch: Vec<Operation>) -> Vec<Result<Done, tidings_protocol::Refusal>> {
        self.now = self.now.plus_millis(5);
        let applied = self.writer.apply(batch, self.now).expect("the disk has room");
        applied.into_iter().map(|applied| applied.outcome).collect()
    }

    fn one(&mut self, operation: Operation) -> Done {
        self.apply(vec![operation]).remove(0).expect("allowed")
    }

    fn owner(&mut self, firm: FirmId) -> MemberId {
        let new = NewMember {
            name: "Olga".to_owned(),
            email: "olga@example.com".to_owned(),
            role: Role::Owner,
            rights: Rights::default(),
        };
        let change = DirectoryChange::CreateMember(new);
        match self.one(Operation::Directory { firm, change }) {
            Done::Member(member) => member.member,
            other => panic!("{other:?}"),
        }
    }

    fn group(&mut self, firm: FirmId, owner: MemberId, index: usize) -> Group {
        let change = DirectoryChange::CreateAccount(NewAccount {
            name: format!("Client {index}"),
            time_zone: "UTC".to_owned(),
        });
        let Done::Account(account) = self.one(Operation::Directory { firm, change }) else {
            panic!("an account is made")
        };
        let account = account.account;
        let contacts = (0..CONTACTS).map(|_| self.contact(firm, account)).collect();
        let create = Command::CreateThread {
            account,
            key: self.key(),
            subject: "Measured".to_owned(),
            body: "Hello".to_owned(),
            tasks: Vec::new(),
            reminder: None,
            mentions: Vec::new(),
        };
        let actor = Actor { firm, person: Person::Member(owner) };
        let command = Checked::try_from(create).expect("within bounds");
        match self.one(Operation::Command { actor, command }) {
            Done::Reply(Reply::ThreadCreated { thread, .. }) => Group { thread, contacts },
            other => panic!("{other:?}"),
        }
    }

    fn contact(&mut self, firm: FirmId, account: AccountId) -> Actor {
        let change = DirectoryChange::CreateContact(NewContact {
            account,
            name: "Carl".to_owned(),
            email: "carl@example.com".to_owned(),
            notify: true,
            state: ContactState::Active,
            language: Language::En,
            time_zone: "UTC".to_owned(),
        });
        match self.one(Operation::Directory { firm, change }) {
            Done::Contact(contact) => Actor { firm, person: Person::Contact(contact.contact) },
            other => panic!("{other:?}"),
        }
    }
}

/// What this thread has spent so far.
struct Spent {
    cpu_ns: u64,
    /// Written to files,
    bytes: u64,
    /// by so many system calls: two for each page.
    writes: u64,
}

impl Spent {
    fn so_far() -> Self {
        let cpu = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
        let io = std::fs::read_to_string("/proc/thread-self/io").expect("Linux");
        let written = |name: &str| {
            let line = io.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|field| field.trim().parse().ok()).expect("a number follows")
        };
        let cpu_ns = cpu.split(' ').next().and_then(|field| field.parse().ok());
        Self {
            cpu_ns: cpu_ns.expect("a number comes first"),
            bytes: written("wchar:"),
            writes: written("syscw:"),
        }
    }
}

fn remove(file: &Path) {
    for end in ["", "-wal", "-shm", ".lock"] {
        let mut path = file.as_os_str().to_owned();
        path.push(end);
        drop(std::fs::remove_file(path));
    }
}
