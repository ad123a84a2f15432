//! The ledger: why somebody did or didn't get an email.

use crate::mailer::{GATHERED, SENT};
use crate::office::Office;
use crate::world::{World, create, operation};
use tidings_protocol::{
    Command, NoticeId, NoticeKind, Page, Refusal, RefusalCode, ThreadId, Timestamp,
};
use tidings_storage::{Actor, Asked, Done, NoticeFilter, Operation, QueryError};

fn of(thread: ThreadId) -> NoticeFilter {
    NoticeFilter { thread: Some(thread), ..NoticeFilter::default() }
}

fn page(cursor: Option<String>, limit: u32) -> Page {
    Page { cursor, limit: Some(limit) }
}

/// The refusal of a question.
fn refused(
    w: &mut World,
    firm: tidings_protocol::FirmId,
    by: Option<Actor>,
    filter: NoticeFilter,
    page: &Page,
) -> Refusal {
    match w.read().notices(firm, by, filter, page) {
        Err(QueryError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// Two threads with some history of mail, in Acme and in Beta.
fn history(w: &mut World, o: &Office) -> [ThreadId; 2] {
    let acme = w.starts(o.anna, o.acme, "one");
    let beta = w.starts(o.owner, o.beta, "two");
    w.passes(GATHERED);
    w.delivers();
    w.posts(o.carol, acme, "answer");
    w.posts(o.dave, beta, "answer");
    w.passes(GATHERED);
    w.delivers();
    [acme, beta]
}

pub fn the_newest_decisions_come_first(w: &mut World) {
    let o = Office::new(w);
    history(w, &o);
    let list = w.read().notices(o.firm, None, NoticeFilter::default(), &page(None, 10)).unwrap();
    assert_eq!((list.items.len(), list.next), (4, None));
    let when: Vec<Timestamp> = list.items.iter().map(|notice| notice.created_ms).collect();
    assert!(when.is_sorted_by(|newer, older| newer >= older), "{when:?}");
    assert_eq!(w.ledger(o.firm, None, NoticeFilter::default()).len(), 4);
}

pub fn pages_of_the_ledger_are_complete_while_notices_arrive(w: &mut World) {
    let o = Office::new(w);
    history(w, &o);
    let before: Vec<NoticeId> =
        w.ledger(o.firm, None, NoticeFilter::default()).iter().map(|entry| entry.notice).collect();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let list =
            w.read().notices(o.firm, None, NoticeFilter::default(), &page(cursor, 1)).unwrap();
        seen.extend(list.items.iter().map(|entry| entry.notice));
        cursor = list.next;
        if cursor.is_none() {
            break;
        }
        w.starts(o.anna, o.acme, "another");
        w.passes(GATHERED);
        w.decides();
    }
    seen.reverse();
    assert_eq!(seen, before);
    let none = refused(w, o.firm, None, NoticeFilter::default(), &page(None, 0));
    assert_eq!((none.code, none.field.as_deref()), (RefusalCode::Invalid, Some("limit")));
    let wrong = page(Some("nonsense".to_owned()), 3);
    let wrong = refused(w, o.firm, None, NoticeFilter::default(), &wrong);
    assert_eq!((wrong.code, wrong.field.as_deref()), (RefusalCode::Invalid, Some("cursor")));
}

pub fn it_is_asked_by_thread_and_by_person(w: &mut World) {
    let o = Office::new(w);
    let [acme, beta] = history(w, &o);
    let people = |w: &mut World, filter| {
        w.ledger(o.firm, None, filter).iter().map(|entry| entry.person).collect::<Vec<_>>()
    };
    assert_eq!(people(w, of(acme)), [o.carol.person, o.anna.person]);
    assert_eq!(people(w, of(beta)), [o.dave.person, o.owner.person]);
    let anna = NoticeFilter { person: Some(o.anna.person), thread: None };
    assert_eq!(people(w, anna), [o.anna.person]);
    let neither = NoticeFilter { thread: Some(beta), ..anna };
    assert_eq!(people(w, neither), []);
}

pub fn another_firms_ledger_looks_missing(w: &mut World) {
    let (o, theirs) = (Office::new(w), Office::new(w));
    let [acme, _] = history(w, &o);
    history(w, &theirs);
    assert_eq!(w.ledger(theirs.firm, None, NoticeFilter::default()).len(), 4);
    let first = page(None, 3);
    let thread = refused(w, theirs.firm, None, of(acme), &first);
    let nowhere = ThreadId(w.nobody());
    let nothing = refused(w, theirs.firm, None, of(nowhere), &first);
    assert_eq!((thread.code, &thread), (RefusalCode::NotFound, &nothing));
    let person = NoticeFilter { person: Some(o.carol.person), thread: None };
    assert_eq!(w.ledger(theirs.firm, None, person), []);
    let cursor = w.read().notices(o.firm, None, NoticeFilter::default(), &page(None, 1));
    let cursor = cursor.unwrap().next;
    let stolen = refused(w, theirs.firm, None, NoticeFilter::default(), &page(cursor, 1));
    let unknown = "0".repeat(32);
    let unknown = refused(w, theirs.firm, None, NoticeFilter::default(), &page(Some(unknown), 1));
    assert_eq!(stolen, unknown);
    // Nor is it read in somebody's name of another firm.
    let nobody = Actor { firm: theirs.firm, ..o.anna };
    let refusal = refused(w, theirs.firm, Some(nobody), NoticeFilter::default(), &first);
    assert_eq!(refusal.code, RefusalCode::Unauthenticated);
}

pub fn a_member_reads_of_threads_that_it_sees(w: &mut World) {
    let o = Office::new(w);
    let [acme, beta] = history(w, &o);
    let asked = Operation::AddNotice { actor: o.carol, thread: None, asked: Asked::Login };
    w.one(asked).unwrap();
    let all = NoticeFilter::default();
    let threads = |w: &mut World, who| {
        let ledger = w.ledger(o.firm, Some(who), all);
        ledger.iter().map(|entry| entry.thread).collect::<Vec<_>>()
    };
    for who in [o.owner, o.admin] {
        assert_eq!(threads(w, who).len(), 5, "the login too");
    }
    assert_eq!(threads(w, o.anna), [Some(acme), Some(acme)]);
    assert_eq!(threads(w, o.bob), []);
    w.does(o.owner, Command::Mention { thread: beta, member: crate::office::member(o.bob) });
    assert_eq!(threads(w, o.bob), [Some(beta), Some(beta)]);
    w.unassigns(o.firm, o.acme, o.anna);
    assert_eq!(threads(w, o.anna), []);
    let first = page(None, 3);
    let hidden = refused(w, o.firm, Some(o.anna), of(beta), &first);
    assert_eq!(hidden.code, RefusalCode::NotFound);
    let refusal = refused(w, o.firm, Some(o.carol), all, &first);
    assert_eq!(refusal.code, RefusalCode::NotAllowed);
    // Nor does a cursor tell that there is something.
    let login = w.ledger(o.firm, None, all).pop().unwrap().notice;
    let cursor = Some(login.0.simple().to_string());
    let foreign = refused(w, o.firm, Some(o.anna), all, &page(cursor, 1));
    assert_eq!(foreign.code, RefusalCode::Invalid);
}

pub fn a_member_finds_what_it_sees_below_much_that_it_does_not(w: &mut World) {
    /// More than are walked through for it.
    const OTHERS: u64 = 1_100;
    let o = Office::new(w);
    let acme = w.starts(o.anna, o.acme, "one");
    for _ in 0..4 {
        w.passes(GATHERED);
        w.delivers();
        w.posts(o.anna, acme, "more");
    }
    let starts = |number| operation(o.owner, create(o.beta, crate::key(number), "other", &[]));
    w.apply((0..OTHERS).map(starts).collect());
    w.passes(GATHERED);
    let due = w.read().due(Timestamp(i64::MAX), 2_000).unwrap().look;
    assert!(due.len() as u64 > OTHERS, "the first thread, too");
    w.apply(due.into_iter().map(|(firm, thread)| Operation::Look { firm, thread }).collect());
    let all = w.ledger(o.firm, None, of(acme));
    assert_eq!(all.len(), 5);
    assert_eq!(w.ledger(o.firm, Some(o.anna), NoticeFilter::default()), all);
    assert_eq!(w.ledger(o.firm, Some(o.bob), NoticeFilter::default()), []);
}

pub fn the_ledger_is_forgotten_after_a_while_but_not_what_waits(w: &mut World) {
    let o = Office::new(w);
    let [acme, _] = history(w, &o);
    w.posts(o.anna, acme, "more");
    w.passes(GATHERED);
    w.decides();
    assert_eq!(w.ledger(o.firm, None, NoticeFilter::default()).len(), 5);
    let before = w.now.plus_millis(1);
    let forget = |limit| Operation::ForgetNotices { before, limit };
    let early = Operation::ForgetNotices { before: Timestamp(1_000), limit: 10 };
    assert_eq!(w.one(early), Ok(Done::Forgotten(0)));
    assert_eq!(w.one(forget(3)), Ok(Done::Forgotten(3)));
    assert_eq!(w.ledger(o.firm, None, NoticeFilter::default()).len(), 2);
    assert_eq!(w.one(forget(3)), Ok(Done::Forgotten(1)));
    assert_eq!(w.one(forget(3)), Ok(Done::Forgotten(0)));
    let left = w.ledger(o.firm, None, NoticeFilter::default());
    assert_eq!((left.len(), left[0].kind), (1, NoticeKind::Activity));
    let letters = w.delivers();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to.person, o.carol.person);
    assert_eq!(w.fates(o.carol, acme), [SENT]);
    // What was forgotten is not told again.
    w.passes(GATHERED);
    assert_eq!(w.delivers(), []);
    w.posts(o.anna, acme, "and more");
    w.passes(GATHERED);
    assert_eq!(w.delivers()[0].parts[0].messages, 1);
}
