//! Who may see what, said once more in the plainest way, to be compared with what the
//! server makes of it.

use crate::truth::Truth;
use std::collections::BTreeSet;
use tidings_protocol::{
    AccountId, ContactState, FirmId, MemberPatch, Person, Revocation, Role, ThreadId,
};
use tidings_storage::{Applied, DirectoryChange, Done};

/// One person.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) firm: FirmId,
    pub(crate) name: String,
    pub(crate) active: bool,
    /// Sees every account of the firm.
    pub(crate) all: bool,
    /// A contact's own account, or those assigned to a member.
    pub(crate) accounts: BTreeSet<AccountId>,
    /// Threads it was mentioned in.
    pub(crate) mentioned: BTreeSet<ThreadId>,
}

impl Standing {
    fn sees(&self, firm: FirmId, account: AccountId, thread: ThreadId) -> bool {
        self.active
            && self.firm == firm
            && (self.all || self.accounts.contains(&account) || self.mentioned.contains(&thread))
    }
}

impl Truth {
    /// A host changed the directory.
    pub(super) fn directory(&mut self, firm: FirmId, change: &DirectoryChange, applied: &Applied) {
        match (change, &applied.outcome) {
            (_, Err(_)) => {}
            (DirectoryChange::CreateMember(_), Ok(Done::Member(member))) => {
                let standing = Standing {
                    firm,
                    name: member.name.clone(),
                    active: true,
                    all: member.role != Role::Member || member.rights.view_all_accounts,
                    accounts: BTreeSet::new(),
                    mentioned: BTreeSet::new(),
                };
                self.people.insert(Person::Member(member.member), standing);
            }
            (DirectoryChange::CreateContact(_), Ok(Done::Contact(contact))) => {
                let standing = Standing {
                    firm,
                    name: contact.name.clone(),
                    active: contact.state == ContactState::Active,
                    all: false,
                    accounts: BTreeSet::from([contact.account]),
                    mentioned: BTreeSet::new(),
                };
                self.people.insert(Person::Contact(contact.contact), standing);
            }
            (change, Ok(_)) => self.change_person(change),
        }
        self.look_again();
    }

    fn change_person(&mut self, change: &DirectoryChange) {
        let whom = match change {
            DirectoryChange::PatchMember(member, _)
            | DirectoryChange::Assign(_, member)
            | DirectoryChange::Unassign(_, member) => Person::Member(*member),
            DirectoryChange::PatchContact(contact, _) => Person::Contact(*contact),
            _ => return,
        };
        let Some(standing) = self.people.get_mut(&whom) else { return };
        match change {
            DirectoryChange::PatchMember(_, MemberPatch { active, rights, .. }) => {
                standing.active = active.unwrap_or(standing.active);
                if let Some(rights) = rights {
                    standing.all = rights.view_all_accounts;
                }
            }
            DirectoryChange::Assign(account, _) => drop(standing.accounts.insert(*account)),
            DirectoryChange::Unassign(account, _) => drop(standing.accounts.remove(account)),
            DirectoryChange::PatchContact(_, patch) => {
                if let Some(state) = patch.state {
                    standing.active = state == ContactState::Active;
                }
            }
            _ => {}
        }
    }

    /// Whose tokens a change ends.
    pub(crate) fn revoked(change: &DirectoryChange) -> Option<Person> {
        match change {
            DirectoryChange::Revoke { revocation: Revocation::Person(person), .. } => Some(*person),
            _ => None,
        }
    }

    /// Finds out who sees what from this commit on.
    pub(super) fn look_again(&mut self) {
        for (person, standing) in &self.people {
            for (id, thread) in &self.threads {
                let sees = standing.sees(thread.firm, thread.account, *id);
                let before = self.sees.get(&(*person, *id)).copied();
                match (before, sees) {
                    (None | Some(Some(_)), true) => {
                        self.sees.insert((*person, *id), None);
                    }
                    (Some(None), false) => {
                        self.sees.insert((*person, *id), Some(self.commits));
                    }
                    (Some(None), true) | (None | Some(Some(_)), false) => {}
                }
            }
        }
    }

    /// Whether a person sees a thread now.
    pub(crate) fn sees(&self, person: Person, thread: ThreadId) -> bool {
        self.sees.get(&(person, thread)) == Some(&None)
    }

    /// The threads that a person sees now.
    pub(crate) fn visible(&self, person: Person) -> impl Iterator<Item = ThreadId> {
        self.threads.keys().copied().filter(move |thread| self.sees(person, *thread))
    }
}
