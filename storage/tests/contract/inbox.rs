//! The team's inbox: who is told of what.

use crate::office::{Office, member};
use crate::preferences::Choice;
use crate::world::World;
use tidings_protocol::{
    Channels, Command, InboxItem, InboxKind, KindChannels, Page, RefusalCode, Reply, Seq, ThreadId,
};
use tidings_storage::Actor;

fn kinds(w: &mut World, who: Actor) -> Vec<InboxKind> {
    w.inbox(who).iter().map(|item| item.kind).collect()
}

fn archived(w: &mut World, who: Actor) -> Vec<InboxItem> {
    match w.does(who, Command::ListInbox { archived: true, page: Page::default() }) {
        Reply::Inbox { items, .. } => items,
        other => panic!("{other:?}"),
    }
}

fn chooses(w: &mut World, who: Actor, kind: InboxKind, inbox: bool) {
    let line = KindChannels { kind, channels: Channels { inbox, email: true } };
    w.does(who, Choice { kinds: vec![line], ..Choice::default() }.command());
}

fn puts_away(w: &mut World, who: Actor, thread: ThreadId, archived: bool) {
    let reply = w.does(who, Command::ArchiveInboxItem { thread, archived });
    assert_eq!(reply, Reply::Done {});
}

pub fn a_contacts_thread_goes_to_the_owner_when_nobody_follows(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.carol, o.acme, "hello");
    let item = w.inbox(o.owner).remove(0);
    assert_eq!((item.thread, item.account), (thread, o.acme));
    assert_eq!((item.kind, item.actor), (InboxKind::ThreadStarted, o.carol.person));
    assert_eq!((item.at_ms, item.archived), (w.now, false));
    assert_eq!(item.subject, "hello");
    assert_eq!(w.last.clone().unwrap().inbox, [(member(o.owner), item)]);
    assert!(kinds(w, o.anna).is_empty() && kinds(w, o.admin).is_empty());
}

pub fn a_contacts_answer_goes_to_creator_and_followers(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    w.does(o.admin, Command::Follow { thread, following: true });
    let seq = w.posts(o.carol, thread, "answer");
    for who in [o.anna, o.admin] {
        assert_eq!(kinds(w, who), [InboxKind::ContactAnswered]);
        assert_eq!(w.inbox(who)[0].seq, seq);
    }
    assert!(kinds(w, o.owner).is_empty());
}

pub fn nobody_is_told_of_what_it_did_itself(w: &mut World) {
    let o = Office::new(w);
    let (thread, tasks) = w.starts_with_tasks(o.anna, o.acme, &["a"]);
    w.posts(o.anna, thread, "more, @Anna");
    w.writes(o.anna, Command::TickTask { thread, task: tasks[0] });
    assert!(kinds(w, o.anna).is_empty());
}

pub fn a_colleagues_answer_goes_to_followers_only(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    w.posts(o.admin, thread, "I add");
    assert_eq!(kinds(w, o.anna), [InboxKind::ColleagueAnswered]);
    assert!(kinds(w, o.owner).is_empty());
    w.does(o.anna, Command::Follow { thread, following: false });
    puts_away(w, o.anna, thread, true);
    w.posts(o.admin, thread, "and more");
    assert!(kinds(w, o.anna).is_empty());
}

pub fn a_thread_has_one_item_which_moves_up(w: &mut World) {
    let o = Office::new(w);
    let first = w.starts(o.anna, o.acme, "one");
    let second = w.starts(o.anna, o.acme, "two");
    w.posts(o.carol, first, "hello");
    w.posts(o.carol, second, "hello");
    let order = |w: &mut World| w.inbox(o.anna).iter().map(|item| item.thread).collect::<Vec<_>>();
    assert_eq!(order(w), [second, first]);
    w.posts(o.carol, first, "hello again");
    assert_eq!(order(w), [first, second]);
    assert_eq!(w.badges(o.anna).inbox, 2);
}

pub fn an_item_put_away_comes_back_with_the_next_event(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.carol, thread, "hello");
    puts_away(w, o.anna, thread, true);
    let told = w.last.clone().unwrap().inbox;
    assert!(told[0].1.archived && told[0].0 == member(o.anna));
    assert!(w.inbox(o.anna).is_empty());
    assert_eq!(w.badges(o.anna).inbox, 0);
    assert_eq!(archived(w, o.anna).len(), 1);
    puts_away(w, o.anna, thread, true);
    assert_eq!(w.last, None);
    puts_away(w, o.anna, thread, false);
    assert_eq!(w.inbox(o.anna).len(), 1);
    puts_away(w, o.anna, thread, true);
    w.posts(o.carol, thread, "hello?");
    assert_eq!(w.badges(o.anna).inbox, 1);
    assert!(archived(w, o.anna).is_empty());
}

pub fn only_what_is_there_can_be_put_away(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.carol, thread, "hello");
    let put = Command::ArchiveInboxItem { thread, archived: true };
    for who in [o.owner, o.bob] {
        assert_eq!(w.refused(who, put.clone()), RefusalCode::NotFound);
    }
    assert_eq!(w.refused(o.carol, put), RefusalCode::NotAllowed);
    let list = Command::ListInbox { archived: false, page: Page::default() };
    assert_eq!(w.refused(o.carol, list), RefusalCode::NotAllowed);
}

pub fn each_kind_goes_where_the_member_chose(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    chooses(w, o.anna, InboxKind::ContactAnswered, false);
    w.posts(o.carol, thread, "hello");
    assert!(w.inbox(o.anna).is_empty());
    assert!(w.last.clone().unwrap().inbox.is_empty());
    assert_eq!(w.badges(o.anna).inbox, 0);
    assert!(w.inbox(o.owner).is_empty(), "email is a way of being told too");
    w.posts(o.admin, thread, "hello");
    assert_eq!(kinds(w, o.anna), [InboxKind::ColleagueAnswered]);
    chooses(w, o.anna, InboxKind::ContactAnswered, true);
    w.posts(o.carol, thread, "hello");
    assert_eq!(kinds(w, o.anna), [InboxKind::ContactAnswered]);
}

pub fn who_sees_a_thread_no_more_is_told_no_more(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.posts(o.carol, thread, "hello");
    assert_eq!(w.inbox(o.anna).len(), 1);
    w.unassigns(o.firm, o.acme, o.anna);
    assert!(w.inbox(o.anna).is_empty());
    assert_eq!(w.badges(o.anna).inbox, 0);
    w.posts(o.carol, thread, "anybody?");
    let told = w.last.clone().unwrap().inbox;
    assert_eq!(told.iter().map(|(who, _)| *who).collect::<Vec<_>>(), [member(o.owner)]);
    w.assigns(o.firm, o.acme, o.anna);
    assert_eq!(w.inbox(o.anna)[0].seq, Seq(3), "as it was");
}

pub fn a_mentioned_member_follows(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "one");
    w.does(o.anna, Command::Mention { thread, member: member(o.bob) });
    assert_eq!(kinds(w, o.bob), [InboxKind::Mentioned]);
    w.posts(o.carol, thread, "hello");
    assert_eq!(kinds(w, o.bob), [InboxKind::ContactAnswered]);
}
