//! Who sees and may do what. Two firms are in `tenants`, mentions in `mentions`.

use crate::backend::Numbers;
use crate::office::{Office, member};
use crate::world::{World, create, post};
use std::collections::HashSet;
use tidings_protocol::{
    Command, ContactState, FirmPatch, MemberPatch, Page, RefusalCode, Reply, Rights, Role,
    ThreadFilter, ThreadId,
};
use tidings_storage::{Actor, DirectoryChange};

fn sees(w: &mut World, who: Actor, thread: ThreadId) -> bool {
    match w.act(who, Command::GetThread { thread }) {
        Ok(_) => true,
        Err(refusal) => {
            assert_eq!(refusal.code, RefusalCode::NotFound);
            false
        }
    }
}

fn accounts(w: &mut World, who: Actor) -> Vec<String> {
    match w.does(who, Command::ListAccounts { page: Page::default() }) {
        Reply::Accounts { items, .. } => items.into_iter().map(|item| item.name).collect(),
        other => panic!("{other:?}"),
    }
}

pub fn a_member_sees_the_accounts_assigned_to_it(w: &mut World) {
    let o = Office::new(w);
    let (acme, beta) = (w.starts(o.owner, o.acme, "hello"), w.starts(o.owner, o.beta, "hello"));
    assert!(sees(w, o.anna, acme) && !sees(w, o.anna, beta));
    assert!(!sees(w, o.bob, acme) && !sees(w, o.bob, beta));
    assert_eq!(accounts(w, o.anna), ["Acme"]);
    assert!(accounts(w, o.bob).is_empty());
    w.unassigns(o.firm, o.acme, o.anna);
    assert!(!sees(w, o.anna, acme));
    assert!(accounts(w, o.anna).is_empty());
}

pub fn owner_and_admins_see_every_account(w: &mut World) {
    let o = Office::new(w);
    for account in [o.acme, o.beta] {
        let thread = w.starts(o.owner, account, "hello");
        assert!(sees(w, o.owner, thread) && sees(w, o.admin, thread));
    }
    assert_eq!(accounts(w, o.admin), ["Acme", "Beta"]);
}

pub fn the_right_to_view_all_accounts_opens_every_account(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.owner, o.beta, "hello");
    let rights = Rights { view_all_accounts: true, ..Rights::default() };
    let patch = MemberPatch { rights: Some(rights), ..MemberPatch::default() };
    w.patches(o.bob, patch).unwrap();
    assert!(sees(w, o.bob, thread));
    assert_eq!(accounts(w, o.bob), ["Acme", "Beta"]);
    assert_eq!(w.threads(o.bob, &ThreadFilter::default()).len(), 1);
    w.posts(o.bob, thread, "I may");
}

pub fn a_contact_sees_its_own_account_only(w: &mut World) {
    let o = Office::new(w);
    let (acme, beta) = (w.starts(o.owner, o.acme, "hello"), w.starts(o.owner, o.beta, "hello"));
    assert!(sees(w, o.carol, acme) && !sees(w, o.carol, beta));
    assert_eq!(accounts(w, o.carol), ["Acme"]);
    let all = w.threads(o.carol, &ThreadFilter::default());
    assert_eq!(all.iter().map(|item| item.summary.thread).collect::<Vec<_>>(), [acme]);
    assert_eq!(w.refused(o.carol, create(o.beta, crate::key(1), "no", &[])), RefusalCode::NotFound);
    let of_beta = ThreadFilter { account: Some(o.beta), ..ThreadFilter::default() };
    assert!(w.threads(o.carol, &of_beta).is_empty());
}

pub fn only_active_people_see_anything(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.owner, o.acme, "hello");
    let inactive = MemberPatch { active: Some(false), ..MemberPatch::default() };
    w.patches(o.anna, inactive).unwrap();
    for state in [ContactState::None, ContactState::Invited] {
        w.sets_state(o.carol, state);
        for who in [o.anna, o.carol] {
            let get = Command::GetThread { thread };
            assert_eq!(w.refused(who, get), RefusalCode::Unauthenticated);
            assert_eq!(w.read().access(who).unwrap(), None);
            assert_eq!(w.read().welcome(who).unwrap(), None);
            assert_eq!(w.badges(who), tidings_protocol::Badges::default());
            let list =
                Command::ListThreads { filter: ThreadFilter::default(), page: Page::default() };
            assert_eq!(w.refused(who, list), RefusalCode::Unauthenticated);
            assert_eq!(
                w.refused(who, post(thread, crate::key(1), "no")),
                RefusalCode::Unauthenticated
            );
        }
    }
    w.sets_state(o.carol, ContactState::Active);
    assert!(sees(w, o.carol, thread));
}

pub fn threads_are_started_by_those_with_access_to_the_account(w: &mut World) {
    let o = Office::new(w);
    for who in [o.owner, o.admin, o.anna, o.carol] {
        w.starts(who, o.acme, "hello");
    }
    let key = w.key();
    for who in [o.bob, o.dave] {
        assert_eq!(w.refused(who, create(o.acme, key, "no", &[])), RefusalCode::NotFound);
    }
}

