//! How often access has ended in a firm: by it a node knows whether it has heard of all that was
//! taken away before something was committed.

use crate::office::{Office, contact, member};
use crate::world::World;
use tidings_protocol::{
    Command, ContactPatch, ContactState, FirmId, MemberPatch, Revocation, Rights, Role, ThreadId,
    TokenId,
};
use tidings_storage::{AccessChange, Actor, DirectoryChange, Epoch};

fn epoch(w: &mut World, firm: FirmId) -> u64 {
    match w.read().epochs(&[firm]).unwrap()[..] {
        [(of, Epoch(epoch))] if of == firm => epoch,
        ref other => panic!("{other:?}"),
    }
}

/// What the last commit says of a firm's epoch, and of access.
fn told(w: &World, firm: FirmId) -> (u64, Vec<AccessChange>) {
    let commit = w.last.as_ref().unwrap();
    assert_eq!(commit.firm, firm);
    (commit.epoch.0, commit.access.clone())
}

fn of_member(whom: Actor, patch: MemberPatch) -> DirectoryChange {
    DirectoryChange::PatchMember(member(whom), patch)
}

fn to_active(whom: Actor, active: bool) -> DirectoryChange {
    of_member(whom, MemberPatch { active: Some(active), ..MemberPatch::default() })
}

fn to_role(whom: Actor, role: Role) -> DirectoryChange {
    of_member(whom, MemberPatch { role: Some(role), ..MemberPatch::default() })
}

fn to_view_all(whom: Actor, view_all_accounts: bool) -> DirectoryChange {
    let rights = Rights { view_all_accounts, ..Rights::default() };
    of_member(whom, MemberPatch { rights: Some(rights), ..MemberPatch::default() })
}

fn to_state(whom: Actor, state: ContactState) -> DirectoryChange {
    let patch = ContactPatch { state: Some(state), ..ContactPatch::default() };
    DirectoryChange::PatchContact(contact(whom), patch)
}

fn to_revoke(w: &World, revocation: Revocation) -> DirectoryChange {
    DirectoryChange::Revoke { revocation, remember_until: w.now.plus_millis(60_000) }
}

pub fn whatever_takes_access_away_begins_an_epoch(w: &mut World) {
    let (o, theirs) = (Office::new(w), Office::new(w));
    w.change(o.firm, to_view_all(o.bob, true)).unwrap();
    let token = TokenId(w.nobody());
    let ends = [
        (DirectoryChange::Unassign(o.acme, member(o.anna)), AccessChange::Shrank(o.anna.person)),
        (to_view_all(o.bob, false), AccessChange::Shrank(o.bob.person)),
        (to_role(o.admin, Role::Member), AccessChange::Shrank(o.admin.person)),
        (to_active(o.bob, false), AccessChange::Ended(o.bob.person)),
        (to_state(o.carol, ContactState::None), AccessChange::Ended(o.carol.person)),
        (to_state(o.dave, ContactState::Invited), AccessChange::Ended(o.dave.person)),
        (to_revoke(w, Revocation::Token(token)), AccessChange::TokenRevoked(token)),
        (
            to_revoke(w, Revocation::Person(o.anna.person)),
            AccessChange::TokensRevoked(o.anna.person),
        ),
    ];
    assert_eq!((epoch(w, o.firm), epoch(w, theirs.firm)), (0, 0));
    for (before, (change, what)) in ends.into_iter().enumerate() {
        w.change(o.firm, change).unwrap();
        let now = before as u64 + 1;
        assert_eq!(told(w, o.firm), (now, vec![what]), "it is in the commit itself");
        assert_eq!(epoch(w, o.firm), now, "{what:?}");
    }
    assert_eq!(epoch(w, theirs.firm), 0, "another firm has its own");
    let nobody = FirmId(w.nobody());
    let both = w.read().epochs(&[theirs.firm, nobody, o.firm]).unwrap();
    assert_eq!(both, [(theirs.firm, Epoch(0)), (o.firm, Epoch(8))]);
}

pub fn what_only_gives_access_or_changes_nothing_begins_none(w: &mut World) {
    let o = Office::new(w);
    w.change(o.firm, to_state(o.dave, ContactState::Invited)).unwrap();
    let changes = [
        DirectoryChange::Assign(o.beta, member(o.bob)),
        to_view_all(o.bob, true),
        to_role(o.bob, Role::Admin),
        to_state(o.dave, ContactState::Active),
        DirectoryChange::Unassign(o.beta, member(o.anna)),
        DirectoryChange::Unassign(o.beta, member(o.bob)),
        of_member(o.anna, MemberPatch { name: Some("Ann".to_owned()), ..MemberPatch::default() }),
    ];
    for change in changes {
        w.change(o.firm, change.clone()).unwrap();
        assert_eq!(epoch(w, o.firm), 1, "{change:?}");
        assert!(w.last.as_ref().is_none_or(|commit| commit.epoch == Epoch(1)), "{change:?}");
    }
    let nobody = MemberPatch { active: Some(false), ..MemberPatch::default() };
    let nobody = DirectoryChange::PatchMember(tidings_protocol::MemberId(w.nobody()), nobody);
    w.change(o.firm, nobody).unwrap_err();
    w.change(o.firm, to_active(o.owner, false)).unwrap_err();
    assert_eq!(epoch(w, o.firm), 1, "what was refused has taken nothing away");
    w.reopen();
    assert_eq!(epoch(w, o.firm), 1);
}

