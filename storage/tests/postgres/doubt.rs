//! The connection is lost at the very moment of a commit. Whatever has become of it, the outcome is
//! what is in the log.

use crate::firm::{Firm, NOW, does, log, posted, reader, seq_of, writer};
use crate::nodes::Database;
use crate::proxy::{Fault, Proxy};
use crate::waiting::until;
use tidings_protocol::Seq;
use tidings_storage::{Operation, Writer};
use tidings_tests::Postgres;
use uuid::Uuid;

struct Doubt {
    database: Database,
    proxy: Proxy,
}

impl Doubt {
    fn new() -> Self {
        let database = Database::new();
        Self { database, proxy: Proxy::start(Postgres::shared().address()) }
    }

    fn writer(&self) -> impl Writer + use<> {
        writer(&self.proxy.through(&self.database.url, Postgres::shared().address()))
    }
}

#[test]
fn a_commit_that_never_arrived_is_done_again_once() {
    outcome_is_exact(Fault::Before);
}

#[test]
fn a_commit_whose_answer_was_lost_stands() {
    outcome_is_exact(Fault::After);
}

fn outcome_is_exact(fault: Fault) {
    let doubt = Doubt::new();
    let mut writer = doubt.writer();
    let firm = Firm::new(&mut writer);
    let thread = firm.thread(&mut writer);
    let mut answered = Vec::new();
    for round in 0..10 {
        doubt.proxy.arm(fault);
        let keys: Vec<Uuid> = (0..=round).map(|_| Uuid::new_v4()).collect();
        let batch = keys.iter().map(|key| Firm::posts(firm.client, thread, *key)).collect();
        let applied = writer.apply(batch, NOW).unwrap();
        assert!(doubt.proxy.is_over(), "the commit was broken");
        assert!(applied.iter().all(|one| one.commit.is_some()), "each is told to others");
        answered.extend(keys.into_iter().zip(applied.iter().map(seq_of)));
    }
    let log = log(&mut reader(&doubt.database.url), thread);
    assert_eq!(posted(&log)[1..], answered);
    // What bears no key would be there twice.
    doubt.proxy.arm(fault);
    does(&mut writer, Operation::CreateFirm { name: "Another".to_owned() });
    let firms = Postgres::shared().query(&doubt.database.name, "SELECT id FROM firms");
    assert_eq!(firms.len(), 2);
}

#[test]
fn a_commit_that_is_still_under_way_is_waited_for() {
    let doubt = Doubt::new();
    let mut writer = doubt.writer();
    let firm = Firm::new(&mut writer);
    let thread = firm.thread(&mut writer);
    doubt.proxy.arm(Fault::Late);
    let key = Uuid::new_v4();
    let applied = std::thread::scope(|scope| {
        let writing =
            scope.spawn(|| writer.apply(vec![Firm::posts(firm.client, thread, key)], NOW).unwrap());
        // The writer has hung up, and asks on another connection, which waits for the lost one.
        wait_for_a_lock(&doubt.database);
        doubt.proxy.deliver();
        writing.join().unwrap()
    });
    assert!(applied[0].commit.is_some(), "it is told to others");
    let log = log(&mut reader(&doubt.database.url), thread);
    assert_eq!(posted(&log)[1..], [(key, seq_of(&applied[0]))]);
    assert_eq!(log.last().unwrap().seq, Seq(3), "it is there once");
    does(&mut writer, Firm::posts(firm.owner, thread, Uuid::new_v4()));
}

fn wait_for_a_lock(database: &Database) {
    let waiting = format!(
        "SELECT 1 FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND datname = '{}'",
        database.name
    );
    until("somebody to wait", || !Postgres::shared().query("postgres", &waiting).is_empty());
}
