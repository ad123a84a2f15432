//! Several notifiers, each with a node of its own, do all that is due at the same time.

use crate::firm::{Firm, NOW, does, log, reader, writer};
use crate::nodes::Database;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Barrier, Mutex};
use tidings_protocol::{
    Command, EventKind, Notice, NoticeId, NoticeKind, NoticeState, Page, RefusalCode, Reminder,
    ThreadId, Timestamp,
};
use tidings_storage::{Done, NoticeFilter, NoticesOf, Operation, Reader, Sending, Writer};
use uuid::Uuid;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// For how long a notifier has what it took.
const LEASE: i64 = 5 * MINUTE;

/// A notifier, which takes what is due and sends it.
struct Notifier {
    writer: tidings_storage::postgres::PostgresWriter,
    reader: tidings_storage::postgres::PostgresReader,
    holder: Uuid,
}

impl Notifier {
    fn new(url: &str) -> Self {
        Self { writer: writer(url), reader: reader(url), holder: Uuid::new_v4() }
    }

    fn does(&mut self, operation: Operation, now: Timestamp) -> Done {
        self.writer.apply(vec![operation], now).unwrap().remove(0).outcome.unwrap()
    }

    /// Decides over all that is due, in one batch, whoever else is at it.
    fn decides(&mut self, now: Timestamp) {
        let due = self.reader.due(now, 100).unwrap();
        let look = due.look.into_iter().map(|(firm, thread)| Operation::Look { firm, thread });
        let remind =
            due.remind.into_iter().map(|(firm, thread)| Operation::Remind { firm, thread });
        let batch: Vec<_> = look.chain(remind).collect();
        if !batch.is_empty() {
            let applied = self.writer.apply(batch, now).unwrap();
            assert!(applied.iter().all(|applied| applied.outcome.is_ok()), "{applied:?}");
        }
    }

    /// Takes all that is due, and says what it got.
    fn claims(&mut self, now: Timestamp) -> Vec<(NoticesOf, Vec<NoticeId>)> {
        let mails = self.reader.due(now, 100).unwrap().mails;
        let (holder, until) = (self.holder, now.plus_millis(LEASE));
        let claim = |notices| Operation::ClaimNotices { notices, holder, until };
        let claims = mails.iter().cloned().map(claim).collect();
        let applied = self.writer.apply(claims, now).unwrap();
        let got = applied.into_iter().map(|applied| match applied.outcome {
            Ok(Done::Notices(got)) => got,
            other => panic!("{other:?}"),
        });
        mails.into_iter().zip(got).filter(|(_, got)| !got.is_empty()).collect()
    }

    fn settles(&mut self, notices: NoticesOf, now: Timestamp) {
        let sending =
            Sending::Sent { answer: "250 taken".to_owned(), message_id: "a@b".to_owned() };
        let holder = self.holder;
        self.does(Operation::SettleNotices { notices, holder, sending }, now);
    }
}

fn ledger(reader: &mut dyn Reader, firm: Firm, thread: ThreadId) -> Vec<Notice> {
    let filter = NoticeFilter { thread: Some(thread), person: None };
    let page = Page { cursor: None, limit: Some(100) };
    reader.notices(firm.id, None, filter, &page).unwrap().items
}

fn sets(firm: Firm, thread: ThreadId, reminder: Reminder) -> Operation {
    Firm::asks(firm.owner, Command::SetReminder { thread, reminder })
}

/// Runs the same on several threads of the machine, which begin at once.
fn at_once(count: usize, what: impl Fn() + Sync) {
    let start = Barrier::new(count);
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                start.wait();
                what();
            });
        }
    });
}

