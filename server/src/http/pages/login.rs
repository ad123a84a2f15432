//! Logging in by the link of a mail: a button, which uses the link up, and then a token for the host
//! application, handed on in a body.

use super::super::input::respond;
use super::super::keys::TTL_S_DEFAULT;
use super::super::problem::Problem;
use super::super::request::Call;
use super::page::{Form, Page};
use super::visitor::Visitor;
use super::words::Saying;
use super::{answer, unknown};
use schemars::JsonSchema;
use serde::Serialize;
use tidings_notifier::signed::Purpose;
use tidings_protocol::{
    IssuedToken, NoticeKind, Refusal, RefusalCode, ThreadId, Timestamp, TokenId,
};
use tidings_storage::{Actor, Asked, Done, Operation};
use uuid::Uuid;
use warp::http::header::ACCEPT;
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

/// What somebody who has logged in by a link goes on with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LoggedIn {
    /// By which the token can be revoked.
    pub token_id: TokenId,
    /// Goes into `authenticate`, or `Authorization: Bearer`.
    pub token: String,
    /// When it runs out.
    pub expires_ms: Timestamp,
    /// The thread that the mail was about.
    pub thread: Option<ThreadId>,
}

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// It logs in.
    Good,
    /// Used, or too old; a new one may be sent.
    Again,
    /// It does not, and nothing is sent from here.
    Void,
}

/// A page with a button.
pub(in crate::http) async fn show(call: Call) -> Result<Response, Problem> {
    let outcome = Visitor::of(&call, Purpose::Login).await;
    let outcome = outcome.map(|visitor| match visitor {
        None => unknown(&call),
        Some(visitor) => match standing(&visitor, since(&call)) {
            Link::Good if !leads_on(&visitor) => visitor.page(StatusCode::OK, Saying::Nowhere),
            Link::Good => visitor.page(StatusCode::OK, Saying::Login).form(Form::here("")),
            link => refused(&call, &visitor, link),
        },
    });
    Ok(answer(&call, outcome))
}

/// Uses the link up. For programs that ask for JSON the token is the answer.
pub(in crate::http) async fn enter(call: Call) -> Result<Response, Problem> {
    if is_from_elsewhere(&call.head.headers) {
        return show(call).await;
    }
    if !wants_json(&call.head.headers) {
        let outcome = entered(&call).await;
        return Ok(answer(&call, outcome));
    }
    let visitor = Visitor::of(&call, Purpose::Login).await?;
    let visitor = visitor.ok_or_else(|| Problem::from(RefusalCode::NotFound))?;
    let void = || {
        let refusal = Refusal::new(RefusalCode::NotAllowed);
        Problem::from(refusal.because("the link was used before, or has run out"))
    };
    let (actor, thread) = log_in(&call, &visitor).await?.map_err(|_| void())?;
    let IssuedToken { token_id, token, expires_ms } = mint(&call, actor);
    respond(StatusCode::OK, &LoggedIn { token_id, token, expires_ms, thread })
}

async fn entered(call: &Call) -> Result<Page, Refusal> {
    let Some(visitor) = Visitor::of(call, Purpose::Login).await? else { return Ok(unknown(call)) };
    if standing(&visitor, since(call)) == Link::Good && !leads_on(&visitor) {
        return Ok(visitor.page(StatusCode::OK, Saying::Nowhere));
    }
    let (actor, thread) = match log_in(call, &visitor).await? {
        Ok(done) => done,
        Err(link) => return Ok(refused(call, &visitor, link)),
    };
    let IssuedToken { token, expires_ms, .. } = mint(call, actor);
    let mut fields = vec![("token", token), ("expires_ms", expires_ms.0.to_string())];
    fields.extend(thread.map(|thread| ("thread", thread.to_string())));
    Ok(match away(&visitor, thread, fields) {
        Some(form) => visitor.page(StatusCode::OK, Saying::LoggedIn).form(form),
        None => visitor.page(StatusCode::OK, Saying::Nowhere),
    })
}

