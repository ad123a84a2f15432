//! Two firms in one store: neither ever sees the other.

use crate::matrix::{Objects, command};
use crate::office::{Office, contact, member, new_contact};
use crate::world::World;
use tidings_protocol::{
    AccountPatch, ApiKeyId, Command, ContactPatch, ContactState, MemberPatch, NewAccount, Page,
    Person, RefusalCode, Revocation, ThreadFilter, Timestamp,
};
use tidings_storage::{Actor, DirectoryChange, Done, QueryError};

/// All that a firm's people and its host see of it.
fn state(w: &mut World, o: &Office, about: Objects) -> Vec<String> {
    let page = Page::default();
    let mut state = vec![
        format!("{:?}", w.log(o.owner, about.thread)),
        format!("{:?}", w.read().firm(o.firm)),
        format!("{:?}", w.read().members(o.firm, &page)),
        format!("{:?}", w.read().accounts(o.firm, &page)),
        format!("{:?}", w.read().contacts(o.firm, None, &page)),
        format!("{:?}", w.read().api_keys(o.firm)),
    ];
    for who in o.people() {
        state.push(format!("{:?}", w.read().welcome(who)));
        state.push(format!("{:?}", w.read().access(who)));
    }
    state
}

pub fn what_is_another_firms_is_as_if_it_were_not_there(w: &mut World) {
    let (ours, theirs) = (Office::new(w), Office::new(w));
    let (own, foreign) = (Objects::of(w, &ours), Objects::of(w, &theirs));
    let missing = Objects::missing(w, foreign);
    let before = state(w, &theirs, foreign);
    for name in Command::NAMES {
        for who in ours.people() {
            let key = w.key();
            let of_foreign = w.act(who, command(name, foreign, key));
            let of_missing = w.act(who, command(name, missing, key));
            assert_eq!(of_foreign, of_missing, "{name} by {}", who.person);
            let text = format!("{of_foreign:?}");
            for id in [foreign.account.0, foreign.thread.0, foreign.member.0] {
                assert!(!text.contains(&id.to_string()), "{name} tells of {id}");
            }
        }
    }
    assert_eq!(state(w, &theirs, foreign), before);
    let mention = Command::Mention { thread: own.thread, member: foreign.member };
    assert_eq!(w.refused(ours.owner, mention), RefusalCode::NotFound);
}

pub fn a_person_named_with_another_firm_is_nobody(w: &mut World) {
    let (ours, theirs) = (Office::new(w), Office::new(w));
    let (own, foreign) = (Objects::of(w, &ours), Objects::of(w, &theirs));
    let before = (state(w, &ours, own), state(w, &theirs, foreign));
    for who in ours.people() {
        let forged = Actor { firm: theirs.firm, person: who.person };
        assert_eq!(w.read().access(forged).unwrap(), None);
        assert_eq!(w.read().welcome(forged).unwrap(), None);
        assert!(!w.read().token_stands(forged, None, Timestamp(i64::MAX)).unwrap());
        for name in Command::NAMES {
            for about in [own, foreign] {
                let key = w.key();
                let answer = w.act(forged, command(name, about, key));
                assert!(answer.is_err(), "{name} by {}: {answer:?}", who.person);
            }
        }
    }
    assert_eq!((state(w, &ours, own), state(w, &theirs, foreign)), before);
}

pub fn a_cursor_of_another_firm_is_none(w: &mut World) {
    let (ours, theirs) = (Office::new(w), Office::new(w));
    for o in [ours, theirs] {
        Objects::of(w, &o);
        Objects::of(w, &o);
    }
    let list = |cursor| Command::ListThreads {
        filter: ThreadFilter::default(),
        page: Page { cursor, limit: Some(1) },
    };
    let tidings_protocol::Reply::Threads { next, .. } = w.does(theirs.owner, list(None)) else {
        panic!()
    };
    assert_eq!(w.refused(ours.owner, list(next)), RefusalCode::Invalid);
}

pub fn the_directory_of_another_firm_is_neither_read_nor_changed(w: &mut World) {
    let (ours, theirs) = (Office::new(w), Office::new(w));
    let foreign = Objects::of(w, &theirs);
    let key = DirectoryChange::CreateApiKey { label: "theirs".to_owned(), hash: [1; 32] };
    let Ok(Done::ApiKey(key)) = w.change(theirs.firm, key) else { panic!() };
    let before = state(w, &theirs, foreign);
    let (them, client) = (member(theirs.anna), contact(theirs.carol));
    let name = || "Taken over".to_owned();
    let patch = AccountPatch { name: Some(name()), time_zone: None };
    let until = Timestamp(i64::MAX);
    let revoke = |person| DirectoryChange::Revoke {
        revocation: Revocation::Person(person),
        remember_until: until,
    };
    for change in [
        DirectoryChange::PatchMember(them, MemberPatch::default()),
        DirectoryChange::PatchContact(client, ContactPatch::default()),
        DirectoryChange::PatchAccount(theirs.acme, patch),
        DirectoryChange::Assign(theirs.acme, member(ours.bob)),
        DirectoryChange::Assign(ours.acme, them),
        DirectoryChange::Unassign(theirs.acme, them),
        DirectoryChange::Unassign(ours.acme, them),
        DirectoryChange::CreateContact(new_contact(theirs.acme, "Eve", ContactState::Active)),
        DirectoryChange::DeleteApiKey(key.key),
        DirectoryChange::DeleteApiKey(ApiKeyId(w.nobody())),
        revoke(Person::Member(them)),
        revoke(Person::Contact(client)),
    ] {
        let text = format!("{change:?}");
        assert_eq!(w.change(ours.firm, change).unwrap_err().code, RefusalCode::NotFound, "{text}");
    }
    assert_eq!(state(w, &theirs, foreign), before);
    assert_eq!(w.read().member(ours.firm, them).unwrap(), None);
    assert_eq!(w.read().contact(ours.firm, client).unwrap(), None);
    assert_eq!(w.read().account(ours.firm, theirs.acme).unwrap(), None);
    let of_account = w.read().contacts(ours.firm, Some(theirs.acme), &Page::default());
    assert!(matches!(of_account, Err(QueryError::Refused(r)) if r.code == RefusalCode::NotFound));
    let nobody = tidings_protocol::FirmId(w.nobody());
    let change =
        DirectoryChange::CreateAccount(NewAccount { name: name(), time_zone: "UTC".to_owned() });
    assert_eq!(w.change(nobody, change).unwrap_err().code, RefusalCode::NotFound);
}