#[test]
fn notifiers_that_are_at_it_at_once_tell_everybody_once() {
    const ROUNDS: i64 = 12;
    let database = Database::new();
    let mut office = writer(&database.url);
    let firm = Firm::new(&mut office);
    let threads: Vec<ThreadId> = (0..4).map(|_| firm.thread(&mut office)).collect();
    // Of each notice, how often it was taken at a time; the time goes on between the rounds.
    let taken: Mutex<HashMap<(NoticeId, i64), u32>> = Mutex::default();
    let notifiers: Vec<_> = (0..3).map(|_| Mutex::new(Notifier::new(&database.url))).collect();
    for round in 0..ROUNDS {
        let now = NOW.plus_millis((round + 1) * 10 * MINUTE);
        for thread in &threads {
            let post = |who| Firm::posts(who, *thread, Uuid::new_v4());
            let batch = vec![post(firm.owner), post(firm.client), post(firm.owner)];
            office.apply(batch, now.plus_millis(-4 * MINUTE)).unwrap();
        }
        let next = AtomicI64::new(0);
        at_once(3, || {
            let which = next.fetch_add(1, Ordering::Relaxed);
            let mut notifier = notifiers[usize::try_from(which).unwrap()].lock().unwrap();
            for _ in 0..3 {
                notifier.decides(now);
                for (mail, got) in notifier.claims(now) {
                    for notice in got {
                        *taken.lock().unwrap().entry((notice, round)).or_default() += 1;
                    }
                    // Every second one of them dies with what it has.
                    if (round + which) % 2 == 0 {
                        notifier.settles(mail, now);
                    }
                }
            }
        });
    }
    let taken = taken.into_inner().unwrap();
    assert!(taken.values().all(|times| *times == 1), "taken twice within a lease: {taken:?}");
    let mut reader = reader(&database.url);
    for thread in threads {
        let mut told: Vec<_> = ledger(&mut reader, firm, thread);
        told.retain(|notice| notice.person == firm.client.person);
        told.sort_by_key(|notice| notice.from);
        assert!(told.len() > 3, "{told:?}");
        for (one, next) in told.iter().zip(&told[1..]) {
            assert!(one.to < next.from, "told twice: {one:?} {next:?}");
        }
    }
}

#[test]
fn a_reminder_is_sent_once_however_many_send_it() {
    const ROUNDS: i64 = 8;
    let database = Database::new();
    let mut office = writer(&database.url);
    let firm = Firm::new(&mut office);
    let thread = firm.thread(&mut office);
    does(&mut office, sets(firm, thread, Reminder { on: true, days: 1, count: 20 }));
    let notifiers: Vec<_> = (0..3).map(|_| Mutex::new(Notifier::new(&database.url))).collect();
    let delivers = |notifier: &mut Notifier, now| {
        notifier.decides(now);
        for (mail, _) in notifier.claims(now) {
            notifier.settles(mail, now);
        }
    };
    delivers(&mut notifiers[0].lock().unwrap(), NOW.plus_millis(3 * MINUTE));
    for round in 1..=ROUNDS {
        let now = NOW.plus_millis(round * DAY + 5 * MINUTE);
        let next = AtomicI64::new(0);
        at_once(3, || {
            let which = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
            let mut notifier = notifiers[which].lock().unwrap();
            // All of them, whether they still find it due or not.
            notifier.does(Operation::Remind { firm: firm.id, thread }, now);
            delivers(&mut notifier, now);
        });
    }
    let mut reader = reader(&database.url);
    let reminded = log(&mut reader, thread);
    let numbers: Vec<_> = reminded
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::ReminderSent { number } => Some(i64::from(number)),
            _ => None,
        })
        .collect();

    assert_eq!(numbers, (1..=ROUNDS).collect::<Vec<_>>());
    let told = ledger(&mut reader, firm, thread);
    let sent = told
        .iter()
        .filter(|notice| (notice.kind, notice.state) == (NoticeKind::Reminder, NoticeState::Sent));
    assert_eq!(i64::try_from(sent.count()), Ok(ROUNDS));
}

#[test]
fn a_link_logs_in_once_whichever_node_is_asked() {
    let database = Database::new();
    let mut office = writer(&database.url);
    let firm = Firm::new(&mut office);
    for round in 0..10 {
        let now = NOW.plus_millis(round * 2 * MINUTE);
        let mut notifier = Notifier::new(&database.url);
        let asked = tidings_storage::Asked::Login;
        notifier.does(Operation::AddNotice { actor: firm.client, thread: None, asked }, now);
        let (mail, got) = notifier.claims(now).remove(0);
        notifier.settles(mail, now);
        let logged_in = AtomicI64::new(0);
        at_once(2, || {
            let login = Operation::UseLogin { notice: got[0], since: NOW.plus_millis(-1) };
            let outcome = writer(&database.url).apply(vec![login], now).unwrap().remove(0).outcome;
            logged_in.fetch_add(i64::from(outcome.is_ok()), Ordering::Relaxed);
        });
        assert_eq!(logged_in.into_inner(), 1);
    }
}

