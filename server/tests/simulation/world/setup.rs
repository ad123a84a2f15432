//! How a run begins: two firms with a team and clients each, nodes, devices, and a few threads.

use crate::bus::Bus;
use crate::chance::Chance;
use crate::device::Device;
use crate::lie::Lie;
use crate::node::Node;
use crate::trace::Trace;
use crate::truth::{Submitted, Truth};
use crate::world::store::Stored;
use crate::world::{Settings, World};
use tidings_protocol::{
    AccountId, Checked, ClientKey, Command, ContactState, Encoding, FirmId, FirmPatch, Language,
    MailPatch, MemberId, NewAccount, NewContact, NewMember, Person, Reply, Rights, Role, Timestamp,
};
use tidings_server::session::Rates;
use tidings_storage::sqlite::{Location, Mode, Sqlite};
use tidings_storage::{Actor, DirectoryChange, Done, Operation};

/// When every run begins.
const BEGIN: Timestamp = Timestamp(1_767_225_600_000);

/// Most events that a join catches up on here: less than in earnest, so that there can be more.
pub(super) const CAUGHT_UP_MAX: u64 = 1_000;

impl World {
    /// The world of a seed.
    pub(super) fn new(seed: u64, lie: Lie) -> Self {
        let mut chance = Chance::new(seed, 0);
        let database = Sqlite::open(&Location::Memory, Mode::Serve, &mut Chance::new(seed, 1))
            .expect("a database in memory can be opened");
        let entropy = Box::new(Chance::new(seed, 2));
        let writer = database.writer(entropy).expect("a database in memory can be written");
        let reader = database.reader().expect("a database in memory can be read");
        let stored =
            Stored { writer: Box::new(writer), reader: Box::new(reader), _database: database };
        let nodes = 1 + chance.below(4);
        let now = tidings_server::clock::monotonic();
        let mut world = Self {
            trace: Trace::new(),
            truth: Truth::default(),
            lie,
            stored,
            nodes: (0..nodes).map(|_| Node::new(now, true)).collect(),
            bus: Bus::new(&mut chance),
            devices: Vec::new(),
            now,
            wall: BEGIN,
            wall_max: BEGIN,
            settings: settings(&mut chance),
            healed: false,
            next_socket: 1,
            chance,
        };
        world.found("Oak", &["Olga", "Anna", "Bob", "Cem"], 2);
        world.found("Elm", &["Emil", "Dora"], 1);
        let long = world.chance.percent(12);
        if long {
            world.begin_long_thread();
        }
        world
    }

    /// A firm: its owner comes first, the last of its team has no account.
    fn found(&mut self, name: &str, team: &[&str], accounts: usize) {
        let Done::Firm(firm) = self.set_up(Operation::CreateFirm { name: name.to_owned() }) else {
            return;
        };
        let firm = firm.firm;
        let delay_s = self.chance.pick(&[0, 1, 20]);
        let mail = MailPatch { delay_s, ..MailPatch::default() };
        self.directory(
            firm,
            DirectoryChange::PatchFirm(FirmPatch { mail, ..FirmPatch::default() }),
        );
        let team: Vec<MemberId> = team
            .iter()
            .enumerate()
            .map(|(index, name)| self.hire(firm, name, index == 0))
            .collect();
        let accounts: Vec<AccountId> = (0..accounts)
            .map(|index| self.account(firm, &format!("{name} client {index}")))
            .collect();
        for (index, member) in team.iter().enumerate().skip(1) {
            if index + 1 < team.len() || team.len() == 2 {
                let account = accounts[(index - 1) % accounts.len()];
                self.directory(firm, DirectoryChange::Assign(account, *member));
            }
        }
        for account in accounts {
            for number in 0..2 {
                self.contact(firm, account, number);
            }
        }
    }

