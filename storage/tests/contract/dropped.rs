//! Before an email goes it is looked at again: who is told in vain is not told, and the ledger says
//! why.

use crate::mailer::{Fate, GATHERED, HOLDER, MINUTE, SENT, WAITING, dropped};
use crate::office::{Office, contact, member};
use crate::preferences::Choice;
use crate::world::{World, operation, post};
use tidings_protocol::{
    Channels, Command, ContactPatch, ContactState, InboxKind, MemberPatch, MessageId, NoticeReason,
    Role, Seq, ThreadId,
};
use tidings_storage::{Actor, DirectoryChange, Operation};

/// Something that makes an email needless.
type Deed = fn(&mut World, &Office, ThreadId);
type Case = (&'static str, Deed, NoticeReason);

fn reads(w: &mut World, who: Actor, thread: ThreadId) {
    let head = w.view(who, thread).item.summary.head;
    w.does(who, Command::Read { thread, up_to: head });
}

fn mutes(w: &mut World, who: Actor, thread: ThreadId) {
    w.does(who, Command::Mute { thread, muted: true });
}

fn archives(w: &mut World, o: &Office, thread: ThreadId) {
    w.writes(o.owner, Command::Archive { thread });
}

fn deletes(w: &mut World, who: Actor, thread: ThreadId, message: u64) {
    w.writes(who, Command::DeleteMessage { thread, message: MessageId(message) });
}

fn gets_none(w: &mut World, who: Actor) {
    let patch = ContactPatch { notify: Some(false), ..ContactPatch::default() };
    w.change(who.firm, DirectoryChange::PatchContact(contact(who), patch)).unwrap();
}

/// What a contact may do, or have done to it, after the team's message 2.
const OF_CONTACT: &[Case] = &[
    ("read", |w, o, thread| reads(w, o.carol, thread), NoticeReason::Read),
    (
        "answered",
        |w, o, thread| {
            w.posts(o.carol, thread, "seen");
        },
        NoticeReason::Read,
    ),
    ("muted", |w, o, thread| mutes(w, o.carol, thread), NoticeReason::Muted),
    ("archived", |w, o, thread| archives(w, o, thread), NoticeReason::Archived),
    ("invited", |w, o, _| w.sets_state(o.carol, ContactState::Invited), NoticeReason::NoAccess),
    ("notify off by the firm", |w, o, _| gets_none(w, o.carol), NoticeReason::NotifyOff),
    (
        "notify off by itself",
        |w, o, _| {
            let none = Choice { notify: Some(false), ..Choice::default() };
            w.does(o.carol, none.command());
        },
        NoticeReason::NotifyOff,
    ),
    ("deleted", |w, o, thread| deletes(w, o.anna, thread, 2), NoticeReason::Deleted),
];

/// What Anna may do, who has started the thread, after the contact's message 3.
const OF_MEMBER: &[Case] = &[
    ("read", |w, o, thread| reads(w, o.anna, thread), NoticeReason::Read),
    ("muted", |w, o, thread| mutes(w, o.anna, thread), NoticeReason::Muted),
    ("unfollowed", |w, o, thread| w.follows(o.anna, thread, false), NoticeReason::Muted),
    ("archived", |w, o, thread| archives(w, o, thread), NoticeReason::Archived),
    ("unassigned", |w, o, _| w.unassigns(o.firm, o.acme, o.anna), NoticeReason::NoAccess),
    (
        "deactivated",
        |w, o, _| {
            let patch = MemberPatch { active: Some(false), ..MemberPatch::default() };
            w.patches(o.anna, patch).unwrap();
        },
        NoticeReason::NoAccess,
    ),
    (
        "not wanted",
        |w, o, _| {
            let none = Channels { inbox: true, email: false };
            w.wants_only(o.anna, InboxKind::ContactAnswered, none);
        },
        NoticeReason::NotWanted,
    ),
    ("deleted", |w, o, thread| deletes(w, o.carol, thread, 3), NoticeReason::Deleted),
];

/// When it is done: before the first look, or before the claim.
const WHEN: [bool; 2] = [true, false];

fn in_vain(w: &mut World, of_member: bool, (name, deed, reason): &Case, before_the_look: bool) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    let who = if of_member { o.anna } else { o.carol };
    if of_member {
        w.posts(o.carol, thread, "two");
    }
    if before_the_look {
        deed(w, &o, thread);
    }
    w.passes(GATHERED);
    w.decides();
    if !before_the_look {
        assert_eq!(w.fates(who, thread), [WAITING], "{name}");
        deed(w, &o, thread);
    }
    let hint = format!("{name}, before the look: {before_the_look}");
    let letters = w.delivers();
    assert!(letters.iter().all(|letter| letter.to.person != who.person), "{hint}");
    assert_eq!(w.fates(who, thread), [dropped(*reason)], "{hint}");
    let notice = w.told(who, thread).remove(0);
    assert!(notice.settled_ms.is_some() && notice.attempts == 0, "{hint}");
    assert_eq!((notice.message_id, notice.answer), (None, None), "{hint}");
    // It is decided for good.
    w.passes(100 * GATHERED);
    assert_eq!(w.delivers_to(who), [], "{hint}");
    assert_eq!(w.fates(who, thread).len(), 1, "{hint}");
}

