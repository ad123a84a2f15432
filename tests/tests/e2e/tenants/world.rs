//! The people and things of the matrix: two firms, somebody of every kind, threads to try.

use super::deeds::Target;
use serde_json::json;
use tidings_protocol::{
    AccountId, Command, ContactState, Encoding, MemberId, Outcome, Person, Reply, Role, ThreadId,
};
use tidings_tests::{Client, Firm, Server, history, member_id, post};
use uuid::Uuid;

/// Where an object is, seen from nobody in particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// In the first firm, of the first account.
    Here,
    /// In the first firm, of the second account.
    Beside,
    /// In the other firm.
    Elsewhere,
    /// Ids that nobody ever made.
    Nowhere,
}

impl Where {
    pub(super) const ALL: [Self; 4] = [Self::Here, Self::Beside, Self::Elsewhere, Self::Nowhere];
}

/// What somebody may see of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// The thread and its account.
    Account,
    /// The thread alone: the member was mentioned in it.
    Thread,
    /// Nothing.
    Nothing,
}

/// Somebody who tries everything.
#[derive(Clone, Debug)]
pub(super) struct Principal {
    pub(super) name: &'static str,
    pub(super) person: Person,
    pub(super) firm: Firm,
    /// Objects that it sees, and how.
    pub(super) sees: &'static [(Where, Sight)],
    /// A token that was good when it was made.
    pub(super) token: String,
}

impl Principal {
    pub(super) fn sight(&self, place: Where) -> Sight {
        let seen = self.sees.iter().find(|(seen, _)| *seen == place);
        seen.map_or(Sight::Nothing, |(_, sight)| *sight)
    }

    pub(super) fn is_member(&self) -> bool {
        matches!(self.person, Person::Member(_))
    }
}

/// One thread to try things on, fresh for each principal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub(super) place: Where,
    pub(super) target: Target,
}

/// A firm with an owner who holds its threads.
pub(super) struct House {
    pub(super) firm: Firm,
    pub(super) owner: Person,
    pub(super) helper: MemberId,
    pub(super) accounts: Vec<(AccountId, Person)>,
}

impl House {
    async fn build(server: &Server, name: &str, accounts: &[&str]) -> Self {
        let firm = Firm::create(server, name).await;
        let owner = Person::Member(firm.member(&format!("Owner of {name}"), Role::Owner).await);
        let helper = firm.member(&format!("Helper of {name}"), Role::Member).await;
        let mut made = Vec::new();
        for account in accounts {
            let id = firm.account(account).await;
            let name = format!("Contact of {account}");
            let contact = firm.contact(id, &name, ContactState::Active).await;
            made.push((id, Person::Contact(contact)));
        }
        Self { firm, owner, helper, accounts: made }
    }
}

/// Everything the matrix is played on.
pub(super) struct World {
    pub(super) server: Server,
    pub(super) first: House,
    pub(super) other: House,
    pub(super) principals: Vec<Principal>,
    /// People who had access once, or never: their tokens are good for nothing.
    pub(super) shut_out: Vec<Principal>,
}

