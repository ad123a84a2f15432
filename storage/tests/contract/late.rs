//! What changes between a decision and its mail.

use crate::mailer::{GATHERED, HOLDER, HOUR, MINUTE, dropped};
use crate::office::{Office, contact, member};
use crate::reminding::{DAY, on, pending, starts};
use crate::world::World;
use tidings_protocol::{
    Command, ContactPatch, InboxKind, MemberPatch, MessageId, NoticeKind, NoticeReason,
    NoticeState, RefusalCode, Revocation, Timestamp,
};
use tidings_storage::{Asked, DirectoryChange, Done, Operation};

pub fn two_reminders_that_wait_for_the_morning_are_one_mail(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = starts(w, &o, on(1, 3), &["a"]);
    w.mails_go_out();
    w.is_quiet(o.carol, 0, 24 * 60 - 1, "UTC");
    for _ in 0..2 {
        w.now = w.reminder(thread).next_ms.unwrap();
        w.decides();
        assert_eq!(w.delivers(), []);
    }
    w.is_quiet(o.carol, 0, 0, "UTC");
    w.passes(2 * DAY - HOUR);
    w.passes(-DAY);
    let letters = w.delivers_to(o.carol);
    let reminders: Vec<_> = letters
        .iter()
        .flat_map(|letter| &letter.parts)
        .filter(|part| part.kind == NoticeKind::Reminder)
        .map(|part| part.reminder.unwrap().0)
        .collect();
    assert_eq!(reminders.len(), 1, "{reminders:?}");
    let first = w
        .told(o.carol, thread)
        .into_iter()
        .find(|notice| notice.kind == NoticeKind::Reminder && notice.state == NoticeState::Dropped);
    assert_eq!(first.unwrap().reason, Some(NoticeReason::Settled));
}

pub fn who_is_told_late_is_not_reminded_in_the_same_breath(w: &mut World) {
    let o = Office::new(w);
    for (tasks, remind_first) in [(&[][..], true), (&[], false), (&["a"], true), (&["a"], false)] {
        let (thread, _) = starts(w, &o, on(3, 2), tasks);
        // No notifier for a month.
        w.passes(30 * DAY);
        let up = w.now;
        if remind_first {
            w.one(Operation::Remind { firm: o.firm, thread }).unwrap();
        } else {
            assert_eq!(w.delivers_to(o.carol).len(), 1);
        }
        w.decides();
        let state = w.reminder(thread);
        assert_eq!((state.pending, state.sent), (true, 0));
        let due = state.next_ms.unwrap();
        assert!(due >= up.plus_millis(3 * DAY) && due < up.plus_millis(3 * DAY + HOUR));
        assert_eq!(w.delivers_to(o.carol).len(), usize::from(remind_first), "of what happened");
        w.now = due;
        assert_eq!(w.delivers_to(o.carol).len(), 1, "the reminder");
        assert_eq!(w.reminder(thread).sent, 1);
        w.does(o.anna, Command::Archive { thread });
    }
}

pub fn reminders_wait_for_a_mail_server_that_has_not_taken_what_they_remind_of(w: &mut World) {
    let o = Office::new(w);
    let (thread, _) = starts(w, &o, on(1, 2), &[]);
    w.passes(GATHERED);
    let back = w.now.plus_millis(2 * DAY);
    w.is_put_off(back);
    w.now = w.reminder(thread).next_ms.unwrap();
    w.decides();
    // It begins when that is to be tried again, at the earliest.
    assert_eq!(w.reminder(thread), pending(0, back.plus_millis(DAY)));
    w.now = back;
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    // By now nobody waits for it any more.
    w.now = w.reminder(thread).next_ms.unwrap();
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    assert_eq!(w.reminder(thread).sent, 1);
}

pub fn reminders_wait_for_what_was_resent_too_and_for_what_came_since(w: &mut World) {
    let o = Office::new(w);
    for resent in [true, false] {
        let (thread, _) = starts(w, &o, on(1, 2), &[]);
        w.is_quiet(o.carol, 0, 24 * 60 - 1, "UTC");
        w.passes(GATHERED);
        w.decides();
        if resent {
            let key = w.key();
            w.does(o.anna, Command::Resend { thread, key });
            assert_eq!(w.ranges(o.carol, thread), [(2, 2), (2, 3)], "in place of that");
        } else {
            w.posts(o.anna, thread, "and this");
            w.passes(GATHERED);
            w.decides();
        }
        // No notifier for days.
        w.passes(4 * DAY);
        w.decides();
        assert_eq!(w.reminder(thread).sent, 0, "resent: {resent}");
        w.is_quiet(o.carol, 0, 0, "UTC");
        w.passes(DAY - HOUR);
        assert_eq!(w.delivers_to(o.carol).len(), 1, "resent: {resent}");
        w.does(o.anna, Command::Archive { thread });
    }
}

pub fn who_has_read_in_time_is_not_spared_for_a_mailbox_that_takes_nothing(w: &mut World) {
    let o = Office::new(w);
    let erin = w.contact(o.firm, o.acme, "Erin");
    let (thread, _) = starts(w, &o, on(1, 2), &[]);
    w.reads_all(erin, thread);
    w.passes(GATHERED);
    let back = w.now.plus_millis(2 * DAY);
    w.is_put_off(back);
    w.now = w.reminder(thread).next_ms.unwrap();
    w.decides();
    assert_eq!(w.reminder(thread).sent, 1);
}

pub fn who_wants_no_digest_any_more_gets_what_waits_with_the_next(w: &mut World) {
    let o = Office::new(w);
    w.wants_digests(o.anna, 7 * 24 * 60);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.carol, thread, "two");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.anna), []);
    w.wants_digests(o.anna, 0);
    w.posts(o.carol, thread, "three");
    w.passes(GATHERED);
    let letters = w.delivers_to(o.anna);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].parts[0].messages, 2);
}

