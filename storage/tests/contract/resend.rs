//! Having the client told once more, by hand.

use crate::mailer::{GATHERED, HOUR, MINUTE, SENT, WAITING, dropped};
use crate::office::Office;
use crate::reminding::{on, pending};
use crate::world::World;
use tidings_protocol::{
    ClientKey, Command, ContactState, EventKind, NoticeKind, NoticeReason, RefusalCode, Reply,
    ThreadId,
};

fn again(thread: ThreadId, key: ClientKey) -> Command {
    Command::Resend { thread, key }
}

pub fn everybody_of_the_client_is_told_once_more_whatever_it_has_read(w: &mut World) {
    let o = Office::new(w);
    let erin = w.contact(o.firm, o.acme, "Erin");
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    w.delivers();
    w.reads(o.carol, thread, 2);
    let key = w.key();
    let seq = w.writes(o.anna, again(thread, key));
    assert_eq!(w.log(o.carol, thread).last().unwrap().kind, EventKind::Resent {});
    let letters = w.delivers();
    assert_eq!(letters.len(), 2, "at once");
    for letter in &letters {
        assert_eq!(letter.parts[0].kind, NoticeKind::Resent);
        let unread = u64::from(letter.to.person == erin.person);
        assert_eq!(letter.parts[0].messages, unread);
    }
    assert_eq!(w.told(o.carol, thread)[1].from, seq);
    assert_eq!(w.fates(erin, thread), [SENT, SENT]);
}

pub fn a_resending_shows_what_the_firm_said_last_if_content_is_shown(w: &mut World) {
    let o = Office::new(w);
    w.sets_mail(o.firm, crate::letters::shown());
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.anna, thread, "two");
    w.posts(o.carol, thread, "seen");
    let key = w.key();
    w.writes(o.anna, again(thread, key));
    let letters = w.delivers_to(o.carol);
    let quotes = letters[0].parts[0].content.clone().unwrap().quotes;
    assert_eq!(quotes.iter().map(|quote| &quote.body[..]).collect::<Vec<_>>(), ["two"]);
}

pub fn one_key_is_one_email(w: &mut World) {
    let o = Office::new(w);
    let (thread, other) = (w.starts(o.anna, o.acme, "one"), w.starts(o.anna, o.acme, "two"));
    let key = w.key();
    let first = w.does(o.anna, again(thread, key));
    assert!(matches!(first, Reply::Written { .. }));
    assert_eq!(w.does(o.anna, again(thread, key)), first);
    assert_eq!(w.last, None);
    assert_eq!(w.refused(o.anna, again(other, key)), RefusalCode::KeyReused);
    let post = crate::world::post(thread, key, "x");
    assert_eq!(w.refused(o.anna, post), RefusalCode::KeyReused);
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    w.writes(o.anna, Command::Archive { thread });
    assert_eq!(w.does(o.anna, again(thread, key)), first, "even when it could not be done now");
}

pub fn only_the_team_resends_and_only_what_is_open(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let key = w.key();
    assert_eq!(w.refused(o.carol, again(thread, key)), RefusalCode::NotAllowed);
    assert_eq!(w.refused(o.bob, again(thread, key)), RefusalCode::NotFound);
    w.writes(o.anna, Command::Archive { thread });
    assert_eq!(w.refused(o.anna, again(thread, key)), RefusalCode::Archived);
}

pub fn where_nobody_gets_emails_there_is_nobody_to_notify(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let key = w.key();
    w.does_for(o.carol, false);
    assert_eq!(w.refused(o.anna, again(thread, key)), RefusalCode::NobodyToNotify);
    w.does_for(o.carol, true);
    w.sets_state(o.carol, ContactState::Invited);
    assert_eq!(w.refused(o.anna, again(thread, key)), RefusalCode::NobodyToNotify);
    assert_eq!(w.view(o.anna, thread).item.summary.head.0, 2, "nothing is in the log");
    w.sets_state(o.carol, ContactState::Active);
    w.writes(o.anna, again(thread, key));
    // Who has muted it gets it all the same.
    w.does(o.carol, Command::Mute { thread, muted: true });
    assert_eq!(w.delivers_to(o.carol).len(), 1);
}

pub fn a_resent_thread_waits_on_top(w: &mut World) {
    let o = Office::new(w);
    let first = w.starts(o.anna, o.acme, "one");
    let second = w.starts(o.anna, o.acme, "two");
    let order = |w: &mut World| {
        w.waiting(o.carol).iter().map(|item| item.summary.thread).collect::<Vec<_>>()
    };
    assert_eq!(order(w), [second, first]);
    let key = w.key();
    let before = w.view(o.carol, first).item.summary;
    w.writes(o.anna, again(first, key));
    assert_eq!(order(w), [first, second]);
    let after = w.view(o.carol, first).item.summary;
    assert_eq!(after.waiting_ms, w.now);
    assert_eq!(after.last_ms, before.last_ms, "it is no message");
    assert_eq!(w.read().welcome(o.carol).unwrap().unwrap().waiting[0].summary.thread, first);
}

