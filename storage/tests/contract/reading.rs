//! Receipts and unread numbers.

use crate::mailer::GATHERED;
use crate::office::Office;
use crate::world::World;
use tidings_protocol::{Badges, Command, RefusalCode, Reply, Seq, ThreadId};
use tidings_storage::Actor;

fn reads(w: &mut World, who: Actor, thread: ThreadId, up_to: u64) -> (u64, u64) {
    match w.does(who, Command::Read { thread, up_to: Seq(up_to) }) {
        Reply::ReadUpTo { seq, unread } => (seq.0, unread),
        other => panic!("{other:?}"),
    }
}

fn receipt(w: &mut World, of: Actor, seen_by: Actor, thread: ThreadId) -> Option<u64> {
    let receipts = w.view(seen_by, thread).receipts;
    receipts.iter().find(|receipt| receipt.person == of.person).map(|receipt| receipt.seq.0)
}

pub fn a_receipt_only_moves_forward(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.anna, thread, "two");
    w.posts(o.anna, thread, "three");
    assert_eq!(w.view(o.carol, thread).item.unread, 3);
    assert_eq!(reads(w, o.carol, thread, 3), (3, 1));
    let told = w.last.clone().unwrap().thread.unwrap();
    assert!(told.events.is_empty());
    assert_eq!(told.read.unwrap().messages, 2);
    for back in [0, 1, 3] {
        assert_eq!(reads(w, o.carol, thread, back), (3, 1));
        assert_eq!(w.last, None, "nothing to tell");
    }
    assert_eq!(reads(w, o.carol, thread, 4), (4, 0));
}

pub fn reading_beyond_the_head_means_the_head(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    assert_eq!(reads(w, o.carol, thread, u64::MAX), (2, 0));
    w.posts(o.anna, thread, "two");
    assert_eq!(w.view(o.carol, thread).item.unread, 1);
}

pub fn posting_reads(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.anna, thread, "two");
    let seq = w.posts(o.carol, thread, "three");
    let item = w.view(o.carol, thread).item;
    assert_eq!((item.read, item.unread), (seq, 0));
    assert_eq!(w.view(o.anna, thread).item.unread, 1);
}

pub fn both_sides_see_how_far_everybody_has_read(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let last = w.posts(o.anna, thread, "two");
    assert_eq!(receipt(w, o.carol, o.anna, thread), None);
    reads(w, o.carol, thread, 2);
    reads(w, o.owner, thread, 3);
    for seen_by in [o.anna, o.carol, o.owner] {
        assert_eq!(receipt(w, o.carol, seen_by, thread), Some(2));
        assert_eq!(receipt(w, o.owner, seen_by, thread), Some(3));
        assert_eq!(receipt(w, o.anna, seen_by, thread), Some(last.0));
        let names: Vec<_> =
            w.view(seen_by, thread).participants.into_iter().map(|who| who.name).collect();
        for name in ["Carol", "Olga", "Anna"] {
            assert!(names.iter().any(|known| known == name), "{name} is in {names:?}");
        }
    }
}

pub fn who_joins_a_crowd_sees_what_was_read_a_moment_before(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let last = w.posts(o.anna, thread, "two");
    let crowd: Vec<Actor> =
        (0..40).map(|number| w.contact(o.firm, o.acme, &format!("Contact {number}"))).collect();
    for who in &crowd {
        reads(w, *who, thread, 2);
        // Also compares what one who joins is shown.
        w.view(o.carol, thread);
    }
    for who in &crowd[..3] {
        reads(w, *who, thread, last.0);
        assert_eq!(receipt(w, *who, o.carol, thread), Some(last.0));
        assert!(w.read_elsewhere().entrance(o.carol, thread).is_ok());
    }
}

pub fn who_acts_without_reading_is_named_too(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["sign"]);
    w.writes(o.carol, Command::TickTask { thread, task: tasks[0] });
    w.writes(o.admin, Command::Archive { thread });
    w.reopen();
    let view = w.view(o.anna, thread);
    let named: Vec<_> = view.participants.iter().map(|one| one.name.as_str()).collect();
    assert!(named.contains(&"Carol") && named.contains(&"Ada"), "{named:?}");
    assert_eq!(view.receipts.len(), 1, "only Anna has read");
}

pub fn who_is_only_told_takes_no_part(w: &mut World) {
    let o = Office::new(w);
    // The owner stands in for followers.
    let thread = w.starts(o.carol, o.acme, "one");
    w.does(o.admin, Command::Mute { thread, muted: true });
    let named = |w: &mut World| {
        let participants = w.view(o.carol, thread).participants;
        participants.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(named(w), ["Carol"]);
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.owner).len(), 1);
    assert_eq!(named(w), ["Carol"]);
    w.writes(o.owner, Command::Archive { thread });
    w.does(o.anna, Command::Follow { thread, following: true });
    w.reopen();
    assert_eq!(named(w), ["Olga", "Carol", "Anna"]);
}

pub fn only_messages_count_as_unread(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["sign"]);
    reads(w, o.carol, thread, u64::MAX);
    w.writes(o.anna, Command::TickTask { thread, task: tasks[0] });
    w.writes(o.anna, Command::Archive { thread });
    assert_eq!(w.view(o.carol, thread).item.unread, 0);
}

pub fn an_archived_thread_can_be_marked_as_read(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.writes(o.anna, Command::Archive { thread });
    assert_eq!(w.badges(o.carol).unread_threads, 1);
    assert_eq!(reads(w, o.carol, thread, 9), (3, 0));
    assert_eq!(w.badges(o.carol).unread_threads, 0);
}

pub fn badges_count_what_is_seen_and_not_read(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.anna, thread, "two");
    let second = w.starts(o.owner, o.acme, "three");
    w.starts(o.owner, o.beta, "four");
    let expected = |threads, messages, inbox, waiting| Badges {
        unread_threads: threads,
        unread_messages: messages,
        inbox,
        waiting,
    };
    assert_eq!(w.badges(o.carol), expected(2, 3, 0, 2));
    assert_eq!(w.badges(o.dave), expected(1, 1, 0, 1));
    assert_eq!(w.badges(o.anna), expected(1, 1, 0, 0));
    assert_eq!(w.badges(o.admin), expected(3, 4, 0, 0));
    assert_eq!(w.badges(o.bob), Badges::default());
    reads(w, o.carol, second, 2);
    assert_eq!(w.badges(o.carol), expected(1, 2, 0, 1));
    assert_eq!(w.read().welcome(o.carol).unwrap().unwrap().badges, expected(1, 2, 0, 1));
}

pub fn nobody_reads_what_it_does_not_see(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    for who in [o.bob, o.dave] {
        let command = Command::Read { thread, up_to: Seq(2) };
        assert_eq!(w.refused(who, command), RefusalCode::NotFound);
        assert_eq!(receipt(w, who, o.anna, thread), None);
    }
}
