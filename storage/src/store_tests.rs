//! The front with made-up writers and readers: what happens when they are slow, fail or break.

use super::*;
use crate::backend::Unavailable;
use crate::operation::{DirectoryChange, Done, Operation};
use crate::sqlite::{Location, Mode, Sqlite};
use crate::{Entropy, SystemEntropy};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tidings_protocol::{ApiKeyId, FirmId, Timestamp};
use uuid::Uuid;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
}

/// Waits for leave before each batch, then does as it is told. Changes of a directory shut out others.
struct Scripted {
    steps: Receiver<Step>,
}

enum Step {
    Succeed,
    Fail,
    Panic,
}

impl Writer for Scripted {
    fn apply(&mut self, batch: Vec<Operation>, _: Timestamp) -> Result<Vec<Applied>, Unavailable> {
        match self.steps.recv().expect("the test says what to do") {
            Step::Succeed => {
                let done = |_| Applied { outcome: Ok(Done::Nothing), commit: None };
                Ok(batch.into_iter().map(done).collect())
            }
            Step::Fail => Err(Unavailable("disk full".to_owned())),
            Step::Panic => panic!("a bug in the writer"),
        }
    }

    fn shuts_out(&self, operation: &Operation) -> bool {
        matches!(operation, Operation::Directory { .. })
    }
}

/// Passes on what it hears.
struct Told(SyncSender<(u32, bool)>);

impl Observer for Told {
    type Ticket = u32;

    fn applied(&mut self, batch: Vec<(u32, Applied)>) {
        for (ticket, applied) in batch {
            if let Err(refusal) = &applied.outcome {
                assert_eq!(refusal.code, RefusalCode::Unavailable);
                assert!(refusal.retry_after_ms.is_some());
            }
            self.0.send((ticket, applied.outcome.is_ok())).expect("the test listens");
        }
    }
}

struct Bench {
    store: Store<u32>,
    steps: SyncSender<Step>,
    told: Receiver<(u32, bool)>,
}

fn bench(options: FrontOptions) -> Bench {
    let (steps, script) = sync_channel(100);
    let (tell, told) = sync_channel(100);
    let database = Sqlite::open(&Location::Memory, Mode::Tool, &mut SystemEntropy).unwrap();
    let reader = Box::new(database.reader().unwrap());
    let writer = Box::new(Scripted { steps: script });
    let store = Store::start(writer, vec![reader], Arc::new(Still), options, Told(tell));
    Bench { store, steps, told }
}

fn operation() -> Operation {
    Operation::CreateFirm { name: "Firm".to_owned() }
}

fn change() -> Operation {
    let change = DirectoryChange::DeleteApiKey(ApiKeyId(Uuid::nil()));
    Operation::Directory { firm: FirmId(Uuid::nil()), change }
}

#[test]
fn what_shuts_out_others_is_done_apart_and_in_its_turn() {
    let Bench { store, steps, told } = bench(FrontOptions::default());
    store.submit(operation(), 1).unwrap();
    // While the first is waited for, the others gather.
    while store.waiting() > 0 {
        std::thread::yield_now();
    }
    for ticket in 2..=7 {
        let operation = if (4..=5).contains(&ticket) { change() } else { operation() };
        store.submit(operation, ticket).unwrap();
    }
    for (step, tickets, ok) in [
        (Step::Succeed, 1..=1, true),
        (Step::Succeed, 2..=3, true),
        (Step::Fail, 4..=5, false),
        (Step::Succeed, 6..=7, true),
    ] {
        steps.send(step).unwrap();
        for ticket in tickets {
            assert_eq!(told.recv().unwrap(), (ticket, ok));
        }
    }
}

#[test]
fn a_failed_batch_is_refused_and_the_next_one_is_done() {
    let Bench { store, steps, told } = bench(FrontOptions::default());
    store.submit(operation(), 1).unwrap();
    steps.send(Step::Fail).unwrap();
    assert_eq!(told.recv().unwrap(), (1, false));
    store.submit(operation(), 2).unwrap();
    steps.send(Step::Succeed).unwrap();
    assert_eq!(told.recv().unwrap(), (2, true));
    assert!(store.is_open());
}

#[test]
fn a_full_queue_gives_the_ticket_back() {
    let options = FrontOptions { queue_max: 2, batch_max: 1, ..FrontOptions::default() };
    let Bench { store, steps, told } = bench(options);
    let mut taken = 0;
    // One may be with the writer already, two wait.
    let (ticket, refusal) = loop {
        match store.submit(operation(), taken) {
            Ok(()) => taken += 1,
            Err(back) => break back,
        }
    };
    assert_eq!(ticket, taken);
    assert!((2..=3).contains(&taken));
    assert_eq!(refusal.code, RefusalCode::Unavailable);
    assert!(refusal.retry_after_ms.is_some());
    for expected in 0..taken {
        steps.send(Step::Succeed).unwrap();
        assert_eq!(told.recv().unwrap(), (expected, true));
    }
}

#[test]
fn a_broken_writer_leaves_nobody_waiting() {
    let options = FrontOptions { batch_max: 1, ..FrontOptions::default() };
    let Bench { store, steps, told } = bench(options);
    store.submit(operation(), 1).unwrap();
    store.submit(operation(), 2).unwrap();
    steps.send(Step::Panic).unwrap();
    assert_eq!(told.recv().unwrap(), (1, false));
    assert_eq!(told.recv().unwrap(), (2, false));
    assert!(!store.is_open());
    assert!(store.submit(operation(), 3).is_err());
    store.close();
}

#[test]
fn closing_does_what_was_submitted_and_takes_nothing_more() {
    let Bench { store, steps, told } = bench(FrontOptions::default());
    for ticket in 0..50 {
        store.submit(operation(), ticket).unwrap();
    }
    for _ in 0..50 {
        steps.send(Step::Succeed).unwrap();
    }
    store.close();
    let tickets: Vec<_> = told.try_iter().collect();
    assert_eq!(tickets, (0..50).map(|ticket| (ticket, true)).collect::<Vec<_>>());
    assert!(store.submit(operation(), 50).is_err());
    assert!(store.read_then(|_| ()).is_err());
}

#[tokio::test]
async fn a_query_that_panics_ends_alone() {
    let Bench { store, .. } = bench(FrontOptions::default());
    let broke = store.read(|_| panic!("a bug in a query")).await;
    assert!(matches!(broke, Err(Unavailable(_))));
    let secret = store.read(|reader| reader.signing_secret()).await;
    assert!(secret.unwrap().is_ok());
}

#[test]
fn the_systems_entropy_does_not_repeat() {
    assert_ne!(SystemEntropy.bytes(), SystemEntropy.bytes());
}