pub fn a_contact_who_has_no_night_any_more_gets_what_waits_with_the_next(w: &mut World) {
    let o = Office::new(w);
    w.is_quiet(o.carol, 0, 24 * 60 - 1, "UTC");
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    assert_eq!(w.delivers(), []);
    w.is_quiet(o.carol, 0, 0, "UTC");
    w.posts(o.anna, thread, "two");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.carol)[0].parts[0].messages, 2);
}

pub fn who_is_called_again_while_something_waits_is_told(w: &mut World) {
    let o = Office::new(w);
    w.wants_digests(o.anna, 60);
    let thread = w.starts(o.admin, o.acme, "one");
    w.does(o.admin, Command::Mention { thread, member: member(o.anna) });
    w.posts(o.carol, thread, "two");
    w.passes(GATHERED);
    w.decides();
    let head = w.view(o.anna, thread).item.summary.head;
    w.reads(o.anna, thread, head.0);
    w.does(o.admin, Command::Mention { thread, member: member(o.anna) });
    w.passes(2 * HOUR);
    let letters = w.delivers_to(o.anna);
    assert_eq!(letters.len(), 1);
    assert!(letters[0].parts[0].reasons.contains(&InboxKind::Mentioned));
}

pub fn a_task_that_was_taken_away_is_not_told_of(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    let key = w.key();
    let text = "send it".to_owned();
    let task = w.writes(o.anna, Command::AddTask { thread, key, text, before: None });
    let task = tidings_protocol::TaskId(task.0);
    w.writes(o.anna, Command::RemoveTask { thread, task });
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.carol), []);
    assert_eq!(w.fates(o.carol, thread)[1], dropped(NoticeReason::Deleted));
}

pub fn what_was_taken_back_is_not_there_to_be_read_or_to_have_answered(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = starts(w, &o, on(3, 1), &["a"]);
    w.does(o.carol, Command::TickTask { thread, task: tasks[0] });
    w.reads_all(o.carol, thread);
    assert!(!w.reminder(thread).pending);
    let oops = w.posts(o.anna, thread, "oops");
    assert!(w.reminder(thread).pending);
    w.does(o.anna, Command::DeleteMessage { thread, message: MessageId(oops.0) });
    assert!(!w.reminder(thread).pending, "all that stands was read");

    let (asked, _) = starts(w, &o, on(3, 1), &[]);
    let answer = w.posts(o.carol, asked, "here");
    assert!(!w.reminder(asked).pending);
    w.does(o.carol, Command::DeleteMessage { thread: asked, message: MessageId(answer.0) });
    assert!(w.reminder(asked).pending, "nothing stands that answers");
}

pub fn a_resending_is_not_sent_once_the_thread_is_archived(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    let key = w.key();
    w.does(o.anna, Command::Resend { thread, key });
    w.does(o.anna, Command::Archive { thread });
    assert_eq!(w.delivers_to(o.carol), []);
    assert_eq!(w.fates(o.carol, thread)[1], dropped(NoticeReason::Archived));
}

pub fn a_link_sent_before_a_revocation_or_to_another_address_is_void(w: &mut World) {
    let o = Office::new(w);
    let void = Err(RefusalCode::NotAllowed);
    let uses = |w: &mut World, notice| {
        let login = Operation::UseLogin { notice, since: Timestamp(0) };
        w.one(login).map_err(|refusal| refusal.code)
    };
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    let before = w.gets_one(o.carol).notice;
    w.passes(MINUTE);
    let revocation = Revocation::Person(o.carol.person);
    let remember_until = w.now.plus_millis(DAY);
    w.change(o.firm, DirectoryChange::Revoke { revocation, remember_until }).unwrap();
    assert_eq!(uses(w, before), void);
    w.passes(MINUTE);
    w.one(Operation::AddNotice { actor: o.carol, thread: None, asked: Asked::Login }).unwrap();
    let after = w.delivers_to(o.carol)[0].parts[0].notice;
    let email = Some("carol@elsewhere.example".to_owned());
    let patch = ContactPatch { email: email.clone(), ..ContactPatch::default() };
    w.change(o.firm, DirectoryChange::PatchContact(contact(o.carol), patch)).unwrap();
    assert_eq!(uses(w, after), void);
    // Members too; and what is sent then is good.
    w.posts(o.carol, thread, "two");
    w.passes(GATHERED);
    let of_anna = w.gets_one(o.anna).notice;
    w.patches(o.anna, MemberPatch { email, ..MemberPatch::default() }).unwrap();
    assert_eq!(uses(w, of_anna), void);
    w.passes(MINUTE);
    w.one(Operation::AddNotice { actor: o.anna, thread: None, asked: Asked::Login }).unwrap();
    let good = w.delivers_to(o.anna)[0].parts[0].notice;
    assert_eq!(uses(w, good), Ok(Done::LoggedIn(o.anna, None)));
}

pub fn a_letter_is_for_who_still_sees_its_thread(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.carol, o.acme, "one");
    w.does(o.anna, Command::Follow { thread, following: true });
    w.posts(o.carol, thread, "two");
    w.passes(GATHERED);
    w.decides();
    let mails = w.due().mails;
    let mail = mails.iter().find(|mail| mail.person == o.anna.person).unwrap().clone();
    let claimed = w.claims(&mail, HOLDER);
    assert!(w.read().letter(&claimed).unwrap().is_some());
    w.unassigns(o.firm, o.acme, o.anna);
    assert_eq!(w.read().letter(&claimed).unwrap(), None);
}
