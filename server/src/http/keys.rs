//! API keys and tokens: what opens doors, and what closes them. Secrets are answered once, never
//! logged, never kept.

use super::directory::{body, change};
use super::input::{no_content, respond};
use super::problem::{HttpProblem, Problem};
use super::request::Call;
use crate::auth::{HOST_LIFETIME_MS_MAX, LEEWAY_MS, OWN_LIFETIME_MS_MAX, ask, new_api_key};
use tidings_protocol::limits::TOKEN_SECONDS_MAX;
use tidings_protocol::{
    ApiKeyId, IssuedApiKey, List, NewApiKey, NewToken, Refusal, RefusalCode, Revocation, TokenId,
    from_json, number,
};
use tidings_storage::{Actor, DirectoryChange, Done};
use uuid::Uuid;
use warp::http::StatusCode;
use warp::reply::Response;

/// How long a token is good if the request does not say, in seconds.
pub(super) const TTL_S_DEFAULT: u32 = 3600;

const _: () = assert!(TOKEN_SECONDS_MAX as i64 * 1000 == OWN_LIFETIME_MS_MAX);

pub(super) async fn api_keys(call: Call) -> Result<Response, Problem> {
    let firm = call.firm()?;
    let items = ask(call.node(), move |reader| reader.api_keys(firm)).await?;
    respond(StatusCode::OK, &List { items, next: None })
}

pub(super) async fn create_api_key(call: Call) -> Result<Response, Problem> {
    let NewApiKey { label } = body(&call)?;
    let (secret, hash) = new_api_key().map_err(|error| {
        tracing::error!(%error, "the machine has no randomness to give");
        HttpProblem::Internal
    })?;
    match change(&call, DirectoryChange::CreateApiKey { label, hash }).await? {
        Done::ApiKey(made) => respond(StatusCode::CREATED, &IssuedApiKey { key: made.key, secret }),
        _ => Err(HttpProblem::Internal.into()),
    }
}

pub(super) async fn delete_api_key(call: Call) -> Result<Response, Problem> {
    let key = ApiKeyId(call.id(0)?);
    change(&call, DirectoryChange::DeleteApiKey(key)).await?;
    Ok(no_content())
}

pub(super) async fn create_token(call: Call) -> Result<Response, Problem> {
    let NewToken { person, ttl_s } = from_json(&call.body)?;
    let ttl_s = ttl_s.unwrap_or(TTL_S_DEFAULT);
    number("ttl_s", ttl_s.into())?;
    let actor = Actor { firm: call.firm()?, person };
    let access = ask(call.node(), move |reader| reader.access(actor)).await?;
    if access.is_none() {
        return Err(Refusal::new(RefusalCode::NotFound).at("person").into());
    }
    let node = call.node();
    let token = node.auth.mint(actor, ttl_s, node.clock.now(), TokenId(Uuid::new_v4()));
    respond(StatusCode::CREATED, &token)
}

pub(super) async fn revoke(call: Call) -> Result<Response, Problem> {
    let revocation: Revocation = from_json(&call.body)?;
    let lifetime_ms = OWN_LIFETIME_MS_MAX.max(HOST_LIFETIME_MS_MAX);
    let remember_until = call.node().clock.now().plus_millis(lifetime_ms + LEEWAY_MS);
    change(&call, DirectoryChange::Revoke { revocation, remember_until }).await?;
    Ok(no_content())
}
