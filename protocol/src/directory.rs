//! Who there is: firms, their teams, their clients. Shapes of the HTTP API under `/v1`; none of
//! them travels on a socket.

use crate::check::{at_most, filled, one_line, time_zone};
use crate::ids::{AccountId, ApiKeyId, ContactId, FirmId, MemberId, Person, Timestamp, TokenId};
use crate::limits::{EMAIL_BYTES_MAX, NAME_BYTES_MAX};
use crate::refusal::{Refusal, RefusalCode};
use crate::thread::{Language, shapes};
use serde::{Deserialize, Serialize};

shapes! {
    /// A tenant and its settings.
    pub struct Firm {
        /// Which firm.
        pub firm: FirmId,
        /// Its name, as clients read it.
        pub name: String,
        /// Whether contacts may start threads, or only answer.
        pub contacts_may_start: bool,
        /// When it was made.
        pub created_ms: Timestamp,
    }

    /// Changes to a firm; what is absent stays.
    #[derive(Default)]
    #[serde(default)]
    pub struct FirmPatch {
        /// Its name.
        pub name: Option<String>,
        /// Whether contacts may start threads.
        pub contacts_may_start: Option<bool>,
    }

    /// What a team member may do in general.
    #[derive(Copy, Hash)]
    pub enum Role {
        /// One per firm; sees and does everything.
        Owner,
        /// Sees and does everything.
        Admin,
        /// Sees the accounts assigned to it, or all by right.
        Member,
    }

    /// Rights a member may have beyond its role.
    #[derive(Copy, Default)]
    #[serde(default)]
    #[expect(clippy::struct_excessive_bools, reason = "rights are independent of each other")]
    pub struct Rights {
        /// Sees every account, assigned or not.
        pub view_all_accounts: bool,
        /// Attaches documents and manages folders.
        pub manage_documents: bool,
        /// Writes templates.
        pub manage_templates: bool,
        /// Makes organizers.
        pub manage_organizers: bool,
    }

    /// Somebody of the team.
    pub struct Member {
        /// Who.
        pub member: MemberId,
        /// The name, as everybody reads it and as `@name` mentions it.
        pub name: String,
        /// Where notices go.
        pub email: String,
        /// What it may do in general.
        pub role: Role,
        /// What it may do beyond.
        pub rights: Rights,
        /// Whether it may log in.
        pub active: bool,
    }

    /// A member to be made.
    pub struct NewMember {
        /// The name.
        pub name: String,
        /// The email address.
        pub email: String,
        /// The role. A firm has one owner.
        pub role: Role,
        /// None if absent.
        #[serde(default)]
        pub rights: Rights,
    }

    /// Changes to a member; what is absent stays.
    #[derive(Default)]
    #[serde(default)]
    pub struct MemberPatch {
        /// The name.
        pub name: Option<String>,
        /// The email address.
        pub email: Option<String>,
        /// The role. Making somebody the owner makes the owner an admin; the owner is not demoted
        /// otherwise.
        pub role: Option<Role>,
        /// The rights, all of them.
        pub rights: Option<Rights>,
        /// Whether it may log in. The owner always may.
        pub active: Option<bool>,
    }

    /// A client of the firm.
    pub struct Account {
        /// Which.
        pub account: AccountId,
        /// The client's name.
        pub name: String,
        /// Members it is assigned to.
        pub members: Vec<MemberId>,
    }

    /// An account to be made, or the new name of one.
    pub struct NewAccount {
        /// The client's name.
        pub name: String,
    }

    /// Whether a contact can use the portal.
    #[derive(Copy, Default, Hash)]
    pub enum ContactState {
        /// No access.
        #[default]
        None,
        /// Asked in, has not come yet.
        Invited,
        /// Logs in.
        Active,
    }

    /// Somebody who logs in for an account.
    pub struct Contact {
        /// Who.
        pub contact: ContactId,
        /// For which account.
        pub account: AccountId,
        /// The name.
        pub name: String,
        /// Where emails go.
        pub email: String,
        /// Whether it gets emails.
        pub notify: bool,
        /// Whether it can use the portal.
        pub state: ContactState,
        /// Language of its emails and pages.
        pub language: Language,
        /// IANA name of its time zone.
        pub time_zone: String,
    }

    /// A contact to be made.
    pub struct NewContact {
        /// For which account.
        pub account: AccountId,
        /// The name.
        pub name: String,
        /// The email address.
        pub email: String,
        /// Whether it gets emails; yes if absent.
        #[serde(default = "yes")]
        pub notify: bool,
        /// No access if absent.
        #[serde(default)]
        pub state: ContactState,
        /// English if absent.
        #[serde(default)]
        pub language: Language,
        /// UTC if absent.
        #[serde(default = "utc")]
        pub time_zone: String,
    }

    /// Changes to a contact; what is absent stays.
    #[derive(Default)]
    #[serde(default)]
    pub struct ContactPatch {
        /// The name.
        pub name: Option<String>,
        /// The email address.
        pub email: Option<String>,
        /// Whether it gets emails.
        pub notify: Option<bool>,
        /// Whether it can use the portal.
        pub state: Option<ContactState>,
        /// Language of its emails and pages.
        pub language: Option<Language>,
        /// IANA name of its time zone.
        pub time_zone: Option<String>,
    }

    /// An API key, without its secret.
    pub struct ApiKey {
        /// Which key.
        pub key: ApiKeyId,
        /// What it is for.
        pub label: String,
        /// When it was made.
        pub created_ms: Timestamp,
    }

    /// An API key to be made.
    pub struct NewApiKey {
        /// What it is for.
        pub label: String,
    }

    /// A new API key: the only time its secret is shown.
    pub struct IssuedApiKey {
        /// Which key.
        pub key: ApiKeyId,
        /// Goes into `Authorization: Bearer`.
        pub secret: String,
    }

    /// A token to be made for a person.
    pub struct NewToken {
        /// For whom.
        pub person: Person,
        /// How long it is good, in seconds, 1 to 86400; 3600 if absent.
        #[serde(default)]
        pub ttl_s: Option<u32>,
    }

    /// A new token.
    pub struct IssuedToken {
        /// By which it can be revoked.
        pub token_id: TokenId,
        /// Goes into `authenticate`, or `Authorization: Bearer`.
        pub token: String,
        /// When it runs out.
        pub expires_ms: Timestamp,
    }

    /// What ends tokens before their time.
    pub enum Revocation {
        /// One token that Tidings signed.
        Token(TokenId),
        /// Every token of a person made until now, whoever signed it; those of this whole second
        /// too, since tokens say no more.
        Person(Person),
    }

    /// One page of a list over HTTP.
    pub struct List<T> {
        /// The page.
        pub items: Vec<T>,
        /// `?cursor=` of the next page, if there is one.
        pub next: Option<String>,
    }
}

