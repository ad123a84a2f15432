//! Notifiers take what is due for a while, and say what became of it. One that dies loses nothing,
//! and nothing is told twice.

use crate::letters::shown;
use crate::mailer::{
    GATHERED, HOLDER, HOUR, LEASE, MINUTE, OTHER, REFUSED_ID, SENT, WAITING, dropped, failed,
    later, message_id, sent,
};
use crate::office::{Office, member};
use crate::world::World;
use tidings_protocol::{
    Command, InboxKind, MessageId, NoticeKind, NoticeReason, NoticeState, ThreadId,
};
use tidings_storage::{Done, NoticesOf, Operation, Sending};
use uuid::Uuid;

/// A thread of Anna's about which an email is due to Carol.
fn one_is_due(w: &mut World, o: &Office) -> (ThreadId, NoticesOf) {
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    let mail = w.the_mail();
    assert_eq!((mail.firm, mail.person, mail.notices.len()), (o.firm, o.carol.person, 1));
    assert_eq!(mail.notices[0].1, Some(thread));
    (thread, mail)
}

fn lease_runs_out(w: &mut World) {
    w.passes(LEASE + 1_000);
}

pub fn what_one_notifier_has_no_other_gets(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    let claimed = w.claims(&mail, HOLDER);
    assert_eq!(claimed, [mail.notices[0].0]);
    assert_eq!(w.due().mails, []);
    assert_eq!(w.claims(&mail, OTHER), []);
    assert_eq!(w.claims(&mail, HOLDER), [], "nor the same again");
    w.passes(LEASE - 3_000);
    assert_eq!(w.due().mails, []);
    assert_eq!(w.told(o.carol, thread)[0].attempts, 1);
}

pub fn two_claims_in_one_batch_are_one(w: &mut World) {
    let o = Office::new(w);
    let (_, mail) = one_is_due(w, &o);
    let claim = |holder: Uuid, w: &World| Operation::ClaimNotices {
        notices: mail.clone(),
        holder,
        until: w.now.plus_millis(LEASE),
    };
    let batch = vec![claim(HOLDER, w), claim(OTHER, w)];
    let taken: Vec<_> = w.apply(batch).into_iter().map(|applied| applied.outcome).collect();
    assert_eq!(taken, [Ok(Done::Notices(vec![mail.notices[0].0])), Ok(Done::Notices(vec![]))]);
}

pub fn what_a_dead_notifier_had_is_sent_as_the_same_mail(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    let claimed = w.claims(&mail, HOLDER);
    let first = w.letter(&claimed);
    let later = w.posts(o.anna, thread, "two");
    lease_runs_out(w);
    assert_eq!(w.due().mails, std::slice::from_ref(&mail));
    assert_eq!(w.claims(&mail, OTHER), claimed);
    let again = w.letter(&claimed);
    assert_eq!(again, first, "whatever came since");
    w.settles(&mail, OTHER, sent(again.mail));
    // What came since goes in a mail of its own.
    w.passes(GATHERED);
    let letters = w.delivers_to(o.carol);
    assert_eq!(letters.len(), 1);
    assert_ne!(letters[0].mail, first.mail);
    assert_eq!(letters[0].parts[0].messages, 1);
    assert_eq!(w.ranges(o.carol, thread), [(2, 2), (later.0, later.0)]);
    let told = w.told(o.carol, thread);
    assert_eq!((told[0].attempts, told[1].attempts), (2, 1));
}

pub fn who_has_read_it_meanwhile_is_not_sent_it_again(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    w.claims(&mail, HOLDER);
    w.reads(o.carol, thread, 2);
    lease_runs_out(w);
    assert_eq!(w.claims(&mail, OTHER), []);
    assert_eq!(w.fates(o.carol, thread), [dropped(NoticeReason::Read)]);
    // But it was sent, as is known now.
    w.settles(&mail, HOLDER, sent(mail.notices[0].0));
    assert_eq!(w.fates(o.carol, thread), [SENT]);
}

pub fn a_message_taken_back_after_the_claim_is_not_told_again(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    let claimed = w.claims(&mail, HOLDER);
    w.writes(o.anna, Command::DeleteMessage { thread, message: MessageId(2) });
    assert_eq!(w.letter(&claimed).parts[0].messages, 0);
    lease_runs_out(w);
    assert_eq!(w.claims(&mail, OTHER), []);
    assert_eq!(w.fates(o.carol, thread), [dropped(NoticeReason::Deleted)]);
}

