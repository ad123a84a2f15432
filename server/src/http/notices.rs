//! Emails to people: the ledger of what became of them, and a link to log in by at the host's asking.

use super::directory::body;
use super::input::respond;
use super::problem::Problem;
use super::request::Call;
use crate::auth::{Principal, ask};
use tidings_protocol::NewLoginLink;
use tidings_storage::{Actor, Asked, NoticeFilter, Operation};
use warp::http::StatusCode;
use warp::reply::{Reply as _, Response};

/// By API key all of the firm; by a member's token what it sees. Contacts are refused by the store.
pub(super) async fn ledger(call: Call) -> Result<Response, Problem> {
    let (firm, actor) = match call.principal {
        Some(Principal::ApiKey(firm)) => (firm, None),
        Some(Principal::Person(identity)) => (identity.actor.firm, Some(identity.actor)),
        None => return Err(Problem::no_credential()),
    };
    let filter = NoticeFilter { thread: call.query.thread, person: call.query.person };
    let page = call.query.page.clone();
    let read = ask(call.node(), move |reader| reader.notices(firm, actor, filter, &page));
    respond(StatusCode::OK, &read.await?)
}

/// The mail goes out when a notifier comes to it, so there is nothing to answer but that it will.
pub(super) async fn login_link(call: Call) -> Result<Response, Problem> {
    let NewLoginLink { person, thread } = body(&call)?;
    let actor = Actor { firm: call.firm()?, person };
    let operation = Operation::AddNotice { actor, thread, asked: Asked::Login };
    call.node().apply(operation).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
