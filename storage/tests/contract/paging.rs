//! Lists in pages: complete, without duplicates, while there is more and more.

use crate::office::{Office, member, new_contact};
use crate::world::{World, operation};
use std::collections::HashSet;
use tidings_protocol::{
    Command, ContactState, Page, RefusalCode, Reply, Role, ThreadFilter, limits,
};
use tidings_storage::{Actor, DirectoryChange, QueryError};
use uuid::Uuid;

fn page(cursor: Option<String>, limit: u32) -> Page {
    Page { cursor, limit: Some(limit) }
}

/// One page of any list, as ids.
fn ask(w: &mut World, who: Actor, list: List, page: Page) -> (Vec<Uuid>, Option<String>) {
    fn ids<T>(items: &[T], id: fn(&T) -> Uuid) -> Vec<Uuid> {
        items.iter().map(id).collect()
    }
    match w.does(who, list(page)) {
        Reply::Threads { items, next } => (ids(&items, |item| item.summary.thread.0), next),
        Reply::Inbox { items, next } => (ids(&items, |item| item.thread.0), next),
        Reply::Waiting { items, next } => (ids(&items, |item| item.summary.thread.0), next),
        Reply::Progress { threads, next, .. } => (ids(&threads, |item| item.thread.0), next),
        Reply::Members { items, next } => (ids(&items, |item| item.member.0), next),
        Reply::Accounts { items, next } => (ids(&items, |item| item.account.0), next),
        other => panic!("{other:?}"),
    }
}

type List = fn(Page) -> Command;

const LISTS: [(&str, List); 6] = [
    ("list_threads", |page| Command::ListThreads { filter: ThreadFilter::default(), page }),
    ("list_inbox", |page| Command::ListInbox { archived: false, page }),
    ("waiting_for_action", |page| Command::WaitingForAction { page }),
    ("task_progress", |page| Command::TaskProgress { account: None, page }),
    ("list_members", |page| Command::ListMembers { page }),
    ("list_accounts", |page| Command::ListAccounts { page }),
];

fn reader_of(name: &str, o: &Office) -> Actor {
    if name == "waiting_for_action" { o.carol } else { o.owner }
}

/// Things of every kind, several in the same millisecond.
fn fills(w: &mut World, o: &Office, round: usize) {
    for index in 0..5 {
        let (thread, _) = w.starts_with_tasks(o.owner, o.acme, &["sign"]);
        w.posts(o.carol, thread, "answer");
        w.posts(o.owner, thread, "thanks");
        let name = ["Zoe", "Anna", "Member"][(round + index) % 3];
        w.hires(o.firm, &format!("{name} {round} {index}"), Role::Member);
        w.account(o.firm, &format!("{name} {round} {index}"));
    }
}

pub fn pages_are_complete_and_without_duplicates_while_items_arrive(w: &mut World) {
    let o = Office::new(w);
    fills(w, &o, 0);
    fills(w, &o, 1);
    for (name, list) in LISTS {
        let who = reader_of(name, &o);
        let (expected, none) = ask(w, who, list, page(None, 100));
        assert_eq!(none, None, "{name}");
        let (mut seen, mut cursor, mut round) = (Vec::new(), None, 2);
        loop {
            let (items, next) = ask(w, who, list, page(cursor, 3));
            assert!(items.len() == 3 || next.is_none(), "{name}");
            seen.extend(items);
            cursor = next;
            if cursor.is_none() {
                break;
            }
            if round < 4 {
                fills(w, &o, round);
                round += 1;
            }
        }
        let distinct: HashSet<_> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "{name} has duplicates");
        assert!(expected.iter().all(|item| distinct.contains(item)), "{name} misses some");
    }
}

pub fn the_newest_thread_comes_first(w: &mut World) {
    let o = Office::new(w);
    let (one, two) = (w.starts(o.anna, o.acme, "one"), w.starts(o.anna, o.acme, "two"));
    let order = |w: &mut World| {
        let items = w.threads(o.carol, &ThreadFilter::default());
        items.into_iter().map(|item| item.summary.thread).collect::<Vec<_>>()
    };
    assert_eq!(order(w), [two, one]);
    w.posts(o.carol, one, "hello");
    assert_eq!(order(w), [one, two]);
    let batch: Vec<_> = (0..7)
        .map(|index| operation(o.anna, crate::world::create(o.acme, crate::key(index), "x", &[])))
        .collect();
    w.apply(batch);
    let all = order(w);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 9, "of one moment, and all there");
}

