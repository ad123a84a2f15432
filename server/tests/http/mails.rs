//! Emails over HTTP: the ledger of what became of them, and links to log in by.

use crate::support::{Server, Tenant};
use serde_json::{Value, json};
use uuid::Uuid;

/// A thread that the owner has begun.
pub(crate) async fn begin(server: &Server, tenant: &Tenant) -> String {
    let create = json!({"create_thread": {
        "account": tenant.account.account, "key": Uuid::new_v4(), "body": "Hello"
    }});
    let create = json!({"actor": tenant.owner, "command": create});
    let made = server.ask("POST /v1/commands", &tenant.key, Some(&create)).await.json();
    made["thread_created"]["thread"].as_str().unwrap().to_owned()
}

fn items(ledger: &Value) -> &[Value] {
    ledger["items"].as_array().unwrap()
}

/// A person as queries name it.
fn named(person: tidings_protocol::Person) -> String {
    person.to_string()
}

#[tokio::test]
async fn a_link_to_log_in_by_is_sent_once_a_minute_and_is_in_the_ledger() {
    let server = Server::start(|_| ()).await;
    let tenant = server.tenant("A").await;
    let thread = begin(&server, &tenant).await;
    let wish = json!({"person": tenant.contact, "thread": thread});
    let taken = server.ask("POST /v1/login-links", &tenant.key, Some(&wish)).await;
    assert_eq!((taken.status, taken.body.len()), (202, 0), "{taken:?}");
    let again = server.ask("POST /v1/login-links", &tenant.key, Some(&wish)).await;
    assert_eq!((again.status, again.code().as_str()), (429, "rate_limited"));
    let wait: u64 = again.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");

    let ledger = server.ask("GET /v1/notices", &tenant.key, None).await.json();
    let [entry] = items(&ledger) else { panic!("{ledger}") };
    assert_eq!((&entry["kind"], &entry["thread"]), (&json!("login"), &json!(thread)));
    for (query, found) in [
        (format!("thread={thread}"), 1),
        (format!("person={}", named(tenant.contact)), 1),
        (format!("person={}&thread={thread}", named(tenant.owner)), 0),
        (format!("person=member:{}", Uuid::new_v4()), 0),
    ] {
        let ledger = server.ask(&format!("GET /v1/notices?{query}"), &tenant.key, None).await;
        assert_eq!(items(&ledger.json()).len(), found, "{query}");
    }

    for wrong in [
        json!({"person": {"contact": Uuid::new_v4()}}),
        json!({"person": tenant.owner, "thread": Uuid::new_v4()}),
    ] {
        let refused = server.ask("POST /v1/login-links", &tenant.key, Some(&wrong)).await;
        assert_eq!(refused.status, 404, "{wrong}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn the_ledger_is_the_teams_and_each_firms_own() {
    let server = Server::start(|_| ()).await;
    let (tenant, other) = (server.tenant("A").await, server.tenant("B").await);
    let thread = begin(&server, &tenant).await;
    let wish = json!({"person": tenant.contact, "thread": thread});
    server.ask("POST /v1/login-links", &tenant.key, Some(&wish)).await;

    let owner = server.token(tenant.firm, tenant.owner);
    let of_thread = format!("GET /v1/notices?thread={thread}");
    assert_eq!(items(&server.ask(&of_thread, &owner, None).await.json()).len(), 1);
    let contact = server.token(tenant.firm, tenant.contact);
    let refused = server.ask("GET /v1/notices", &contact, None).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "not_allowed"));
    assert_eq!(server.ask("GET /v1/notices", "", None).await.status, 401);
    assert_eq!(items(&server.ask("GET /v1/notices", &other.key, None).await.json()).len(), 0);

    // To a member without access a thread looks like none.
    let new = json!({"name": "Mia", "email": "mia@firm.example", "role": "member"});
    let mia = server.ask("POST /v1/members", &tenant.key, Some(&new)).await.json();
    let mia = json!({"person": {"member": mia["member"]}});
    let mia = server.ask("POST /v1/tokens", &tenant.key, Some(&mia)).await.json();
    let mia = mia["token"].as_str().unwrap();
    assert_eq!(items(&server.ask("GET /v1/notices", mia, None).await.json()).len(), 0);
    let nowhere = format!("GET /v1/notices?thread={}", Uuid::new_v4());
    for (who, line) in [(mia, &of_thread), (mia, &nowhere), (&other.key, &of_thread)] {
        let hidden = server.ask(line, who, None).await;
        assert_eq!((hidden.status, hidden.code().as_str()), (404, "not_found"), "{line}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn without_a_mail_server_emails_are_files() {
    let mut folder = std::path::PathBuf::new();
    let server = Server::start(|config| {
        config.mail.apart = false;
        folder.clone_from(&config.mail.folder);
    })
    .await;
    let tenant = server.tenant("A").await;
    let soon = json!({"mail": {"delay_s": 0}});
    assert_eq!(server.ask("PATCH /v1/firm", &tenant.key, Some(&soon)).await.status, 200);
    let thread = begin(&server, &tenant).await;
    let waited = async {
        loop {
            let query = format!("GET /v1/notices?thread={thread}");
            let ledger = server.ask(&query, &tenant.key, None).await.json();
            if let [entry] = items(&ledger)
                && entry["state"] == "sent"
            {
                return entry.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let sent = tidings_tests::within("an email", waited).await;
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    let mail = std::fs::read_to_string(file.path()).unwrap();
    assert!(mail.contains(&format!("<{}>", sent["message_id"].as_str().unwrap())), "{mail}");
    let link = format!("http://{}/v1/login/", server.address);
    assert!(mail.replace("=\r\n", "").contains(&link), "{mail}");
    let counted = server.ask("GET /metrics", "", None).await;
    let counted = String::from_utf8(counted.body).unwrap();
    assert!(counted.contains("tidings_mails_total{result=\"sent\"} 1"), "{counted}");
    server.stopped().await;
}
