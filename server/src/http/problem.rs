//! Errors as HTTP tells them: RFC 9457 problem details, one status for each code.

use serde::Serialize;
use tidings_protocol::{Refusal, RefusalCode};
use warp::http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER,
    SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE,
};
use warp::http::{HeaderMap, StatusCode};
use warp::reply::{Reply as _, Response};

/// The status of each refusal. `malformed` could not be read as what it should be (400);
/// `invalid` was read, and breaks a bound (422); 409 is for what the state of things forbids now.
pub fn status_of(code: RefusalCode) -> StatusCode {
    use RefusalCode as R;
    match code {
        R::Malformed => StatusCode::BAD_REQUEST,
        R::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        R::Unauthenticated => StatusCode::UNAUTHORIZED,
        R::NotFound => StatusCode::NOT_FOUND,
        R::NotAllowed => StatusCode::FORBIDDEN,
        R::Archived
        | R::NoActiveContact
        | R::NobodyToNotify
        | R::KeyReused
        | R::TooMany
        | R::NeedsSocket
        | R::NotJoined => StatusCode::CONFLICT,
        R::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        R::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

macro_rules! http_problems {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $status:ident, $text:literal;)*) => {
        /// What is wrong with a request as HTTP, before anybody looks at what it asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum HttpProblem { $($(#[$doc])* $variant,)* }

        impl HttpProblem {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its `code`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its status.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// What it means, in a sentence.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

http_problems! {
    /// No such path.
    NoRoute, "no_such_route", NOT_FOUND, "There is nothing at this path.";
    /// The path knows other methods.
    WrongMethod, "method_not_allowed", METHOD_NOT_ALLOWED, "This path takes other methods; `Allow` names them.";
    /// The body is not JSON by its header.
    WrongType, "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json.";
    /// The body is too long.
    BodyTooBig, "body_too_big", PAYLOAD_TOO_LARGE, "The body is too long; `limit` is in bytes.";
    /// The body took too long.
    BodyTooSlow, "body_too_slow", REQUEST_TIMEOUT, "The body did not arrive in time; `limit` is in milliseconds.";
    /// Not a WebSocket handshake.
    UpgradeNeeded, "upgrade_required", UPGRADE_REQUIRED, "This path speaks WebSocket, version 13, only.";
    /// A web page that is not allowed.
    ForeignOrigin, "origin_not_allowed", FORBIDDEN, "Pages of this origin may not connect.";
    /// Our fault.
    Internal, "internal", INTERNAL_SERVER_ERROR, "The server failed. It has been logged.";
}

/// What goes wrong over HTTP: a refusal, or a problem of HTTP's own.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    body: Body,
    headers: HeaderMap,
}

/// The document (RFC 9457, 3.1), and what a refusal has besides.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct Body {
    /// `urn:tidings:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// What the code means, the same every time.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time, for a developer to read.
    detail: String,
    /// What to act on.
    code: &'static str,
    /// The field at fault, as a path such as `post_message.body`.
    field: Option<String>,
    /// The bound that was broken, in the unit that `detail` names.
    limit: Option<u64>,
    /// When to try again, for what may be tried again.
    retry_after_ms: Option<u32>,
}

impl Problem {
    /// A problem of HTTP's own, with more to say about it than its sentence.
    pub fn new(kind: HttpProblem, detail: impl Into<String>) -> Self {
        let status = kind.status();
        let body = Body {
            kind: format!("urn:tidings:problem:{}", kind.name()),
            title: kind.text().to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: kind.name(),
            field: None,
            limit: None,
            retry_after_ms: None,
        };
        let mut headers = HeaderMap::new();
        match kind {
            HttpProblem::UpgradeNeeded => {
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            // The rest of the body would be taken for the next request.
            HttpProblem::BodyTooBig | HttpProblem::BodyTooSlow => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        Self(Box::new(Parts { status, body, headers }))
    }

    /// The same, naming the bound that was broken.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.0.body.limit = Some(limit);
        self
    }

    /// The same, with the methods that the path takes.
    #[must_use]
    pub(super) fn allow(self, methods: &str) -> Self {
        self.header(ALLOW, methods)
    }

    /// A request without any credential is only told of the scheme: an error code is for one whose
    /// credential is not good (RFC 6750, 3.1).
    pub(super) fn no_credential() -> Self {
        let refusal = Refusal::new(RefusalCode::Unauthenticated)
            .because("needs an `Authorization: Bearer CREDENTIAL` header");
        Self::from(refusal).header(WWW_AUTHENTICATE, "Bearer")
    }

    fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.insert(name, value);
        }
        self
    }

    /// The status it is sent with.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }
}

impl From<HttpProblem> for Problem {
    fn from(kind: HttpProblem) -> Self {
        Self::new(kind, kind.text())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = status_of(refusal.code);
        let body = Body {
            kind: format!("urn:tidings:problem:{}", refusal.code.name()),
            title: refusal.code.text().to_owned(),
            status: status.as_u16(),
            detail: refusal.message,
            code: refusal.code.name(),
            field: refusal.field,
            limit: refusal.limit,
            retry_after_ms: refusal.retry_after_ms,
        };
        let problem = Self(Box::new(Parts { status, body, headers: HeaderMap::new() }));
        match status {
            StatusCode::UNAUTHORIZED => {
                problem.header(WWW_AUTHENTICATE, r#"Bearer realm="tidings", error="invalid_token""#)
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let seconds = refusal.retry_after_ms.unwrap_or(1000).div_ceil(1000).max(1);
                problem.header(RETRY_AFTER, &seconds.to_string())
            }
            _ => problem,
        }
    }
}

impl From<RefusalCode> for Problem {
    fn from(code: RefusalCode) -> Self {
        Refusal::new(code).into()
    }
}

impl From<Problem> for Response {
    fn from(Problem(problem): Problem) -> Self {
        let json = serde_json::to_vec(&problem.body).unwrap_or_default();
        let mut response = json.into_response();
        *response.status_mut() = problem.status;
        let headers = response.headers_mut();
        headers.extend(problem.headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_refusal_is_a_client_error_or_a_passing_state() {
        for code in RefusalCode::ALL {
            let status = status_of(*code);
            let passing = status == StatusCode::SERVICE_UNAVAILABLE
                || status == StatusCode::TOO_MANY_REQUESTS;
            assert_eq!(passing, code.may_retry(), "{}", code.name());
            assert!(passing || status.is_client_error(), "{}", code.name());
        }
    }

    #[test]
    fn codes_are_told_apart() {
        let names: HashSet<_> = RefusalCode::ALL
            .iter()
            .map(|code| code.name())
            .chain(HttpProblem::ALL.iter().map(|kind| kind.name()))
            .collect();
        assert_eq!(names.len(), RefusalCode::ALL.len() + HttpProblem::ALL.len());
    }

    #[test]
    fn a_refusal_keeps_all_it_says() {
        let refusal = Refusal::new(RefusalCode::RateLimited)
            .because("slower")
            .at("post_message.body")
            .limit(20)
            .retry_after_ms(1500);
        let response = Response::from(Problem::from(refusal));
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[RETRY_AFTER], "2");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let unauthenticated = Response::from(Problem::from(RefusalCode::Unauthenticated));
        assert!(unauthenticated.headers().contains_key(WWW_AUTHENTICATE));
    }
}
