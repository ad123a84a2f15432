//! A request as handlers see it: matched, its principal known, its query and body within bounds.

use super::problem::{HttpProblem, Problem};
use super::route::{AccessKind, Listener, Route};
use super::{input, routes};
use crate::auth::{Identity, Principal, hyphenated};
use crate::node::Node;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use std::pin::pin;
use std::sync::Arc;
use tidings_protocol::{FirmId, Refusal, RefusalCode};
use tokio::sync::{OwnedSemaphorePermit, watch};
use uuid::Uuid;
use warp::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use warp::http::{HeaderMap, Method, Version};
use warp::hyper::upgrade::OnUpgrade;

/// Most bytes of the form of a page; `List-Unsubscribe=One-Click` has 26.
const FORM_BYTES_MAX: usize = 8 * 1024;

/// What all requests of a listener share.
pub(super) struct App {
    pub(super) node: Arc<Node>,
    /// True once the server stops.
    pub(super) stop: watch::Receiver<bool>,
    /// True once this listener closes.
    pub(super) close: watch::Receiver<bool>,
    pub(super) listener: Listener,
}

impl App {
    pub(super) fn stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Whether a route is served here: the operator's are on a listener of their own, if there is
    /// one, and then not on the public one.
    pub(super) fn serves(&self, route: &Route) -> bool {
        match (self.listener, route.listener) {
            (Listener::Api, Listener::Ops) => self.node.config.ops_listen.is_none(),
            (here, there) => here == there,
        }
    }
}

/// What a request has from its connection.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) version: Version,
    /// Its place among the connections that may be open at a time. A socket takes it along.
    pub(super) permit: Arc<OwnedSemaphorePermit>,
}

/// A request, before its body is read.
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) wire: Wire,
    pub(super) upgrade: Option<OnUpgrade>,
}

/// A request that a handler can answer.
pub(super) struct Call {
    pub(super) app: Arc<App>,
    pub(super) head: Head,
    pub(super) principal: Option<Principal>,
    pub(super) query: input::Query,
    pub(super) body: Bytes,
    parameters: Vec<String>,
}

impl Call {
    /// Checks who asks and for what, then reads the body: strangers upload nothing.
    pub(super) async fn new<B: Buf>(
        app: Arc<App>,
        route: &Route,
        parameters: Vec<String>,
        head: Head,
        body: impl Stream<Item = Result<B, warp::Error>>,
    ) -> Result<Self, Problem> {
        let principal = match route.access {
            // Asks for itself, once the handshake is known to be one.
            AccessKind::Public | AccessKind::Socket => None,
            AccessKind::ApiKey | AccessKind::ApiKeyOrPerson => {
                crate::auth::principal(&app.node, &head.headers).await?
            }
        };
        check_access(route.access, principal)?;
        // Links in mails get things added on their way to people.
        let query = if route.is_page() {
            input::Query::default()
        } else {
            input::Query::parse(&head.query, route.query)?
        };
        let body = match route.body {
            Some(_) => read_json(&app.node, &head.headers, body).await?,
            // Read all the same, or what is left of it would end the connection.
            None if route.form => read_body(&app.node, &head.headers, body, FORM_BYTES_MAX)
                .await
                .map(|_| Bytes::new())?,
            None => Bytes::new(),
        };
        Ok(Self { app, head, principal, query, body, parameters })
    }

    pub(super) fn node(&self) -> &Node {
        &self.app.node
    }

    /// The firm that an operation for API keys is bound to.
    pub(super) fn firm(&self) -> Result<FirmId, Problem> {
        match self.principal {
            Some(Principal::ApiKey(firm)) => Ok(firm),
            Some(Principal::Person(Identity { .. })) | None => Err(needs_api_key()),
        }
    }

    /// The parameter of the path at that place, as it stands there.
    pub(super) fn parameter(&self, place: usize) -> &str {
        self.parameters.get(place).map_or("", String::as_str)
    }

    /// The id at that place. What is no id names nothing.
    pub(super) fn id(&self, place: usize) -> Result<Uuid, Problem> {
        hyphenated(self.parameter(place)).ok_or_else(|| RefusalCode::NotFound.into())
    }
}

fn check_access(access: AccessKind, principal: Option<Principal>) -> Result<(), Problem> {
    match (access, principal) {
        (AccessKind::Public | AccessKind::Socket, _)
        | (AccessKind::ApiKey, Some(Principal::ApiKey(_)))
        | (AccessKind::ApiKeyOrPerson, Some(_)) => Ok(()),
        (AccessKind::ApiKey, Some(Principal::Person(_))) => Err(needs_api_key()),
        (AccessKind::ApiKey | AccessKind::ApiKeyOrPerson, None) => Err(Problem::no_credential()),
    }
}

fn needs_api_key() -> Problem {
    Refusal::new(RefusalCode::NotAllowed).because("needs an API key, not a person's token").into()
}

/// The routes of a path, with what stands for its parameters.
pub(super) fn routes_at(app: &App, path: &str) -> Vec<(&'static Route, Vec<String>)> {
    let here = routes::ROUTES.iter().filter(|route| app.serves(route));
    here.filter_map(|route| Some((route, route.matches(path)?))).collect()
}

async fn read_json<B: Buf>(
    node: &Node,
    headers: &HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<Bytes, Problem> {
    check_content_type(headers)?;
    read_body(node, headers, body, node.config.limits.body_bytes).await
}

async fn read_body<B: Buf>(
    node: &Node,
    headers: &HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>>,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let limits = &node.config.limits;
    let announced = headers.get(CONTENT_LENGTH).and_then(|text| text.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > bytes_max as u64) {
        return Err(too_big(bytes_max));
    }
    let read = tokio::time::timeout(limits.body_time, collect(body, bytes_max)).await;
    read.unwrap_or_else(|_| {
        let limit_ms = u64::try_from(limits.body_time.as_millis()).unwrap_or(u64::MAX);
        let detail = format!("the body did not arrive within {limit_ms} ms");
        Err(Problem::new(HttpProblem::BodyTooSlow, detail).limit(limit_ms))
    })
}

async fn collect<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
    limit: usize,
) -> Result<Bytes, Problem> {
    let mut body = pin!(body);
    let mut all = BytesMut::new();
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| {
            Problem::from(
                Refusal::new(RefusalCode::Malformed).because("the body ended before its end"),
            )
        })?;
        if all.len() + part.remaining() > limit {
            return Err(too_big(limit));
        }
        bytes::BufMut::put(&mut all, part);
    }
    Ok(all.freeze())
}

fn too_big(limit: usize) -> Problem {
    let detail = format!("a body has at most {limit} bytes");
    Problem::new(HttpProblem::BodyTooBig, detail).limit(limit as u64)
}

/// `application/json`, in UTF-8 (RFC 8259, 8.1), with or without saying so.
fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (essence, parameter) = given.split_once(';').unwrap_or((given, ""));
    let parameter = parameter.trim().to_ascii_lowercase();
    let utf8 = matches!(parameter.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"");
    if essence.trim().eq_ignore_ascii_case("application/json") && utf8 {
        return Ok(());
    }
    Err(HttpProblem::WrongType.into())
}