pub fn a_contact_is_not_told_in_vain(w: &mut World) {
    for case in OF_CONTACT {
        for before_the_look in WHEN {
            in_vain(w, false, case, before_the_look);
        }
    }
}

pub fn a_member_is_not_told_in_vain(w: &mut World) {
    for case in OF_MEMBER {
        for before_the_look in WHEN {
            in_vain(w, true, case, before_the_look);
        }
    }
}

pub fn who_was_demoted_is_told_no_more(w: &mut World) {
    for before_the_look in WHEN {
        let o = Office::new(w);
        let thread = w.starts(o.admin, o.acme, "one");
        w.posts(o.carol, thread, "two");
        let patch = MemberPatch { role: Some(Role::Member), ..MemberPatch::default() };
        let change = DirectoryChange::PatchMember(member(o.admin), patch);
        if before_the_look {
            w.change(o.firm, change.clone()).unwrap();
        }
        w.passes(GATHERED);
        w.decides();
        w.change(o.firm, change).unwrap();
        assert_eq!(w.delivers_to(o.admin), []);
        assert_eq!(w.fates(o.admin, thread), [dropped(NoticeReason::NoAccess)]);
    }
}

pub fn an_owner_who_followed_is_told_as_a_follower_is(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.owner, o.acme, "one");
    w.posts(o.carol, thread, "two");
    // Nobody stood in for anybody: it is told no more once it follows no more.
    w.follows(o.owner, thread, false);
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.owner), []);
    assert_eq!(w.fates(o.owner, thread), [dropped(NoticeReason::Muted)]);
}

pub fn who_was_told_as_the_owner_is_told_whoever_owns_the_firm_by_then(w: &mut World) {
    for before_the_look in WHEN {
        let o = Office::new(w);
        // Nobody follows it: the owner stands in.
        let thread = w.starts(o.carol, o.acme, "one");
        let hand_over = MemberPatch { role: Some(Role::Owner), ..MemberPatch::default() };
        let hand_over = DirectoryChange::PatchMember(member(o.admin), hand_over);
        if before_the_look {
            w.change(o.firm, hand_over.clone()).unwrap();
        }
        w.passes(GATHERED);
        w.decides();
        w.change(o.firm, hand_over).unwrap();
        assert_eq!(w.delivers_to(o.owner).len(), 1, "before the look: {before_the_look}");
        assert_eq!(w.fates(o.owner, thread), [SENT]);
        assert_eq!(w.fates(o.admin, thread), []);
        // Of what comes next it is the new one that is told.
        let two = w.posts(o.carol, thread, "two");
        w.passes(GATHERED);
        assert_eq!(w.delivers_to(o.admin).len(), 1);
        assert_eq!(w.ranges(o.admin, thread), [(two.0, two.0)]);
        assert_eq!(w.fates(o.owner, thread), [SENT]);
        // Who stands in is told of nothing that it does not want to be told of.
        w.posts(o.carol, thread, "three");
        w.does(o.admin, Command::Mute { thread, muted: true });
        w.passes(GATHERED);
        assert_eq!(w.delivers(), []);
        assert_eq!(w.fates(o.admin, thread), [SENT, dropped(NoticeReason::Muted)]);
    }
}