pub fn filters_hold_together(w: &mut World) {
    let o = Office::new(w);
    let (tasks, _) = w.starts_with_tasks(o.anna, o.acme, &["sign"]);
    let plain = w.starts(o.anna, o.acme, "plain");
    let (beta, _) = w.starts_with_tasks(o.owner, o.beta, &["sign"]);
    let filter = ThreadFilter::default;
    let table = [
        (ThreadFilter { unread: true, ..filter() }, vec![plain, tasks]),
        (ThreadFilter { open_tasks: true, ..filter() }, vec![beta, tasks]),
        (ThreadFilter { unread: true, open_tasks: true, ..filter() }, vec![tasks]),
        (ThreadFilter { account: Some(o.acme), open_tasks: true, ..filter() }, vec![tasks]),
        (ThreadFilter { account: Some(o.beta), ..filter() }, vec![beta]),
        (ThreadFilter { following: true, ..filter() }, vec![beta]),
        (ThreadFilter { archived: Some(true), ..filter() }, vec![]),
    ];
    for (filter, expected) in table {
        let listed: Vec<_> =
            w.threads(o.owner, &filter).iter().map(|item| item.summary.thread).collect();
        assert_eq!(listed, expected, "{filter:?}");
    }
}

pub fn what_is_no_cursor_is_refused_with_its_field(w: &mut World) {
    let o = Office::new(w);
    fills(w, &o, 0);
    let other = w.firm("Other");
    let stranger = w.hires(other, "Stranger", Role::Owner);
    let long = "0".repeat(limits::CURSOR_BYTES_MAX);
    let unknown = "00".repeat(16);
    let of_other = member(stranger).0.simple().to_string();
    for (name, list) in LISTS {
        let who = reader_of(name, &o);
        let (_, foreign) = ask(w, who, list, page(None, 1));
        assert!(foreign.unwrap().len() <= limits::CURSOR_BYTES_MAX);
        for wrong in ["", "x", "zz", long.as_str(), &unknown, &of_other] {
            let refusal = w.act(who, list(page(Some(wrong.to_owned()), 3))).unwrap_err();
            assert_eq!(refusal.code, RefusalCode::Invalid, "{name} {wrong}");
            assert_eq!(refusal.field, Some(format!("{name}.page.cursor")));
        }
    }
}

pub fn a_cursor_tells_nothing_of_what_its_reader_does_not_see(w: &mut World) {
    let o = Office::new(w);
    let hidden = w.account(o.firm, "Hidden");
    let wrong = page(Some(hidden.0.simple().to_string()), 3);
    let refusal = w.act(o.anna, Command::ListAccounts { page: wrong.clone() }).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Invalid);
    w.does(o.owner, Command::ListAccounts { page: wrong });

    let (_, threads) = LISTS[0];
    for body in ["not for Anna", "nor this"] {
        w.starts(o.owner, o.beta, body);
    }
    let (_, next) = ask(w, o.dave, threads, page(None, 1));
    let theirs = page(next, 3);
    for stranger in [o.anna, o.carol] {
        let refusal = w.act(stranger, threads(theirs.clone())).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Invalid);
    }
    w.does(o.dave, threads(theirs));
}

pub fn the_directory_is_read_in_pages(w: &mut World) {
    let o = Office::new(w);
    for index in 0..5 {
        w.hires(o.firm, "Same Name", Role::Member);
        w.account(o.firm, "Same Name");
        let new = new_contact(o.acme, &format!("Contact {index}"), ContactState::None);
        w.change(o.firm, DirectoryChange::CreateContact(new)).unwrap();
    }
    let firm = o.firm;
    let reads: [(&str, usize, ReadPage); 4] = [
        ("members", 9, |w, o, page| listed(w.read().members(o.firm, page), |m| m.member.0)),
        ("accounts", 7, |w, o, page| listed(w.read().accounts(o.firm, page), |a| a.account.0)),
        ("contacts", 7, |w, o, page| {
            listed(w.read().contacts(o.firm, None, page), |c| c.contact.0)
        }),
        ("contacts of an account", 6, |w, o, page| {
            listed(w.read().contacts(o.firm, Some(o.acme), page), |c| c.contact.0)
        }),
    ];
    assert_eq!(w.read().firm(firm).unwrap().unwrap().name, "Office");
    for (name, expected, read) in reads {
        let (mut seen, mut cursor) = (HashSet::new(), None);
        loop {
            let (ids, next) = read(w, &o, &page(cursor, 2)).unwrap();
            assert!(ids.into_iter().all(|id| seen.insert(id)), "{name} has duplicates");
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), expected, "{name}");
        for (wrong, field, limit) in [
            (page(None, 0), "limit", Some(1)),
            (page(None, 101), "limit", Some(100)),
            (page(Some("x".to_owned()), 5), "cursor", None),
        ] {
            let Err(QueryError::Refused(refusal)) = read(w, &o, &wrong) else { panic!("{name}") };
            assert_eq!(refusal.code, RefusalCode::Invalid);
            assert_eq!((refusal.field.as_deref(), refusal.limit), (Some(field), limit));
        }
    }
}

type ReadPage = fn(&mut World, &Office, &Page) -> Listed;

type Listed = Result<(Vec<Uuid>, Option<String>), QueryError>;

fn listed<T>(list: Result<tidings_protocol::List<T>, QueryError>, id: fn(&T) -> Uuid) -> Listed {
    list.map(|list| (list.items.iter().map(id).collect(), list.next))
}