#[test]
fn a_link_is_sent_once_a_minute_whichever_nodes_are_asked() {
    const ROUNDS: i64 = 40;
    let database = Database::new();
    let mut office = writer(&database.url);
    let firm = Firm::new(&mut office);
    let about = [None, Some(firm.thread(&mut office)), Some(firm.thread(&mut office))];
    let nodes = about.map(|_| Mutex::new(writer(&database.url)));
    for round in 0..ROUNDS {
        let now = NOW.plus_millis(round * 2 * MINUTE);
        let (next, sent) = (AtomicI64::new(0), AtomicI64::new(0));
        at_once(about.len(), || {
            let which = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
            let asked = tidings_storage::Asked::Login;
            let ask = Operation::AddNotice { actor: firm.client, thread: about[which], asked };
            let applied = nodes[which].lock().unwrap().apply(vec![ask], now).unwrap().remove(0);
            match applied.outcome {
                Ok(_) => {
                    sent.fetch_add(1, Ordering::Relaxed);
                }
                Err(refusal) => assert_eq!(refusal.code, RefusalCode::RateLimited),
            }
        });
        assert_eq!(sent.into_inner(), 1, "in round {round}");
    }
}

#[test]
fn mail_goes_on_while_people_write_and_notifiers_come_and_go() {
    const POSTS: i64 = 60;
    let database = Database::new();
    let firm = Firm::new(&mut writer(&database.url));
    let threads: Vec<ThreadId> = {
        let mut office = writer(&database.url);
        (0..3).map(|_| firm.thread(&mut office)).collect()
    };
    let clock = AtomicI64::new(NOW.0);
    let tick = || Timestamp(clock.fetch_add(MINUTE / 2, Ordering::Relaxed));
    let (tick, threads, url) = (&tick, &threads, &database.url);
    std::thread::scope(|scope| {
        for who in [firm.owner, firm.client] {
            scope.spawn(move || {
                let mut writer = writer(url);
                for number in 0..POSTS {
                    let thread = threads[usize::try_from(number % 3).unwrap()];
                    let post = Firm::posts(who, thread, Uuid::new_v4());
                    writer.apply(vec![post], tick()).unwrap();
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                let mut notifier = Notifier::new(url);
                for number in 0..POSTS {
                    notifier.decides(tick());
                    let now = tick();
                    for (mail, _) in notifier.claims(now) {
                        if number % 3 != 0 {
                            notifier.settles(mail, now);
                        }
                    }
                }
            });
        }
    });
    // One more does what is left.
    let mut last = Notifier::new(&database.url);
    for hours in 1..=3 {
        let now = Timestamp(clock.load(Ordering::Relaxed)).plus_millis(hours * 60 * MINUTE);
        last.decides(now);
        for (mail, _) in last.claims(now) {
            last.settles(mail, now);
        }
    }
    let mut reader = reader(&database.url);
    for thread in threads {
        let all = log(&mut reader, *thread);
        let mut told = ledger(&mut reader, firm, *thread);
        assert!(told.iter().all(|notice| notice.state != NoticeState::Waiting), "{told:?}");
        told.retain(|notice| notice.person == firm.client.person);
        told.sort_by_key(|notice| notice.from);
        for (one, next) in told.iter().zip(&told[1..]) {
            assert!(one.to < next.from, "told twice: {one:?} {next:?}");
        }
        for event in all.iter().filter(|event| event.actor == firm.owner.person) {
            let decided =
                told.iter().any(|notice| notice.from <= event.seq && event.seq <= notice.to);
            assert!(!event.kind.is_message() || decided, "not told of {event:?}");
        }
    }
}
