//! Everything that is served. Dispatch, the `OpenAPI` document and the matrix of access tests are
//! made from this table, so what is not in it does not exist.

use super::commands::run_command;
use super::pages::LoggedIn;
use super::route::{AccessKind, QueryParameter, Route};
use super::{directory, keys, notices, openapi, ops, pages, upgrade};
use tidings_protocol::{
    Account, AccountPatch, ApiKey, CommandRequest, Contact, ContactPatch, Firm, FirmPatch,
    IssuedApiKey, IssuedToken, List, Member, MemberPatch, NewAccount, NewApiKey, NewContact,
    NewLoginLink, NewMember, NewToken, Notice, Reply, Revocation,
};

macro_rules! to {
    ($handler:path) => {
        |call| Box::pin($handler(call))
    };
}

const PAGED: &[QueryParameter] = &[QueryParameter::Limit, QueryParameter::Cursor];
const PAGED_BY_ACCOUNT: &[QueryParameter] =
    &[QueryParameter::Limit, QueryParameter::Cursor, QueryParameter::Account];

const LEDGER: &[QueryParameter] = &[
    QueryParameter::Limit,
    QueryParameter::Cursor,
    QueryParameter::Thread,
    QueryParameter::Person,
];

/// Every operation.
pub static ROUTES: &[Route] = &[
    Route::new("GET", "/v1/firm", "get_firm", "Reads the firm and its settings.", to!(directory::firm))
        .gives::<Firm>(200),
    Route::new("PATCH", "/v1/firm", "patch_firm", "Changes the firm's settings.", to!(directory::patch_firm))
        .takes::<FirmPatch>(r#"{"contacts_may_start":false}"#)
        .gives::<Firm>(200),
    Route::new("GET", "/v1/members", "list_members", "Lists the team, by name.", to!(directory::members))
        .query(PAGED)
        .gives::<List<Member>>(200),
    Route::new("POST", "/v1/members", "create_member", "Adds somebody to the team.", to!(directory::create_member))
        .takes::<NewMember>(r#"{"name":"Ada Byron","email":"ada@firm.example","role":"member"}"#)
        .gives::<Member>(201)
        .fails(&[409]),
    Route::new("GET", "/v1/members/{member}", "get_member", "Reads one of the team.", to!(directory::member))
        .gives::<Member>(200),
    Route::new("PATCH", "/v1/members/{member}", "patch_member", "Changes one of the team.", to!(directory::patch_member))
        .takes::<MemberPatch>(r#"{"active":false}"#)
        .gives::<Member>(200)
        .fails(&[409]),
    Route::new("GET", "/v1/accounts", "list_accounts", "Lists the clients, by name.", to!(directory::accounts))
        .query(PAGED)
        .gives::<List<Account>>(200),
    Route::new("POST", "/v1/accounts", "create_account", "Adds a client.", to!(directory::create_account))
        .takes::<NewAccount>(r#"{"name":"Bakery Lane Ltd"}"#)
        .gives::<Account>(201)
        .fails(&[409]),
    Route::new("GET", "/v1/accounts/{account}", "get_account", "Reads a client.", to!(directory::account))
        .gives::<Account>(200),
    Route::new("PATCH", "/v1/accounts/{account}", "patch_account", "Changes a client.", to!(directory::patch_account))
        .takes::<AccountPatch>(r#"{"time_zone":"Europe/London"}"#)
        .gives::<Account>(200),
    Route::new("PUT", "/v1/accounts/{account}/members/{member}", "assign_member",
        "Gives a member access to a client. Twice is once.", to!(directory::assign)),
    Route::new("DELETE", "/v1/accounts/{account}/members/{member}", "unassign_member",
        "Takes a member's access to a client away; its live streams end at once.", to!(directory::unassign)),
    Route::new("GET", "/v1/contacts", "list_contacts", "Lists contacts, by name.", to!(directory::contacts))
        .query(PAGED_BY_ACCOUNT)
        .gives::<List<Contact>>(200)
        .fails(&[404]),
    Route::new("POST", "/v1/contacts", "create_contact", "Adds somebody who logs in for a client.", to!(directory::create_contact))
        .takes::<NewContact>(concat!(
            r#"{"account":"0198c5a0-0000-7000-8000-000000000001","name":"Bo Baker","#,
            r#""email":"bo@bakery.example","state":"active"}"#,
        ))
        .gives::<Contact>(201)
        .fails(&[404, 409]),
    Route::new("GET", "/v1/contacts/{contact}", "get_contact", "Reads a contact.", to!(directory::contact))
        .gives::<Contact>(200),
    Route::new("PATCH", "/v1/contacts/{contact}", "patch_contact",
        "Changes a contact. Without the state `active` its live streams end at once.", to!(directory::patch_contact))
        .takes::<ContactPatch>(r#"{"state":"none"}"#)
        .gives::<Contact>(200),
    Route::new("GET", "/v1/api-keys", "list_api_keys", "Lists the firm's API keys, oldest first, without secrets.", to!(keys::api_keys))
        .gives::<List<ApiKey>>(200),
    Route::new("POST", "/v1/api-keys", "create_api_key", "Makes an API key. Its secret is shown this once.", to!(keys::create_api_key))
        .takes::<NewApiKey>(r#"{"label":"billing"}"#)
        .gives::<IssuedApiKey>(201)
        .fails(&[409]),
    Route::new("DELETE", "/v1/api-keys/{key}", "delete_api_key", "Ends an API key.", to!(keys::delete_api_key)),
    Route::new("POST", "/v1/tokens", "create_token", "Makes a token for a person who has access.", to!(keys::create_token))
        .takes::<NewToken>(r#"{"person":{"member":"0198c5a0-0000-7000-8000-000000000002"},"ttl_s":3600}"#)
        .gives::<IssuedToken>(201)
        .fails(&[404]),
    Route::new("POST", "/v1/tokens/revoke", "revoke_tokens",
        "Ends one token that Tidings signed, or all of a person's tokens made until now; their sockets close at once.",
        to!(keys::revoke))
        .takes::<Revocation>(r#"{"person":{"contact":"0198c5a0-0000-7000-8000-000000000003"}}"#)
        .fails(&[404]),
    Route::new("POST", "/v1/login-links", "create_login_link",
        "Sends a person an email with a link to log in by, which works once and for a short time. At most one a minute.",
        to!(notices::login_link))
        .takes::<NewLoginLink>(r#"{"person":{"contact":"0198c5a0-0000-7000-8000-000000000003"}}"#)
        .accepts()
        .fails(&[404, 429]),
    Route::new("GET", "/v1/notices", "list_notices",
        "Lists why people did or did not get an email, newest first: by API key of the whole firm, by a member's token what it may see.",
        to!(notices::ledger))
        .access(AccessKind::ApiKeyOrPerson)
        .query(LEDGER)
        .gives::<List<Notice>>(200)
        .fails(&[403, 404])
        .browsers(),
    Route::new("GET", "/v1/login/{token}", "show_login",
        "The page behind a link to log in by. Changes nothing: programs follow links, too.", to!(pages::show_login))
        .page()
        .fails(&[410]),
    Route::new("POST", "/v1/login/{token}", "log_in",
        "Logs in by such a link, once. The page hands the token on to the firm's `portal_url`, by a form that posts `token`, `expires_ms` and `thread`; whoever accepts `application/json` only gets it at once.",
        to!(pages::enter))
        .page()
        .form()
        .or_gives::<LoggedIn>()
        .fails(&[403, 410]),
    Route::new("POST", "/v1/login/{token}/again", "send_login_again",
        "Mails a new link to whom this one was for. At most one a minute.", to!(pages::again))
        .page()
        .gives_text(202, "text/html")
        .form()
        .fails(&[410, 429]),
    Route::new("GET", "/v1/unsubscribe/{token}", "show_unsubscribe",
        "The page behind a link to end the emails. Changes nothing: programs follow links, too.", to!(pages::show_unsubscribe))
        .page(),
    Route::new("POST", "/v1/unsubscribe/{token}", "unsubscribe",
        "Ends the emails to whom the link was for (RFC 8058). Twice is once.", to!(pages::stop))
        .page()
        .form(),
    Route::new("POST", "/v1/commands", "run_command",
        "Does one command: with an API key in the name of `actor`, with a person's token in its own.", to!(run_command))
        .access(AccessKind::ApiKeyOrPerson)
        .takes::<CommandRequest>(concat!(
            r#"{"actor":{"member":"0198c5a0-0000-7000-8000-000000000002"},"#,
            r#""command":{"post_message":{"thread":"0198c5a0-0000-7000-8000-000000000004","#,
            r#""key":"0198c5a0-0000-7000-8000-000000000005","body":"Your return is *filed*."}}}"#,
        ))
        .gives::<Reply>(200)
        .fails(&[403, 404, 409, 429])
        .browsers(),
    Route::new("GET", "/v1/ws", "open_socket",
        "Opens a WebSocket with subprotocol `tidings.v1.json` or `tidings.v1.postcard`; JSON if none is offered.",
        to!(upgrade::open))
        .access(AccessKind::Socket)
        .switches()
        .fails(&[403, 426]),
    Route::new("GET", "/v1/openapi.json", "get_openapi", "This document.", to!(openapi::serve))
        .access(AccessKind::Public)
        .gives::<serde_json::Map<String, serde_json::Value>>(200)
        .browsers(),
    Route::new("GET", "/health/live", "live", "Answers as long as the process does.", to!(ops::live))
        .ops()
        .gives_text(200, "text/plain"),
    Route::new("GET", "/health/ready", "ready", "Whether to send work here: the store answers and the node is not stopping. The text is `ready`, or `degraded` and why: work is done all the same.", to!(ops::ready))
        .ops()
        .gives_text(200, "text/plain")
        .fails(&[503]),
    Route::new("GET", "/metrics", "metrics", "What is counted, for Prometheus.", to!(ops::metrics))
        .ops()
        .gives_text(200, "application/openmetrics-text"),
];
