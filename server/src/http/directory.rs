//! The directory: the firm, its team, its clients and their contacts. All of it by API key, and
//! bound to the key's firm: what is another firm's does not exist.

use super::input::{no_content, respond, with_header};
use super::problem::{HttpProblem, Problem};
use super::request::Call;
use crate::auth::ask;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidings_protocol::{
    AccountId, AccountPatch, Bounded, ContactId, ContactPatch, FirmId, FirmPatch, MemberId,
    MemberPatch, NewAccount, NewContact, NewMember, RefusalCode, from_json,
};
use tidings_storage::{DirectoryChange, Done, Operation, Reader, Unavailable};
use warp::http::StatusCode;
use warp::http::header::LOCATION;
use warp::reply::Response;

pub(super) async fn firm(call: Call) -> Result<Response, Problem> {
    let firm = call.firm()?;
    found(&call, move |reader| reader.firm(firm)).await
}

pub(super) async fn patch_firm(call: Call) -> Result<Response, Problem> {
    let patch: FirmPatch = body(&call)?;
    let done = change(&call, DirectoryChange::PatchFirm(patch)).await?;
    answer(done, StatusCode::OK)
}

pub(super) async fn members(call: Call) -> Result<Response, Problem> {
    let (firm, page) = (call.firm()?, call.query.page.clone());
    let list = ask(call.node(), move |reader| reader.members(firm, &page)).await?;
    respond(StatusCode::OK, &list)
}

pub(super) async fn create_member(call: Call) -> Result<Response, Problem> {
    let new: NewMember = body(&call)?;
    let done = change(&call, DirectoryChange::CreateMember(new)).await?;
    answer(done, StatusCode::CREATED)
}

pub(super) async fn member(call: Call) -> Result<Response, Problem> {
    let (firm, member) = (call.firm()?, MemberId(call.id(0)?));
    found(&call, move |reader| reader.member(firm, member)).await
}

pub(super) async fn patch_member(call: Call) -> Result<Response, Problem> {
    let member = MemberId(call.id(0)?);
    let patch: MemberPatch = body(&call)?;
    let done = change(&call, DirectoryChange::PatchMember(member, patch)).await?;
    answer(done, StatusCode::OK)
}

pub(super) async fn accounts(call: Call) -> Result<Response, Problem> {
    let (firm, page) = (call.firm()?, call.query.page.clone());
    let list = ask(call.node(), move |reader| reader.accounts(firm, &page)).await?;
    respond(StatusCode::OK, &list)
}

pub(super) async fn create_account(call: Call) -> Result<Response, Problem> {
    let new: NewAccount = body(&call)?;
    let done = change(&call, DirectoryChange::CreateAccount(new)).await?;
    answer(done, StatusCode::CREATED)
}

pub(super) async fn account(call: Call) -> Result<Response, Problem> {
    let (firm, account) = (call.firm()?, AccountId(call.id(0)?));
    found(&call, move |reader| reader.account(firm, account)).await
}

pub(super) async fn patch_account(call: Call) -> Result<Response, Problem> {
    let account = AccountId(call.id(0)?);
    let patch: AccountPatch = body(&call)?;
    let done = change(&call, DirectoryChange::PatchAccount(account, patch)).await?;
    answer(done, StatusCode::OK)
}

pub(super) async fn assign(call: Call) -> Result<Response, Problem> {
    let (account, member) = (AccountId(call.id(0)?), MemberId(call.id(1)?));
    change(&call, DirectoryChange::Assign(account, member)).await?;
    Ok(no_content())
}

pub(super) async fn unassign(call: Call) -> Result<Response, Problem> {
    let (account, member) = (AccountId(call.id(0)?), MemberId(call.id(1)?));
    change(&call, DirectoryChange::Unassign(account, member)).await?;
    Ok(no_content())
}

pub(super) async fn contacts(call: Call) -> Result<Response, Problem> {
    let (firm, account, page) = (call.firm()?, call.query.account, call.query.page.clone());
    let list = ask(call.node(), move |reader| reader.contacts(firm, account, &page)).await?;
    respond(StatusCode::OK, &list)
}

pub(super) async fn create_contact(call: Call) -> Result<Response, Problem> {
    let new: NewContact = body(&call)?;
    let done = change(&call, DirectoryChange::CreateContact(new)).await?;
    answer(done, StatusCode::CREATED)
}

pub(super) async fn contact(call: Call) -> Result<Response, Problem> {
    let (firm, contact) = (call.firm()?, ContactId(call.id(0)?));
    found(&call, move |reader| reader.contact(firm, contact)).await
}

pub(super) async fn patch_contact(call: Call) -> Result<Response, Problem> {
    let contact = ContactId(call.id(0)?);
    let patch: ContactPatch = body(&call)?;
    let done = change(&call, DirectoryChange::PatchContact(contact, patch)).await?;
    answer(done, StatusCode::OK)
}

/// Reads the body and checks its bounds.
pub(super) fn body<T: DeserializeOwned + Bounded>(call: &Call) -> Result<T, Problem> {
    let value: T = from_json(&call.body)?;
    value.check()?;
    Ok(value)
}

/// Applies a change to the directory of the caller's firm.
pub(super) async fn change(call: &Call, change: DirectoryChange) -> Result<Done, Problem> {
    let firm: FirmId = call.firm()?;
    Ok(call.node().apply(Operation::Directory { firm, change }).await?)
}

/// Answers with what the store finds, or that there is none.
async fn found<T: Serialize + Send + 'static>(
    call: &Call,
    question: impl FnOnce(&mut dyn Reader) -> Result<Option<T>, Unavailable> + Send + 'static,
) -> Result<Response, Problem> {
    match ask(call.node(), question).await? {
        Some(value) => respond(StatusCode::OK, &value),
        None => Err(RefusalCode::NotFound.into()),
    }
}

fn answer(done: Done, status: StatusCode) -> Result<Response, Problem> {
    let (response, location) = match done {
        Done::Firm(firm) => (respond(status, &firm)?, "/v1/firm".to_owned()),
        Done::Member(member) => {
            (respond(status, &member)?, format!("/v1/members/{}", member.member))
        }
        Done::Account(account) => {
            (respond(status, &account)?, format!("/v1/accounts/{}", account.account))
        }
        Done::Contact(contact) => {
            (respond(status, &contact)?, format!("/v1/contacts/{}", contact.contact))
        }
        Done::Reply(_)
        | Done::ApiKey(_)
        | Done::Nothing
        | Done::Claimed(_)
        | Done::Forgotten(_)
        | Done::Notices(_)
        | Done::LoggedIn(..) => {
            tracing::error!("the store answered a change of the directory with something else");
            return Err(HttpProblem::Internal.into());
        }
    };
    if status == StatusCode::CREATED {
        return Ok(with_header(response, LOCATION, &location));
    }
    Ok(response)
}
