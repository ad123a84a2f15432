//! Who is to be told of what by email, and when it is due.

use crate::mailer::{GATHERED, MINUTE, SENT, WAITING};
use crate::office::{Office, member};
use crate::world::{World, operation, post};
use tidings_protocol::{
    Channels, Command, InboxKind, MailPatch, NoticeKind, Seq, TaskId, ThreadId, Timestamp,
};
use tidings_storage::{Actor, Done, Operation};

fn add_task(w: &mut World, who: Actor, thread: ThreadId, text: &str) -> TaskId {
    let key = w.key();
    let command = Command::AddTask { thread, key, text: text.to_owned(), before: None };
    TaskId(w.writes(who, command).0)
}

fn is_due(w: &mut World, thread: ThreadId, at: Timestamp) -> bool {
    w.read().due(at, 10).unwrap().look.iter().any(|(_, due)| *due == thread)
}

pub fn the_first_event_says_when_an_email_is_due(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let due = w.now.plus_millis(GATHERED);
    for _ in 0..3 {
        w.passes(20_000);
        w.posts(o.anna, thread, "and another");
        assert!(!is_due(w, thread, due.plus_millis(-1)));
        assert!(is_due(w, thread, due), "later ones don't put it off");
    }
    w.now = due.plus_millis(-1_001);
    w.looks_at(o.firm, thread);
    assert_eq!(w.told(o.carol, thread), [], "it is not due");
    w.looks_at(o.firm, thread);
    let notice = w.told(o.carol, thread).remove(0);
    assert_eq!((notice.state, notice.kind), (WAITING.0, NoticeKind::Activity));
    assert_eq!((notice.from, notice.to), (Seq(2), Seq(5)));
    assert_eq!((notice.created_ms, notice.due_ms), (w.now, w.now));
    assert!(!is_due(w, thread, w.now.plus_millis(1_000 * MINUTE)), "nothing more is due");
    let letters = w.delivers();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to.person, o.carol.person);
    assert_eq!(letters[0].parts[0].messages, 4);
    assert_eq!(w.fates(o.carol, thread), [SENT]);
}

pub fn a_firm_says_for_how_long_events_are_gathered(w: &mut World) {
    let o = Office::new(w);
    w.sets_mail(o.firm, MailPatch { delay_s: Some(600), ..MailPatch::default() });
    let thread = w.starts(o.anna, o.acme, "one");
    let due = w.now.plus_millis(600_000);
    assert!(!is_due(w, thread, due.plus_millis(-1)) && is_due(w, thread, due));
    w.sets_mail(o.firm, MailPatch { delay_s: Some(0), ..MailPatch::default() });
    let at_once = w.starts(o.anna, o.acme, "two");
    assert!(is_due(w, at_once, w.now));
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    // It goes by what is set when it is looked at.
    w.posts(o.anna, thread, "more");
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    assert_eq!(w.ranges(o.carol, thread), [(2, 3)]);
}

pub fn what_is_not_due_yet_is_not_looked_at_again_and_again(w: &mut World) {
    /// More events than are looked at in one go.
    const POSTS: u64 = 4_100;
    let o = Office::new(w);
    w.sets_mail(o.firm, MailPatch { delay_s: Some(3_600), ..MailPatch::default() });
    let thread = w.starts(o.carol, o.acme, "one");
    w.passes(30 * MINUTE);
    let says = |number| operation(o.anna, post(thread, crate::key(number), "more"));
    w.apply((0..POSTS).map(says).collect());
    let due = w.now.plus_millis(60 * MINUTE);
    // What Carol has said herself is due, but not to her.
    w.passes(31 * MINUTE);
    w.looks_at(o.firm, thread);
    assert_eq!(w.told(o.carol, thread), []);
    assert!(!is_due(w, thread, due.plus_millis(-1)) && is_due(w, thread, due));
    w.now = due;
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    assert_eq!(w.told(o.carol, thread)[0].to, Seq(2 + POSTS));
}

pub fn everybody_has_a_first_event_of_its_own(w: &mut World) {
    let o = Office::new(w);
    let erin = w.contact(o.firm, o.acme, "Erin");
    let thread = w.starts(o.carol, o.acme, "to all");
    let first = w.now;
    w.passes(MINUTE);
    w.posts(o.anna, thread, "to both");
    let second = w.now;
    w.now = first.plus_millis(GATHERED);
    assert_eq!(w.delivers_to(erin).len(), 1);
    assert_eq!(w.ranges(erin, thread), [(2, 3)]);
    assert_eq!(w.told(o.carol, thread), []);
    assert!(is_due(w, thread, second.plus_millis(GATHERED)));
    w.now = second.plus_millis(GATHERED);
    assert_eq!(w.delivers_to(o.carol).len(), 1);
    assert_eq!(w.ranges(o.carol, thread), [(3, 3)]);
    assert_eq!(w.ranges(erin, thread), [(2, 3)], "it was told once");
}