pub fn a_firm_may_keep_contacts_from_starting_threads(w: &mut World) {
    let o = Office::new(w);
    let patch = FirmPatch { contacts_may_start: Some(false), ..FirmPatch::default() };
    w.change(o.firm, DirectoryChange::PatchFirm(patch)).unwrap();
    let command = create(o.acme, w.key(), "no", &[]);
    assert_eq!(w.refused(o.carol, command), RefusalCode::NotAllowed);
    let thread = w.starts(o.anna, o.acme, "hello");
    w.posts(o.carol, thread, "I may answer");
}

pub fn nothing_is_sent_to_an_account_that_nobody_reads(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let empty = w.account(o.firm, "Empty");
    w.sets_state(o.carol, ContactState::Invited);
    let log = w.log(o.owner, thread);
    let (one, two) = (w.key(), w.key());
    for command in
        [create(empty, one, "no", &[]), create(o.acme, one, "no", &[]), post(thread, two, "no")]
    {
        assert_eq!(w.refused(o.owner, command), RefusalCode::NoActiveContact);
    }
    assert_eq!(w.log(o.owner, thread), log);
    assert_eq!(w.threads(o.owner, &ThreadFilter::default()).len(), 1);
    w.sets_state(o.carol, ContactState::Active);
    w.does(o.owner, post(thread, two, "yes"));
}

pub fn accounts_say_whether_anybody_can_be_reached(w: &mut World) {
    let o = Office::new(w);
    w.sets_state(o.dave, ContactState::None);
    let Reply::Accounts { items, .. } =
        w.does(o.owner, Command::ListAccounts { page: Page::default() })
    else {
        panic!()
    };
    let reachable: Vec<_> = items.iter().map(|item| (item.account, item.reachable)).collect();
    assert_eq!(reachable, [(o.acme, true), (o.beta, false)]);
}

pub fn lists_and_single_threads_agree_on_what_is_seen(w: &mut World) {
    let o = Office::new(w);
    let mut chance = Numbers(4);
    let (mut accounts, mut threads) = (vec![o.acme, o.beta], Vec::new());
    for index in 0..4 {
        let account = w.account(o.firm, &format!("Account {index}"));
        w.contact(o.firm, account, "Eve");
        accounts.push(account);
    }
    let mut people = o.people().to_vec();
    for index in 0..4 {
        people.push(w.hires(o.firm, &format!("Member {index}"), Role::Member));
    }
    for _ in 0..30 {
        let account = chance.pick(&accounts);
        threads.push((account, w.starts(o.owner, account, "hello")));
        let who = chance.pick(&people[6..]);
        let account = chance.pick(&accounts);
        w.assigns(o.firm, account, who);
        let (who, account) = (chance.pick(&people[6..]), chance.pick(&accounts));
        w.unassigns(o.firm, account, who);
        let mentioned = member(chance.pick(&people[6..]));
        let (_, thread) = chance.pick(&threads);
        w.does(o.owner, Command::Mention { thread, member: mentioned });
    }
    for who in people {
        let access = w.read().access(who).unwrap().unwrap();
        let listed: HashSet<_> = w
            .threads(who, &ThreadFilter::default())
            .iter()
            .map(|item| item.summary.thread)
            .collect();
        let mut unread = 0;
        for (account, thread) in &threads {
            let expected = access.sees_thread(*account, *thread);
            assert_eq!(listed.contains(thread), expected);
            assert_eq!(sees(w, who, *thread), expected);
            let filter = ThreadFilter { account: Some(*account), ..ThreadFilter::default() };
            let of_account = w.threads(who, &filter);
            assert_eq!(of_account.iter().any(|i| i.summary.thread == *thread), expected);
            unread += u64::from(expected && who != o.owner);
        }
        assert_eq!(w.badges(who).unread_messages, unread);
    }
}

pub fn a_member_of_many_accounts_sees_just_as_a_member_of_few(w: &mut World) {
    let o = Office::new(w);
    let (hidden, called_in) = (w.starts(o.owner, o.beta, "no"), w.starts(o.owner, o.beta, "yes"));
    w.writes(o.owner, Command::Mention { thread: called_in, member: member(o.bob) });
    let mut expected = vec![called_in];
    for index in 0..40 {
        let account = w.account(o.firm, &format!("Client {index}"));
        w.contact(o.firm, account, "Somebody");
        w.assigns(o.firm, account, o.bob);
        expected.insert(0, w.starts(o.owner, account, "hello"));
        let seen = w.threads(o.bob, &ThreadFilter::default());
        let seen: Vec<_> = seen.iter().map(|item| item.summary.thread).collect();
        assert_eq!(seen, expected, "with {} accounts", index + 1);
        assert!(!seen.contains(&hidden));
    }
}
