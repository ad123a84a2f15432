//! Makes the people: groups of contacts and members around one account and its threads. The firm's
//! owner starts the threads, as a firm does, and is away during the run.

use crate::cast::api::{Api, Connection};
use anyhow::{Context, Result, bail};
use tidings_protocol::{
    Account, AccountId, ClientKey, Command, Contact, ContactState, IssuedToken, Language, List,
    Member, MemberId, NewAccount, NewContact, NewMember, NewToken, Person, Reply, Rights, Role,
    Seq, TaskId, ThreadId,
};
use uuid::Uuid;

/// Tokens outlive the longest run that does not renew them; whoever comes back gets a new one.
const TOKEN_SECONDS: u32 = 4 * 3600;

/// How many of each.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Groups, each around one account.
    pub groups: usize,
    /// Contacts of each account.
    pub contacts: usize,
    /// Members that each account is assigned to.
    pub members: usize,
    /// Threads of each account; 0 for people who only listen.
    pub threads: usize,
    /// Tasks of each thread.
    pub tasks: usize,
}

/// Everybody.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The firm's owner, who sees every thread.
    pub owner: MemberId,
    /// The groups.
    pub groups: Vec<Group>,
}

/// Some people around one account.
#[derive(Clone, Debug)]
pub struct Group {
    /// Contacts first, then members; each with a token.
    pub people: Vec<(Person, String)>,
    /// What they are around.
    pub account: AccountId,
    /// Their threads.
    pub threads: Vec<Started>,
}

/// A thread that the owner has started.
#[derive(Clone, Debug)]
pub struct Started {
    /// Which.
    pub thread: ThreadId,
    /// Its tasks.
    pub tasks: Vec<TaskId>,
    /// The key of its first message.
    pub key: ClientKey,
}

/// The first message of every thread.
pub const FIRST_BODY: &str = "Please answer.";

/// Its position: the thread's beginning comes before it.
pub const FIRST_SEQ: Seq = Seq(2);

/// Makes everybody that the plan asks for.
pub async fn populate(api: &Api, plan: Plan) -> Result<Cast> {
    let owner = owner(api).await?;
    let accounts: Vec<AccountId> = api
        .for_each(0..plan.groups, async |api, index| {
            let new = NewAccount { name: format!("Client {index}"), time_zone: "UTC".to_owned() };
            let made: Account = api.post("/v1/accounts", &new).await?;
            Ok(made.account)
        })
        .await?;
    let seats = accounts
        .iter()
        .flat_map(|account| (0..plan.contacts + plan.members).map(|index| (*account, index)));
    let people: Vec<(Person, String)> = api
        .for_each(seats, async |api, (account, index)| {
            let person = if index < plan.contacts {
                contact(api, account, index).await?
            } else {
                member(api, account, index).await?
            };
            Ok((person, token(api, person).await?))
        })
        .await?;
    let places = accounts.iter().flat_map(|account| (0..plan.threads).map(|_| *account));
    let threads: Vec<Started> = api
        .for_each(places, async |api, account| thread(api, owner, account, plan.tasks).await)
        .await?;
    let mut people = people.into_iter();
    let mut threads = threads.into_iter();
    let groups = accounts.iter().map(|account| Group {
        account: *account,
        people: people.by_ref().take(plan.contacts + plan.members).collect(),
        threads: threads.by_ref().take(plan.threads).collect(),
    });
    Ok(Cast { owner, groups: groups.collect() })
}

/// The firm's owner; a firm has one at most.
async fn owner(api: &Api) -> Result<MemberId> {
    let mut api = api.connect().await?;
    let mut path = "/v1/members?limit=100".to_owned();
    loop {
        let page: List<Member> = api.get(&path).await.context("reading the firm's team")?;
        if let Some(owner) = page.items.iter().find(|member| member.role == Role::Owner) {
            return Ok(owner.member);
        }
        let Some(next) = page.next else { break };
        path = format!("/v1/members?limit=100&cursor={next}");
    }
    let made: Member = api.post("/v1/members", &new_member("Olive Owner", Role::Owner)).await?;
    Ok(made.member)
}

async fn contact(api: &mut Connection, account: AccountId, index: usize) -> Result<Person> {
    let new = NewContact {
        account,
        name: format!("Contact {index}"),
        email: format!("contact-{index}@client.example"),
        notify: true,
        state: ContactState::Active,
        language: Language::En,
        time_zone: "UTC".to_owned(),
    };
    let made: Contact = api.post("/v1/contacts", &new).await?;
    Ok(Person::Contact(made.contact))
}

async fn member(api: &mut Connection, account: AccountId, index: usize) -> Result<Person> {
    let name = format!("Member {index}");
    let made: Member = api.post("/v1/members", &new_member(&name, Role::Member)).await?;
    let path = format!("/v1/accounts/{account}/members/{}", made.member);
    let (status, _) = api.request("PUT", &path, "").await?;
    anyhow::ensure!(status == 204, "PUT {path} answered {status}");
    Ok(Person::Member(made.member))
}

fn new_member(name: &str, role: Role) -> NewMember {
    let email = format!("{}@firm.example", Uuid::new_v4().simple());
    NewMember { name: name.to_owned(), email, role, rights: Rights::default() }
}

/// A token for somebody.
pub(crate) async fn token(api: &mut Connection, person: Person) -> Result<String> {
    let new = NewToken { person, ttl_s: Some(TOKEN_SECONDS) };
    let made: IssuedToken = api.post("/v1/tokens", &new).await?;
    Ok(made.token)
}

async fn thread(
    api: &mut Connection,
    owner: MemberId,
    account: AccountId,
    tasks: usize,
) -> Result<Started> {
    let key = ClientKey(Uuid::new_v4());
    let command = Command::CreateThread {
        account,
        key,
        subject: "Your return".to_owned(),
        body: FIRST_BODY.to_owned(),
        tasks: (1..=tasks).map(|index| format!("Send document {index}")).collect(),
        reminder: None,
        mentions: Vec::new(),
    };
    let owner = Person::Member(owner);
    let Reply::ThreadCreated { thread, .. } = api.command(owner, command).await? else {
        bail!("create_thread was answered with something else");
    };
    let Reply::Thread(view) = api.command(owner, Command::GetThread { thread }).await? else {
        bail!("get_thread was answered with something else");
    };
    Ok(Started { thread, tasks: view.tasks.iter().map(|task| task.task).collect(), key })
}
