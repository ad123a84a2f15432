//! Every operation of the HTTP API, as the server's own document lists them, and things of a firm
//! to try them on.

use serde_json::{Value, json};
use tidings_protocol::{AccountId, ContactId, ContactState, MemberId, Person, Role};
use tidings_tests::{Answer, Firm, Http};
use uuid::Uuid;

/// Things of one firm that operations are about.
#[derive(Clone)]
pub(crate) struct Things {
    pub(crate) member: MemberId,
    pub(crate) account: AccountId,
    pub(crate) contact: Person,
    pub(crate) key: Uuid,
}

impl Things {
    /// Makes them.
    pub(crate) async fn of(firm: &Firm) -> Self {
        let member = firm.member("Matrix Member", Role::Member).await;
        let account = firm.account("Matrix Account").await;
        let contact = firm.contact(account, "Matrix Contact", ContactState::Active).await;
        let key = firm.http.post("/v1/api-keys", &json!({ "label": "matrix" })).await;
        let key = key.expect::<Value>(201)["key"].as_str().and_then(|id| id.parse().ok());
        Self { member, account, contact: Person::Contact(contact), key: key.expect("an id") }
    }

    /// Ids that nobody ever made.
    pub(crate) fn of_nobody() -> Self {
        Self {
            member: MemberId(Uuid::new_v4()),
            account: AccountId(Uuid::new_v4()),
            contact: Person::Contact(ContactId(Uuid::new_v4())),
            key: Uuid::new_v4(),
        }
    }

    pub(crate) fn fill(&self, path: &str) -> String {
        path.replace("{member}", &self.member.to_string())
            .replace("{account}", &self.account.to_string())
            .replace("{contact}", &self.contact.uuid().to_string())
            .replace("{key}", &self.key.to_string())
            // Tokens of mails come by mail alone: this one has their form, and nobody signed it.
            .replace("{token}", &format!("{}AAAAAAAAAAA", self.key.simple()))
    }

    /// A body that the operation takes, if it takes one.
    pub(crate) fn body(&self, operation: &str) -> Option<Value> {
        let person = json!({
            "account": self.account, "name": "New", "email": "new@mail.example", "state": "active",
        });
        Some(match operation {
            "patch_firm" => json!({ "contacts_may_start": true }),
            "create_member" => json!({ "name": "New", "email": "n@x.example", "role": "member" }),
            "create_account" => json!({ "name": "New" }),
            "create_api_key" => json!({ "label": "new" }),
            "patch_member" | "patch_account" | "patch_contact" => json!({ "name": "Renamed" }),
            "create_contact" => person,
            "create_token" | "revoke_tokens" | "create_login_link" => {
                json!({ "person": self.contact })
            }
            "run_command" => json!({ "actor": self.contact, "command": { "get_preferences": {} } }),
            _ => return None,
        })
    }
}

/// An operation that the server's document lists.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    /// With `{parameters}`.
    pub(crate) path: String,
    /// What the document says of it.
    pub(crate) said: Value,
}

impl Operation {
    /// The path and query about some things.
    pub(crate) fn path(&self, things: &Things) -> String {
        let path = things.fill(&self.path);
        match self.id.as_str() {
            "list_contacts" => format!("{path}?account={}", things.account),
            "list_notices" => format!("{path}?person={}", things.contact),
            _ => path,
        }
    }
}

/// Every operation that the document lists.
pub(crate) async fn operations(http: &Http) -> Vec<Operation> {
    operations_of(&http.get("/v1/openapi.json").await.json())
}

/// Every operation of a document.
pub(crate) fn operations_of(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("it has paths");
    let operations = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(|(method, operation)| Operation {
            id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
            method: method.to_uppercase(),
            path: path.clone(),
            said: operation.clone(),
        })
    });
    operations.collect()
}

/// Asks for an operation about some things.
pub(crate) async fn send(http: &Http, operation: &Operation, things: &Things) -> Answer {
    let body = things.body(&operation.id);
    http.send(&operation.method, &operation.path(things), body.as_ref()).await
}