pub fn only_its_holder_gives_a_mail_back_or_up(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    let id = mail.notices[0].0;
    w.claims(&mail, HOLDER);
    let at = w.now;
    w.settles(&mail, OTHER, later(id, at));
    w.settles(&mail, OTHER, failed());
    assert_eq!(w.due().mails, []);
    assert_eq!(w.fates(o.carol, thread), [WAITING]);
    assert_eq!(w.inbox(o.anna), []);
    lease_runs_out(w);
    w.claims(&mail, OTHER);
    w.settles(&mail, HOLDER, failed());
    assert_eq!(w.fates(o.carol, thread), [WAITING]);
    w.settles(&mail, OTHER, later(id, at));
    assert_eq!(w.due().mails, [mail]);
}

pub fn that_a_mail_was_sent_counts_whoever_says_so(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    let id = mail.notices[0].0;
    w.claims(&mail, HOLDER);
    lease_runs_out(w);
    assert_eq!(w.claims(&mail, OTHER), [id]);
    w.settles(&mail, HOLDER, sent(id));
    assert_eq!(w.fates(o.carol, thread), [SENT]);
    let settled = w.told(o.carol, thread);
    // The other one knows nothing better.
    let at = w.now;
    w.settles(&mail, OTHER, later(id, at));
    w.settles(&mail, OTHER, failed());
    w.settles(&mail, OTHER, sent(id));
    assert_eq!(w.told(o.carol, thread), settled);
    assert_eq!(w.inbox(o.anna), []);
    lease_runs_out(w);
    assert_eq!(w.delivers(), []);
}

pub fn what_was_never_taken_was_not_sent(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    let id = mail.notices[0].0;
    w.settles(&mail, HOLDER, sent(id));
    w.settles(&mail, HOLDER, failed());
    assert_eq!(w.fates(o.carol, thread), [WAITING]);
    assert_eq!(w.read().letter(&[id]).unwrap(), None, "and says nothing");
}

pub fn a_mail_is_tried_again_when_its_time_has_come(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    let id = mail.notices[0].0;
    w.claims(&mail, HOLDER);
    let again = w.now.plus_millis(15 * MINUTE);
    w.settles(&mail, HOLDER, later(id, again));
    let told = w.told(o.carol, thread).remove(0);
    assert_eq!((told.state, told.reason, told.attempts), (NoticeState::Waiting, None, 1));
    assert_eq!(told.answer.as_deref(), Some("451 later"));
    assert_eq!(told.message_id, Some(message_id(id)));
    assert_eq!(told.settled_ms, None);
    assert_eq!(w.read().due(again.plus_millis(-1), 10).unwrap().mails, []);
    assert_eq!(w.claims(&mail, HOLDER), []);
    w.now = again;
    assert_eq!(w.due().mails, std::slice::from_ref(&mail));
    assert_eq!(w.claims(&mail, OTHER), [id]);
    w.settles(&mail, OTHER, sent(id));
    let told = w.told(o.carol, thread).remove(0);
    assert_eq!((told.state, told.attempts), (NoticeState::Sent, 2));
    assert_eq!(told.answer.as_deref(), Some("250 taken"));
    assert_eq!(told.settled_ms, Some(w.now));
}

pub fn the_id_of_a_mail_that_was_offered_is_kept(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    let id = mail.notices[0].0;
    w.claims(&mail, HOLDER);
    let at = w.now.plus_millis(MINUTE);
    w.settles(&mail, HOLDER, later(id, at));
    let offered = message_id(id);
    // Afterwards none could be written.
    let (nothing, reason) = ("nothing to say".to_owned(), NoticeReason::GaveUp);
    for last in [false, true] {
        w.passes(MINUTE);
        assert_eq!(w.claims(&mail, HOLDER), [id]);
        let (answer, message_id, at) = (nothing.clone(), String::new(), w.now.plus_millis(MINUTE));
        let put_off = Sending::Later { answer: answer.clone(), message_id: message_id.clone(), at };
        let failed = Sending::Failed { answer, message_id, reason };
        w.settles(&mail, HOLDER, if last { failed } else { put_off });
        let told = w.told(o.carol, thread).remove(0);
        assert_eq!(told.answer.as_deref(), Some("nothing to say"));
        assert_eq!(told.message_id.as_deref(), Some(&*offered));
    }
}

