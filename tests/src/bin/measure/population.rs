//! Whom the sockets belong to: one account and one thread for each group of sockets, and a contact
//! of its own for every socket, so that no limit per person has to be raised. The firm's owner has
//! started the threads and is away; every message of a contact moves an item of its inbox.

use crate::api::Api;
use anyhow::Result;
use tidings_protocol::{
    Account, AccountId, ClientKey, Command, CommandRequest, Contact, ContactId, ContactState,
    IssuedToken, Language, Member, NewAccount, NewContact, NewMember, NewToken, Person, Reply,
    Rights, Role, ThreadId,
};
use uuid::Uuid;

/// Tokens outlive the longest run.
const TOKEN_SECONDS: u32 = 3600;

/// Some people of one account, and their thread.
pub(crate) struct Group {
    pub(crate) thread: ThreadId,
    /// Of one contact each.
    pub(crate) tokens: Vec<String>,
}

/// Makes an owner and so many groups of so many contacts.
pub(crate) async fn populate(api: &Api, groups: usize, contacts: usize) -> Result<Vec<Group>> {
    let owner: Member = api.connect().await?.post("/v1/members", &owner()).await?;
    let accounts: Vec<AccountId> = api
        .for_each(0..groups, async |connection, index| {
            let new = NewAccount { name: format!("Client {index}") };
            let made: Account = connection.post("/v1/accounts", &new).await?;
            Ok(made.account)
        })
        .await?;
    let seats = accounts.iter().flat_map(|account| (0..contacts).map(|index| (*account, index)));
    let people: Vec<ContactId> = api
        .for_each(seats, async |connection, (account, index)| {
            let made: Contact = connection.post("/v1/contacts", &contact(account, index)).await?;
            Ok(made.contact)
        })
        .await?;
    let tokens = api
        .for_each(people, async |connection, contact| {
            let new = NewToken { person: Person::Contact(contact), ttl_s: Some(TOKEN_SECONDS) };
            let made: IssuedToken = connection.post("/v1/tokens", &new).await?;
            Ok(made.token)
        })
        .await?;
    let threads = api
        .for_each(accounts, async |connection, account| {
            let request = CommandRequest {
                actor: Some(Person::Member(owner.member)),
                command: start_thread(account),
            };
            let reply: Reply = connection.post("/v1/commands", &request).await?;
            match reply {
                Reply::ThreadCreated { thread, .. } => Ok(thread),
                other => anyhow::bail!("create_thread answered {other:?}"),
            }
        })
        .await?;
    let tokens = tokens.chunks(contacts).map(<[String]>::to_vec);
    Ok(threads.into_iter().zip(tokens).map(|(thread, tokens)| Group { thread, tokens }).collect())
}

fn owner() -> NewMember {
    NewMember {
        name: "Olive Owner".to_owned(),
        email: "olive@firm.example".to_owned(),
        role: Role::Owner,
        rights: Rights::default(),
    }
}

fn contact(account: AccountId, index: usize) -> NewContact {
    NewContact {
        account,
        name: format!("Contact {index}"),
        email: format!("contact-{index}@client.example"),
        notify: true,
        state: ContactState::Active,
        language: Language::En,
        time_zone: "UTC".to_owned(),
    }
}

fn start_thread(account: AccountId) -> Command {
    Command::CreateThread {
        account,
        key: ClientKey(Uuid::new_v4()),
        subject: "Measured".to_owned(),
        body: "Please answer.".to_owned(),
        tasks: Vec::new(),
        reminder: None,
        mentions: Vec::new(),
    }
}
