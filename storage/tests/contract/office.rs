//! A firm as most tests need it, and how its directory is changed.

use crate::world::World;
use tidings_protocol::{
    AccountId, ContactId, ContactPatch, ContactState, FirmId, Language, MemberId, MemberPatch,
    NewAccount, NewContact, NewMember, Person, Refusal, Rights, Role,
};
use tidings_storage::{Actor, DirectoryChange, Done, Operation};

/// A firm with two clients.
#[derive(Clone, Copy, Debug)]
pub struct Office {
    /// Which firm.
    pub firm: FirmId,
    /// Its owner, called Olga.
    pub owner: Actor,
    /// An admin, called Ada.
    pub admin: Actor,
    /// A plain member, called Anna, to whom Acme is assigned.
    pub anna: Actor,
    /// A plain member, called Bob, to whom nothing is assigned.
    pub bob: Actor,
    /// A client.
    pub acme: AccountId,
    /// Its active contact.
    pub carol: Actor,
    /// Another client.
    pub beta: AccountId,
    /// Its active contact.
    pub dave: Actor,
}

impl Office {
    /// Makes one.
    pub fn new(world: &mut World) -> Self {
        let firm = world.firm("Office");
        let owner = world.hires(firm, "Olga", Role::Owner);
        let admin = world.hires(firm, "Ada", Role::Admin);
        let anna = world.hires(firm, "Anna", Role::Member);
        let bob = world.hires(firm, "Bob", Role::Member);
        let acme = world.account(firm, "Acme");
        let beta = world.account(firm, "Beta");
        let carol = world.contact(firm, acme, "Carol");
        let dave = world.contact(firm, beta, "Dave");
        world.assigns(firm, acme, anna);
        Self { firm, owner, admin, anna, bob, acme, carol, beta, dave }
    }

    /// Everybody in it.
    pub fn people(&self) -> [Actor; 6] {
        [self.owner, self.admin, self.anna, self.bob, self.carol, self.dave]
    }
}

/// The member that an actor is.
pub fn member(actor: Actor) -> MemberId {
    match actor.person {
        Person::Member(id) => id,
        Person::Contact(id) => panic!("{id} is a contact"),
    }
}

/// The contact that an actor is.
pub fn contact(actor: Actor) -> ContactId {
    match actor.person {
        Person::Contact(id) => id,
        Person::Member(id) => panic!("{id} is a member"),
    }
}

impl World {
    /// Changes a directory.
    pub fn change(&mut self, firm: FirmId, change: DirectoryChange) -> Result<Done, Refusal> {
        self.one(Operation::Directory { firm, change })
    }

    /// Makes a member.
    pub fn hires(&mut self, firm: FirmId, name: &str, role: Role) -> Actor {
        let new = new_member(name, role);
        match self.change(firm, DirectoryChange::CreateMember(new)) {
            Ok(Done::Member(member)) => Actor { firm, person: Person::Member(member.member) },
            other => panic!("{other:?}"),
        }
    }

    /// Makes an account.
    pub fn account(&mut self, firm: FirmId, name: &str) -> AccountId {
        self.account_in(firm, name, "UTC")
    }

    /// Makes an account in a time zone.
    pub fn account_in(&mut self, firm: FirmId, name: &str, time_zone: &str) -> AccountId {
        let new = NewAccount { name: name.to_owned(), time_zone: time_zone.to_owned() };
        match self.change(firm, DirectoryChange::CreateAccount(new)) {
            Ok(Done::Account(account)) => account.account,
            other => panic!("{other:?}"),
        }
    }

    /// Makes an active contact.
    pub fn contact(&mut self, firm: FirmId, account: AccountId, name: &str) -> Actor {
        let new = new_contact(account, name, ContactState::Active);
        match self.change(firm, DirectoryChange::CreateContact(new)) {
            Ok(Done::Contact(contact)) => Actor { firm, person: Person::Contact(contact.contact) },
            other => panic!("{other:?}"),
        }
    }

    /// Gives a member an account.
    pub fn assigns(&mut self, firm: FirmId, account: AccountId, to: Actor) {
        self.change(firm, DirectoryChange::Assign(account, member(to))).unwrap();
    }

    /// Takes it away.
    pub fn unassigns(&mut self, firm: FirmId, account: AccountId, from: Actor) {
        self.change(firm, DirectoryChange::Unassign(account, member(from))).unwrap();
    }

    /// Changes a member.
    pub fn patches(&mut self, whom: Actor, patch: MemberPatch) -> Result<Done, Refusal> {
        self.change(whom.firm, DirectoryChange::PatchMember(member(whom), patch))
    }

    /// Changes whether a contact can use the portal.
    pub fn sets_state(&mut self, whom: Actor, state: ContactState) {
        let patch = ContactPatch { state: Some(state), ..ContactPatch::default() };
        self.change(whom.firm, DirectoryChange::PatchContact(contact(whom), patch)).unwrap();
    }
}

/// A member to be made.
pub fn new_member(name: &str, role: Role) -> NewMember {
    NewMember {
        name: name.to_owned(),
        email: format!("{}@firm.example", name.to_lowercase()),
        role,
        rights: Rights::default(),
    }
}

/// A contact to be made.
pub fn new_contact(account: AccountId, name: &str, state: ContactState) -> NewContact {
    NewContact {
        account,
        name: name.to_owned(),
        email: format!("{}@client.example", name.to_lowercase()),
        notify: true,
        state,
        language: Language::En,
        time_zone: "UTC".to_owned(),
    }
}