fn yes() -> bool {
    true
}

fn utc() -> String {
    "UTC".to_owned()
}

fn name(name: &str) -> Result<(), Refusal> {
    filled("name", name, NAME_BYTES_MAX)?;
    one_line("name", name)
}

/// An address that can be written to: one `@` with something on both sides and no white space.
/// Whether anybody reads there, only a mail tells.
fn email(email: &str) -> Result<(), Refusal> {
    at_most("email", email, EMAIL_BYTES_MAX)?;
    let plausible = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    });
    if !plausible || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Refusal::new(RefusalCode::Invalid)
            .at("email")
            .because("not an email address: expected name@domain"));
    }
    Ok(())
}

/// What comes in over HTTP and has bounds.
pub trait Bounded {
    /// Refuses with the field and the limit.
    fn check(&self) -> Result<(), Refusal>;
}

impl Bounded for FirmPatch {
    fn check(&self) -> Result<(), Refusal> {
        self.name.as_deref().map_or(Ok(()), name)
    }
}

impl Bounded for NewMember {
    fn check(&self) -> Result<(), Refusal> {
        name(&self.name)?;
        email(&self.email)
    }
}

impl Bounded for MemberPatch {
    fn check(&self) -> Result<(), Refusal> {
        self.name.as_deref().map_or(Ok(()), name)?;
        self.email.as_deref().map_or(Ok(()), email)
    }
}

impl Bounded for NewAccount {
    fn check(&self) -> Result<(), Refusal> {
        name(&self.name)
    }
}

impl Bounded for NewContact {
    fn check(&self) -> Result<(), Refusal> {
        name(&self.name)?;
        email(&self.email)?;
        time_zone(&self.time_zone)
    }
}

impl Bounded for ContactPatch {
    fn check(&self) -> Result<(), Refusal> {
        self.name.as_deref().map_or(Ok(()), name)?;
        self.email.as_deref().map_or(Ok(()), email)?;
        self.time_zone.as_deref().map_or(Ok(()), time_zone)
    }
}

impl Bounded for NewApiKey {
    fn check(&self) -> Result<(), Refusal> {
        filled("label", &self.label, NAME_BYTES_MAX)?;
        one_line("label", &self.label)
    }
}
