//! The demo's firm: a team, three clients, and threads in which something has happened. All of it
//! is made by the operations that the API makes, in the people's own names.

use crate::cli::{Operator, create_firm, mint};
use crate::config::AuthConfig;
use anyhow::bail;
use std::time::Duration;
use tidings_protocol::{
    AccountId, Checked, ClientKey, Command, ContactId, ContactState, FirmId, FirmPatch, Language,
    MailPatch, MemberId, NewAccount, NewContact, NewMember, Person, Reminder, Reply, Rights, Role,
    Seq, TaskId, ThreadId,
};
use tidings_storage::{Actor, DirectoryChange, Done, Operation};
use uuid::Uuid;

/// After how long those who have not read get an email, in seconds: whoever tries it does not wait long.
pub(super) const MAIL_DELAY_S: u32 = 10;

/// How long the demo's tokens are good.
const TOKENS_GOOD_FOR: Duration = Duration::from_hours(24);

/// What the guide speaks of.
pub(super) struct DemoFirm {
    /// The API key of the firm's host application.
    pub(super) api_key: String,
    /// Sees everything.
    pub(super) owner: Someone,
    /// Sees the accounts assigned to it.
    pub(super) member: Someone,
    /// Of the account with the thread.
    pub(super) contact: Someone,
    /// A thread that all three see.
    pub(super) thread: ThreadId,
    /// Where links in emails lead.
    pub(super) portal_url: String,
}

/// A person one can be.
pub(super) struct Someone {
    /// The name.
    pub(super) name: &'static str,
    /// Who.
    pub(super) person: Person,
    /// A token.
    pub(super) token: String,
}

/// Makes the firm, whose links lead to a portal.
pub(super) fn make(
    operator: &mut Operator,
    auth: &AuthConfig,
    portal_url: String,
) -> anyhow::Result<DemoFirm> {
    let (firm, api_key) = create_firm(operator, "Bright & Partners")?;
    let mut making = Making { operator, firm };
    making.mail_soon(portal_url.clone())?;
    let olivia = making.member("Olivia Owner", Role::Owner)?;
    let adam = making.member("Adam Admin", Role::Admin)?;
    let mia = making.member("Mia Member", Role::Member)?;

    let bakery = making.account("Jansen Bakery", mia)?;
    let carla = making.contact(bakery, "Carla Jansen", ContactState::Active, Language::Nl)?;
    making.contact(bakery, "Piet Jansen", ContactState::Invited, Language::Nl)?;
    let dubois = making.account("Luc Dubois", mia)?;
    let luc = making.contact(dubois, "Luc Dubois", ContactState::Active, Language::Fr)?;
    // Nobody there can be reached: a thread for it is refused.
    let weber = making.account("Weber GmbH", mia)?;
    making.contact(weber, "Hanna Weber", ContactState::Invited, Language::De)?;

    let (olivia, mia) = (Person::Member(olivia), Person::Member(mia));
    let (carla, luc) = (Person::Contact(carla), Person::Contact(luc));
    let thread = making.annual_accounts(olivia, carla, bakery)?;
    making.question(luc, mia, adam, dubois)?;
    making.welcome(mia, carla, bakery)?;

    let mut someone = |name, person| {
        let token = mint(making.operator, auth, Actor { firm, person }, TOKENS_GOOD_FOR)?;
        anyhow::Ok(Someone { name, person, token })
    };
    Ok(DemoFirm {
        api_key,
        owner: someone("Olivia Owner, who owns the firm", olivia)?,
        member: someone("Mia Member, of its team", mia)?,
        contact: someone("Carla Jansen, a client's contact", carla)?,
        thread,
        portal_url,
    })
}

struct Making<'a> {
    operator: &'a mut Operator,
    firm: FirmId,
}

