//! What a failed batch leaves behind: nothing, neither in the database nor in the writer's memory.

use super::*;
use crate::SystemEntropy;
use crate::access::Actor;
use crate::backend::Reader;
use crate::operation::{DirectoryChange, Done};
use crate::sqlite::{Location, Mode, Sqlite};
use tidings_protocol::{
    Checked, ClientKey, Command, ContactState, Language, NewAccount, NewContact, NewMember, Person,
    Reply, Rights, Role, Seq, ThreadId,
};
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn done(writer: &mut SqliteWriter, operation: Operation) -> Done {
    writer.apply(vec![operation], NOW).unwrap().remove(0).outcome.unwrap()
}

/// A firm with an owner and a client, and a thread of theirs.
fn thread(writer: &mut SqliteWriter) -> (Actor, ThreadId) {
    let Done::Firm(firm) = done(writer, Operation::CreateFirm { name: "Firm".to_owned() }) else {
        panic!("a firm is made")
    };
    let firm = firm.firm;
    let mut change = |change| done(writer, Operation::Directory { firm, change });
    let new = NewMember {
        name: "Olga".to_owned(),
        email: "olga@example.com".to_owned(),
        role: Role::Owner,
        rights: Rights::default(),
    };
    let Done::Member(owner) = change(DirectoryChange::CreateMember(new)) else { panic!() };
    let new = NewAccount { name: "Client".to_owned(), time_zone: "UTC".to_owned() };
    let Done::Account(account) = change(DirectoryChange::CreateAccount(new)) else { panic!() };
    change(DirectoryChange::CreateContact(NewContact {
        account: account.account,
        name: "Carl".to_owned(),
        email: "carl@example.com".to_owned(),
        notify: true,
        state: ContactState::Active,
        language: Language::En,
        time_zone: "UTC".to_owned(),
    }));
    let actor = Actor { firm, person: Person::Member(owner.member) };
    let create = Command::CreateThread {
        account: account.account,
        key: ClientKey(Uuid::from_u128(1)),
        subject: String::new(),
        body: "Hello".to_owned(),
        tasks: Vec::new(),
        reminder: None,
        mentions: Vec::new(),
    };
    match done(writer, command(actor, create)) {
        Done::Reply(Reply::ThreadCreated { thread, .. }) => (actor, thread),
        other => panic!("{other:?}"),
    }
}

fn command(actor: Actor, command: Command) -> Operation {
    Operation::Command { actor, command: Checked::try_from(command).unwrap() }
}

fn post(actor: Actor, thread: ThreadId, key: u128) -> Operation {
    let key = ClientKey(Uuid::from_u128(key));
    let body = "x".repeat(2_000);
    command(actor, Command::PostMessage { thread, key, body, mentions: Vec::new() })
}

#[test]
fn a_failed_batch_leaves_no_gap_and_its_keys_are_free() {
    let database = Sqlite::open(&Location::Memory, Mode::Serve, &mut SystemEntropy).unwrap();
    let mut writer = database.writer(Box::new(SystemEntropy)).unwrap();
    let mut reader = database.reader().unwrap();
    let (actor, thread) = thread(&mut writer);
    done(&mut writer, post(actor, thread, 10));

    writer.limit_pages(Some(1));
    let batch = (100..200).map(|key| post(actor, thread, key)).collect();
    writer.apply(batch, NOW).unwrap_err();
    assert_eq!(reader.summaries(&[thread]).unwrap()[0].head, Seq(3));

    writer.limit_pages(None);
    for (key, seq) in [(100, 4), (101, 5), (100, 4), (10, 3)] {
        let reply = done(&mut writer, post(actor, thread, key));
        assert_eq!(reply, Done::Reply(Reply::Written { seq: Seq(seq), at_ms: NOW }), "{key}");
    }
    let events = reader.events_after(thread, Seq(0), 100).unwrap();
    let seqs: Vec<_> = events.iter().map(|event| event.seq.0).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}

#[test]
fn what_is_remembered_is_what_is_stored() {
    let database = Sqlite::open(&Location::Memory, Mode::Serve, &mut SystemEntropy).unwrap();
    let mut writer = database.writer(Box::new(SystemEntropy)).unwrap();
    let (actor, thread) = thread(&mut writer);
    let batch = (100..140).map(|key| post(actor, thread, key)).collect();
    writer.apply(batch, NOW).unwrap();
    let db = Db::Sqlite(&writer.db);
    let remembered = writer.scribe.take_thread(db, thread);
    let stored = writer.scribe.take_thread(db, thread);
    assert_eq!(remembered, stored);
    assert!(stored.contains("head: Seq(42)"), "{stored}");
}
