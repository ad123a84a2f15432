//! Several nodes write to one database at the same time.

use crate::firm::{Firm, NOW, does, log, one, open, posted, reader, seq_of, writer};
use crate::waiting::{Over, until};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::Duration;
use tidings_protocol::{
    ContactId, ContactPatch, ContactState, MemberPatch, NewAccount, Person, Seq, ThreadId,
};
use tidings_storage::{Actor, DirectoryChange, Epoch, Operation, Reader, SystemEntropy, Writer};
use tidings_tests::Postgres;
use uuid::Uuid;

/// An empty database of the shared server, gone with its test.
pub struct Database {
    pub name: String,
    pub url: String,
}

impl Database {
    pub fn new() -> Self {
        let name = format!("test_{}", Uuid::new_v4().simple());
        Postgres::shared().create_database(&name);
        let url = Postgres::shared().url(&name);
        Self { name, url }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        Postgres::shared().drop_database(&self.name);
    }
}

#[test]
fn the_same_posts_sent_to_two_nodes_are_there_once_and_without_gaps() {
    const ROUNDS: u128 = 40;
    let database = Database::new();
    let mut first = writer(&database.url);
    let firm = Firm::new(&mut first);
    let threads: Vec<ThreadId> = (0..4).map(|_| firm.thread(&mut first)).collect();
    let answers: Mutex<HashMap<(ThreadId, Uuid), Vec<Seq>>> = Mutex::default();
    let start = Barrier::new(2);
    // The same keys on both, in batches with threads and keys in another order.
    let node = |backwards: bool| {
        let mut writer = writer(&database.url);
        start.wait();
        for round in 0..ROUNDS {
            let mut posts: Vec<(ThreadId, Uuid)> = (0..8)
                .map(|index| (threads[index % 4], Uuid::from_u128(1_000 * round + index as u128)))
                .collect();
            if backwards {
                posts.reverse();
            }
            let batch = posts.iter().map(|(thread, key)| Firm::posts(firm.client, *thread, *key));
            let applied = writer.apply(batch.collect(), NOW).unwrap();
            let mut answers = answers.lock().unwrap();
            for (post, applied) in posts.into_iter().zip(applied) {
                answers.entry(post).or_default().push(seq_of(&applied));
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| node(false));
        scope.spawn(|| node(true));
    });
    let mut reader = reader(&database.url);
    let answers = answers.into_inner().unwrap();
    for thread in threads {
        let log = log(&mut reader, thread);
        assert_eq!(log.len() as u128, 2 + 2 * ROUNDS);
        for (key, seq) in posted(&log).into_iter().skip(1) {
            assert_eq!(answers[&(thread, key)], [seq, seq], "both got the same answer");
        }
    }
}

