//! Hours in which somebody gets no emails.

use crate::mailer::{GATHERED, HOLDER, HOUR, LEASE, MINUTE, WAITING};
use crate::office::Office;
use crate::world::World;
use tidings_protocol::{NoticeKind, Timestamp};
use tidings_storage::{Asked, Operation};

/// A time of the day on which all begins, the 15th of June 2025, in UTC.
fn at(hour: i64, minute: i64) -> Timestamp {
    let midnight = 1_750_000_000_000 - (15 * HOUR + 6 * MINUTE + 40_000);
    Timestamp(midnight + hour * HOUR + minute * MINUTE)
}

pub fn what_falls_into_the_night_goes_in_the_morning(w: &mut World) {
    let o = Office::new(w);
    w.is_quiet(o.carol, 22 * 60, 7 * 60, "UTC");
    w.now = at(21, 59);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    assert_eq!(w.delivers(), []);
    let told = w.told(o.carol, thread).remove(0);
    assert_eq!((told.state, told.due_ms), (WAITING.0, at(24 + 7, 0)));
    w.now = at(26, 0);
    w.posts(o.anna, thread, "in the night");
    w.passes(GATHERED);
    assert_eq!(w.delivers(), []);
    w.now = at(24 + 7, 0).plus_millis(-1);
    assert_eq!(w.due().mails, []);
    w.now = at(24 + 7, 0);
    let letters = w.delivers();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].parts[0].messages, 2);
}

pub fn the_night_is_where_the_person_is(w: &mut World) {
    let o = Office::new(w);
    // In Kathmandu it is 5:45 later.
    w.is_quiet(o.carol, 22 * 60, 7 * 60, "Asia/Kathmandu");
    w.now = at(16, 20);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    assert_eq!(w.delivers(), []);
    assert_eq!(w.told(o.carol, thread)[0].due_ms, at(24 + 1, 15));
    w.now = at(24 + 1, 15);
    assert_eq!(w.delivers().len(), 1);
}

pub fn members_have_quiet_hours_too(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.is_quiet(o.anna, 12 * 60, 17 * 60, "UTC");
    w.posts(o.carol, thread, "two");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.anna), []);
    w.now = at(17, 0);
    assert_eq!(w.delivers_to(o.anna).len(), 1);
    // The digest is due in the night, and comes at its end.
    w.is_quiet(o.anna, 18 * 60, 8 * 60, "UTC");
    w.wants_digests(o.anna, 120);
    w.posts(o.carol, thread, "three");
    w.now = at(23, 0);
    assert_eq!(w.delivers_to(o.anna), []);
    w.now = at(24 + 8, 0);
    assert_eq!(w.delivers_to(o.anna).len(), 1);
}

pub fn a_night_that_begins_before_the_claim_puts_it_off(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    let mail = w.the_mail();
    w.is_quiet(o.carol, 15 * 60, 18 * 60, "UTC");
    assert_eq!(w.claims(&mail, HOLDER), []);
    assert_eq!(w.due().mails, []);
    let told = w.told(o.carol, thread).remove(0);
    assert_eq!((told.state, told.due_ms, told.attempts), (WAITING.0, at(18, 0), 0));
    w.now = at(18, 0);
    assert_eq!(w.delivers().len(), 1);
}

pub fn a_night_that_begins_before_another_try_puts_it_off_too(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    let mail = w.the_mail();
    let claimed = w.claims(&mail, HOLDER);
    let first = w.letter(&claimed);
    w.is_quiet(o.carol, 15 * 60, 18 * 60, "UTC");
    w.passes(LEASE + 1_000);
    assert_eq!(w.claims(&mail, HOLDER), []);
    w.now = at(18, 0);
    assert_eq!(w.claims(&mail, HOLDER), claimed);
    assert_eq!(w.letter(&claimed).mail, first.mail);
    assert_eq!(w.told(o.carol, thread)[0].attempts, 2);
}

pub fn security_mails_go_at_once(w: &mut World) {
    let o = Office::new(w);
    w.is_quiet(o.carol, 0, 24 * 60 - 1, "UTC");
    w.is_quiet(o.anna, 0, 24 * 60 - 1, "UTC");
    w.wants_digests(o.anna, 600);
    w.does_for(o.carol, false);
    for who in [o.carol, o.anna] {
        let asked = Operation::AddNotice { actor: who, thread: None, asked: Asked::Login };
        w.one(asked).unwrap();
        let letters = w.delivers_to(who);
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].parts[0].kind, NoticeKind::Login);
    }
}

pub fn quiet_hours_of_one_do_not_keep_another_waiting(w: &mut World) {
    let o = Office::new(w);
    let erin = w.contact(o.firm, o.acme, "Erin");
    w.is_quiet(o.carol, 15 * 60, 18 * 60, "UTC");
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    let letters = w.delivers();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to.person, erin.person);
    // Erin is told of the next one by itself, while Carol's grows.
    w.posts(o.anna, thread, "two");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(erin)[0].parts[0].messages, 1);
    w.now = at(18, 0);
    assert_eq!(w.delivers_to(o.carol)[0].parts[0].messages, 2);
    assert_eq!(
        (w.ranges(erin, thread), w.ranges(o.carol, thread)),
        (vec![(2, 2), (3, 3)], vec![(2, 3)])
    );
}
