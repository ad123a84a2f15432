//! What befalls people and machines: hosts change who may see what, nodes crash, clocks jump.

use crate::bus::Heard;
use crate::invariant::Held;
use crate::node::Node;
use crate::truth::{Standing, Submitted};
use crate::world::{World, say};
use std::time::Duration;
use tidings_protocol::{
    AccountId, Checked, ClientKey, Command, ContactPatch, ContactState, MemberPatch, Person,
    Revocation, Rights, ThreadId,
};
use tidings_storage::{Actor, DirectoryChange, Operation};

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Posts of a host that has much to say.
const FLOOD_POSTS: usize = 70;

impl World {
    /// A host changes what somebody may see.
    pub(super) fn change_access(&mut self, node: usize) {
        // Now and then of somebody who is just coming in.
        let connections = self.nodes.iter().flat_map(|node| node.connections.values());
        let entering = connections.filter(|connection| connection.entering.is_some());
        let entering: Vec<Person> =
            entering.filter_map(|connection| Some(connection.actor()?.person)).collect();
        let mut people: Vec<Person> = self.truth.people.keys().copied().collect();
        if !entering.is_empty() && self.chance.percent(50) {
            people = entering;
        }
        let Some(person) = self.chance.pick(&people) else { return };
        let standing = self.truth.people[&person].clone();
        let change = match person {
            _ if self.chance.percent(10) => DirectoryChange::Revoke {
                revocation: Revocation::Person(person),
                remember_until: self.wall.plus_millis(DAY_MS),
            },
            Person::Contact(contact) => {
                let state = if standing.active { ContactState::None } else { ContactState::Active };
                let patch = ContactPatch { state: Some(state), ..ContactPatch::default() };
                DirectoryChange::PatchContact(contact, patch)
            }
            Person::Member(member) => match self.chance.below(6) {
                0 => DirectoryChange::PatchMember(
                    member,
                    MemberPatch { active: Some(!standing.active), ..MemberPatch::default() },
                ),
                1 => {
                    let rights = Rights { view_all_accounts: !standing.all, ..Rights::default() };
                    DirectoryChange::PatchMember(
                        member,
                        MemberPatch { rights: Some(rights), ..MemberPatch::default() },
                    )
                }
                _ => {
                    let Some(account) = self.account_of(&standing) else { return };
                    if standing.accounts.contains(&account) {
                        DirectoryChange::Unassign(account, member)
                    } else {
                        DirectoryChange::Assign(account, member)
                    }
                }
            },
        };
        if self.is_owner(person) && !matches!(change, DirectoryChange::Revoke { .. }) {
            return;
        }
        say!(self, "n{node} host: {change:?}");
        let operation = Operation::Directory { firm: standing.firm, change };
        self.nodes[node].pending.push_back(Submitted { attempt: None, operation });
    }

    /// A host posts a lot in somebody's name, over HTTP: more than a room remembers.
    pub(super) fn flood(&mut self, node: usize) {
        let device = self.chance.below(self.devices.len());
        let actor = self.devices[device].actor;
        let visible: Vec<ThreadId> = self.truth.visible(actor.person).collect();
        let Some(thread) = self.chance.pick(&visible) else { return };
        say!(self, "n{node} host floods {}", self.truth.name(thread));
        for number in 0..FLOOD_POSTS {
            let (key, body) = (ClientKey(self.chance.uuid()), format!("flood {number}"));
            let post = Command::PostMessage { thread, key, body, mentions: Vec::new() };
            let command = Checked::try_from(post).expect("its bounds are kept");
            let operation = Operation::Command { actor, command };
            self.nodes[node].pending.push_back(Submitted { attempt: None, operation });
        }
    }

    /// Owners are the first of their firms; what they see does not change.
    fn is_owner(&self, person: Person) -> bool {
        ["Olga", "Emil"].contains(&self.truth.people[&person].name.as_str())
    }