pub fn the_team_is_told_of_a_mail_that_nobody_takes(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    w.follows(o.admin, thread, true);
    w.claims(&mail, HOLDER);
    w.settles(&mail, HOLDER, failed());
    let commit = w.last.clone().expect("it is told at once");
    assert_eq!(commit.thread, None, "nothing is in the log");
    let told: Vec<_> = commit.inbox.iter().map(|(who, _)| *who).collect();
    let mut expected = vec![member(o.anna), member(o.admin)];
    expected.sort();
    assert_eq!(told, expected);
    for who in [o.anna, o.admin] {
        let item = w.inbox(who).remove(0);
        assert_eq!((item.kind, item.actor), (InboxKind::DeliveryFailed, o.carol.person));
        assert_eq!((item.thread, item.at_ms), (thread, w.now));
    }
    assert_eq!((w.inbox(o.owner), w.inbox(o.bob)), (vec![], vec![]));
    let told = w.told(o.carol, thread).remove(0);
    assert_eq!((told.state, told.reason), (NoticeState::Failed, Some(NoticeReason::Refused)));
    assert_eq!(told.answer.as_deref(), Some("550 who is that?"));
    assert_eq!(told.message_id.as_deref(), Some(REFUSED_ID), "it was offered under that");
    assert!(told.settled_ms.is_some());
    // By email too, as each has chosen.
    w.passes(GATHERED);
    let letters = w.delivers();
    assert_eq!(letters.len(), 2, "{:?}", (w.told(o.anna, thread), w.told(o.admin, thread)));
    for letter in &letters {
        let part = &letter.parts[0];
        assert_eq!((part.kind, part.thread), (NoticeKind::DeliveryFailed, Some(thread)));
        assert_eq!(part.reasons, [InboxKind::DeliveryFailed]);
        assert!(part.undelivered.is_empty(), "no names where nothing is shown");
    }
    assert_eq!(w.fates(o.carol, thread).len(), 1, "whom it concerns is not told");
    // The next one is tried all the same.
    w.posts(o.anna, thread, "two");
    assert_eq!(w.gets_one(o.carol).messages, 1, "what failed is decided");
}

pub fn whose_mail_failed_is_told_where_names_are_shown(w: &mut World) {
    let o = Office::new(w);
    w.sets_mail(o.firm, shown());
    let (thread, mail) = one_is_due(w, &o);
    w.claims(&mail, HOLDER);
    w.settles(&mail, HOLDER, failed());
    assert_eq!(w.gets_one(o.anna).undelivered, ["Carol"]);
    // A later one arrives: nobody is to be looked after any more.
    w.posts(o.anna, thread, "two");
    w.gets_one(o.carol);
    w.posts(o.carol, thread, "answer");
    assert!(w.gets_one(o.anna).undelivered.is_empty());
}

pub fn a_mail_to_the_team_that_fails_is_told_to_nobody(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.carol, thread, "two");
    w.passes(GATHERED);
    let mail = w.the_mail();
    assert_eq!(mail.person, o.anna.person);
    let before = w.inbox(o.anna);
    w.claims(&mail, HOLDER);
    w.settles(&mail, HOLDER, failed());
    assert_eq!(w.last, None);
    assert_eq!((w.inbox(o.anna), w.inbox(o.owner)), (before, vec![]));
    w.passes(HOUR);
    assert_eq!(w.delivers(), []);
}

pub fn a_failure_does_not_tell_again_what_was_told(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    w.decides();
    let to_carol = w.the_mail();
    w.claims(&to_carol, HOLDER);
    let answer = w.posts(o.carol, thread, "answer");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.anna).len(), 1);
    w.settles(&to_carol, HOLDER, failed());
    let next = w.posts(o.carol, thread, "and more");
    let part = w.gets_one(o.anna);
    assert_eq!(part.reasons, [InboxKind::ContactAnswered, InboxKind::DeliveryFailed]);
    assert_eq!((part.kind, part.messages), (NoticeKind::Activity, 1));
    assert_eq!(w.ranges(o.anna, thread), [(answer.0, answer.0), (next.0, next.0)]);
}

pub fn notices_of_others_are_not_taken(w: &mut World) {
    let (o, theirs) = (Office::new(w), Office::new(w));
    let (thread, mail) = one_is_due(w, &o);
    let whose = [(theirs.firm, o.carol.person), (o.firm, o.dave.person), (o.firm, o.anna.person)];
    for (firm, person) in whose {
        let wrong = NoticesOf { firm, person, ..mail.clone() };
        assert_eq!(w.claims(&wrong, HOLDER), []);
    }
    assert_eq!(w.fates(o.carol, thread), [WAITING]);
    assert_eq!(w.claims(&mail, HOLDER).len(), 1);
}

pub fn what_was_put_down_is_there_after_reopening(w: &mut World) {
    let o = Office::new(w);
    let (thread, mail) = one_is_due(w, &o);
    let claimed = w.claims(&mail, HOLDER);
    let letter = w.letter(&claimed);
    w.posts(o.admin, thread, "I add");
    w.reopen();
    assert_eq!(w.due().mails, []);
    assert_eq!(w.letter(&claimed), letter);
    lease_runs_out(w);
    assert_eq!(w.claims(&mail, OTHER), claimed);
    w.settles(&mail, OTHER, sent(letter.mail));
    w.reopen();
    let letters = w.delivers();
    let people: Vec<_> = letters.iter().map(|letter| letter.to.person).collect();
    assert_eq!(people.len(), 2, "of what the colleague said: {people:?}");
    assert!(people.contains(&o.anna.person) && people.contains(&o.carol.person));
}
