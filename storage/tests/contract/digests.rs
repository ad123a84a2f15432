//! A member may have its mails gathered; then all that waits goes in one.

use crate::mailer::{GATHERED, HOLDER, HOUR, LEASE, MINUTE, OTHER, SENT, dropped, later, sent};
use crate::office::Office;
use crate::world::World;
use tidings_protocol::{Command, NoticeReason, ThreadId};

/// Threads of Anna's, who wants a digest each hour.
fn threads(w: &mut World, o: &Office, count: usize) -> Vec<ThreadId> {
    w.wants_digests(o.anna, 60);
    let threads = (0..count).map(|_| w.starts(o.anna, o.acme, "one")).collect();
    w.passes(GATHERED);
    w.delivers();
    threads
}

pub fn several_threads_go_in_one_mail_when_the_first_is_due(w: &mut World) {
    let o = Office::new(w);
    let threads = threads(w, &o, 3);
    w.posts(o.carol, threads[0], "first");
    let due = w.now.plus_millis(HOUR);
    w.passes(20 * MINUTE);
    assert_eq!(w.delivers_to(o.anna), []);
    w.posts(o.carol, threads[1], "second");
    w.passes(30 * MINUTE);
    assert_eq!(w.delivers_to(o.anna), []);
    w.now = due.plus_millis(-5_000);
    w.posts(o.carol, threads[0], "more");
    assert_eq!(w.due().mails, []);
    w.now = due;
    let letters = w.delivers_to(o.anna);
    assert_eq!(letters.len(), 1);
    let parts = &letters[0].parts;
    let told: Vec<_> = parts.iter().map(|part| (part.thread.unwrap(), part.messages)).collect();
    assert_eq!(told, [(threads[0], 2), (threads[1], 1)]);
    let ids: Vec<_> =
        [threads[0], threads[1]].map(|thread| w.told(o.anna, thread).remove(0).message_id).into();
    assert!(ids[0].is_some() && ids[0] == ids[1], "they share one mail");
    w.passes(3 * HOUR);
    assert_eq!(w.delivers_to(o.anna), []);
}

pub fn a_digest_that_is_tried_again_has_the_same_in_it(w: &mut World) {
    let o = Office::new(w);
    let threads = threads(w, &o, 3);
    w.posts(o.carol, threads[0], "first");
    w.posts(o.carol, threads[1], "second");
    w.passes(HOUR);
    w.decides();
    let mail = w.the_mail();
    assert_eq!(mail.notices.len(), 2);
    let claimed = w.claims(&mail, HOLDER);
    let letter = w.letter(&claimed);
    let at = w.now.plus_millis(10 * MINUTE);
    w.settles(&mail, HOLDER, later(letter.mail, at));
    w.posts(o.carol, threads[2], "third");
    w.posts(o.carol, threads[0], "more");
    w.now = at.plus_millis(2 * MINUTE);
    w.decides();
    assert_eq!(w.due().mails, std::slice::from_ref(&mail));
    assert_eq!(w.claims(&mail, OTHER), claimed);
    assert_eq!(w.letter(&claimed), letter);
    // Of what was read since, there is less in it; it is the same mail.
    w.passes(LEASE + 1_000);
    w.does(o.anna, Command::Archive { thread: threads[0] });
    let left = w.claims(&mail, HOLDER);
    assert_eq!(left, claimed[1..]);
    assert_eq!(w.letter(&left).mail, letter.mail);
    w.settles(&mail, HOLDER, sent(letter.mail));
    assert_eq!(w.fates(o.anna, threads[1]), [SENT]);
    assert_eq!(w.fates(o.anna, threads[0])[0], dropped(NoticeReason::Archived));
    w.passes(HOUR);
    let letters = w.delivers_to(o.anna);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].parts.len(), 1, "of the archived one there is nothing to tell");
    assert_eq!(letters[0].parts[0].thread, Some(threads[2]));
}

pub fn what_is_not_due_comes_along_only_with_what_is(w: &mut World) {
    let o = Office::new(w);
    let threads = threads(w, &o, 2);
    w.posts(o.carol, threads[0], "first");
    let due = w.now.plus_millis(HOUR);
    w.passes(30 * MINUTE);
    w.posts(o.carol, threads[1], "second");
    let second = w.now.plus_millis(HOUR);
    w.passes(GATHERED);
    w.decides();
    w.now = due;
    let mail = w.the_mail();
    assert_eq!(mail.notices.len(), 2);
    w.reads(o.anna, threads[0], 3);
    assert_eq!(w.claims(&mail, HOLDER), [], "what was due is read, the other waits");
    w.now = second.plus_millis(-1);
    assert_eq!(w.due().mails, []);
    w.now = second;
    assert_eq!(w.delivers_to(o.anna).len(), 1);
}

pub fn who_wants_no_digest_gets_a_mail_for_each_thread(w: &mut World) {
    let o = Office::new(w);
    let threads = threads(w, &o, 2);
    w.wants_digests(o.anna, 0);
    for thread in &threads {
        w.posts(o.carol, *thread, "hello");
    }
    w.passes(GATHERED);
    let letters = w.delivers_to(o.anna);
    assert_eq!(letters.len(), 2);
    assert_ne!(letters[0].mail, letters[1].mail);
}

pub fn digests_of_two_members_are_two_mails(w: &mut World) {
    let o = Office::new(w);
    let threads = threads(w, &o, 2);
    w.wants_digests(o.admin, 60);
    for thread in &threads {
        w.follows(o.admin, *thread, true);
        w.posts(o.carol, *thread, "hello");
    }
    w.passes(HOUR);
    let letters = w.delivers();
    assert_eq!(letters.len(), 2);
    assert!(letters.iter().all(|letter| letter.parts.len() == 2));
    assert_ne!(letters[0].to.person, letters[1].to.person);
}
