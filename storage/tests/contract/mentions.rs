//! Calling members into a thread.

use crate::office::{Office, member};
use crate::world::{World, create, post};
use tidings_protocol::{
    Command, EventKind, InboxKind, MemberPatch, Page, RefusalCode, Reply, ThreadFilter, ThreadId,
};
use tidings_storage::Actor;

fn mentions(w: &mut World, who: Actor, thread: ThreadId) -> Vec<EventKind> {
    let mut kinds: Vec<_> = w.log(who, thread).into_iter().map(|event| event.kind).collect();
    kinds.retain(|kind| matches!(kind, EventKind::MemberMentioned { .. }));
    kinds
}

pub fn a_mention_gives_access_to_that_thread_and_to_nothing_else(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let other = w.starts(o.anna, o.acme, "other");
    assert_eq!(w.refused(o.bob, Command::GetThread { thread }), RefusalCode::NotFound);
    w.does(o.anna, Command::Mention { thread, member: member(o.bob) });
    let seen = w.threads(o.bob, &ThreadFilter::default());
    assert_eq!(seen.iter().map(|item| item.summary.thread).collect::<Vec<_>>(), [thread]);
    w.posts(o.bob, thread, "here I am");
    assert_eq!(w.refused(o.bob, Command::GetThread { thread: other }), RefusalCode::NotFound);
    let command = create(o.acme, w.key(), "no", &[]);
    assert_eq!(w.refused(o.bob, command), RefusalCode::NotFound);
    let Reply::Accounts { items, .. } =
        w.does(o.bob, Command::ListAccounts { page: Page::default() })
    else {
        panic!()
    };
    assert!(items.is_empty());
}

pub fn a_name_in_a_message_mentions_its_member(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let message = w.posts(o.anna, thread, "what do you think, @bob?");
    let told = w.last.clone().unwrap().thread.unwrap().events;
    assert_eq!(told.len(), 2);
    let message = Some(tidings_protocol::MessageId(message.0));
    let expected = EventKind::MemberMentioned { member: member(o.bob), message };
    assert_eq!(told[1].kind, expected);
    assert_eq!(w.inbox(o.bob)[0].kind, InboxKind::Mentioned);
    w.posts(o.bob, thread, "fine");
}

pub fn the_first_message_of_a_thread_can_mention(w: &mut World) {
    let o = Office::new(w);
    let by_name = w.starts(o.anna, o.acme, "look, @Bob");
    let by_id = Command::CreateThread {
        account: o.acme,
        key: w.key(),
        subject: "Look".to_owned(),
        body: "hello".to_owned(),
        tasks: Vec::new(),
        reminder: None,
        mentions: vec![member(o.bob)],
    };
    let Reply::ThreadCreated { thread: by_id, .. } = w.does(o.anna, by_id) else { panic!() };
    for thread in [by_name, by_id] {
        assert_eq!(mentions(w, o.bob, thread).len(), 1);
    }
    assert_eq!(w.inbox(o.bob).len(), 2);
}

pub fn a_member_named_twice_is_mentioned_once(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let body = "@Bob, @bob and @BOB".to_owned();
    let key = w.key();
    let mentions_bob = vec![member(o.bob), member(o.bob)];
    w.does(o.anna, Command::PostMessage { thread, key, body, mentions: mentions_bob });
    assert_eq!(mentions(w, o.anna, thread).len(), 1);
}

pub fn only_active_members_of_the_firm_can_be_mentioned(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let other_firm = w.firm("Other");
    let stranger = w.hires(other_firm, "Stranger", tidings_protocol::Role::Owner);
    let inactive = MemberPatch { active: Some(false), ..MemberPatch::default() };
    w.patches(o.bob, inactive).unwrap();
    let log = w.log(o.anna, thread);
    let nobody = tidings_protocol::MemberId(w.nobody());
    for member in [member(stranger), member(o.bob), nobody] {
        assert_eq!(w.refused(o.anna, Command::Mention { thread, member }), RefusalCode::NotFound);
        let key = w.key();
        let body = "no".to_owned();
        let command = Command::PostMessage { thread, key, body, mentions: vec![member] };
        assert_eq!(w.refused(o.anna, command), RefusalCode::NotFound);
    }
    assert_eq!(w.log(o.anna, thread), log);
    w.posts(o.anna, thread, "@Bob @Carol @Stranger are only words");
    assert_eq!(mentions(w, o.anna, thread), []);
}

pub fn only_the_team_mentions_on_purpose(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let mention = Command::Mention { thread, member: member(o.bob) };
    assert_eq!(w.refused(o.carol, mention), RefusalCode::NotAllowed);
    let command = Command::PostMessage {
        thread,
        key: w.key(),
        body: "hello".to_owned(),
        mentions: vec![member(o.bob)],
    };
    assert_eq!(w.refused(o.carol, command), RefusalCode::NotAllowed);
}

pub fn access_by_mention_outlives_the_assignment(w: &mut World) {
    let o = Office::new(w);
    let (thread, other) = (w.starts(o.owner, o.acme, "one"), w.starts(o.owner, o.acme, "two"));
    w.does(o.owner, Command::Mention { thread, member: member(o.anna) });
    w.unassigns(o.firm, o.acme, o.anna);
    w.does(o.anna, post(thread, crate::key(9), "still here"));
    assert_eq!(w.refused(o.anna, post(other, crate::key(9), "no")), RefusalCode::NotFound);
}
