//! A firm with 500 threads, in a store on disk, and an endless supply of further messages. The
//! folder is under Cargo's target directory: the system's temporary one may be in memory, where an
//! fsync costs nothing.

use tempfile::TempDir;
use tidings_protocol::{
    AccountId, Checked, ClientKey, Command, ContactState, Language, NewAccount, NewContact,
    NewMember, Person, Reply, Rights, Role, ThreadId, Timestamp,
};
use tidings_storage::sqlite::{Location, Mode, Sqlite, SqliteReader, SqliteWriter};
use tidings_storage::{Actor, DirectoryChange, Done, Operation, SystemEntropy, Writer};
use uuid::Uuid;

/// A message of the usual length.
const BODY: &str = "Dear Olivia,\n\nhere are the receipts of the second quarter. The one of \
    the **new oven** is missing, \"lost in the post\" says our supplier; he promised a copy for \
    next week. Is that still in time?\n\nCarla";
const _: () = assert!(BODY.len() == 200);

/// Clients of the firm, each with one contact.
const ACCOUNTS: usize = 100;

/// Threads of each of them.
const THREADS_PER_ACCOUNT: usize = 5;

/// A store that is gone with it.
pub(crate) struct Store {
    writer: SqliteWriter,
    database: Sqlite,
    now: Timestamp,
    /// Goes last, when nobody has the database open any more.
    _folder: TempDir,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder to write");
        let file = Location::File(folder.path().join("tidings.db"));
        let database = Sqlite::open(&file, Mode::Serve, &mut SystemEntropy).expect("a database");
        let writer = database.writer(Box::new(SystemEntropy)).expect("a writer");
        Self { writer, database, now: Timestamp(1_767_225_600_000), _folder: folder }
    }

    /// A reader beside the writer.
    pub(crate) fn reader(&self) -> SqliteReader {
        self.database.reader().expect("a reader")
    }

    /// One durable transaction, a millisecond after the one before. Nothing in it may be refused.
    pub(crate) fn apply(&mut self, batch: Vec<Operation>) -> Vec<Done> {
        self.now = self.now.plus_millis(1);
        let applied = self.writer.apply(batch, self.now).expect("the disk takes it");
        applied.into_iter().map(|applied| applied.outcome.expect("nothing is refused")).collect()
    }

    /// What the store does in a quiet half second: a long WAL is brought into the database.
    pub(crate) fn rest(&mut self) {
        self.writer.idle();
    }

    fn one(&mut self, operation: Operation) -> Done {
        self.apply(vec![operation]).pop().expect("one outcome for one operation")
    }
}

/// A thread, and the contact who takes part in it.
#[derive(Clone, Copy)]
pub(crate) struct Conversation {
    pub(crate) thread: ThreadId,
    pub(crate) contact: Actor,
}

/// Who is in the store, and what they will write.
pub(crate) struct Office {
    /// The firm's only member, who sees everything.
    pub(crate) owner: Actor,
    /// All threads; those of one contact lie together.
    pub(crate) conversations: Vec<Conversation>,
    posted: usize,
}

impl Office {
    /// Moves into a new store.
    pub(crate) fn new() -> (Self, Store) {
        let mut store = Store::new();
        let firm = match store.one(Operation::CreateFirm { name: "Bright".to_owned() }) {
            Done::Firm(firm) => firm.firm,
            other => panic!("no firm: {other:?}"),
        };
        let change = DirectoryChange::CreateMember(new_owner());
        let owner = match store.one(Operation::Directory { firm, change }) {
            Done::Member(owner) => Actor { firm, person: Person::Member(owner.member) },
            other => panic!("no member: {other:?}"),
        };
        let mut office = Self { owner, conversations: Vec::new(), posted: 0 };
        for number in 0..ACCOUNTS {
            office.take_on(&mut store, number);
        }
        (office, store)
    }

    /// Takes on a client, and greets it in each of its threads.
    fn take_on(&mut self, store: &mut Store, number: usize) {
        let firm = self.owner.firm;
        let change = DirectoryChange::CreateAccount(NewAccount {
            name: format!("Client {number}"),
            time_zone: "UTC".to_owned(),
        });
        let account = match store.one(Operation::Directory { firm, change }) {
            Done::Account(account) => account.account,
            other => panic!("no account: {other:?}"),
        };
        let change = DirectoryChange::CreateContact(new_contact(account, number));
        let contact = match store.one(Operation::Directory { firm, change }) {
            Done::Contact(contact) => Actor { firm, person: Person::Contact(contact.contact) },
            other => panic!("no contact: {other:?}"),
        };
        let greet = |_| operation(self.owner, new_thread(account));
        for done in store.apply((0..THREADS_PER_ACCOUNT).map(greet).collect()) {
            match done {
                Done::Reply(Reply::ThreadCreated { thread, .. }) => {
                    self.conversations.push(Conversation { thread, contact });
                }
                other => panic!("no thread: {other:?}"),
            }
        }
    }

    /// The next messages: one in each thread after the other, by turns from client and firm.
    pub(crate) fn messages(&mut self, count: usize) -> Vec<Operation> {
        (0..count).map(|_| self.message()).collect()
    }

    fn message(&mut self) -> Operation {
        let round = self.posted / self.conversations.len();
        let conversation = self.conversations[self.posted % self.conversations.len()];
        self.posted += 1;
        let actor = if round.is_multiple_of(2) { conversation.contact } else { self.owner };
        post(actor, conversation.thread)
    }
}

/// A new message.
pub(crate) fn post(actor: Actor, thread: ThreadId) -> Operation {
    // Clients make random keys, and the index over them must bear that.
    let key = ClientKey(Uuid::new_v4());
    let body = BODY.to_owned();
    operation(actor, Command::PostMessage { thread, key, body, mentions: Vec::new() })
}

/// A command that has been checked, as sessions do before they hand it on.
fn operation(actor: Actor, command: Command) -> Operation {
    let command = Checked::try_from(command).expect("within the limits");
    Operation::Command { actor, command }
}

fn new_thread(account: AccountId) -> Command {
    Command::CreateThread {
        account,
        key: ClientKey(Uuid::new_v4()),
        subject: String::new(),
        body: BODY.to_owned(),
        tasks: vec!["Send the receipts".to_owned()],
        reminder: None,
        mentions: Vec::new(),
    }
}

fn new_owner() -> NewMember {
    NewMember {
        name: "Olivia".to_owned(),
        email: "olivia@bright.example".to_owned(),
        role: Role::Owner,
        rights: Rights::default(),
    }
}

fn new_contact(account: AccountId, number: usize) -> NewContact {
    NewContact {
        account,
        name: format!("Carla {number}"),
        email: format!("carla@client-{number}.example"),
        notify: true,
        state: ContactState::Active,
        language: Language::En,
        time_zone: "UTC".to_owned(),
    }
}
