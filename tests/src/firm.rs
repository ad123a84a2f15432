//! A tenant as its host application sees it: made by the operator, filled over the HTTP API.

use crate::binary::Finished;
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::http::Http;
use crate::server::Server;
use serde_json::{Value, json};
use tidings_protocol::{
    Account, AccountId, Command, Contact, ContactId, ContactState, Encoding, FirmId, IssuedToken,
    Member, MemberId, Outcome, Person, Refusal, Reply, Role,
};

/// A firm, held by its API key.
#[derive(Clone, Debug)]
pub struct Firm {
    /// Which.
    pub id: FirmId,
    /// Its API key.
    pub key: String,
    /// The HTTP API with that key.
    pub http: Http,
    endpoint: Endpoint,
}

impl Firm {
    /// Makes one by `tidings firm create`, beside the running server.
    pub async fn create(server: &Server, name: &str) -> Self {
        let made = server.tidings(&["firm", "create", name]).await;
        Self::made(&made.ok(), server.endpoint())
    }

    /// One that `tidings firm create` has made, as reached at an address.
    pub fn made(made: &Finished, endpoint: &Endpoint) -> Self {
        let key = made.value("api_key").to_owned();
        let id = made.value("firm").parse().expect("the id of the firm is a UUID");
        Self { id, http: Http::new(endpoint).with(&key), key, endpoint: endpoint.clone() }
    }

    /// The same firm, as reached at another address.
    #[must_use]
    pub fn at(&self, endpoint: &Endpoint) -> Self {
        let http = Http::new(endpoint).with(&self.key);
        Self { id: self.id, key: self.key.clone(), http, endpoint: endpoint.clone() }
    }

    /// Adds a member.
    pub async fn member(&self, name: &str, role: Role) -> MemberId {
        let body = json!({ "name": name, "email": email(name), "role": role });
        self.http.post("/v1/members", &body).await.expect::<Member>(201).member
    }

    /// Adds an account.
    pub async fn account(&self, name: &str) -> AccountId {
        let body = json!({ "name": name });
        self.http.post("/v1/accounts", &body).await.expect::<Account>(201).account
    }

    /// Adds a contact of an account, in a state.
    pub async fn contact(&self, account: AccountId, name: &str, state: ContactState) -> ContactId {
        let body = json!({
            "account": account, "name": name, "email": email(name), "state": state,
        });
        self.http.post("/v1/contacts", &body).await.expect::<Contact>(201).contact
    }

    /// Gives a member access to an account, or takes it away.
    pub async fn assign(&self, account: AccountId, member: MemberId, assigned: bool) {
        let method = if assigned { "PUT" } else { "DELETE" };
        let path = format!("/v1/accounts/{account}/members/{member}");
        let answer = self.http.send(method, &path, None).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    /// Changes a member or contact.
    pub async fn patch(&self, person: Person, change: &Value) {
        let path = match person {
            Person::Member(id) => format!("/v1/members/{id}"),
            Person::Contact(id) => format!("/v1/contacts/{id}"),
        };
        let answer = self.http.patch(&path, change).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// A token for a person, good for an hour.
    pub async fn token(&self, person: Person) -> String {
        self.token_for(person, 3600).await.token
    }

    /// A token that is good for so many seconds.
    pub async fn token_for(&self, person: Person, ttl_s: u32) -> IssuedToken {
        let body = json!({ "person": person, "ttl_s": ttl_s });
        self.http.post("/v1/tokens", &body).await.expect(201)
    }

    /// Ends tokens.
    pub async fn revoke(&self, revocation: &Value) {
        let answer = self.http.post("/v1/tokens/revoke", revocation).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    /// Connects a person, with JSON.
    pub async fn connect(&self, person: Person) -> Client {
        self.connect_with(person, Encoding::Json).await
    }

    /// Connects a person.
    pub async fn connect_with(&self, person: Person, encoding: Encoding) -> Client {
        let token = self.token(person).await;
        Client::connect(&self.endpoint, &token, encoding).await
    }

    /// Does a command over HTTP in somebody's name.
    pub async fn command(&self, actor: Person, command: &Command) -> Outcome {
        let body = json!({ "actor": actor, "command": command });
        let answer = self.http.post("/v1/commands", &body).await;
        if answer.status == 200 {
            return Outcome::Ok(answer.expect::<Reply>(200));
        }
        let problem = answer.json();
        let part = |name: &str| problem[name].clone();
        let refusal: Result<Refusal, _> = serde_json::from_value(json!({
            "code": part("code"),
            "message": part("detail"),
            "field": part("field"),
            "limit": part("limit"),
            "retry_after_ms": part("retry_after_ms"),
        }));
        Outcome::Refused(refusal.unwrap_or_else(|error| panic!("{error} in {answer:?}")))
    }
}

fn email(name: &str) -> String {
    format!("{}@mail.example", name.to_lowercase().replace(' ', "."))
}

/// The member that a person is.
pub fn member_id(person: Person) -> MemberId {
    match person {
        Person::Member(id) => id,
        Person::Contact(id) => panic!("contact {id} is no member"),
    }
}

/// A small firm: an owner, a member with one account, and that account's contact.
pub struct Cast {
    /// The firm.
    pub firm: Firm,
    /// Olga, the owner.
    pub olga: Person,
    /// Mia, a member to whom the account is assigned.
    pub mia: Person,
    /// Noa, a member without any account.
    pub noa: Person,
    /// The account.
    pub account: AccountId,
    /// Carlos, its contact.
    pub carlos: Person,
}

impl Cast {
    /// Makes one on a server.
    pub async fn on(server: &Server) -> Self {
        Self::of(Firm::create(server, "Visser & Co").await).await
    }

    /// Fills a firm.
    pub async fn of(firm: Firm) -> Self {
        let olga = firm.member("Olga Owner", Role::Owner).await;
        let mia = firm.member("Mia Visser", Role::Member).await;
        let noa = firm.member("Noa Novak", Role::Member).await;
        let account = firm.account("Vega").await;
        firm.assign(account, mia, true).await;
        let carlos = firm.contact(account, "Carlos Vega", ContactState::Active).await;
        Self {
            firm,
            olga: Person::Member(olga),
            mia: Person::Member(mia),
            noa: Person::Member(noa),
            account,
            carlos: Person::Contact(carlos),
        }
    }
}
