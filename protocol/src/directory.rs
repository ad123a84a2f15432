//! Who there is: firms, their teams, their clients. Shapes of the HTTP API under `/v1`; none of
//! them travels on a socket.

use crate::check::{at_most, filled, number, one_line, plain, time_zone};
use crate::ids::{
    AccountId, ApiKeyId, ContactId, FirmId, MemberId, Person, ThreadId, Timestamp, TokenId,
};
use crate::limits::{
    EMAIL_BYTES_MAX, EMAIL_LOCAL_BYTES_MAX, MAIL_DELAY_SECONDS_DEFAULT, MAIL_FOOTER_BYTES_MAX,
    NAME_BYTES_MAX, URL_BYTES_MAX,
};
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
        /// Its emails.
        pub mail: MailSettings,
    }

    /// How a firm's emails look, and what is in them.
    pub struct MailSettings {
        /// Seconds from the first thing that somebody is to be told of to the email about it and all
        /// that came meanwhile, 0 to 3600.
        pub delay_s: u32,
        /// Whether emails show subjects, names and texts; threads may differ. If not, they say that
        /// there is something, and link to it.
        pub show_content: bool,
        /// What becomes of an answer by email.
        pub answers: Answers,
        /// Whether links in emails log in whoever follows them, once and for a short time.
        pub login_links: bool,
        /// Where the firm's clients and team open a thread, `{thread}` standing for its id; empty:
        /// nowhere.
        pub portal_url: String,
        /// Colour of buttons, as `#rrggbb`; empty: Tidings' own.
        pub colour: String,
        /// Where the firm's logo is, an `https` address; empty: its name stands there.
        pub logo_url: String,
        /// A line or two at the end of every email.
        pub footer: String,
    }

    /// What becomes of an answer by email to a notice.
    #[derive(Copy, Default, Hash)]
    pub enum Answers {
        /// Nothing is posted, and the sender gets an email that says so.
        #[default]
        Reject,
        /// It is posted in the contact's name.
        Deliver,
    }

    /// Changes to a firm's emails; what is absent stays.
    #[derive(Default)]
    #[serde(default)]
    pub struct MailPatch {
        /// Seconds that events are gathered for.
        pub delay_s: Option<u32>,
        /// Whether emails show subjects, names and texts.
        pub show_content: Option<bool>,
        /// What becomes of an answer by email.
        pub answers: Option<Answers>,
        /// Whether links log in.
        pub login_links: Option<bool>,
        /// Where a thread is opened.
        pub portal_url: Option<String>,
        /// Colour of buttons.
        pub colour: Option<String>,
        /// Where the logo is.
        pub logo_url: Option<String>,
        /// A line or two at the end.
        pub footer: Option<String>,
    }

    /// Changes to a firm; what is absent stays.
    #[derive(Default)]
    #[serde(default)]
    pub struct FirmPatch {
        /// Its name.
        pub name: Option<String>,
        /// Whether contacts may start threads.
        pub contacts_may_start: Option<bool>,
        /// Its emails.
        pub mail: MailPatch,
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
        /// IANA name of the time zone in which days between reminders are counted.
        pub time_zone: String,
        /// Members it is assigned to.
        pub members: Vec<MemberId>,
    }

    /// An account to be made.
    pub struct NewAccount {
        /// The client's name.
        pub name: String,
        /// UTC if absent.
        #[serde(default = "utc")]
        pub time_zone: String,
    }

    /// Changes to an account; what is absent stays.
    #[derive(Default)]
    #[serde(default)]
    pub struct AccountPatch {
        /// The client's name.
        pub name: Option<String>,
        /// IANA name of the time zone; timers that run already are not moved.
        pub time_zone: Option<String>,
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

    /// An email with a link to log in by, to be sent.
    pub struct NewLoginLink {
        /// To whom.
        pub person: Person,
        /// The thread it leads to.
        #[serde(default)]
        pub thread: Option<ThreadId>,
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

impl Default for MailSettings {
    /// Two minutes; nothing shown; links that log in; Tidings' own looks.
    fn default() -> Self {
        Self {
            delay_s: MAIL_DELAY_SECONDS_DEFAULT,
            show_content: false,
            answers: Answers::default(),
            login_links: true,
            portal_url: String::new(),
            colour: String::new(),
            logo_url: String::new(),
            footer: String::new(),
        }
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
        let between_dots = local.split('.').all(|part| !part.is_empty());
        between_dots && !local.contains(|c| "()<>[]:;@\\,\"".contains(c)) && is_domain(domain)
    });
    if !plausible || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Refusal::new(RefusalCode::Invalid)
            .at("email")
            .because("not an email address: expected name@domain"));
    }
    let local = email.split('@').next().unwrap_or_default();
    if local.len() > EMAIL_LOCAL_BYTES_MAX {
        return Err(Refusal::new(RefusalCode::Invalid)
            .at("email")
            .because(format!("{} bytes before the @; at most {EMAIL_LOCAL_BYTES_MAX}", local.len()))
            .limit(EMAIL_LOCAL_BYTES_MAX as u64));
    }
    Ok(())
}