pub fn a_resending_neither_counts_as_a_reminder_nor_moves_the_timer(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts_reminding(o.anna, o.acme, on(3, 1), &[]);
    let before = w.reminder(thread);
    w.passes(HOUR);
    let key = w.key();
    w.writes(o.anna, again(thread, key));
    assert_eq!(w.last.clone().unwrap().thread.unwrap().reminder, None);
    w.delivers();
    assert_eq!(w.reminder(thread), before);
    assert_eq!(before, pending(0, before.next_ms.unwrap()));
}

pub fn nor_does_it_if_all_was_read_in_time(w: &mut World) {
    let o = Office::new(w);
    let erin = w.contact(o.firm, o.acme, "Erin");
    let thread = w.starts_reminding(o.anna, o.acme, on(3, 1), &["a"]);
    for who in [o.carol, erin] {
        w.reads_all(who, thread);
    }
    w.mails_go_out();
    let due = w.reminder(thread).next_ms.unwrap();
    w.passes(24 * HOUR);
    let key = w.key();
    w.writes(o.anna, again(thread, key));
    assert_eq!(w.delivers().len(), 2);
    w.posts(erin, thread, "on it");
    w.mails_go_out();
    assert_eq!(w.reminder(thread), pending(0, due));
    w.now = due;
    w.decides();
    assert_eq!(w.reminder(thread).sent, 1, "neither the resending nor a contact's message counts");
}

pub fn a_resending_waits_for_the_end_of_the_night(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    // It is about 15:06.
    w.is_quiet(o.carol, 15 * 60, 16 * 60, "UTC");
    let key = w.key();
    w.writes(o.anna, again(thread, key));
    assert_eq!(w.delivers(), []);
    w.passes(54 * MINUTE);
    assert_eq!(w.delivers_to(o.carol).len(), 1, "the thread and the resending");
}

pub fn a_resending_goes_in_place_of_what_was_still_to_be_sent(w: &mut World) {
    let o = Office::new(w);
    let waits = w.starts(o.anna, o.acme, "looked at");
    let fresh = w.starts(o.anna, o.acme, "not looked at");
    w.passes(GATHERED - MINUTE / 2);
    w.posts(o.anna, fresh, "and more");
    w.looks_at(o.firm, waits);
    w.is_quiet(o.carol, 0, 24 * 60 - 1, "UTC");
    w.passes(MINUTE);
    w.looks_at(o.firm, waits);
    assert_eq!(w.fates(o.carol, waits), [WAITING]);
    w.is_quiet(o.carol, 0, 0, "UTC");
    for thread in [waits, fresh] {
        let key = w.key();
        w.writes(o.anna, again(thread, key));
    }
    let mut letters = w.delivers_to(o.carol);
    w.passes(HOUR);
    letters.extend(w.delivers_to(o.carol));
    let parts: Vec<_> = letters.iter().flat_map(|letter| &letter.parts).collect();
    let told = parts.iter().map(|part| (part.kind, part.thread.unwrap(), part.messages));
    let again = |thread, messages| (NoticeKind::Resent, thread, messages);
    assert_eq!(told.collect::<Vec<_>>(), [again(waits, 1), again(fresh, 2)], "one mail each");
    assert_eq!(w.fates(o.carol, waits), [dropped(NoticeReason::Settled), SENT]);
    assert_eq!(w.fates(o.carol, fresh), [SENT]);
    assert_eq!(w.ranges(o.carol, fresh), [(1, 4)], "all that it had not been told of");
    // What comes after is told as ever.
    w.posts(o.anna, fresh, "later");
    assert_eq!(w.gets_one(o.carol).messages, 1);
}

pub fn who_resends_twice_in_the_night_sends_once(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    w.delivers();
    w.is_quiet(o.carol, 0, 24 * 60 - 1, "UTC");
    for _ in 0..2 {
        w.passes(2 * MINUTE);
        let key = w.key();
        w.writes(o.anna, again(thread, key));
        assert_eq!(w.delivers_to(o.carol), []);
    }
    w.is_quiet(o.carol, 0, 0, "UTC");
    w.passes(24 * HOUR);
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    assert_eq!(w.fates(o.carol, thread), [SENT, dropped(NoticeReason::Settled), SENT]);
}