pub fn what_is_partly_read_is_told_of_the_rest(w: &mut World) {
    let o = Office::new(w);
    w.sets_mail(o.firm, crate::letters::shown());
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.anna, thread, "two");
    w.reads(o.carol, thread, 2);
    let part = w.gets_one(o.carol);
    assert_eq!((part.messages, part.new_thread), (1, false));
    let quotes = part.content.unwrap().quotes;
    assert_eq!(quotes.iter().map(|quote| &quote.body[..]).collect::<Vec<_>>(), ["two"]);
    assert_eq!(w.fates(o.carol, thread), [SENT]);
}

pub fn what_is_partly_taken_back_is_told_of_the_rest(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.anna, thread, "two");
    deletes(w, o.anna, thread, 2);
    let part = w.gets_one(o.carol);
    assert_eq!((part.messages, part.new_thread), (1, false));
    // And what is read, while the rest is taken back, is nothing to tell of.
    let three = w.posts(o.anna, thread, "three");
    w.posts(o.anna, thread, "four");
    w.reads(o.carol, thread, three.0);
    deletes(w, o.anna, thread, three.0 + 1);
    w.passes(GATHERED);
    assert_eq!(w.delivers(), []);
    assert_eq!(w.fates(o.carol, thread)[1..], [dropped(NoticeReason::Deleted)]);
}

pub fn a_member_is_not_told_of_what_happened_beside_it(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.wants_only(o.anna, InboxKind::ContactAnswered, Channels { inbox: true, email: true });
    let answer = w.posts(o.carol, thread, "two");
    w.reads(o.anna, thread, answer.0);
    // Of a colleague's message it wants no email.
    w.posts(o.admin, thread, "three");
    w.passes(GATHERED);
    assert_eq!(w.delivers_to(o.anna), []);
    assert_eq!(w.fates(o.anna, thread), [dropped(NoticeReason::Read)]);
    assert_eq!(w.ranges(o.anna, thread), [(answer.0, answer.0)]);
}

pub fn who_wants_emails_again_gets_those_of_what_comes(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    mutes(w, o.carol, thread);
    w.passes(GATHERED);
    assert_eq!(w.delivers(), []);
    w.does(o.carol, Command::Mute { thread, muted: false });
    assert!(!w.view(o.carol, thread).item.muted);
    w.passes(GATHERED);
    assert_eq!(w.delivers(), []);
    w.posts(o.anna, thread, "two");
    let part = w.gets_one(o.carol);
    assert_eq!(part.messages, 1, "the rest was decided");
    let fates: [Fate; 2] = [dropped(NoticeReason::Muted), SENT];
    assert_eq!(w.fates(o.carol, thread), fates);
}

pub fn what_a_batch_did_before_counts(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.anna, thread, "two");
    w.passes(GATHERED);
    let read = |up_to| operation(o.carol, Command::Read { thread, up_to: Seq(up_to) });
    w.apply(vec![read(3), Operation::Look { firm: o.firm, thread }]);
    assert_eq!(w.fates(o.carol, thread), [dropped(NoticeReason::Read)]);
    // And so with a claim.
    w.posts(o.anna, thread, "three");
    w.passes(GATHERED);
    let notices = w.the_mail();
    let until = w.now.plus_millis(MINUTE);
    let more = operation(o.anna, post(thread, crate::key(1), "four"));
    let claim = Operation::ClaimNotices { notices: notices.clone(), holder: HOLDER, until };
    w.apply(vec![read(4), more, claim]);
    assert_eq!(w.ranges(o.carol, thread), [(2, 3), (4, 5)]);
    assert_eq!(w.letter(&[notices.notices[0].0]).parts[0].messages, 1);
}