    /// A thread longer than a page, and now and then longer than what a resume catches up on.
    fn begin_long_thread(&mut self) {
        let actor = self.devices[0].actor;
        let standing = self.truth.people.values().find(|standing| {
            standing.firm == actor.firm && standing.active && !standing.accounts.is_empty()
        });
        let Some(account) = standing.and_then(|standing| standing.accounts.first().copied()) else {
            return;
        };
        let posts = if self.chance.percent(50) { CAUGHT_UP_MAX + 20 } else { 130 };
        let key = ClientKey(self.chance.uuid());
        let create = Command::CreateThread {
            account,
            key,
            subject: String::new(),
            body: "the first of many".to_owned(),
            tasks: Vec::new(),
            reminder: None,
            mentions: Vec::new(),
        };
        let created = self.set_up(command(actor, create));
        let Done::Reply(Reply::ThreadCreated { thread, .. }) = created else { return };
        let post = |number| {
            let (key, body) = (ClientKey(self.chance.uuid()), format!("number {number}"));
            command(actor, Command::PostMessage { thread, key, body, mentions: Vec::new() })
        };
        let posts: Vec<Submitted> =
            (0..posts).map(post).map(|operation| Submitted { attempt: None, operation }).collect();
        self.apply(&posts).expect("nothing can be broken yet");
    }

    fn directory(&mut self, firm: FirmId, change: DirectoryChange) -> Done {
        self.set_up(Operation::Directory { firm, change })
    }

    fn set_up(&mut self, operation: Operation) -> Done {
        let submitted = Submitted { attempt: None, operation };
        let mut applied = self.apply(&[submitted]).expect("nothing can be broken yet");
        applied.remove(0).outcome.expect("the first people are welcome")
    }

    fn hire(&mut self, firm: FirmId, name: &str, owner: bool) -> MemberId {
        let role = if owner { Role::Owner } else { Role::Member };
        let email = format!("{name}@example.org");
        let new = NewMember { name: name.to_owned(), email, role, rights: Rights::default() };
        let Done::Member(member) = self.directory(firm, DirectoryChange::CreateMember(new)) else {
            unreachable!("a new member is answered with it");
        };
        self.devices_of(firm, Person::Member(member.member));
        member.member
    }

    fn account(&mut self, firm: FirmId, name: &str) -> AccountId {
        let new = NewAccount { name: name.to_owned(), time_zone: "UTC".to_owned() };
        let Done::Account(account) = self.directory(firm, DirectoryChange::CreateAccount(new))
        else {
            unreachable!("a new account is answered with it");
        };
        account.account
    }

    fn contact(&mut self, firm: FirmId, account: AccountId, number: usize) {
        let new = NewContact {
            account,
            name: format!("Contact {number}"),
            email: "contact@example.org".to_owned(),
            notify: true,
            state: if number == 0 || self.chance.percent(60) {
                ContactState::Active
            } else {
                ContactState::None
            },
            language: Language::En,
            time_zone: "UTC".to_owned(),
        };
        if let Done::Contact(contact) = self.directory(firm, DirectoryChange::CreateContact(new)) {
            self.devices_of(firm, Person::Contact(contact.contact));
        }
    }

    fn devices_of(&mut self, firm: FirmId, person: Person) {
        let actor = Actor { firm, person };
        let devices = if self.chance.percent(30) { 2 } else { 1 };
        for _ in 0..devices {
            let number = self.devices.len();
            let encoding = Encoding::ALL[self.chance.below(2)];
            self.devices.push(Device::new(number, actor, encoding));
        }
    }
}

fn command(actor: Actor, command: Command) -> Operation {
    let command = Checked::try_from(command).expect("its bounds are kept");
    Operation::Command { actor, command }
}

fn settings(chance: &mut Chance) -> Settings {
    let per_second = chance.pick(&[5, 50, 50]).unwrap_or(50);
    Settings {
        outbound_bytes: chance.pick(&[4_000, 16_000, 256 * 1024]).unwrap_or(16_000),
        mail_max: chance.pick(&[8, 1_000, 1_000]).unwrap_or(1_000),
        commands_in_flight: chance.pick(&[2, 16]).unwrap_or(16),
        rates: Rates { commands_per_second: per_second, commands_burst: per_second * 2 },
    }
}