/// An address that a browser opens: `https`, or `http` for trying things out. It stands in emails, so
/// nothing in it ends an attribute or a line.
fn web_address(field: &str, url: &str, secure_or_not: bool) -> Result<(), Refusal> {
    at_most(field, url, URL_BYTES_MAX)?;
    let rest = url.strip_prefix("https://");
    let rest = rest.or_else(|| url.strip_prefix("http://").filter(|_| secure_or_not));
    let plausible = rest.is_some_and(has_host)
        && url.chars().all(|c| c.is_ascii_graphic() && !"\"'<>\\`".contains(c));
    if url.is_empty() || plausible {
        return Ok(());
    }
    let expected = if secure_or_not { "https:// or http://" } else { "https://" };
    Err(Refusal::new(RefusalCode::Invalid)
        .at(field)
        .because(format!("not a web address: expected {expected} and plain ASCII")))
}

/// Whether what follows the scheme begins with a host, and a port if there is one: nobody's name, no
/// placeholder.
fn has_host(rest: &str) -> bool {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, port) = rest[..end].split_once(':').unwrap_or((&rest[..end], "443"));
    is_domain(host) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Labels with dots between them, of letters of whatever language, digits and hyphens inside.
fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    })
}

fn hex_colour(colour: &str) -> Result<(), Refusal> {
    let digits = colour.strip_prefix('#').unwrap_or_default();
    if colour.is_empty() || (digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit())) {
        return Ok(());
    }
    Err(Refusal::new(RefusalCode::Invalid)
        .at("mail.colour")
        .because("not a colour: expected one such as #1a5fb4"))
}

/// What comes in over HTTP and has bounds.
pub trait Bounded {
    /// Refuses with the field and the limit.
    fn check(&self) -> Result<(), Refusal>;
}

impl Bounded for FirmPatch {
    fn check(&self) -> Result<(), Refusal> {
        self.name.as_deref().map_or(Ok(()), name)?;
        let MailPatch { delay_s, portal_url, colour, logo_url, footer, .. } = &self.mail;
        delay_s.map_or(Ok(()), |seconds| number("mail.delay_s", seconds.into()))?;
        portal_url.as_deref().map_or(Ok(()), |url| web_address("mail.portal_url", url, true))?;
        logo_url.as_deref().map_or(Ok(()), |url| web_address("mail.logo_url", url, false))?;
        colour.as_deref().map_or(Ok(()), hex_colour)?;
        footer.as_deref().map_or(Ok(()), |text| {
            at_most("mail.footer", text, MAIL_FOOTER_BYTES_MAX)?;
            plain("mail.footer", text)
        })
    }
}

impl Bounded for AccountPatch {
    fn check(&self) -> Result<(), Refusal> {
        self.name.as_deref().map_or(Ok(()), name)?;
        self.time_zone.as_deref().map_or(Ok(()), time_zone)
    }
}

impl Bounded for NewLoginLink {
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
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
        name(&self.name)?;
        time_zone(&self.time_zone)
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
