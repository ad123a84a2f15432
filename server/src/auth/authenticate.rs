//! From credentials to a principal: what only the store can say about them.

use super::{Identity, api_key, hash_api_key};
use crate::node::Node;
use tidings_protocol::{ContactId, FirmId, MemberId, Person, Refusal, RefusalCode};
use tidings_storage::{QueryError, Reader, Unavailable};
use uuid::Uuid;
use warp::http::HeaderMap;
use warp::http::header::AUTHORIZATION;

/// On whose behalf an HTTP request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A host application, for a whole firm.
    ApiKey(FirmId),
    /// A person, by token.
    Person(Identity),
}

/// Checks a token and that it still stands and its person still has access. The refusal does not
/// tell revoked from deactivated from never existed.
pub async fn authenticate(node: &Node, token: &str) -> Result<Identity, Refusal> {
    let identity = node.auth.verify(token, node.clock.now()).map_err(|error| {
        Refusal::new(RefusalCode::Unauthenticated).at("token").because(error.to_string())
    })?;
    let Identity { actor, token, issued, .. } = identity;
    let stands = ask(node, move |reader| {
        let stands = reader.token_stands(actor, token, issued)?;
        Ok::<_, Unavailable>(stands && reader.access(actor)?.is_some())
    });
    if stands.await? {
        return Ok(identity);
    }
    Err(Refusal::new(RefusalCode::Unauthenticated)
        .at("token")
        .because("the token was revoked, or its person has no access"))
}

/// Who makes a request, by its `Authorization` header; none without one.
pub async fn principal(node: &Node, headers: &HeaderMap) -> Result<Option<Principal>, Refusal> {
    let Some(credential) = bearer(headers)? else { return Ok(None) };
    if !credential.starts_with(api_key::PREFIX) {
        return authenticate(node, credential).await.map(|one| Some(Principal::Person(one)));
    }
    let hash = hash_api_key(credential);
    let firm = ask(node, move |reader| reader.firm_of_api_key(&hash)).await?;
    firm.map(|firm| Some(Principal::ApiKey(firm)))
        .ok_or_else(|| Refusal::new(RefusalCode::Unauthenticated).because("no such API key"))
}

/// The credential of `Authorization: Bearer` (RFC 6750, 2.1), if there is one.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let refuse = |why: &str| Refusal::new(RefusalCode::Unauthenticated).because(why);
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(refuse("more than one Authorization header"));
    }
    let text = value.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, credential)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(credential.trim_matches(' ')))
        }
        _ => Err(refuse("the Authorization header is not of the form `Bearer CREDENTIAL`")),
    }
}

/// Asks the store, and turns its absence into a refusal. Logged here, told in general terms.
pub(crate) async fn ask<T, E>(
    node: &Node,
    question: impl FnOnce(&mut dyn Reader) -> Result<T, E> + Send + 'static,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    E: Into<QueryError> + Send + 'static,
{
    let away = |error: Unavailable| {
        tracing::warn!(%error, "a question to the store was not answered");
        crate::store::away()
    };
    match node.store.read(question).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(match error.into() {
            QueryError::Refused(refusal) => refusal,
            QueryError::Unavailable(error) => away(error),
        }),
        Err(error) => Err(away(error)),
    }
}

/// A UUID in the one form that is written everywhere: 36 characters with hyphens.
pub(crate) fn hyphenated(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// A person by its kind and id: `member:UUID` or `contact:UUID`, as tokens and queries name people.
pub(crate) fn person_named(text: &str) -> Option<Person> {
    match text.split_once(':')? {
        ("member", id) => hyphenated(id).map(|id| Person::Member(MemberId(id))),
        ("contact", id) => hyphenated(id).map(|id| Person::Contact(ContactId(id))),
        _ => None,
    }
}