    fn account_of(&mut self, standing: &Standing) -> Option<AccountId> {
        let same_firm = self.truth.people.iter().filter(|(person, other)| {
            other.firm == standing.firm && matches!(person, Person::Contact(_))
        });
        let accounts: Vec<AccountId> =
            same_firm.flat_map(|(_, other)| other.accounts.iter().copied()).collect();
        self.chance.pick(&accounts)
    }

    /// A node dies. What it had asked of the store may be done, and nobody is told.
    pub(super) fn crash(&mut self, node: usize) -> Held {
        say!(self, "n{node} crashes");
        self.trace.met("crash");
        let done = self.chance.below(self.nodes[node].pending.len() + 1);
        let batch: Vec<Submitted> = self.nodes[node].pending.drain(..done).collect();
        self.apply(&batch)?;
        if !batch.is_empty() || !self.nodes[node].batches.is_empty() {
            self.trace.met("commit that nobody was told of");
        }
        self.leave(node, &Heard::Gone);
        Ok(())
    }

    /// A node stops in order: what it was asked for is done, and the others are told.
    pub(super) fn stop(&mut self, node: usize) -> Held {
        say!(self, "n{node} stops");
        self.trace.met("stop in order");
        while !self.nodes[node].pending.is_empty() {
            self.commit(node)?;
        }
        while !self.nodes[node].batches.is_empty() {
            self.dispatch(node);
        }
        self.leave(node, &Heard::Left);
        Ok(())
    }

    /// A node is no more, and the others hear of it.
    fn leave(&mut self, node: usize, heard: &Heard) {
        self.nodes[node] = Node { down: true, ..Node::new(self.now, self.bus.up) };
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            self.bus.say(other, heard.clone());
        }
        for device in &mut self.devices {
            if device.link.as_ref().is_some_and(|link| link.node == node) {
                device.stalled = false;
                device.unlink();
            }
        }
    }

    /// And comes back, knowing nothing.
    pub(super) fn restart(&mut self, node: usize) {
        say!(self, "n{node} restarts");
        self.nodes[node] = Node::new(self.now, self.bus.up);
    }

    /// The bus goes away, or comes back: then every firm that a node has is heard again.
    pub(super) fn turn_bus(&mut self) {
        self.bus.up = !self.bus.up;
        say!(self, "bus up: {}", self.bus.up);
        let up = self.bus.up;
        for node in self.nodes.iter_mut().filter(|node| !node.down) {
            node.due.bus_is(up);
            if up {
                node.watched.extend(node.epochs.firms());
            }
        }
    }

    /// Time passes.
    pub(super) fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        self.wall = self.wall.plus_millis(millis.cast_signed());
        self.wall_max = self.wall_max.max(self.wall);
    }

    /// The time of day jumps, either way.
    pub(super) fn jump(&mut self) {
        let by = self.chance.between(0, 4 * 3_600_000).cast_signed() - 2 * 3_600_000;
        self.wall = self.wall.plus_millis(by);
        self.wall_max = self.wall_max.max(self.wall);
        say!(self, "the clock jumps by {by} ms");
    }

    /// A day goes by, or two: reminders become due.
    pub(super) fn jump_days(&mut self) {
        let days = self.chance.between(1, 2).cast_signed();
        self.wall = self.wall.plus_millis(days * DAY_MS);
        self.wall_max = self.wall_max.max(self.wall);
        say!(self, "{days} days go by");
    }

    /// Somebody's lists and numbers are counted again.
    pub(super) fn audit(&mut self, actor: Actor) -> Held {
        let Ok(Some(welcome)) = self.stored.reader.welcome(actor) else {
            return self.audit_stranger(actor);
        };
        say!(self, "audit of {}", actor.person);
        self.truth.welcomed(actor.person, &welcome)?;
        if let Ok(badges) = self.stored.reader.badges(actor) {
            self.truth.counted(actor.person, badges)?;
        }
        self.audit_threads(actor)
    }
}
