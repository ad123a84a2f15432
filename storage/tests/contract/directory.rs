//! Members, accounts, contacts, and what changes to them do to access.

use crate::office::{Office, contact, member, new_contact, new_member};
use crate::world::{World, operation};
use tidings_protocol::{
    AccountPatch, ContactPatch, ContactState, FirmPatch, Language, MemberPatch, NewAccount,
    NewContact, RefusalCode, Rights, Role,
};
use tidings_storage::{AccessChange, Actor, DirectoryChange, Done};

fn told(w: &World) -> Vec<AccessChange> {
    w.last.as_ref().map(|commit| commit.access.clone()).unwrap_or_default()
}

fn role(w: &mut World, who: Actor) -> Role {
    w.read().member(who.firm, member(who)).unwrap().unwrap().role
}

fn to_role(role: Role) -> MemberPatch {
    MemberPatch { role: Some(role), ..MemberPatch::default() }
}

fn to_active(active: bool) -> MemberPatch {
    MemberPatch { active: Some(active), ..MemberPatch::default() }
}

fn to_view_all(view_all_accounts: bool) -> MemberPatch {
    let rights = Rights { view_all_accounts, ..Rights::default() };
    MemberPatch { rights: Some(rights), ..MemberPatch::default() }
}

pub fn what_was_made_is_read_back(w: &mut World) {
    let o = Office::new(w);
    let rights = Rights { manage_documents: true, manage_organizers: true, ..Rights::default() };
    let new = tidings_protocol::NewMember { rights, ..new_member("Eve", Role::Member) };
    let Ok(Done::Member(made)) = w.change(o.firm, DirectoryChange::CreateMember(new)) else {
        panic!()
    };
    assert_eq!(made.rights, rights);
    assert_eq!(w.read().member(o.firm, made.member).unwrap(), Some(made));
    let new = new_contact(o.acme, "Fred", ContactState::Invited);
    let Ok(Done::Contact(made)) = w.change(o.firm, DirectoryChange::CreateContact(new)) else {
        panic!()
    };
    assert_eq!((made.account, made.state), (o.acme, ContactState::Invited));
    assert_eq!(w.read().contact(o.firm, made.contact).unwrap(), Some(made));
    let account = w.read().account(o.firm, o.acme).unwrap().unwrap();
    assert_eq!((account.name.as_str(), account.members), ("Acme", vec![member(o.anna)]));
}

pub fn what_a_patch_does_not_name_stays(w: &mut World) {
    let o = Office::new(w);
    let before = w.read().member(o.firm, member(o.anna)).unwrap().unwrap();
    w.patches(o.anna, MemberPatch::default()).unwrap();
    assert_eq!(w.read().member(o.firm, member(o.anna)).unwrap().unwrap(), before);
    let patch = MemberPatch { name: Some("Anne".to_owned()), ..MemberPatch::default() };
    let expected = tidings_protocol::Member { name: "Anne".to_owned(), ..before };
    assert_eq!(w.patches(o.anna, patch), Ok(Done::Member(expected)));
    let before = w.read().contact(o.firm, contact(o.carol)).unwrap().unwrap();
    let patch = ContactPatch { language: Some(Language::Nl), ..ContactPatch::default() };
    let expected = tidings_protocol::Contact { language: Language::Nl, ..before };
    let changed = w.change(o.firm, DirectoryChange::PatchContact(contact(o.carol), patch));
    assert_eq!(changed, Ok(Done::Contact(expected)));
    let patch = FirmPatch { name: Some("Renamed".to_owned()), ..FirmPatch::default() };
    let Ok(Done::Firm(firm)) = w.change(o.firm, DirectoryChange::PatchFirm(patch)) else {
        panic!()
    };
    assert_eq!((firm.name.as_str(), firm.contacts_may_start), ("Renamed", true));
    let patch = AccountPatch { name: Some("Acme Ltd".to_owned()), time_zone: None };
    let renamed = w.change(o.firm, DirectoryChange::PatchAccount(o.acme, patch));
    let account = w.read().account(o.firm, o.acme).unwrap().unwrap();
    assert_eq!((account.name.as_str(), account.time_zone.as_str()), ("Acme Ltd", "UTC"));
    assert_eq!(renamed, Ok(Done::Account(account)));
}

