//! A firm with an owner and a client, the nodes that write to it, and what they say.

use std::time::Duration;
use tidings_protocol::{
    AccountId, Checked, ClientKey, Command, ContactState, Event, FirmId, Language, NewAccount,
    NewContact, NewMember, Person, Reply, Rights, Role, Seq, ThreadId, Timestamp,
};
use tidings_storage::postgres::{Postgres, PostgresReader, PostgresWriter};
use tidings_storage::{
    Actor, Applied, DirectoryChange, Done, Operation, Reader, SystemEntropy, Writer,
};
use uuid::Uuid;

/// When everything happens.
pub const NOW: Timestamp = Timestamp(1_750_000_000_000);

/// A firm.
#[derive(Clone, Copy)]
pub struct Firm {
    pub id: FirmId,
    pub account: AccountId,
    pub owner: Actor,
    pub client: Actor,
}

/// A database, opened.
pub fn open(url: &str) -> Postgres {
    Postgres::open(&url.parse().unwrap(), Duration::from_secs(10), &mut SystemEntropy).unwrap()
}

/// A node's writer.
pub fn writer(url: &str) -> PostgresWriter {
    open(url).writer(Box::new(SystemEntropy)).unwrap()
}

/// A node's reader.
pub fn reader(url: &str) -> PostgresReader {
    open(url).reader().unwrap()
}

/// One operation, which must be done.
pub fn does(writer: &mut dyn Writer, operation: Operation) -> Done {
    one(writer, operation).outcome.unwrap()
}

/// One operation.
pub fn one(writer: &mut dyn Writer, operation: Operation) -> Applied {
    writer.apply(vec![operation], NOW).unwrap().remove(0)
}

impl Firm {
    /// Makes one.
    pub fn new(writer: &mut dyn Writer) -> Self {
        let made = does(writer, Operation::CreateFirm { name: "Firm".to_owned() });
        let Done::Firm(made) = made else { panic!("{made:?}") };
        let firm = made.firm;
        let owner = Self::member(writer, firm, Role::Owner);
        let change = DirectoryChange::CreateAccount(NewAccount {
            name: "Client".to_owned(),
            time_zone: "UTC".to_owned(),
        });
        let made = does(writer, Operation::Directory { firm, change });
        let Done::Account(account) = made else { panic!("{made:?}") };
        let account = account.account;
        let client = Self::contact(writer, firm, account);
        Self { id: firm, account, owner, client }
    }

    /// Hires somebody.
    pub fn member(writer: &mut dyn Writer, firm: FirmId, role: Role) -> Actor {
        let change = DirectoryChange::CreateMember(NewMember {
            name: "Member".to_owned(),
            email: "member@firm.example".to_owned(),
            role,
            rights: Rights::default(),
        });
        let made = does(writer, Operation::Directory { firm, change });
        let Done::Member(member) = made else { panic!("{made:?}") };
        Actor { firm, person: Person::Member(member.member) }
    }

    /// Lets a client's contact in.
    pub fn contact(writer: &mut dyn Writer, firm: FirmId, account: AccountId) -> Actor {
        let change = DirectoryChange::CreateContact(NewContact {
            account,
            name: "Contact".to_owned(),
            email: "contact@client.example".to_owned(),
            notify: true,
            state: ContactState::Active,
            language: Language::En,
            time_zone: "UTC".to_owned(),
        });
        let made = does(writer, Operation::Directory { firm, change });
        let Done::Contact(contact) = made else { panic!("{made:?}") };
        Actor { firm, person: Person::Contact(contact.contact) }
    }

    /// Starts a thread: two events.
    pub fn thread(&self, writer: &mut dyn Writer) -> ThreadId {
        match does(writer, self.starts(Uuid::new_v4())) {
            Done::Reply(Reply::ThreadCreated { thread, .. }) => thread,
            other => panic!("{other:?}"),
        }
    }

    /// That the owner starts a thread.
    pub fn starts(&self, key: Uuid) -> Operation {
        let command = Command::CreateThread {
            account: self.account,
            key: ClientKey(key),
            subject: String::new(),
            body: "Hello".to_owned(),
            tasks: Vec::new(),
            reminder: None,
            mentions: Vec::new(),
        };
        Self::asks(self.owner, command)
    }

    /// That somebody posts.
    pub fn posts(actor: Actor, thread: ThreadId, key: Uuid) -> Operation {
        let (key, body) = (ClientKey(key), key.to_string());
        Self::asks(actor, Command::PostMessage { thread, key, body, mentions: Vec::new() })
    }

    /// That somebody has read up to a position.
    pub fn reads(actor: Actor, thread: ThreadId, up_to: Seq) -> Operation {
        Self::asks(actor, Command::Read { thread, up_to })
    }

    /// That somebody asks for something.
    pub fn asks(actor: Actor, command: Command) -> Operation {
        Operation::Command { actor, command: Checked::try_from(command).unwrap() }
    }
}

/// The whole log of a thread, which has no gap.
pub fn log(reader: &mut dyn Reader, thread: ThreadId) -> Vec<Event> {
    let events = reader.events_after(thread, Seq(0), 1_000_000).unwrap();
    for (event, seq) in events.iter().zip(1..) {
        assert_eq!(event.seq, Seq(seq), "a gap in {thread}");
    }
    events
}

/// Where the posts of a log stand, by their keys; each key is there once.
pub fn posted(log: &[Event]) -> Vec<(Uuid, Seq)> {
    let mut found: Vec<(Uuid, Seq)> = Vec::new();
    for event in log {
        if let tidings_protocol::EventKind::MessagePosted { key, .. } = &event.kind {
            assert!(!found.iter().any(|(other, _)| *other == key.0), "twice: {key:?}");
            found.push((key.0, event.seq));
        }
    }
    found
}

/// Where an answer says that a post stands.
pub fn seq_of(applied: &Applied) -> Seq {
    match applied.outcome.as_ref().unwrap() {
        Done::Reply(Reply::Written { seq, .. }) => *seq,
        other => panic!("{other:?}"),
    }
}
