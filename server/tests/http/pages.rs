//! The pages behind the links in emails.

use crate::mails::begin;
use crate::support::{Answer, Server, Tenant};
use serde_json::{Value, json};
use std::time::Duration;
use tidings_notifier::signed::Purpose;
use tidings_protocol::{NoticeId, Person, Timestamp};
use tidings_server::config::Config;
use tidings_storage::{Actor, Asked, Done, Operation};
use tidings_tests::within;
use uuid::Uuid;

/// A server whose mails nobody sends but the test.
async fn start(change: impl FnOnce(&mut Config)) -> (Server, Tenant) {
    let server = Server::start(|config| {
        config.mail.apart = true;
        change(config);
    });
    let server = server.await;
    let tenant = server.tenant("Ledger & Sons").await;
    (server, tenant)
}

/// What somebody who has clicked or pressed something gets.
async fn open(server: &Server, line: &str, headers: &[&str], body: &str) -> Answer {
    let mut lines = vec![format!("{line} HTTP/1.1")];
    lines.extend(["host: test", "connection: close"].iter().chain(headers).map(|&l| l.to_owned()));
    if line.starts_with("POST") {
        lines.push(format!("content-length: {}", body.len()));
        lines.push("content-type: application/x-www-form-urlencoded".to_owned());
    }
    server.raw(format!("{}\r\n\r\n{body}", lines.join("\r\n"))).await
}

fn text(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{answer:?}");
    String::from_utf8(answer.body.clone()).unwrap()
}