pub fn a_firm_has_one_owner_who_hands_over(w: &mut World) {
    let o = Office::new(w);
    let second = DirectoryChange::CreateMember(new_member("Eve", Role::Owner));
    let refusal = w.change(o.firm, second).unwrap_err();
    assert_eq!((refusal.code, refusal.field.as_deref()), (RefusalCode::Invalid, Some("role")));
    w.patches(o.bob, to_role(Role::Owner)).unwrap();
    assert_eq!(told(w), [AccessChange::Grew(o.bob.person)]);
    assert_eq!((role(w, o.bob), role(w, o.owner)), (Role::Owner, Role::Admin));
    w.patches(o.owner, to_role(Role::Owner)).unwrap();
    assert_eq!((role(w, o.bob), role(w, o.owner)), (Role::Admin, Role::Owner));
    let empty = w.firm("Empty");
    let first = w.hires(empty, "First", Role::Owner);
    assert_eq!(role(w, first), Role::Owner);
}

pub fn the_owner_is_neither_demoted_nor_deactivated(w: &mut World) {
    let o = Office::new(w);
    for (patch, field) in [(to_role(Role::Admin), "role"), (to_active(false), "active")] {
        let refusal = w.patches(o.owner, patch).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotAllowed);
        assert_eq!(refusal.field.as_deref(), Some(field));
    }
    w.patches(o.bob, to_active(false)).unwrap();
    assert!(w.patches(o.bob, to_role(Role::Owner)).is_err());
    assert_eq!((role(w, o.owner), role(w, o.bob)), (Role::Owner, Role::Member));
}

pub fn changes_of_members_say_what_they_do_to_access(w: &mut World) {
    let o = Office::new(w);
    let (anna, admin) = (o.anna.person, o.admin.person);
    let steps: [(Actor, MemberPatch, Vec<AccessChange>); 12] = [
        (o.anna, MemberPatch::default(), vec![]),
        (o.anna, to_view_all(true), vec![AccessChange::Grew(anna)]),
        (o.anna, to_role(Role::Admin), vec![]),
        (o.anna, to_view_all(false), vec![]),
        (o.anna, to_role(Role::Member), vec![AccessChange::Shrank(anna)]),
        (o.anna, to_active(false), vec![AccessChange::Ended(anna)]),
        (o.anna, to_role(Role::Admin), vec![]),
        (o.anna, to_active(true), vec![AccessChange::Grew(anna)]),
        (o.admin, to_role(Role::Member), vec![AccessChange::Shrank(admin)]),
        (o.admin, to_view_all(true), vec![AccessChange::Grew(admin)]),
        (o.admin, to_view_all(false), vec![AccessChange::Shrank(admin)]),
        (o.owner, MemberPatch::default(), vec![]),
    ];
    for (index, (who, patch, expected)) in steps.into_iter().enumerate() {
        w.patches(who, patch).unwrap();
        assert_eq!(told(w), expected, "step {index}");
    }
}

pub fn assignments_say_what_they_do_to_access(w: &mut World) {
    let o = Office::new(w);
    let bob = o.bob.person;
    w.assigns(o.firm, o.beta, o.bob);
    assert_eq!(told(w), [AccessChange::Grew(bob)]);
    w.assigns(o.firm, o.beta, o.bob);
    assert_eq!(told(w), [], "twice is once");
    w.unassigns(o.firm, o.beta, o.bob);
    assert_eq!(told(w), [AccessChange::Shrank(bob)]);
    w.unassigns(o.firm, o.beta, o.bob);
    assert_eq!(told(w), []);
    w.assigns(o.firm, o.beta, o.admin);
    assert_eq!(told(w), [], "an admin sees it anyway");
    w.unassigns(o.firm, o.beta, o.admin);
    assert_eq!(told(w), []);
}

