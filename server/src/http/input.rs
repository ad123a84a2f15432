//! Reading what a query says, and writing the answer. Bodies are read as the protocol reads frames.

use super::problem::{HttpProblem, Problem};
use super::route::QueryParameter;
use crate::auth::{hyphenated, person_named};
use serde::Serialize;
use tidings_protocol::limits::CURSOR_BYTES_MAX;
use tidings_protocol::{AccountId, Page, Person, Refusal, RefusalCode, ThreadId, at_most, number};
use warp::http::StatusCode;
use warp::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use warp::reply::{Reply as _, Response};

/// What the query of a request says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) page: Page,
    pub(super) account: Option<AccountId>,
    pub(super) thread: Option<ThreadId>,
    pub(super) person: Option<Person>,
}

impl Query {
    /// Reads a query, and refuses what the operation does not know: a misspelt filter must not
    /// become no filter.
    pub(super) fn parse(text: &str, known: &[QueryParameter]) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let parameter = known.iter().find(|parameter| parameter.name() == name);
            match parameter {
                Some(QueryParameter::Limit) if query.page.limit.is_none() => {
                    query.page.limit = Some(limit(&value)?);
                }
                Some(QueryParameter::Cursor) if query.page.cursor.is_none() => {
                    at_most("cursor", &value, CURSOR_BYTES_MAX)?;
                    query.page.cursor = Some(value.into_owned());
                }
                Some(QueryParameter::Account) if query.account.is_none() => {
                    let id = hyphenated(&value).ok_or_else(|| bad("account", "is no UUID"))?;
                    query.account = Some(AccountId(id));
                }
                Some(QueryParameter::Thread) if query.thread.is_none() => {
                    let id = hyphenated(&value).ok_or_else(|| bad("thread", "is no UUID"))?;
                    query.thread = Some(ThreadId(id));
                }
                Some(QueryParameter::Person) if query.person.is_none() => {
                    let wrong = || bad("person", "is neither member:UUID nor contact:UUID");
                    query.person = Some(person_named(&value).ok_or_else(wrong)?);
                }
                Some(repeated) => return Err(bad(repeated.name(), "is given twice")),
                None => return Err(unknown(&name, known)),
            }
        }
        Ok(query)
    }
}

fn limit(text: &str) -> Result<u32, Refusal> {
    let limit: u64 = text.parse().map_err(|_| bad("limit", "is no number"))?;
    number("limit", limit)?;
    u32::try_from(limit).map_err(|_| bad("limit", "is no number"))
}

fn bad(parameter: &str, what: &str) -> Refusal {
    let message = format!("the query parameter `{parameter}` {what}");
    Refusal::new(RefusalCode::Malformed).at(parameter).because(message)
}

fn unknown(name: &str, known: &[QueryParameter]) -> Refusal {
    let names: Vec<&str> = known.iter().map(|parameter| parameter.name()).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let message = if names_a_credential(name) {
        "never put a credential into a URL: send it as `Authorization: Bearer`".to_owned()
    } else {
        format!("no such query parameter; known here: {known}")
    };
    // Cut, because it is somebody's text of any length.
    let name: String = name.chars().take(40).collect();
    Refusal::new(RefusalCode::Malformed).at(name).because(message)
}

/// URLs end up in logs and histories, credentials must not.
fn names_a_credential(parameter: &str) -> bool {
    let name = parameter.to_ascii_lowercase();
    ["token", "jwt", "auth", "key"].iter().any(|part| name.contains(part))
}

/// An answer of JSON.
pub(super) fn respond<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Problem> {
    let json = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "an answer can't be written as JSON");
        HttpProblem::Internal
    })?;
    let mut response = json.into_response();
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// An answer without a body.
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Adds a header whose value is made of ids and names of ours.
pub(super) fn with_header(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGED: &[QueryParameter] = &[QueryParameter::Limit, QueryParameter::Cursor];

    #[test]
    fn queries_are_read_or_refused_by_name() {
        let query = Query::parse("limit=100&cursor=a%2Bb", PAGED).unwrap();
        assert_eq!(query.page, Page { limit: Some(100), cursor: Some("a+b".to_owned()) });
        assert_eq!(Query::parse("", &[]).unwrap(), Query::default());
        let table = [
            ("limit=0", RefusalCode::Invalid, "limit"),
            ("limit=101", RefusalCode::Invalid, "limit"),
            ("limit=5000000000", RefusalCode::Invalid, "limit"),
            ("limit=-1", RefusalCode::Malformed, "limit"),
            ("limit=1&limit=2", RefusalCode::Malformed, "limit"),
            ("account=x", RefusalCode::Malformed, "account"),
            ("Limit=1", RefusalCode::Malformed, "Limit"),
        ];
        for (text, code, field) in table {
            let refusal = Query::parse(text, PAGED).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(field)), "{text}");
        }
        let of_person = &[QueryParameter::Person, QueryParameter::Thread];
        let id = "0198c5a0-0000-7000-8000-000000000001";
        for text in [format!("person=member:{id}"), format!("person=contact%3A{id}")] {
            let person = Query::parse(&text, of_person).unwrap().person.unwrap();
            assert_eq!(person.uuid().to_string(), id);
        }
        for wrong in [id.to_owned(), format!("owner:{id}"), "member:".to_owned(), String::new()] {
            let refusal = Query::parse(&format!("person={wrong}"), of_person).unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("person"), "{wrong}");
        }
        let token = Query::parse("access_token=a.b.c", PAGED).unwrap_err();
        assert!(token.message.contains("Bearer"), "{token}");
        assert_eq!(Query::parse("limit=0", PAGED).unwrap_err().limit, Some(1));
        let long = format!("cursor={}", "a".repeat(CURSOR_BYTES_MAX + 1));
        assert_eq!(Query::parse(&long, PAGED).unwrap_err().limit, Some(CURSOR_BYTES_MAX as u64));
    }
}