impl Making<'_> {
    /// A thread with tasks, one of them done, an answer, and reminders.
    fn annual_accounts(
        &mut self,
        owner: Person,
        contact: Person,
        account: AccountId,
    ) -> anyhow::Result<ThreadId> {
        let tasks = ["Upload the bank statements", "Count the stock", "Sign the engagement letter"];
        let thread = self.thread(
            owner,
            account,
            "Annual accounts",
            tasks.as_slice(),
            "\
            Hello Carla,\n\nfor the annual accounts we need **three things** from you. \
            Could you tick them here as you go?\n\nOlivia",
        )?;
        // Event 1 begins the thread and event 2 is its first message; the tasks follow.
        self.command(contact, Command::TickTask { thread, task: TaskId(3) })?;
        self.post(contact, thread, "The statements are done. Until when do you need the stock?")?;
        self.post(owner, thread, "By the end of the month is fine.")?;
        Ok(thread)
    }

    /// A thread that a client began, in which a colleague is called in.
    fn question(
        &mut self,
        contact: Person,
        member: Person,
        admin: MemberId,
        account: AccountId,
    ) -> anyhow::Result<()> {
        let thread = self.thread(contact, account, "", &[], "May I deduct a home office?")?;
        self.command(member, Command::Read { thread, up_to: Seq(2) })?;
        self.command(member, Command::Mention { thread, member: admin })?;
        self.post(member, thread, "Good question. @Adam Admin knows this best.")?;
        Ok(())
    }

    /// A thread that is over.
    fn welcome(
        &mut self,
        member: Person,
        contact: Person,
        account: AccountId,
    ) -> anyhow::Result<()> {
        let body = "Welcome! Here we can talk safely; email is no longer needed.";
        let thread = self.thread(member, account, "Welcome", &[], body)?;
        self.post(contact, thread, "Thank you :tada:")?;
        self.command(member, Command::Archive { thread })?;
        Ok(())
    }

    fn thread(
        &mut self,
        by: Person,
        account: AccountId,
        subject: &str,
        tasks: &[&str],
        body: &str,
    ) -> anyhow::Result<ThreadId> {
        let reminder = Reminder { on: true, days: 3, count: 1 };
        let reply = self.command(
            by,
            Command::CreateThread {
                account,
                key: ClientKey(Uuid::new_v4()),
                subject: subject.to_owned(),
                body: body.to_owned(),
                tasks: tasks.iter().map(|text| (*text).to_owned()).collect(),
                reminder: (!tasks.is_empty()).then_some(reminder),
                mentions: Vec::new(),
            },
        )?;
        match reply {
            Reply::ThreadCreated { thread, .. } => Ok(thread),
            other => bail!("unexpected answer to create_thread: {other:?}"),
        }
    }

    fn post(&mut self, by: Person, thread: ThreadId, body: &str) -> anyhow::Result<()> {
        let (key, body) = (ClientKey(Uuid::new_v4()), body.to_owned());
        self.command(by, Command::PostMessage { thread, key, body, mentions: Vec::new() })?;
        Ok(())
    }

    fn command(&mut self, by: Person, command: Command) -> anyhow::Result<Reply> {
        let actor = Actor { firm: self.firm, person: by };
        let command = Checked::try_from(command)?;
        match self.operator.apply(Operation::Command { actor, command })? {
            Done::Reply(reply) => Ok(reply),
            other => bail!("unexpected answer to a command: {other:?}"),
        }
    }

    fn mail_soon(&mut self, portal_url: String) -> anyhow::Result<()> {
        let (delay_s, portal_url) = (Some(MAIL_DELAY_S), Some(portal_url));
        let mail = MailPatch { delay_s, portal_url, ..MailPatch::default() };
        let patch = FirmPatch { mail, ..FirmPatch::default() };
        self.change(DirectoryChange::PatchFirm(patch)).map(drop)
    }

    fn member(&mut self, name: &str, role: Role) -> anyhow::Result<MemberId> {
        let email = email_of(name, "bright.example");
        let new = NewMember { name: name.to_owned(), email, role, rights: Rights::default() };
        match self.change(DirectoryChange::CreateMember(new))? {
            Done::Member(member) => Ok(member.member),
            other => bail!("unexpected answer to a new member: {other:?}"),
        }
    }

    fn account(&mut self, name: &str, assigned: MemberId) -> anyhow::Result<AccountId> {
        let new = NewAccount { name: name.to_owned(), time_zone: "Europe/Amsterdam".to_owned() };
        let Done::Account(account) = self.change(DirectoryChange::CreateAccount(new))? else {
            bail!("unexpected answer to a new account");
        };
        self.change(DirectoryChange::Assign(account.account, assigned))?;
        Ok(account.account)
    }

    fn contact(
        &mut self,
        account: AccountId,
        name: &str,
        state: ContactState,
        language: Language,
    ) -> anyhow::Result<ContactId> {
        let new = NewContact {
            account,
            name: name.to_owned(),
            email: email_of(name, "client.example"),
            notify: true,
            state,
            language,
            time_zone: "Europe/Amsterdam".to_owned(),
        };
        match self.change(DirectoryChange::CreateContact(new))? {
            Done::Contact(contact) => Ok(contact.contact),
            other => bail!("unexpected answer to a new contact: {other:?}"),
        }
    }

    fn change(&mut self, change: DirectoryChange) -> anyhow::Result<Done> {
        self.operator.apply(Operation::Directory { firm: self.firm, change })
    }
}

fn email_of(name: &str, domain: &str) -> String {
    format!("{}@{domain}", name.to_lowercase().replace(' ', "."))
}
