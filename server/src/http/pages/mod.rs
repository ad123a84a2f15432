//! The pages behind the links in emails: logging in, and ending the emails. They need no script, no
//! cookie and nothing from elsewhere, and are in the language of whoever the mail was for.
//!
//! ```text
//! /v1/login/{token}        GET: a button   POST: logs in, once   …/again POST: mails a new link
//! /v1/unsubscribe/{token}  GET: a button   POST: ends the emails (RFC 8058: also by one click)
//! ```
//!
//! **Invariants:** a GET changes nothing, for programs follow every link in a mail. Whoever has no
//! token of ours learns nothing: all tokens that we did not sign get the same page, without asking the
//! store. No page tells an address, and a credential is only ever in a body.

mod language;
mod login;
mod page;
mod unsubscribe;
mod visitor;
mod words;

pub use login::LoggedIn;
pub(super) use login::{again, enter, show as show_login};
pub(super) use unsubscribe::{show as show_unsubscribe, stop};

use super::request::Call;
use page::Page;
use tidings_protocol::{Refusal, RefusalCode};
use warp::http::StatusCode;
use warp::reply::Response;
use words::Saying;

/// Of a token that is none of ours, or whose mail was forgotten.
fn unknown(call: &Call) -> Page {
    let language = language::accepted(&call.head.headers);
    Page::new(StatusCode::NOT_FOUND, language, Saying::Unknown)
}

/// The page of what came of it, or one that says why nothing did.
fn answer(call: &Call, outcome: Result<Page, Refusal>) -> Response {
    outcome.unwrap_or_else(|refusal| failed(call, &refusal)).into()
}

fn failed(call: &Call, refusal: &Refusal) -> Page {
    if refusal.code != RefusalCode::Unavailable {
        tracing::error!(%refusal, "a page can't be shown");
    }
    let status = match refusal.code {
        RefusalCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let language = language::accepted(&call.head.headers);
    Page::new(status, language, Saying::Later).retry_after(refusal.retry_after_ms)
}
