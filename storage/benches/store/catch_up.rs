//! What the store is asked when somebody comes or comes back: how things stand, the thread, and
//! page after page of what was missed. The thread has 10,000 messages, by turns with as many in all
//! 500 threads, so that they do not lie side by side in the file.

use crate::office::{Conversation, Office, Store, post};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use std::fmt;
use tidings_protocol::limits::PAGE_ITEMS_MAX;
use tidings_protocol::{Checked, Command, HistoryFrom, Reply, Seq, Timestamp};
use tidings_storage::Reader;
use tidings_storage::sqlite::SqliteReader;

/// Messages in the long thread.
const MESSAGES: usize = 10_000;

/// Messages to the long thread in one commit, with as many to others.
const TOGETHER: usize = 500;
const _: () = assert!(MESSAGES.is_multiple_of(TOGETHER));

/// A store with a long thread in it.
struct Archive {
    office: Office,
    long: Conversation,
    reader: SqliteReader,
    _store: Store,
}

impl Archive {
    fn new() -> Self {
        let (mut office, mut store) = Office::new();
        let long = office.conversations[office.conversations.len() / 2];
        for _ in 0..MESSAGES / TOGETHER {
            let others = office.messages(TOGETHER);
            let by_turns = others.into_iter().enumerate().flat_map(|(turn, other)| {
                let actor = if turn.is_multiple_of(2) { office.owner } else { long.contact };
                [post(actor, long.thread), other]
            });
            store.apply(by_turns.collect());
        }
        store.rest();
        let reader = store.reader();
        Self { office, long, reader, _store: store }
    }

    /// Asks in the name of the contact, who was away.
    fn ask(&mut self, command: &Checked) -> Reply {
        let now = Timestamp(0);
        self.reader.answer(self.long.contact, command, now).expect("the contact may see it")
    }
}

fn checked(command: Command) -> Checked {
    Checked::try_from(command).expect("within the limits")
}

/// One page after the other, from the first to the last and again.
#[divan::bench(args = [10, 50, PAGE_ITEMS_MAX])]
fn page_of_what_was_missed(bencher: Bencher, events: u32) {
    let mut archive = Archive::new();
    let thread = archive.long.thread;
    let mut pages = pages(events);
    bencher
        .counter(ItemsCount::new(events))
        .with_inputs(|| {
            let from = HistoryFrom::After(pages.next().unwrap_or_default());
            checked(Command::History { thread, from, limit: Some(events) })
        })
        .bench_local_values(|command| {
            let Reply::History { events: found, .. } = archive.ask(&command) else {
                panic!("history is answered with events")
            };
            assert_eq!(found.len(), events as usize);
            found
        });
}

/// The same for a room that repairs a gap, whose reader checks no access.
#[divan::bench]
fn page_for_a_room(bencher: Bencher) {
    let mut archive = Archive::new();
    let thread = archive.long.thread;
    let mut pages = pages(PAGE_ITEMS_MAX);
    bencher
        .counter(ItemsCount::new(PAGE_ITEMS_MAX))
        .with_inputs(|| pages.next().unwrap_or_default())
        .bench_local_values(|after| {
            let found = archive.reader.events_after(thread, after, PAGE_ITEMS_MAX);
            let found = found.expect("the thread is there");
            assert_eq!(found.len(), PAGE_ITEMS_MAX as usize);
            found
        });
}

/// Where full pages of the long thread begin, for ever.
fn pages(events: u32) -> impl Iterator<Item = Seq> {
    let last = MESSAGES as u64 - u64::from(events);
    (0..=last).step_by(events as usize).map(Seq).cycle()
}

/// What a join asks before anything else.
#[divan::bench]
fn get_thread(bencher: Bencher) {
    let mut archive = Archive::new();
    let command = checked(Command::GetThread { thread: archive.long.thread });
    bencher.bench_local(|| {
        let Reply::Thread(view) = archive.ask(black_box(&command)) else {
            panic!("get_thread is answered with a thread")
        };
        assert!(view.item.summary.head >= Seq(MESSAGES as u64));
        view
    });
}

/// Who comes.
#[derive(Clone, Copy)]
enum Who {
    /// Sees 500 threads.
    Owner,
    /// Sees 5.
    Contact,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "owner, 500 threads",
            Self::Contact => "contact, 5 threads",
        })
    }
}

#[divan::bench(args = [Who::Owner, Who::Contact])]
fn welcome(bencher: Bencher, who: Who) {
    let mut archive = Archive::new();
    let actor = match who {
        Who::Owner => archive.office.owner,
        Who::Contact => archive.long.contact,
    };
    bencher.bench_local(|| {
        let welcome = archive.reader.welcome(black_box(actor)).expect("the disk gives it");
        let welcome = welcome.expect("the person has access");
        assert!(!welcome.threads.is_empty());
        welcome
    });
}