pub fn later_commits_say_how_often_access_had_ended(w: &mut World) {
    let (o, theirs) = (Office::new(w), Office::new(w));
    let thread = w.starts(o.owner, o.acme, "hello");
    assert_eq!(told(w, o.firm).0, 0);
    w.unassigns(o.firm, o.acme, o.anna);
    w.posts(o.carol, thread, "good morning");
    assert_eq!(told(w, o.firm).0, 1);
    w.does(o.owner, Command::Read { thread, up_to: tidings_protocol::Seq(3) });
    assert_eq!(told(w, o.firm).0, 1);
    w.sets_state(o.dave, ContactState::None);
    w.does(o.owner, Command::Mention { thread, member: member(o.bob) });
    assert_eq!(told(w, o.firm), (2, vec![AccessChange::Grew(o.bob.person)]));
    w.starts(theirs.owner, theirs.acme, "hello");
    assert_eq!(told(w, theirs.firm).0, 0);
}

pub fn each_commit_of_a_batch_has_the_epoch_of_its_moment(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.owner, o.acme, "hello");
    let post = |number| {
        crate::world::operation(o.owner, crate::world::post(thread, crate::key(number), "hello"))
    };
    let end = |change| tidings_storage::Operation::Directory { firm: o.firm, change };
    let batch = vec![
        post(1),
        end(to_state(o.dave, ContactState::None)),
        post(2),
        end(to_active(o.bob, false)),
        end(to_role(o.anna, Role::Admin)),
        post(3),
    ];
    let epochs: Vec<_> =
        w.apply(batch).into_iter().map(|applied| applied.commit.unwrap().epoch.0).collect();
    assert_eq!(epochs, [0, 1, 1, 2, 2, 2]);
}

pub fn a_thread_says_how_it_stands(w: &mut World) {
    let (o, theirs) = (Office::new(w), Office::new(w));
    let thread = w.starts(o.owner, o.acme, "hello");
    let elsewhere = w.starts(theirs.owner, theirs.acme, "hello");
    let pulse = |w: &mut World, thread: ThreadId| {
        let pulse = w.read().pulses(&[thread]).unwrap().remove(0);
        (pulse.firm, pulse.epoch.0, pulse.head.0, pulse.read)
    };
    assert_eq!(pulse(w, thread), (o.firm, 0, 2, 2), "its author has read it");
    let head = w.posts(o.carol, thread, "good morning");
    assert_eq!(pulse(w, thread), (o.firm, 0, 3, 5));
    w.does(o.owner, Command::Read { thread, up_to: head });
    assert_eq!(pulse(w, thread), (o.firm, 0, 3, 6));
    w.sets_state(o.dave, ContactState::None);
    assert_eq!(pulse(w, thread), (o.firm, 1, 3, 6));
    assert_eq!(pulse(w, elsewhere), (theirs.firm, 0, 2, 2));
    let nobody = ThreadId(w.nobody());
    let pulses = w.read().pulses(&[elsewhere, nobody, thread]).unwrap();
    let threads: Vec<_> = pulses.iter().map(|pulse| pulse.thread).collect();
    assert_eq!(threads, [elsewhere, thread], "in the order asked for, without what is missing");
}

pub fn all_receipts_of_a_thread_are_read_whoever_asks(w: &mut World) {
    let o = Office::new(w);
    let thread = w.starts(o.owner, o.acme, "hello");
    w.posts(o.carol, thread, "good morning");
    // Takes part, and has read nothing.
    w.does(o.owner, Command::Mention { thread, member: member(o.bob) });
    let mut receipts = w.read().receipts(thread).unwrap();
    receipts.sort_by_key(|receipt| receipt.seq);
    let read: Vec<_> = receipts.iter().map(|receipt| (receipt.person, receipt.seq.0)).collect();
    assert_eq!(read, [(o.owner.person, 2), (o.carol.person, 3)]);
    let sum: u64 = read.iter().map(|(_, seq)| seq).sum();
    assert_eq!(w.read().pulses(&[thread]).unwrap()[0].read, sum);
    let nobody = ThreadId(w.nobody());
    assert_eq!(w.read().receipts(nobody).unwrap(), []);
}
