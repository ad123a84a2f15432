//! The demo firm's own page, where the links in its emails lead. It does what a host application has to
//! do there: takes the token that comes from the page of the link, and opens a socket with it.

use crate::mail::reachable;
use anyhow::Context as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::{AutoEscape, Environment, context};
use ring::digest;
use std::net::{IpAddr, SocketAddr, TcpListener};
use warp::http::StatusCode;
use warp::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use warp::hyper::body::Bytes;
use warp::reply::Response;
use warp::{Filter as _, Reply as _};

const PAGE: &str = "portal.html";
const STYLE: &str = include_str!("portal.css");
const SCRIPT: &str = include_str!("portal.js");

/// Most bytes of a form: a token, a time and an id.
const FORM_BYTES_MAX: u64 = 16 * 1024;

/// What the page says to whoever comes without a token.
const NO_TOKEN: &str = "Open a link of an email to come here: the demo has printed where they are.";

/// The page, and where it will be.
pub(super) struct Portal {
    listener: TcpListener,
    origin: String,
}

/// What a form says.
#[derive(Default)]
struct Form {
    token: String,
    thread: String,
}

impl Portal {
    /// On any free port of that address.
    pub(super) fn bind(ip: IpAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((ip, 0)).context("can't listen for the portal")?;
        listener.set_nonblocking(true)?;
        let origin = match reachable(listener.local_addr()?) {
            SocketAddr::V4(address) => format!("http://{address}"),
            // Of names alone is the address of a firm's pages.
            SocketAddr::V6(address) => format!("http://localhost:{}", address.port()),
        };
        Ok(Self { listener, origin })
    }

    /// As browsers name it.
    pub(super) fn origin(&self) -> String {
        self.origin.clone()
    }

    /// Where the firm's links lead.
    pub(super) fn url(&self) -> String {
        format!("{}/", self.origin)
    }

    /// Serves it for as long as the runtime is there. Tokens come from a page of `public_url` alone; the
    /// page opens its socket at `socket`.
    pub(super) fn serve(self, public_url: &str, socket: String) -> anyhow::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let from = origin_of(public_url);
        let url = socket.clone();
        let look = warp::get().map(move || page(&url, &Form::default(), NO_TOKEN));
        let enter = warp::post()
            .and(warp::header::optional::<String>("origin"))
            .and(warp::body::content_length_limit(FORM_BYTES_MAX))
            .and(warp::body::bytes())
            .map(move |origin: Option<String>, body: Bytes| {
                if origin.as_ref() != Some(&from) {
                    return StatusCode::FORBIDDEN.into_response();
                }
                page(&socket, &form(&body), "One moment…")
            });
        let routes = warp::path::end().and(look.or(enter).unify());
        tokio::spawn(warp::serve(routes).incoming(listener).run());
        Ok(())
    }
}

/// Scheme and host, as browsers name them.
fn origin_of(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

fn form(body: &[u8]) -> Form {
    let mut form = Form::default();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "token" => form.token = value.into_owned(),
            "thread" => form.thread = value.into_owned(),
            _ => {}
        }
    }
    form
}

fn page(url: &str, form: &Form, note: &str) -> Response {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    let Form { token, thread } = form;
    let filling = context! { url, token, thread, note, style => STYLE, script => SCRIPT };
    let html = templates.render_named_str(PAGE, include_str!("portal.html"), filling);
    let mut response = html.expect("the template is built in and tested").into_response();
    let of = |text: &str| STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src {}; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        of(STYLE),
        of(SCRIPT),
        origin_of(url)
    );
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, &*policy),
    ] {
        let value = value.parse().expect("it is of ASCII");
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_put_into_the_page_as_text() {
        let form = form(b"token=a.b%22%3E.c&expires_ms=1&thread=7");
        assert_eq!((&*form.token, &*form.thread), ("a.b\">.c", "7"));
        let response = page("ws://127.0.0.1:1/v1/ws", &form, "<b>");
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("connect-src ws://127.0.0.1:1;"), "{policy}");
    }

    #[test]
    fn an_origin_is_what_a_browser_says() {
        assert_eq!(origin_of("https://chat.example/a/b"), "https://chat.example");
        assert_eq!(origin_of("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
    }
}
