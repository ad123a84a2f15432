//! Links that log in, and word of answers by email that were not posted.

use crate::mailer::{GATHERED, HOLDER, HOUR, MINUTE, SENT, dropped, sent};
use crate::office::Office;
use crate::world::World;
use tidings_protocol::{
    Answers, Command, ContactState, MailPatch, NoticeId, NoticeKind, NoticeReason, RefusalCode,
    ThreadId, Timestamp,
};
use tidings_storage::letter::AnswerProblem;
use tidings_storage::{Actor, Asked, Done, NoticeFilter, Operation};

fn asks(
    w: &mut World,
    actor: Actor,
    thread: Option<ThreadId>,
    asked: Asked,
) -> Result<(), tidings_protocol::Refusal> {
    w.one(Operation::AddNotice { actor, thread, asked }).map(|done| assert_eq!(done, Done::Nothing))
}

fn logs_in(w: &mut World, notice: NoticeId, since: Timestamp) -> Result<Done, RefusalCode> {
    w.one(Operation::UseLogin { notice, since }).map_err(|refusal| refusal.code)
}

/// The notice of a mail with a link that somebody has got just now.
fn link(w: &mut World, who: Actor, thread: Option<ThreadId>) -> NoticeId {
    asks(w, who, thread, Asked::Login).unwrap();
    let letters = w.delivers_to(who);
    assert_eq!(letters.len(), 1, "at once");
    let part = &letters[0].parts[0];
    assert_eq!((part.kind, part.thread, part.messages), (NoticeKind::Login, thread, 0));
    assert_eq!(part.content, None);
    part.notice
}

pub fn a_link_logs_in_once(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    for (who, about) in [(o.carol, Some(thread)), (o.anna, None)] {
        let notice = link(w, who, about);
        let since = w.now.plus_millis(-15 * MINUTE);
        assert!(!w.read().notice_facts(notice).unwrap().unwrap().used);
        assert_eq!(logs_in(w, notice, since), Ok(Done::LoggedIn(who, about)));
        assert!(w.read().notice_facts(notice).unwrap().unwrap().used);
        assert_eq!(logs_in(w, notice, since), Err(RefusalCode::NotAllowed));
    }
}

pub fn a_link_goes_before_all_that_waits(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    w.decides();
    assert_eq!((w.due().mails.len(), w.due().urgent), (1, 0));
    w.passes(MINUTE);
    asks(w, o.carol, None, Asked::Login).unwrap();
    let due = w.due();
    assert_eq!((due.mails.len(), due.urgent), (2, 1));
    let facts = due.mails.iter().map(|mail| mail.notices[0].0);
    let kinds: Vec<_> = facts.map(|id| w.read().notice_facts(id).unwrap().unwrap().kind).collect();
    assert_eq!(kinds, [NoticeKind::Login, NoticeKind::Activity]);
    assert_eq!(w.delivers().len(), 2);
    assert_eq!(w.fates(o.carol, thread), [SENT]);
}

pub fn a_link_used_twice_in_a_batch_logs_in_once(w: &mut World) {
    let o = Office::new(w);
    let notice = link(w, o.carol, None);
    let since = w.now.plus_millis(-MINUTE);
    let login = || Operation::UseLogin { notice, since };
    let outcomes: Vec<bool> =
        w.apply(vec![login(), login()]).iter().map(|applied| applied.outcome.is_ok()).collect();
    assert_eq!(outcomes, [true, false]);
}

pub fn a_link_runs_out(w: &mut World) {
    let o = Office::new(w);
    let notice = link(w, o.carol, None);
    // However long it was tried before, it counts from when it was sent.
    let filter = NoticeFilter { person: Some(o.carol.person), ..NoticeFilter::default() };
    let sent = w.ledger(o.firm, None, filter).pop().unwrap().settled_ms.unwrap();
    assert_eq!(logs_in(w, notice, sent.plus_millis(1)), Err(RefusalCode::NotAllowed));
    assert_eq!(logs_in(w, notice, sent), Ok(Done::LoggedIn(o.carol, None)));
}

