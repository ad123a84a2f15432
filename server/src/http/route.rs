//! One line of the table of routes: all that there is to know about an operation.

use super::problem::Problem;
use super::request::Call;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use std::pin::Pin;
use warp::reply::Response;

/// What a handler comes back with.
pub(super) type Answer = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// A handler: takes a request whose principal, query and body have been checked for form.
pub(super) type Handler = fn(Call) -> Answer;

/// Whose requests an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// Anybody's.
    Public,
    /// A host application's, by API key, bound to its firm.
    ApiKey,
    /// A host application's, or a person's by token.
    ApiKeyOrPerson,
    /// A person's, by token here or in the first frame.
    Socket,
}

/// Where an operation is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Where clients and host applications come.
    Api,
    /// Where the operator's tools come, if that is elsewhere.
    Ops,
}

/// A query parameter that some operations take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryParameter {
    /// Items of a page.
    Limit,
    /// The page to go on from.
    Cursor,
    /// Of one account only.
    Account,
    /// Of one thread only.
    Thread,
    /// Of one person only.
    Person,
}

impl QueryParameter {
    /// Its name in the query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Cursor => "cursor",
            Self::Account => "account",
            Self::Thread => "thread",
            Self::Person => "person",
        }
    }
}

/// The media type of pages.
const PAGE: &str = "text/html";

/// A body that an operation takes.
#[derive(Clone, Copy)]
pub(super) struct RequestBody {
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
    /// A body that is well formed, as JSON.
    pub(super) example: &'static str,
    /// Reads a text as this body: holds the example against the type.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the examples"))]
    pub(super) reads: fn(&str) -> Result<(), String>,
}

/// One operation: a method on a path.
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, with `{parameters}`, each a UUID; but `{token}` is a signed token of a mail.
    pub path: &'static str,
    /// The operation's name.
    pub operation: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Who may ask for it.
    pub access: AccessKind,
    /// Where it is served.
    pub listener: Listener,
    /// The status of success.
    pub success: u16,
    /// What may stand in the query.
    pub query: &'static [QueryParameter],
    /// Whether pages of allowed origins may call it from a browser.
    pub browsers: bool,
    pub(super) more_statuses: &'static [u16],
    pub(super) body: Option<RequestBody>,
    /// Whether it takes a form, of which nothing is read: that it was sent says all.
    pub(super) form: bool,
    pub(super) answer: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(super) media_type: &'static str,
    /// What it answers with instead to whoever asks for JSON.
    pub(super) json: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(super) handler: Handler,
}

impl Route {
    pub(super) const fn new(
        method: &'static str,
        path: &'static str,
        operation: &'static str,
        summary: &'static str,
        handler: Handler,
    ) -> Self {
        Self {
            method,
            path,
            operation,
            summary,
            access: AccessKind::ApiKey,
            listener: Listener::Api,
            success: 204,
            query: &[],
            browsers: false,
            more_statuses: &[],
            body: None,
            form: false,
            answer: None,
            media_type: "application/json",
            json: None,
            handler,
        }
    }

    pub(super) const fn access(mut self, access: AccessKind) -> Self {
        self.access = access;
        self
    }

    pub(super) const fn ops(mut self) -> Self {
        self.listener = Listener::Ops;
        self.access = AccessKind::Public;
        self
    }

    pub(super) const fn query(mut self, query: &'static [QueryParameter]) -> Self {
        self.query = query;
        self
    }

    pub(super) const fn browsers(mut self) -> Self {
        self.browsers = true;
        self
    }

    /// Takes a body of this type.
    pub(super) const fn takes<T: DeserializeOwned + JsonSchema>(
        mut self,
        example: &'static str,
    ) -> Self {
        let schema = SchemaGenerator::subschema_for::<T>;
        self.body = Some(RequestBody { schema, example, reads: reads::<T> });
        self
    }

    /// A page for people: anybody's who has a token of a mail.
    pub(super) const fn page(self) -> Self {
        self.access(AccessKind::Public).gives_text(200, PAGE)
    }