impl World {
    pub(super) async fn build() -> Self {
        use Sight::{Account, Thread};
        use Where::{Beside, Elsewhere, Here};
        let server = Server::start().await;
        let first = House::build(&server, "First", &["Here", "Beside"]).await;
        let other = House::build(&server, "Other", &["Elsewhere"]).await;
        let firm = &first.firm;
        let member = async |name, role| Person::Member(firm.member(name, role).await);
        let (here, here_contact) = first.accounts[0];
        let admin = member("Admin", Role::Admin).await;
        let assigned = member("Assigned", Role::Member).await;
        firm.assign(here, member_id(assigned), true).await;
        let unassigned = member("Unassigned", Role::Member).await;
        let mentioned = member("Mentioned", Role::Member).await;
        let seer = member("Seer", Role::Member).await;
        firm.patch(seer, &json!({ "rights": { "view_all_accounts": true } })).await;
        let all: &[_] = &[(Here, Account), (Beside, Account)];
        let mut principals = Vec::new();
        for (name, person, house, sees) in [
            ("owner", first.owner, &first, all),
            ("admin", admin, &first, all),
            ("member who sees all accounts", seer, &first, all),
            ("assigned member", assigned, &first, &[(Here, Account)]),
            ("unassigned member", unassigned, &first, &[]),
            ("mentioned member", mentioned, &first, &[(Here, Thread)]),
            ("contact", here_contact, &first, &[(Here, Account)]),
            ("contact of another account", first.accounts[1].1, &first, &[(Beside, Account)]),
            ("owner of another firm", other.owner, &other, &[(Elsewhere, Account)]),
            ("contact of another firm", other.accounts[0].1, &other, &[(Elsewhere, Account)]),
        ] {
            let token = house.firm.token(person).await;
            principals.push(Principal { name, person, firm: house.firm.clone(), sees, token });
        }
        let shut_out = shut_out(firm, here).await;
        Self { server, first, other, principals, shut_out }
    }

    pub(super) fn house(&self, place: Where) -> Option<&House> {
        match place {
            Where::Here | Where::Beside => Some(&self.first),
            Where::Elsewhere => Some(&self.other),
            Where::Nowhere => None,
        }
    }

    /// A fresh thread at a place: begun by its firm's owner, with two tasks, answered by its
    /// contact, with the mentioned member called in.
    pub(super) async fn object(&self, place: Where) -> Object {
        let Some(house) = self.house(place) else {
            let (account, thread) = (AccountId(Uuid::new_v4()), ThreadId(Uuid::new_v4()));
            let target = Target { account, thread, member: MemberId(Uuid::new_v4()) };
            return Object { place, target };
        };
        let (account, contact) = house.accounts[usize::from(place == Where::Beside)];
        let start = tidings_tests::thread(account, "Matrix", &["one", "two"]);
        let begun = house.firm.command(house.owner, &start).await;
        let Outcome::Ok(Reply::ThreadCreated { thread, .. }) = begun else { panic!("{begun:?}") };
        let mut commands = vec![(contact, post(thread, "an answer"))];
        for principal in &self.principals {
            if principal.sees.contains(&(place, Sight::Thread)) {
                let member = member_id(principal.person);
                commands.push((house.owner, Command::Mention { thread, member }));
            }
        }
        for (actor, command) in commands {
            let done = house.firm.command(actor, &command).await;
            assert!(matches!(done, Outcome::Ok(_)), "{done:?}");
        }
        Object { place, target: Target { account, thread, member: house.helper } }
    }
}

/// A contact of each state without access, and one from which access was taken.
async fn shut_out(firm: &Firm, account: AccountId) -> Vec<Principal> {
    let mut people = Vec::new();
    for (name, state) in [("invited contact", "invited"), ("contact without access", "none")] {
        let contact = Person::Contact(firm.contact(account, name, ContactState::Active).await);
        let token = firm.token(contact).await;
        firm.patch(contact, &json!({ "state": state })).await;
        people.push(Principal { name, person: contact, firm: firm.clone(), sees: &[], token });
    }
    let member = Person::Member(firm.member("Gone", Role::Admin).await);
    let token = firm.token(member).await;
    firm.patch(member, &json!({ "active": false })).await;
    let name = "deactivated admin";
    people.push(Principal { name, person: member, firm: firm.clone(), sees: &[], token });
    people
}

/// A thread as its firm's owner sees it, to tell whether anything has changed.
pub(super) async fn snapshot(owner: &mut Client, object: &Object) -> (String, usize) {
    let view = owner.done(Command::GetThread { thread: object.target.thread }).await;
    let log = history(owner, object.target.thread).await;
    (format!("{view:?} {log:?}"), log.len())
}

/// Connects the owner of the firm that an object is of.
pub(super) async fn owner_of(world: &World, place: Where) -> Option<Client> {
    let house = world.house(place)?;
    Some(house.firm.connect_with(house.owner, Encoding::Postcard).await)
}