pub fn what_happens_until_it_is_taken_goes_along(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    w.decides();
    let seq = w.posts(o.anna, thread, "two");
    w.follows(o.admin, thread, true);
    w.posts(o.carol, thread, "read it");
    let answer = w.posts(o.anna, thread, "three");
    let letters = w.delivers_to(o.carol);
    assert_eq!(letters[0].parts[0].messages, 1, "what it has read is not in it");
    assert_eq!(w.told(o.carol, thread)[0].to, answer);
    assert!(seq < answer);
    w.passes(GATHERED);
    let letters = w.delivers();
    assert_eq!(letters.len(), 1, "Anna has read the answer, Carol was told: {letters:?}");
    assert_eq!(letters[0].to.person, o.admin.person);
    assert_eq!(w.ranges(o.carol, thread), [(2, answer.0)]);
    let next = w.posts(o.anna, thread, "four");
    w.passes(GATHERED);
    w.delivers();
    assert_eq!(w.ranges(o.carol, thread), [(2, answer.0), (next.0, next.0)]);
}

pub fn what_waits_for_a_member_grows_too(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let first = w.posts(o.carol, thread, "an answer");
    w.passes(GATHERED);
    w.decides();
    w.posts(o.admin, thread, "I add");
    w.passes(GATHERED);
    w.decides();
    let last = w.posts(o.carol, thread, "more");
    let letters = w.delivers_to(o.anna);
    assert_eq!(letters.len(), 1);
    let part = &letters[0].parts[0];
    assert_eq!(part.messages, 3);
    assert_eq!(part.reasons, [InboxKind::ContactAnswered, InboxKind::ColleagueAnswered]);
    assert_eq!(w.ranges(o.anna, thread), [(first.0, last.0)]);
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.anna), []);
}

pub fn nobody_is_told_by_email_of_what_it_did_itself(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a"]);
    w.posts(o.anna, thread, "more, @Anna");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.anna), []);
    w.posts(o.carol, thread, "done");
    w.writes(o.carol, Command::TickTask { thread, task: tasks[0] });
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.carol), []);
    assert_eq!(w.told(o.carol, thread).len(), 1);
    assert_eq!(w.told(o.anna, thread).len(), 1);
}

pub fn contacts_are_told_of_messages_and_new_tasks_and_of_nothing_else(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b"]);
    assert_eq!(w.gets_one(o.carol).tasks_open, 2);
    assert_eq!(w.ranges(o.carol, thread), [(2, 4)]);
    let text = "reworded".to_owned();
    for command in [
        Command::TickTask { thread, task: tasks[0] },
        Command::UntickTask { thread, task: tasks[0] },
        Command::RewordTask { thread, task: tasks[0], text },
        Command::MoveTask { thread, task: tasks[0], before: None },
        Command::RemoveTask { thread, task: tasks[0] },
        Command::Mention { thread, member: member(o.bob) },
        Command::ShowContent { thread, shown: Some(true) },
        Command::Archive { thread },
        Command::Reopen { thread },
    ] {
        w.writes(o.anna, command);
    }
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.carol), []);
    let added = add_task(w, o.admin, thread, "c");
    let part = w.gets_one(o.carol);
    assert_eq!((part.messages, part.tasks_open, part.tasks_total), (0, 2, 2));
    assert_eq!(w.told(o.carol, thread)[1].from, Seq::from(added));
}

/// Something that raises one kind for a member, in a thread of its own.
fn raise(w: &mut World, o: &Office, kind: InboxKind) -> (Actor, ThreadId) {
    use InboxKind as K;
    if kind == K::ThreadStarted {
        return (o.owner, w.starts(o.carol, o.acme, "hello"));
    }
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a", "b"]);
    let tick = |task| Command::TickTask { thread, task };
    match kind {
        K::ContactAnswered => {
            w.posts(o.carol, thread, "answer");
        }
        K::TasksChanged => {
            w.writes(o.carol, tick(tasks[1]));
        }
        K::AllTasksCompleted => {
            w.writes(o.admin, tick(tasks[1]));
            w.writes(o.admin, tick(tasks[0]));
        }
        K::ColleagueAnswered => {
            w.posts(o.admin, thread, "I add");
        }
        K::Mentioned => {
            w.writes(o.anna, Command::Mention { thread, member: member(o.bob) });
            return (o.bob, thread);
        }
        K::ThreadStarted | K::DeliveryFailed => panic!("{kind:?} is raised elsewhere"),
    }
    (o.anna, thread)
}

