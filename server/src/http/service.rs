//! From a request to an answer: warp takes it apart, the table says what it is.

use super::problem::{HttpProblem, Problem};
use super::request::{App, Call, Head, Wire, routes_at};
use super::route::Route;
use super::{cors, input};
use bytes::Buf;
use futures_util::Stream;
use std::sync::Arc;
use warp::Filter;
use warp::http::header::{ALLOW, CACHE_CONTROL, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use warp::http::{HeaderMap, Method};
use warp::hyper::upgrade::OnUpgrade;
use warp::path::FullPath;
use warp::reply::Response;

/// The name under which requests to nowhere are counted.
const NO_ROUTE: &str = "none";

/// The whole API as one filter.
pub(super) fn filter(
    app: Arc<App>,
) -> impl Filter<Extract = (Response,), Error = warp::Rejection> + Clone + Send + Sync + 'static {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Wire>())
        .and(warp::ext::optional::<OnUpgrade>())
        .and(warp::body::stream())
        .then(
            move |method: Method,
                  path: FullPath,
                  query: String,
                  headers: HeaderMap,
                  wire: Wire,
                  upgrade: Option<OnUpgrade>,
                  body| {
                let path = path.as_str().to_owned();
                let head = Head { method, path, query, headers, wire, upgrade };
                answer(Arc::clone(&app), head, body)
            },
        )
}

/// Answers a request, and counts it.
async fn answer<B: Buf>(
    app: Arc<App>,
    head: Head,
    body: impl Stream<Item = Result<B, warp::Error>> + Send,
) -> Response {
    let mut candidates = routes_at(&app, &head.path);
    let allowed: Vec<&'static str> = candidates.iter().map(|(route, _)| route.method).collect();
    let path = candidates.first().map_or(NO_ROUTE, |(route, _)| route.path);
    let grant = cors::Grant::of(&app.node.config, &head.headers, &candidates);

    // Whoever is served a GET may ask for its head; hyper leaves the body out.
    let method = if head.method == Method::HEAD { "GET" } else { head.method.as_str() };
    let chosen = candidates.iter().position(|(route, _)| route.method == method);
    let outcome = match chosen {
        Some(at) => {
            let (route, parameters) = candidates.swap_remove(at);
            run(&app, route, parameters, head, body).await
        }
        None if allowed.is_empty() => Err(HttpProblem::NoRoute.into()),
        None if head.method == Method::OPTIONS => Ok(options(&allowed)),
        None => Err(Problem::from(HttpProblem::WrongMethod).allow(&methods(&allowed))),
    };
    let response = grant.mark(finish(outcome.unwrap_or_else(Response::from)));
    app.node.metrics.http_request(path, response.status().as_u16());
    response
}

async fn run<B: Buf>(
    app: &Arc<App>,
    route: &'static Route,
    parameters: Vec<String>,
    head: Head,
    body: impl Stream<Item = Result<B, warp::Error>>,
) -> Result<Response, Problem> {
    let call = Call::new(Arc::clone(app), route, parameters, head, body).await?;
    (route.handler)(call).await
}

fn options(allowed: &[&str]) -> Response {
    input::with_header(input::no_content(), ALLOW, &methods(allowed))
}

fn methods(allowed: &[&str]) -> String {
    let head = if allowed.contains(&"GET") { ", HEAD" } else { "" };
    format!("{}{head}, OPTIONS", allowed.join(", "))
}

/// Nothing here is for caches, unless it says so, nor for guessing what it is.
fn finish(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