pub fn the_link_of_any_mail_logs_in(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let notice = w.gets_one(o.carol).notice;
    let since = w.now.plus_millis(-MINUTE);
    assert_eq!(logs_in(w, notice, since), Ok(Done::LoggedIn(o.carol, Some(thread))));
}

pub fn a_link_that_was_never_mailed_is_none(w: &mut World) {
    let o = Office::new(w);
    asks(w, o.carol, None, Asked::Login).unwrap();
    let notice = w.the_mail().notices[0].0;
    assert_eq!(logs_in(w, notice, Timestamp(0)), Err(RefusalCode::NotAllowed));
    let nothing = NoticeId(w.nobody());
    assert_eq!(logs_in(w, nothing, Timestamp(0)), Err(RefusalCode::NotFound));
}

pub fn who_may_not_log_in_does_not_by_a_link(w: &mut World) {
    let o = Office::new(w);
    let notice = link(w, o.carol, None);
    w.sets_state(o.carol, ContactState::Invited);
    let since = w.now.plus_millis(-HOUR);
    assert_eq!(logs_in(w, notice, since), Err(RefusalCode::Unauthenticated));
    assert_eq!(asks(w, o.carol, None, Asked::Login).unwrap_err().code, RefusalCode::NotFound);
    w.sets_state(o.carol, ContactState::Active);
    assert_eq!(logs_in(w, notice, since), Ok(Done::LoggedIn(o.carol, None)));
    // Nor is the link sent to who may not any more.
    w.passes(MINUTE);
    asks(w, o.carol, None, Asked::Login).unwrap();
    w.sets_state(o.carol, ContactState::None);
    assert_eq!(w.delivers(), []);
    let filter = NoticeFilter { person: Some(o.carol.person), ..NoticeFilter::default() };
    let last = w.ledger(o.firm, None, filter).pop().unwrap();
    assert_eq!((last.state, last.reason), dropped(NoticeReason::NoAccess));
}

pub fn an_old_mail_asks_for_twenty_links_in_a_day_at_most(w: &mut World) {
    let o = Office::new(w);
    let first = w.now.plus_millis(1_000);
    for _ in 0..20 {
        asks(w, o.carol, None, Asked::LoginAgain).unwrap();
        w.passes(2 * MINUTE);
    }
    let refused = asks(w, o.carol, None, Asked::LoginAgain).unwrap_err();
    assert_eq!(refused.code, RefusalCode::RateLimited);
    let wait = i64::from(refused.retry_after_ms.unwrap());
    assert!(wait > 23 * HOUR && wait < 24 * HOUR, "{wait}");
    // The host application still can, and another person.
    asks(w, o.carol, None, Asked::Login).unwrap();
    asks(w, o.dave, None, Asked::LoginAgain).unwrap();
    w.now = first.plus_millis(24 * HOUR + 3 * MINUTE);
    asks(w, o.carol, None, Asked::LoginAgain).unwrap();
}

pub fn a_link_is_sent_once_a_minute_at_most(w: &mut World) {
    let o = Office::new(w);
    asks(w, o.carol, None, Asked::Login).unwrap();
    let first = w.now;
    let thread = w.starts(o.anna, o.acme, "one");
    for about in [None, Some(thread)] {
        let refused = asks(w, o.carol, about, Asked::Login).unwrap_err();
        assert_eq!(refused.code, RefusalCode::RateLimited);
        let wait = first.0 + MINUTE - w.now.0;
        assert_eq!(refused.retry_after_ms.map(i64::from), Some(wait));
    }
    asks(w, o.dave, None, Asked::Login).unwrap();
    w.now = first.plus_millis(MINUTE - 1_000);
    asks(w, o.carol, None, Asked::Login).unwrap();
}