/// The value of a hidden field.
fn field(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// Does what a notifier does up to the sending of mails to a person: the notice of the first.
async fn mailed(server: &Server, person: Person) -> NoticeId {
    within(&format!("a mail to {person} to be due"), due(server, person)).await
}

async fn due(server: &Server, person: Person) -> NoticeId {
    let node = &server.node;
    loop {
        let now = node.clock.now();
        let due = node.store.read(move |reader| reader.due(now, 100)).await.unwrap().unwrap();
        for (firm, thread) in due.look {
            node.apply(Operation::Look { firm, thread }).await.unwrap();
        }
        for notices in due.mails.into_iter().filter(|notices| notices.person == person) {
            let until = Timestamp(now.0 + 60_000);
            let claim = Operation::ClaimNotices { notices, holder: Uuid::new_v4(), until };
            if let Ok(Done::Notices(taken)) = node.apply(claim).await
                && let [notice, ..] = taken.as_slice()
            {
                return *notice;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The link of a mail that somebody has asked for.
async fn link(server: &Server, tenant: &Tenant, person: Person) -> String {
    let actor = Actor { firm: tenant.firm, person };
    let ask = Operation::AddNotice { actor, thread: None, asked: Asked::Login };
    server.node.apply(ask).await.unwrap();
    let notice = mailed(server, person).await;
    format!("/v1/login/{}", server.node.mail.signer.sign(Purpose::Login, notice))
}

/// The notice of a mail about a new thread, and the thread.
async fn news(server: &Server, tenant: &Tenant) -> (NoticeId, String) {
    patch(server, tenant, json!({"mail": {"delay_s": 0}})).await;
    let thread = begin(server, tenant).await;
    (mailed(server, tenant.contact).await, thread)
}

async fn patch(server: &Server, tenant: &Tenant, patch: Value) {
    let patched = server.ask("PATCH /v1/firm", &tenant.key, Some(&patch)).await;
    assert_eq!(patched.status, 200, "{patched:?}");
}

async fn preferences(server: &Server, tenant: &Tenant, person: Person) -> Value {
    let get = json!({"actor": person, "command": {"get_preferences": {}}});
    let got = server.ask("POST /v1/commands", &tenant.key, Some(&get)).await.json();
    got["preferences"].clone()
}

#[tokio::test]
async fn looking_at_a_link_changes_nothing_and_pressing_the_button_logs_in_once() {
    let (server, tenant) = start(|_| ()).await;
    patch(
        &server,
        &tenant,
        json!({"mail": {"portal_url": "https://portal.example/t/{thread}?a=b"}}),
    )
    .await;
    let (notice, thread) = news(&server, &tenant).await;
    let token = server.node.mail.signer.sign(Purpose::Login, notice);
    let path = format!("/v1/login/{token}");
    for line in
        [format!("GET {path}"), format!("HEAD {path}"), format!("GET {path}?utm_source=mail")]
    {
        let shown = open(&server, &line, &[], "").await;
        assert_eq!(shown.status, 200, "{shown:?}");
        assert_eq!(shown.header("cache-control"), Some("no-store"));
        assert_eq!(shown.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(shown.header("x-robots-tag"), Some("noindex, nofollow"));
        let policy = shown.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("form-action 'self'; "), "{policy}");
        if line.starts_with("HEAD") {
            assert!(shown.body.is_empty());
        } else {
            let html = text(&shown);
            assert!(
                html.contains("Ledger &amp; Sons") && html.contains("Log in</button>"),
                "{html}"
            );
        }
    }

    let elsewhere = ["sec-fetch-site: cross-site", "accept: application/json"];
    let pressed = open(&server, &format!("POST {path}"), &elsewhere, "").await;
    assert!(text(&pressed).contains("Log in</button>"), "nobody logs in by another's page");
    let asked = open(&server, &format!("POST {path}/again"), &elsewhere, "").await;
    assert_eq!(asked.status, 404, "{asked:?}");

    let here = ["sec-fetch-site: same-origin"];
    let entered = open(&server, &format!("POST {path}"), &here, "").await;
    assert_eq!(entered.status, 200, "{entered:?}");
    let html = text(&entered);
    assert!(html.contains("Bo Baker") && !html.contains("bo@bakery.example"), "{html}");
    let policy = entered.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action https://portal.example; "), "{policy}");
    assert_eq!(entered.header("referrer-policy"), Some("strict-origin"));
    let action = html.split_once("action=\"").unwrap().1.split_once('"').unwrap().0;
    assert_eq!(action, format!("https://portal.example/t/{thread}?a=b"));
    assert_eq!(field(&html, "thread").as_deref(), Some(thread.as_str()));
    let session = field(&html, "token").unwrap();
    let get = json!({"command": {"get_thread": {"thread": thread}}});
    assert_eq!(server.ask("POST /v1/commands", &session, Some(&get)).await.status, 200);

    for method in ["POST", "GET"] {
        let used = open(&server, &format!("{method} {path}"), &[], "").await;
        assert_eq!(used.status, 410, "{used:?}");
        assert!(text(&used).contains(&format!("action=\"{token}/again\"")), "{used:?}");
    }
    let sent = open(&server, &format!("POST {path}/again"), &[], "").await;
    assert_eq!(sent.status, 202, "{sent:?}");
    assert!(!text(&sent).contains("bakery.example"), "it tells no address");
    let again = open(&server, &format!("POST {path}/again"), &[], "").await;
    assert_eq!(again.status, 429, "{again:?}");
    assert!(again.header("retry-after").is_some() && text(&again).contains("a short while ago"));
    let notice = mailed(&server, tenant.contact).await;
    let next = format!("/v1/login/{}", server.node.mail.signer.sign(Purpose::Login, notice));
    assert_eq!(open(&server, &format!("POST {next}"), &[], "").await.status, 200);
    server.stopped().await;
}

#[tokio::test]
async fn programs_get_the_token_at_once_and_firms_without_an_address_say_so() {
    let (server, tenant) = start(|_| ()).await;
    let path = link(&server, &tenant, tenant.contact).await;
    let json = ["accept: application/json"];
    let entered = open(&server, &format!("POST {path}"), &json, "").await;
    assert_eq!((entered.status, &entered.json()["thread"]), (200, &Value::Null), "{entered:?}");
    let session = entered.json()["token"].as_str().unwrap().to_owned();
    let get = json!({"command": {"get_preferences": {}}});
    assert_eq!(server.ask("POST /v1/commands", &session, Some(&get)).await.status, 200);
    let used = open(&server, &format!("POST {path}"), &json, "").await;
    assert_eq!((used.status, used.code().as_str()), (403, "not_allowed"));
    let unknown = open(&server, "POST /v1/login/x", &json, "").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "not_found"));

    let path = link(&server, &tenant, tenant.owner).await;
    let nowhere = "has not set yet where your conversations open";
    for line in [format!("GET {path}"), format!("POST {path}"), format!("POST {path}")] {
        let told = open(&server, &line, &[], "").await;
        let html = text(&told);
        assert_eq!(told.status, 200);
        assert!(html.contains(nowhere) && !html.contains("<form"), "{html}");
        assert_eq!(field(&html, "token"), None);
    }
    patch(&server, &tenant, json!({"mail": {"portal_url": "https://portal.example/"}})).await;
    let entered = open(&server, &format!("POST {path}"), &[], "").await;
    assert!(field(&text(&entered), "token").is_some(), "it was not used up: {entered:?}");
    server.stopped().await;
}

#[tokio::test]
async fn of_two_who_press_the_button_at_once_one_is_let_in() {
    let (server, tenant) = start(|_| ()).await;
    patch(&server, &tenant, json!({"mail": {"portal_url": "https://portal.example/"}})).await;
    let path = format!("POST {}", link(&server, &tenant, tenant.contact).await);
    let press = || open(&server, &path, &[], "");
    let (one, two, three) = tokio::join!(press(), press(), press());
    let mut statuses = [one.status, two.status, three.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410, 410]);
    server.stopped().await;
}

#[tokio::test]
async fn an_old_link_is_no_longer_good() {
    let (server, tenant) = start(|config| config.mail.login_time = Duration::ZERO).await;
    let path = link(&server, &tenant, tenant.contact).await;
    // It is good for the millisecond in which it was made.
    let ends =
        async { while open(&server, &format!("GET {path}"), &[], "").await.status != 410 {} };
    within("the link to run out", ends).await;
    for method in ["GET", "POST"] {
        let old = open(&server, &format!("{method} {path}"), &[], "").await;
        assert_eq!(old.status, 410, "{old:?}");
        assert!(text(&old).contains("Send me a new link"));
    }
    server.stopped().await;
}

#[tokio::test]
async fn whoever_guesses_sees_one_page_whatever_it_guesses() {
    let (server, tenant) = start(|_| ()).await;
    let path = link(&server, &tenant, tenant.contact).await;
    let token = path.rsplit('/').next().unwrap().to_owned();
    let forgotten = server.node.mail.signer.sign(Purpose::Login, NoticeId(Uuid::new_v4()));
    let last = if token.ends_with('A') { 'B' } else { 'A' };
    let changed = format!("{}{last}", &token[..token.len() - 1]);
    let mut pages = Vec::new();
    for guess in ["x", &changed, &forgotten, &token.repeat(40), "%00", "..", "é"] {
        for (method, way, more) in [
            ("GET", "login", ""),
            ("POST", "login", ""),
            ("POST", "login", "/again"),
            ("GET", "unsubscribe", ""),
            ("POST", "unsubscribe", ""),
        ] {
            let line = format!("{method} /v1/{way}/{guess}{more}");
            let page = open(&server, &line, &["accept-language: de-CH, en;q=0.5"], "").await;
            // Some of it is no path at all.
            if page.header("content-type") == Some("text/html; charset=utf-8") {
                assert_eq!(page.status, 404, "{line}");
                pages.push(text(&page));
            } else {
                assert!(page.status == 404 || page.status == 400, "{line} {page:?}");
            }
        }
    }
    // A token is good for what it was made for alone.
    let crossed = format!("GET /v1/unsubscribe/{token}");
    pages.push(text(&open(&server, &crossed, &["accept-language: de"], "").await));
    assert!(pages.len() > 20 && pages[0].contains("Hier ist nichts"), "{}", pages[0]);
    assert!(pages.iter().all(|page| *page == pages[0]), "all look the same");
    server.stopped().await;
}

#[tokio::test]
async fn without_access_or_when_the_firm_wants_none_a_link_is_good_for_nothing() {
    let (server, tenant) = start(|_| ()).await;
    let (notice, _) = news(&server, &tenant).await;
    let path = format!("/v1/login/{}", server.node.mail.signer.sign(Purpose::Login, notice));
    let nothing = async || {
        for line in [format!("GET {path}"), format!("POST {path}"), format!("POST {path}/again")] {
            let page = open(&server, &line, &[], "").await;
            assert_eq!(page.status, 410, "{line} {page:?}");
            assert!(!text(&page).contains("<form"), "{line}");
        }
    };
    // Mails that log nobody in have to lead somewhere.
    let nowhere = json!({"mail": {"login_links": false}});
    let refused = server.ask("PATCH /v1/firm", &tenant.key, Some(&nowhere)).await;
    assert_eq!((refused.status, refused.json()["field"].as_str()), (422, Some("mail.login_links")));
    let portal = "https://portal.example/{thread}";
    let off = json!({"mail": {"login_links": false, "portal_url": portal}});
    patch(&server, &tenant, off).await;
    nothing().await;
    patch(&server, &tenant, json!({"mail": {"login_links": true}})).await;
    assert_eq!(open(&server, &format!("GET {path}"), &[], "").await.status, 200);
    let contact = format!("PATCH /v1/contacts/{}", tenant.contact.uuid());
    server.ask(&contact, &tenant.key, Some(&json!({"state": "none"}))).await;
    nothing().await;
    server.stopped().await;
}

#[tokio::test]
async fn a_contact_ends_its_emails_by_a_button_or_by_one_click() {
    let (server, tenant) = start(|_| ()).await;
    let contact = format!("PATCH /v1/contacts/{}", tenant.contact.uuid());
    server.ask(&contact, &tenant.key, Some(&json!({"language": "nl"}))).await;
    let (notice, _) = news(&server, &tenant).await;
    let token = server.node.mail.signer.sign(Purpose::Unsubscribe, notice);
    let path = format!("/v1/unsubscribe/{token}");
    for method in ["GET", "HEAD"] {
        let shown = open(&server, &format!("{method} {path}"), &["accept-language: fr"], "").await;
        assert_eq!(shown.status, 200);
        assert_eq!(preferences(&server, &tenant, tenant.contact).await["notify"], true);
        if method == "GET" {
            assert!(text(&shown).contains("E-mails stoppen</button>"), "in its own language");
        }
    }
    for body in ["List-Unsubscribe=One-Click", ""] {
        let stopped = open(&server, &format!("POST {path}"), &[], body).await;
        assert_eq!(stopped.status, 200, "{stopped:?}");
        assert!(text(&stopped).contains("weer aanzetten"), "{stopped:?}");
        assert_eq!(preferences(&server, &tenant, tenant.contact).await["notify"], false);
    }
    let long = open(&server, &format!("POST {path}"), &[], &"a".repeat(9_000)).await;
    assert_eq!((long.status, long.code().as_str()), (413, "body_too_big"));

    // Its wish holds even while it has no access.
    server.ask(&contact, &tenant.key, Some(&json!({"notify": true, "state": "invited"}))).await;
    assert_eq!(open(&server, &format!("POST {path}"), &[], "").await.status, 200);
    let kept = server.ask(&contact, &tenant.key, Some(&json!({"state": "active"}))).await;
    assert_eq!(kept.json()["notify"], false, "{kept:?}");
    server.stopped().await;
}

#[tokio::test]
async fn a_member_ends_its_emails_and_keeps_its_inbox() {
    let (server, tenant) = start(|_| ()).await;
    let notice = {
        let actor = Actor { firm: tenant.firm, person: tenant.owner };
        let ask = Operation::AddNotice { actor, thread: None, asked: Asked::Login };
        server.node.apply(ask).await.unwrap();
        mailed(&server, tenant.owner).await
    };
    let before = preferences(&server, &tenant, tenant.owner).await;
    let token = server.node.mail.signer.sign(Purpose::Unsubscribe, notice);
    let stopped = open(&server, &format!("POST /v1/unsubscribe/{token}"), &[], "").await;
    assert_eq!(stopped.status, 200);
    let after = preferences(&server, &tenant, tenant.owner).await;
    let lines = |preferences: &Value| preferences["kinds"].as_array().unwrap().clone();
    assert!(lines(&before).iter().any(|line| line["channels"]["email"] == true));
    for (was, is) in lines(&before).iter().zip(lines(&after)) {
        assert_eq!(is["channels"]["email"], false, "{is}");
        assert_eq!(is["channels"]["inbox"], was["channels"]["inbox"], "{is}");
    }
    server.stopped().await;
}