pub fn states_of_contacts_say_what_they_do_to_access(w: &mut World) {
    let o = Office::new(w);
    let carol = o.carol.person;
    let steps = [
        (ContactState::Active, vec![]),
        (ContactState::None, vec![AccessChange::Ended(carol)]),
        (ContactState::Invited, vec![]),
        (ContactState::Active, vec![AccessChange::Grew(carol)]),
        (ContactState::Invited, vec![AccessChange::Ended(carol)]),
    ];
    for (state, expected) in steps {
        w.sets_state(o.carol, state);
        assert_eq!(told(w), expected, "{state:?}");
    }
}

pub fn a_mention_says_that_access_grew(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let mention = |who| tidings_protocol::Command::Mention { thread, member: member(who) };
    w.does(o.anna, mention(o.bob));
    assert_eq!(told(w), [AccessChange::Grew(o.bob.person)]);
    w.does(o.anna, mention(o.bob));
    assert_eq!(told(w), []);
    w.does(o.anna, mention(o.admin));
    assert_eq!(told(w), [], "an admin sees it anyway");
}

pub fn access_takes_effect_within_the_batch(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.anna, o.acme, "hello");
    let change = DirectoryChange::Unassign(o.acme, member(o.anna));
    let post = |number| crate::world::post(thread, crate::key(number), "hello");
    let batch = vec![
        operation(o.anna, post(1)),
        tidings_storage::Operation::Directory { firm: o.firm, change },
        operation(o.anna, post(2)),
        operation(o.carol, post(3)),
    ];
    let done: Vec<_> = w.apply(batch).iter().map(|applied| applied.outcome.is_ok()).collect();
    assert_eq!(done, [true, true, false, true]);
}

pub fn a_time_zone_that_nobody_knows_is_refused(w: &mut World) {
    let o = Office::new(w);
    let nowhere = || "Europe/Nowhere".to_owned();
    let account = NewAccount { name: "Gamma".to_owned(), time_zone: nowhere() };
    let contact_there =
        NewContact { time_zone: nowhere(), ..new_contact(o.acme, "Gina", ContactState::Active) };
    let to_nowhere = ContactPatch { time_zone: Some(nowhere()), ..ContactPatch::default() };
    for change in [
        DirectoryChange::CreateAccount(account),
        DirectoryChange::PatchAccount(
            o.acme,
            AccountPatch { name: None, time_zone: Some(nowhere()) },
        ),
        DirectoryChange::CreateContact(contact_there),
        DirectoryChange::PatchContact(contact(o.carol), to_nowhere),
    ] {
        let refusal = w.change(o.firm, change.clone()).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::Invalid, "{change:?}");
        assert_eq!(refusal.field.as_deref(), Some("time_zone"), "{change:?}");
    }
    let lima = || Some("America/Lima".to_owned());
    let patch = AccountPatch { name: None, time_zone: lima() };
    let changed = w.change(o.firm, DirectoryChange::PatchAccount(o.acme, patch));
    let account = w.read().account(o.firm, o.acme).unwrap().unwrap();
    assert_eq!((account.name.as_str(), account.time_zone.as_str()), ("Acme", "America/Lima"));
    assert_eq!(changed, Ok(Done::Account(account)));
    let patch = ContactPatch { time_zone: lima(), ..ContactPatch::default() };
    w.change(o.firm, DirectoryChange::PatchContact(contact(o.carol), patch)).unwrap();
    let carol = w.read().contact(o.firm, contact(o.carol)).unwrap().unwrap();
    assert_eq!(Some(carol.time_zone), lima());
}