pub fn a_link_about_a_thread_is_for_who_sees_it(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let refused = asks(w, o.dave, Some(thread), Asked::Login).unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (RefusalCode::NotFound, Some("thread")));
    let other_firm = Actor { firm: Office::new(w).firm, ..o.carol };
    assert_eq!(asks(w, other_firm, None, Asked::Login).unwrap_err().code, RefusalCode::NotFound);
}

pub fn word_of_a_refused_answer_goes_once_an_hour_for_a_thread(w: &mut World) {
    let o = Office::new(w);
    let (one, two) = (w.starts(o.anna, o.acme, "one"), w.starts(o.anna, o.acme, "two"));
    let why = AnswerProblem::TooLong;
    let asked = Asked::AnswerRefused(why);
    asks(w, o.carol, Some(one), asked).unwrap();
    let first = w.now;
    let letters = w.delivers_to(o.carol);
    assert_eq!(letters.len(), 1);
    let part = &letters[0].parts[0];
    assert_eq!((part.kind, part.refused), (NoticeKind::AnswerRefused, Some(why)));
    assert_eq!((part.thread, &part.content), (Some(one), &None));
    let refused = asks(w, o.carol, Some(one), asked).unwrap_err();
    assert_eq!(refused.code, RefusalCode::RateLimited);
    // Another reason is news.
    asks(w, o.carol, Some(one), Asked::AnswerRefused(AnswerProblem::AttachmentsLeftOut)).unwrap();
    asks(w, o.carol, Some(two), asked).unwrap();
    asks(w, o.carol, None, asked).unwrap();
    assert_eq!(asks(w, o.carol, None, asked).unwrap_err().code, RefusalCode::RateLimited);
    asks(w, o.carol, None, Asked::Login).unwrap();
    w.now = first.plus_millis(HOUR - 1_001);
    assert!(asks(w, o.carol, Some(one), asked).is_err());
    asks(w, o.carol, Some(one), asked).unwrap();
}

pub fn every_problem_of_an_answer_is_said(w: &mut World) {
    let o = Office::new(w);
    let all = [
        AnswerProblem::NotTaken,
        AnswerProblem::Archived,
        AnswerProblem::Expired,
        AnswerProblem::Empty,
        AnswerProblem::TooLong,
        AnswerProblem::AttachmentsLeftOut,
        AnswerProblem::Team,
    ];
    let thread = w.starts(o.anna, o.acme, "one");
    w.writes(o.anna, Command::Archive { thread });
    for problem in all {
        w.passes(HOUR);
        asks(w, o.carol, Some(thread), Asked::AnswerRefused(problem)).unwrap();
        let letters = w.delivers_to(o.carol);
        assert_eq!(letters[0].parts[0].refused, Some(problem));
    }
}

pub fn what_is_known_of_a_notice_serves_links_and_answers(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    let mail = w.the_mail();
    let id = mail.notices[0].0;
    let before = w.read().notice_facts(id).unwrap().unwrap();
    assert_eq!((before.actor, before.thread), (o.carol, Some(thread)));
    assert_eq!((before.kind, before.mailed), (NoticeKind::Activity, None));
    assert_eq!((&before.email[..], before.answers), ("carol@client.example", Answers::Reject));
    w.claims(&mail, HOLDER);
    let taken = w.now;
    w.settles(&mail, HOLDER, sent(id));
    w.sets_mail(o.firm, MailPatch { answers: Some(Answers::Deliver), ..MailPatch::default() });
    let after = w.read().notice_facts(id).unwrap().unwrap();
    assert_eq!((after.mailed, after.answers), (Some(taken), Answers::Deliver));
    assert_eq!(after.created, before.created);
    assert_eq!(w.fates(o.carol, thread), [SENT]);
    let nothing = NoticeId(w.nobody());
    assert_eq!(w.read().notice_facts(nothing).unwrap(), None);
}