/// To the firm's own pages, with what is to be told there.
fn away(
    visitor: &Visitor,
    thread: Option<ThreadId>,
    fields: Vec<(&'static str, String)>,
) -> Option<Form> {
    let thread = thread.map(|thread| thread.to_string()).unwrap_or_default();
    Form::away(visitor.firm.mail.portal_url.replace("{thread}", &thread), fields)
}

/// Whether there is anything to go on to. Otherwise nobody is logged in by a page: the link would be used
/// up for nothing.
fn leads_on(visitor: &Visitor) -> bool {
    away(visitor, visitor.facts.thread, Vec::new()).is_some()
}

/// Sends another link to the same person, about the same thread.
pub(in crate::http) async fn again(call: Call) -> Result<Response, Problem> {
    if is_from_elsewhere(&call.head.headers) {
        return Ok(answer(&call, Ok(unknown(&call))));
    }
    let outcome = sent_again(&call).await;
    Ok(answer(&call, outcome))
}

async fn sent_again(call: &Call) -> Result<Page, Refusal> {
    let Some(visitor) = Visitor::of(call, Purpose::Login).await? else { return Ok(unknown(call)) };
    if !may_ask_again(&visitor) {
        return Ok(refused(call, &visitor, Link::Void));
    }
    let (actor, thread) = (visitor.facts.actor, visitor.facts.thread);
    let ask = |thread| Operation::AddNotice { actor, thread, asked: Asked::LoginAgain };
    let mut asked = call.node().apply(ask(thread)).await;
    // It may log in, but not see that thread any more.
    if asked.as_ref().is_err_and(|refusal| refusal.code == RefusalCode::NotFound) {
        asked = call.node().apply(ask(None)).await;
    }
    match asked {
        Ok(_) => Ok(visitor.page(StatusCode::ACCEPTED, Saying::LinkSent)),
        Err(refusal) if refusal.code == RefusalCode::RateLimited => {
            let page = visitor.page(StatusCode::TOO_MANY_REQUESTS, Saying::LinkJustSent);
            Ok(page.retry_after(refusal.retry_after_ms))
        }
        Err(refusal) if refusal.code == RefusalCode::NotFound => {
            Ok(refused(call, &visitor, Link::Void))
        }
        Err(refusal) => Err(refusal),
    }
}

/// Logs in, or says how the link stands instead. The store looks again: of two who press the button
/// at once, one is let in.
async fn log_in(
    call: &Call,
    visitor: &Visitor,
) -> Result<Result<(Actor, Option<ThreadId>), Link>, Refusal> {
    let since = since(call);
    let link = standing(visitor, since);
    if link != Link::Good {
        return Ok(Err(link));
    }
    match call.node().apply(Operation::UseLogin { notice: visitor.notice, since }).await {
        Ok(Done::LoggedIn(actor, thread)) => Ok(Ok((actor, thread))),
        Ok(_) => {
            tracing::error!("the store answered a login with something else");
            Err(RefusalCode::Unavailable.into())
        }
        Err(refusal) => match refusal.code {
            RefusalCode::NotAllowed => Ok(Err(used_up(visitor))),
            RefusalCode::NotFound | RefusalCode::Unauthenticated => Ok(Err(Link::Void)),
            _ => Err(refusal),
        },
    }
}

/// Links of mails from before are void.
fn since(call: &Call) -> Timestamp {
    let node = call.node();
    let login_ms = i64::try_from(node.mail.login_time.as_millis()).unwrap_or(i64::MAX);
    node.clock.now().plus_millis(-login_ms)
}

fn standing(visitor: &Visitor, since: Timestamp) -> Link {
    let facts = &visitor.facts;
    // A firm that has switched links off means those in mails sent before, too; but not those that
    // it asks for itself.
    let off = facts.kind != NoticeKind::Login && !visitor.firm.mail.login_links;
    if !visitor.has_access() || off {
        return Link::Void;
    }
    let fresh = facts.mailed.is_some_and(|mailed| mailed >= since);
    if fresh && !facts.used { Link::Good } else { used_up(visitor) }
}

fn used_up(visitor: &Visitor) -> Link {
    if may_ask_again(visitor) { Link::Again } else { Link::Void }
}

fn may_ask_again(visitor: &Visitor) -> bool {
    visitor.has_access() && visitor.firm.mail.login_links
}

fn refused(call: &Call, visitor: &Visitor, link: Link) -> Page {
    match link {
        Link::Again => {
            let again = format!("{}/again", call.parameter(0));
            visitor.page(StatusCode::GONE, Saying::LoginAgain).form(Form::here(again))
        }
        Link::Good | Link::Void => visitor.page(StatusCode::GONE, Saying::LoginVoid),
    }
}

fn mint(call: &Call, actor: Actor) -> IssuedToken {
    let node = call.node();
    node.auth.mint(actor, TTL_S_DEFAULT, node.clock.now(), TokenId(Uuid::new_v4()))
}

/// Whether a page of another site has pressed the button: it would log its visitor in as whom it likes.
/// It gets the button, as whoever follows a link. Programs don't say, nor do browsers of before 2023.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Browsers name HTML, whatever else they name.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let types: Vec<&str> = accepted.flat_map(|list| list.split(',')).collect();
    let named = |wanted: &str| {
        let mut essences = types.iter().filter_map(|item| item.split(';').next());
        essences.any(|essence| essence.trim().eq_ignore_ascii_case(wanted))
    };
    named("application/json") && !named("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_ask_for_json_and_browsers_do_not() {
        let table = [
            ("application/json", true),
            ("Application/JSON;q=0.9, */*;q=0.1", true),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
            ("text/html, application/json", false),
            ("*/*", false),
            ("", false),
        ];
        for (accept, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(wants_json(&headers), expected, "{accept}");
        }
    }
}