#[test]
fn changes_of_a_directory_get_batches_of_their_own() {
    let database = Database::new();
    let mut writer = writer(&database.url);
    let firm = Firm::new(&mut writer);
    let change = DirectoryChange::CreateAccount(NewAccount {
        name: "Another".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    assert!(writer.shuts_out(&Operation::Directory { firm: firm.id, change }));
    assert!(!writer.shuts_out(&firm.starts(Uuid::new_v4())));
}

#[test]
fn a_thread_started_on_two_nodes_with_one_key_is_one_thread() {
    let database = Database::new();
    let firm = Firm::new(&mut writer(&database.url));
    let start = Barrier::new(2);
    let keys: Vec<Uuid> = (0..30).map(|_| Uuid::new_v4()).collect();
    let node = || {
        let mut writer = writer(&database.url);
        start.wait();
        let batch = |keys: &[Uuid]| keys.iter().map(|key| firm.starts(*key)).collect::<Vec<_>>();
        let applied = keys.chunks(3).flat_map(|keys| writer.apply(batch(keys), NOW).unwrap());
        applied.map(|applied| applied.outcome.unwrap()).collect::<Vec<_>>()
    };
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(node), scope.spawn(node));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(one, other, "both got the same answers");
}

#[test]
fn nothing_is_said_by_anybody_after_its_access_has_ended() {
    const ROUNDS: u64 = 30;
    let database = Database::new();
    let mut office = writer(&database.url);
    let firm = Firm::new(&mut office);
    let thread = firm.thread(&mut office);
    let Person::Contact(contact) = firm.client.person else { panic!("it is a contact") };
    let (done, refused, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let node = || {
        let mut node = writer(&database.url);
        while !over.load(Ordering::Acquire) {
            let post = || Firm::posts(firm.client, thread, Uuid::new_v4());
            for applied in node.apply(vec![post(), post(), post()], NOW).unwrap() {
                let count = if applied.outcome.is_ok() { &done } else { &refused };
                count.fetch_add(1, Ordering::AcqRel);
            }
        }
    };
    let mut outside = reader(&database.url);
    let mut said = || log(&mut outside, thread).len();
    std::thread::scope(|scope| {
        // It speaks on two nodes, and the office shuts it out and lets it in again on a third.
        let _over = Over(&over);
        scope.spawn(node);
        scope.spawn(node);
        for round in 1..=ROUNDS {
            let out = one(&mut office, lets_in(firm, contact, false));
            let before = said();
            assert_eq!(out.commit.unwrap().epoch, Epoch(round));
            wait_for_more(&refused);
            assert_eq!(said(), before, "it said something after its access had ended");
            does(&mut office, lets_in(firm, contact, true));
            wait_for_more(&done);
        }
    });
}

/// Waits until a number has grown.
fn wait_for_more(number: &AtomicU64) {
    let before = number.load(Ordering::Acquire);
    until("another answer", || number.load(Ordering::Acquire) > before);
}

fn lets_in(firm: Firm, contact: ContactId, active: bool) -> Operation {
    let state = if active { ContactState::Active } else { ContactState::None };
    let patch = ContactPatch { state: Some(state), ..ContactPatch::default() };
    let change = DirectoryChange::PatchContact(contact, patch);
    Operation::Directory { firm: firm.id, change }
}

#[test]
fn a_receipt_never_goes_back_whichever_node_moves_it() {
    const POSTS: u64 = 60;
    let database = Database::new();
    let mut writer_of_posts = writer(&database.url);
    let firm = Firm::new(&mut writer_of_posts);
    let thread = firm.thread(&mut writer_of_posts);
    for _ in 0..POSTS {
        does(&mut writer_of_posts, Firm::posts(firm.owner, thread, Uuid::new_v4()));
    }
    let start = Barrier::new(2);
    let node = |first: u64| {
        let (mut writer, mut reader) = (writer(&database.url), reader(&database.url));
        start.wait();
        for seq in (first..POSTS).step_by(2).map(Seq) {
            does(&mut writer, Firm::reads(firm.client, thread, seq));
            let receipts = reader.receipts(thread).unwrap();
            let own = receipts.iter().find(|receipt| receipt.person == firm.client.person);
            assert!(own.unwrap().seq >= seq, "{own:?} after {seq:?}");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| node(1));
        scope.spawn(|| node(2));
    });
}

#[test]
fn what_one_node_has_changed_the_others_decide_by() {
    let database = Database::new();
    let (mut here, mut there) = (writer(&database.url), writer(&database.url));
    let firm = Firm::new(&mut here);
    let member = Firm::member(&mut here, firm.id, tidings_protocol::Role::Admin);
    let thread = firm.thread(&mut here);
    let Person::Member(id) = member.person else { panic!("it is a member") };
    let post = |who: Actor| Firm::posts(who, thread, Uuid::new_v4());
    does(&mut there, post(member));
    let patch = MemberPatch { active: Some(false), ..MemberPatch::default() };
    let change = DirectoryChange::PatchMember(id, patch);
    does(&mut here, Operation::Directory { firm: firm.id, change });
    let refused = one(&mut there, post(member));
    assert!(refused.outcome.is_err() && refused.commit.is_none(), "{refused:?}");
    let posted = one(&mut there, post(firm.owner));
    assert_eq!(posted.commit.unwrap().epoch, Epoch(1));
    assert_eq!(seq_of(&one(&mut here, post(firm.client))), Seq(5));
}

#[test]
fn nodes_that_start_at_once_make_the_tables_once() {
    let database = Database::new();
    let start = Barrier::new(4);
    let secrets: Vec<[u8; 32]> = std::thread::scope(|scope| {
        let node = || {
            start.wait();
            open(&database.url).reader().unwrap().signing_secret().unwrap()
        };
        let nodes: Vec<_> = (0..4).map(|_| scope.spawn(node)).collect();
        nodes.into_iter().map(|node| node.join().unwrap()).collect()
    });
    assert!(secrets.iter().all(|secret| *secret == secrets[0]), "they sign with one secret");
}

#[test]
fn a_batch_of_a_thousand_posts_to_a_hundred_firms_is_one_batch() {
    let database = Database::new();
    let (mut one, mut other) = (writer(&database.url), writer(&database.url));
    let firms: Vec<(Firm, ThreadId)> = (0..100)
        .map(|_| {
            let firm = Firm::new(&mut one);
            (firm, firm.thread(&mut one))
        })
        .collect();
    let batch = |firms: &[(Firm, ThreadId)]| -> Vec<Operation> {
        let post =
            |(firm, thread): &(Firm, ThreadId)| Firm::posts(firm.client, *thread, Uuid::new_v4());
        firms.iter().cycle().take(1_000).map(post).collect()
    };
    let backwards: Vec<_> = firms.iter().rev().copied().collect();
    std::thread::scope(|scope| {
        for (writer, firms) in [(&mut one, &firms), (&mut other, &backwards)] {
            scope.spawn(move || {
                let applied = writer.apply(batch(firms), NOW).unwrap();
                assert!(applied.iter().all(|applied| applied.outcome.is_ok()));
            });
        }
    });
    let mut reader = reader(&database.url);
    for (_, thread) in firms {
        assert_eq!(log(&mut reader, thread).len(), 2 + 20);
    }
}

#[test]
fn somebody_elses_tables_are_left_alone() {
    let database = Database::new();
    Postgres::shared().query(&database.name, "CREATE TABLE theirs (a int)");
    let url = database.url.parse().unwrap();
    let opened =
        tidings_storage::postgres::Postgres::open(&url, Duration::ZERO, &mut SystemEntropy);
    let why = opened.err().unwrap().to_string();
    assert!(why.contains("not those of Tidings"), "{why}");
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(Postgres::shared().query(&database.name, tables).len(), 1);
}
