//! Contacts who cannot log in: they are told of nothing, the ledger says so once, and whoever is let in
//! is told of what comes.

use crate::mailer::{GATHERED, HOLDER, LEASE, MINUTE, OTHER, SENT, dropped, sent};
use crate::office::{Office, new_contact};
use crate::reminding::DAY;
use crate::world::World;
use tidings_protocol::{ContactState, NoticeReason, Person};
use tidings_storage::{Actor, DirectoryChange, Done};

/// A contact of Acme who was never active.
fn invited(w: &mut World, o: &Office) -> Actor {
    let new = new_contact(o.acme, "Ivy", ContactState::Invited);
    match w.change(o.firm, DirectoryChange::CreateContact(new)) {
        Ok(Done::Contact(ivy)) => Actor { firm: o.firm, person: Person::Contact(ivy.contact) },
        other => panic!("{other:?}"),
    }
}

pub fn after_a_month_another_entry_is_begun(w: &mut World) {
    let o = Office::new(w);
    let ivy = invited(w, &o);
    let thread = w.starts(o.anna, o.acme, "one");
    for (days, ranges) in [(29, &[(2, 3)][..]), (2, &[(2, 3), (4, 4)])] {
        w.passes(GATHERED);
        w.decides();
        w.passes(days * DAY);
        w.posts(o.anna, thread, "more");
        w.passes(GATHERED);
        w.decides();
        assert_eq!(w.ranges(ivy, thread), ranges);
    }
}

pub fn who_cannot_log_in_has_one_entry_of_a_thread(w: &mut World) {
    let o = Office::new(w);
    let ivy = invited(w, &o);
    let no_access = dropped(NoticeReason::NoAccess);
    let thread = w.starts(o.anna, o.acme, "one");
    for head in 2..=4 {
        w.passes(GATHERED);
        assert_eq!(w.delivers_to(ivy), []);
        assert_eq!(w.fates(ivy, thread), [no_access]);
        assert_eq!(w.ranges(ivy, thread), [(2, head)]);
        let last = w.told(o.carol, thread).pop().unwrap();
        assert_eq!(w.told(ivy, thread)[0].settled_ms, Some(last.created_ms));
        w.posts(o.anna, thread, "more");
    }
    // What was decided stays so.
    w.passes(GATHERED);
    w.decides();
    w.sets_state(ivy, ContactState::Active);
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(ivy), []);
    w.posts(o.anna, thread, "welcome");
    assert_eq!(w.gets_one(ivy).messages, 1);
    assert_eq!(w.ranges(ivy, thread), [(2, 5), (6, 6)]);
    // That she is shut out again is another decision, and does not touch what was sent.
    w.sets_state(ivy, ContactState::None);
    for _ in 0..2 {
        w.posts(o.anna, thread, "more");
        w.passes(GATHERED);
        w.delivers();
    }
    assert_eq!(w.fates(ivy, thread), [no_access, SENT, no_access]);
    assert_eq!(w.ranges(ivy, thread), [(2, 5), (6, 6), (7, 8)]);
}

pub fn who_is_let_in_while_others_are_undecided_is_told_of_what_comes(w: &mut World) {
    let o = Office::new(w);
    let ivy = invited(w, &o);
    // Of the first message Carol is not told, as it is hers; of the second she is not yet.
    let thread = w.starts(o.carol, o.acme, "one");
    w.passes(MINUTE);
    w.posts(o.anna, thread, "two");
    w.passes(GATHERED - MINUTE);
    w.decides();
    assert_eq!((w.ranges(ivy, thread), w.ranges(o.carol, thread)), (vec![(2, 3)], vec![]));
    w.sets_state(ivy, ContactState::Active);
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(ivy), []);
    assert_eq!(w.fates(o.carol, thread), [SENT]);
}

pub fn a_mail_that_was_offered_does_not_come_to_say_more(w: &mut World) {
    let o = Office::new(w);
    let erin = w.contact(o.firm, o.acme, "Erin");
    let thread = w.starts(erin, o.acme, "one");
    w.passes(GATHERED);
    w.decides();
    let mail = w.due().mails.into_iter().find(|mail| mail.person == o.carol.person).unwrap();
    let claimed = w.claims(&mail, HOLDER);
    // Its notifier is slow. When another one takes it, she is shut out.
    w.sets_state(o.carol, ContactState::Invited);
    w.passes(2 * LEASE);
    assert_eq!(w.claims(&mail, OTHER), []);
    w.posts(erin, thread, "two");
    w.passes(GATHERED);
    w.decides();
    w.settles(&mail, HOLDER, sent(claimed[0]));
    assert_eq!(w.fates(o.carol, thread), [SENT, dropped(NoticeReason::NoAccess)]);
    assert_eq!(w.ranges(o.carol, thread), [(2, 2), (3, 3)]);
}