pub fn each_kind_goes_by_email_as_its_member_chose(w: &mut World) {
    let o = Office::new(w);
    let kinds = InboxKind::ALL.into_iter().filter(|kind| *kind != InboxKind::DeliveryFailed);
    for kind in kinds {
        for (inbox, email) in [(false, false), (false, true), (true, false), (true, true)] {
            let hint = format!("{kind:?} {inbox} {email}");
            for who in [o.owner, o.anna, o.bob] {
                w.wants_only(who, kind, Channels { inbox, email });
            }
            let (who, thread) = raise(w, &o, kind);
            assert_eq!(w.inbox(who).iter().any(|item| item.thread == thread), inbox, "{hint}");
            w.passes(GATHERED);
            let letters = w.delivers_to(who);
            assert_eq!(letters.len(), usize::from(email), "{hint}");
            for letter in letters {
                assert_eq!(letter.parts[0].reasons, [kind], "{hint}");
                assert_eq!(letter.parts[0].thread, Some(thread), "{hint}");
            }
            assert_eq!(w.told(who, thread).len(), usize::from(email), "{hint}");
        }
    }
}

fn recipients(w: &mut World) -> Vec<tidings_protocol::Person> {
    w.passes(GATHERED);
    let mut people: Vec<_> = w.delivers().iter().map(|letter| letter.to.person).collect();
    people.sort();
    people
}

pub fn the_team_is_told_by_email_as_in_the_inbox(w: &mut World) {
    let o = Office::new(w);
    let people = |whom: &[Actor]| {
        let mut people: Vec<_> = whom.iter().map(|who| who.person).collect();
        people.sort();
        people
    };
    let started = w.starts(o.carol, o.acme, "hello");
    assert_eq!(recipients(w), people(&[o.owner]), "the owner stands in");
    w.follows(o.anna, started, true);
    w.posts(o.carol, started, "anybody?");
    assert_eq!(recipients(w), people(&[o.anna]), "who follows is told instead");
    let thread = w.starts(o.anna, o.acme, "hello");
    assert_eq!(recipients(w), people(&[o.carol]));
    w.follows(o.admin, thread, true);
    w.writes(o.anna, Command::Mention { thread, member: member(o.bob) });
    assert_eq!(recipients(w), people(&[o.bob]));
    w.posts(o.carol, thread, "an answer");
    assert_eq!(recipients(w), people(&[o.anna, o.admin, o.bob]));
    w.posts(o.admin, thread, "I add");
    assert_eq!(recipients(w), people(&[o.anna, o.bob, o.carol]));
}

pub fn who_is_mentioned_again_is_told_again(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "what do you say, @Bob?");
    let part = w.gets_one(o.bob);
    assert_eq!((&part.reasons[..], part.messages), (&[InboxKind::Mentioned][..], 1));
    w.wants_only(o.bob, InboxKind::Mentioned, Channels { inbox: true, email: true });
    w.posts(o.anna, thread, "never mind");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.bob), []);
    let again = w.posts(o.anna, thread, "but now, @Bob!");
    let part = w.gets_one(o.bob);
    assert_eq!((&part.reasons[..], part.messages), (&[InboxKind::Mentioned][..], 1));
    assert_eq!(w.told(o.bob, thread)[1].from, again);
    // Called by hand once more, where nothing is said.
    w.writes(o.anna, Command::Mention { thread, member: member(o.bob) });
    let part = w.gets_one(o.bob);
    assert_eq!((&part.reasons[..], part.messages), (&[InboxKind::Mentioned][..], 0));
    let told = w.told(o.bob, thread).pop().unwrap();
    assert!(told.from > again && told.from > told.to, "of no event: {told:?}");
}

pub fn a_thread_of_another_firm_is_not_looked_at(w: &mut World) {
    let (o, theirs) = (Office::new(w), Office::new(w));
    let thread = w.starts(o.anna, o.acme, "one");
    w.passes(GATHERED);
    w.looks_at(theirs.firm, thread);
    assert_eq!(w.told(o.carol, thread), []);
    assert_eq!(w.one(Operation::Remind { firm: theirs.firm, thread }), Ok(Done::Nothing));
    assert_eq!(w.last, None);
    assert!(is_due(w, thread, w.now));
}
