//! Which web pages may call what from a browser: those of the configured origins, exactly, and only
//! the operations that are marked so. No cookies are involved, so no credentials are allowed.

use super::route::Route;
use crate::config::Config;
use warp::http::HeaderMap;
use warp::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, HeaderValue, ORIGIN, VARY,
};
use warp::reply::Response;

/// Whether an origin is exactly one of those allowed. `null` never is, unless it is configured.
pub(super) fn is_allowed(config: &Config, origin: &HeaderValue) -> bool {
    config.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
}

/// Whether a web page has sent this, and may not.
pub(super) fn is_foreign(config: &Config, headers: &HeaderMap) -> bool {
    headers.get_all(ORIGIN).iter().any(|origin| !is_allowed(config, origin))
}

/// What a web page is told about an answer.
pub(super) enum Grant {
    /// No page may read it, whoever asks.
    Nobody,
    /// Some may, this one may not: caches must not mix them up.
    NotYou,
    /// The page of this origin may read it.
    You(HeaderValue),
}

impl Grant {
    /// Decides for a request to the routes of one path.
    pub(super) fn of(
        config: &Config,
        headers: &HeaderMap,
        routes: &[(&Route, Vec<String>)],
    ) -> Self {
        if !routes.iter().any(|(route, _)| route.browsers) {
            return Self::Nobody;
        }
        match headers.get(ORIGIN) {
            Some(origin) if is_allowed(config, origin) => Self::You(origin.clone()),
            _ => Self::NotYou,
        }
    }

    /// Writes it on the answer. One with `Allow` answers a preflight.
    pub(super) fn mark(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        let preflight = headers.get(ALLOW).cloned();
        match self {
            Self::Nobody => return response,
            Self::NotYou => {}
            Self::You(origin) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                let exposed = HeaderValue::from_static("retry-after, www-authenticate");
                headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
                if let Some(methods) = preflight {
                    let asked = HeaderValue::from_static("authorization, content-type");
                    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
                    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked);
                    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
                }
            }
        }
        headers.append(VARY, HeaderValue::from_static("origin"));
        response
    }
}
