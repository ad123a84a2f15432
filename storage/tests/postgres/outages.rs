//! PostgreSQL goes away in the middle of a stream of batches, in several ways. What was answered is
//! in the log at the place that was answered; what was refused is not.

use crate::firm::{Firm, NOW, log, posted, reader, seq_of, writer};
use crate::waiting::{Over, Stopwatch, until};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tidings_protocol::{Seq, ThreadId};
use tidings_storage::{Operation, Reader, Unavailable, Writer};
use tidings_tests::Postgres;
use uuid::Uuid;

/// The thread of a post, and what was answered.
type Told = (ThreadId, Result<Seq, Unavailable>);

/// Who posts in batches, on several nodes, and keeps what it was told.
struct Stream {
    firm: Firm,
    threads: Vec<ThreadId>,
    url: String,
    over: AtomicBool,
    batches: AtomicU64,
    told: Mutex<HashMap<Uuid, Told>>,
}

impl Stream {
    fn new(url: &str) -> Self {
        let mut writer = writer(url);
        let firm = Firm::new(&mut writer);
        let threads = (0..3).map(|_| firm.thread(&mut writer)).collect();
        Self {
            firm,
            threads,
            url: url.to_owned(),
            over: AtomicBool::new(false),
            batches: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }

    /// One node, until it is over.
    fn flow(&self) {
        let mut writer = writer(&self.url);
        while !self.over.load(Ordering::Acquire) {
            let posts: Vec<(ThreadId, Uuid)> =
                self.threads.iter().cycle().take(6).map(|one| (*one, Uuid::new_v4())).collect();
            let post = |(thread, key): &(ThreadId, Uuid)| -> Operation {
                Firm::posts(self.firm.client, *thread, *key)
            };
            let result = writer.apply(posts.iter().map(post).collect(), NOW);
            let mut told = self.told.lock().unwrap();
            for (index, (thread, key)) in posts.into_iter().enumerate() {
                let one = match &result {
                    Ok(applied) => Ok(seq_of(&applied[index])),
                    Err(unavailable) => Err(unavailable.clone()),
                };
                told.insert(key, (thread, one));
            }
            self.batches.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Waits until some more batches have ended.
    fn goes_on(&self) {
        let before = self.batches.load(Ordering::Acquire);
        until("more batches", || self.batches.load(Ordering::Acquire) >= before + 6);
    }

    /// Holds what was told against the log, and says how many posts were answered and refused.
    fn check(&self) -> (usize, usize) {
        let mut reader = reader(&self.url);
        let mut logs: HashMap<ThreadId, HashMap<Uuid, Seq>> = HashMap::new();
        for thread in &self.threads {
            logs.insert(*thread, posted(&log(&mut reader, *thread)).into_iter().collect());
        }
        let told = self.told.lock().unwrap();
        let mut refused = 0;
        for (key, (thread, one)) in told.iter() {
            let stored = logs[thread].get(key);
            match one {
                Ok(seq) => assert_eq!(stored, Some(seq), "what was answered is there"),
                Err(why) => {
                    refused += 1;
                    assert_eq!(stored, None, "refused ({why}), and there");
                }
            }
        }
        (told.len() - refused, refused)
    }
}

/// Two nodes write while a server is broken so often, and somewhat longer. Says how many posts were
/// answered and refused.
fn broken(times: usize, mut harm: impl FnMut(&mut Postgres, usize)) -> (usize, usize) {
    let mut server = Postgres::start();
    server.create_database("tidings");
    let stream = Stream::new(&server.url("tidings"));
    std::thread::scope(|scope| {
        let _over = Over(&stream.over);
        scope.spawn(|| stream.flow());
        scope.spawn(|| stream.flow());
        for time in 0..times {
            stream.goes_on();
            harm(&mut server, time);
        }
        stream.goes_on();
    });
    stream.check()
}

#[test]
fn connections_that_are_ended_cost_nothing() {
    let (answered, refused) = broken(15, |server, _| {
        server.terminate_backends("tidings");
    });
    assert!(answered > 100 && refused == 0, "{answered} answered, {refused} refused");
}

#[test]
fn a_server_that_crashes_and_comes_back_loses_nothing_that_was_answered() {
    let (answered, _) = broken(6, |server, time| {
        if time % 3 == 2 {
            server.stop();
        } else {
            server.crash();
        }
        server.start_again();
    });
    assert!(answered > 50, "{answered} answered");
}

#[test]
fn a_server_that_stays_away_is_waited_for_and_then_everything_is_refused() {
    let mut server = Postgres::start();
    server.create_database("tidings");
    let url = server.url("tidings");
    let (mut writer, mut questions) = (writer(&url), reader(&url));
    let firm = Firm::new(&mut writer);
    let thread = firm.thread(&mut writer);
    questions.events_after(thread, Seq(0), 10).unwrap();
    // Between two batches: one whose answer is lost would wait for as long as it takes.
    server.stop();
    let post = || Firm::posts(firm.client, thread, Uuid::new_v4());
    std::thread::scope(|scope| {
        let refused = scope.spawn(|| writer.apply(vec![post()], NOW).unwrap_err());
        let waited = Stopwatch::start();
        let why = questions.events_after(thread, Seq(0), 10).unwrap_err();
        assert!(waited.elapsed() < Duration::from_secs(8), "a question waits a moment: {why}");
        let waited = Stopwatch::start();
        for _ in 0..100 {
            questions.events_after(thread, Seq(0), 10).unwrap_err();
        }
        assert!(waited.elapsed() < Duration::from_secs(8), "many don't wait one after another");
        let why = refused.join().unwrap().to_string();
        assert!(why.contains("PostgreSQL is away"), "{why}");
    });
    let waited = Stopwatch::start();
    for _ in 0..3 {
        writer.apply(vec![post()], NOW).unwrap_err();
    }
    assert!(
        waited.elapsed() < Duration::from_secs(8),
        "who comes later doesn't wait as long again"
    );
    server.start_again();
    // Both come back by themselves, at the latest after their longest pause.
    let mut answered = None;
    until("the writer to be back", || {
        answered = writer.apply(vec![post()], NOW).ok();
        answered.is_some()
    });
    let answered = answered.map(|applied| seq_of(&applied[0]));
    assert_eq!(answered, Some(Seq(3)), "nothing of what was refused is there");
    until("the reader to be back", || questions.events_after(thread, Seq(0), 10).is_ok());
}