    /// Takes the form of such a page.
    pub(super) const fn form(mut self) -> Self {
        self.form = true;
        self
    }

    /// Succeeds with this type for whoever asks for JSON.
    pub(super) const fn or_gives<T: JsonSchema>(mut self) -> Self {
        self.json = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Whether it answers people, with pages.
    pub(super) fn is_page(&self) -> bool {
        self.media_type == PAGE
    }

    /// Succeeds with this status and type.
    pub(super) const fn gives<T: JsonSchema>(mut self, success: u16) -> Self {
        self.success = success;
        self.answer = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Succeeds with this status and text.
    pub(super) const fn gives_text(mut self, success: u16, media_type: &'static str) -> Self {
        self.success = success;
        self.media_type = media_type;
        self.answer = Some(SchemaGenerator::subschema_for::<String>);
        self
    }

    /// Succeeds by taking it in hand: there is nothing to tell yet.
    pub(super) const fn accepts(mut self) -> Self {
        self.success = 202;
        self
    }

    /// Succeeds by leaving HTTP.
    pub(super) const fn switches(mut self) -> Self {
        self.success = 101;
        self
    }

    /// Fails with these statuses besides those that follow from the rest.
    pub(super) const fn fails(mut self, statuses: &'static [u16]) -> Self {
        self.more_statuses = statuses;
        self
    }

    /// Every status it can be answered with, in order.
    pub fn statuses(&self) -> Vec<u16> {
        // Besides success: an unknown query parameter; our fault; a node that is full.
        let mut statuses = vec![self.success, 400, 500, 503];
        statuses.extend_from_slice(self.more_statuses);
        match self.access {
            AccessKind::Public => {}
            AccessKind::ApiKey => statuses.extend([401, 403]),
            AccessKind::ApiKeyOrPerson | AccessKind::Socket => statuses.push(401),
        }
        if self.path.contains('{') {
            statuses.push(404);
        }
        if !self.query.is_empty() {
            statuses.push(422);
        }
        if self.body.is_some() {
            statuses.extend([400, 408, 413, 415, 422]);
        }
        if self.form {
            statuses.extend([408, 413]);
        }
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }

    /// The parameters of the path, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Matches a path, and gives what stands for the parameters, in order.
    pub(super) fn matches(&self, path: &str) -> Option<Vec<String>> {
        let mut given = path.split('/');
        let mut values = Vec::new();
        for part in self.path.split('/') {
            let value = given.next()?;
            if part.starts_with('{') {
                values.push(value.to_owned());
            } else if part != value {
                return None;
            }
        }
        given.next().is_none().then_some(values)
    }
}

fn reads<T: DeserializeOwned>(text: &str) -> Result<(), String> {
    serde_json::from_str::<T>(text).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use crate::http::ROUTES;

    fn found(path: &str) -> Vec<(&'static str, Vec<String>)> {
        ROUTES.iter().filter_map(|route| Some((route.path, route.matches(path)?))).collect()
    }

    #[test]
    fn paths_match_whole_and_give_their_parameters() {
        let both = found("/v1/accounts/a/members/b");
        assert_eq!(both.len(), 2);
        assert_eq!(both[0].1, ["a", "b"]);
        assert_eq!(found("/v1/firm").len(), 2);
        let nothing = [
            "",
            "/",
            "/v1",
            "/v1/",
            "/v1/firm/",
            "//v1/firm",
            "/v1/FIRM",
            "/v1/firm/x",
            "/v2/firm",
            "/v1/accounts/a/members",
            "/v1/%66irm",
        ];
        for path in nothing {
            assert!(found(path).is_empty(), "{path}");
        }
    }

    #[test]
    fn no_two_routes_take_the_same_request() {
        for (at, route) in ROUTES.iter().enumerate() {
            for other in &ROUTES[at + 1..] {
                let same = route.method == other.method && other.matches(route.path).is_some();
                assert!(!same, "{} and {}", route.operation, other.operation);
            }
        }
    }
}
