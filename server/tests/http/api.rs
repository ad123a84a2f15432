//! What the operations do, and how they fail.

use crate::support::Server;
use serde_json::json;
use tidings_server::http::{AccessKind, Listener, ROUTES};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

#[tokio::test]
async fn a_host_application_keeps_the_directory() {
    let server = Server::start(|_| ()).await;
    let tenant = server.tenant("Ledger & Sons").await;
    let key = tenant.key.as_str();

    let firm = server.ask("GET /v1/firm", key, None).await;
    assert_eq!((firm.status, &firm.json()["name"]), (200, &json!("Ledger & Sons")));
    assert_eq!(firm.header("cache-control"), Some("no-store"));
    let patch = json!({"contacts_may_start": false});
    let firm = server.ask("PATCH /v1/firm", key, Some(&patch)).await;
    assert_eq!(firm.json()["contacts_may_start"], false);

    let ada = json!({"name": "Ada", "email": "ada@firm.example", "role": "member"});
    let made = server.ask("POST /v1/members", key, Some(&ada)).await;
    assert_eq!(made.status, 201);
    let member = made.json()["member"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(format!("/v1/members/{member}").as_str()));
    let read = server.ask(&format!("GET /v1/members/{member}"), key, None).await;
    assert_eq!(read.json(), made.json());

    let place = format!("/v1/accounts/{}/members/{member}", tenant.account.account);
    for method in ["PUT", "PUT", "DELETE", "DELETE"] {
        let answer = server.ask(&format!("{method} {place}"), key, None).await;
        assert!(answer.status == 204 || answer.status == 404, "{method}: {answer:?}");
    }

    let page = server.ask("GET /v1/members?limit=1", key, None).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let next = page["next"].as_str().expect("two members, one a page");
    let rest = server.ask(&format!("GET /v1/members?limit=1&cursor={next}"), key, None).await;
    assert_ne!(rest.json()["items"], page["items"]);

    let of_account = format!("GET /v1/contacts?account={}", tenant.account.account);
    let contacts = server.ask(&of_account, key, None).await.json();
    assert_eq!(contacts["items"][0]["name"], "Bo Baker");

    let bo = format!("PATCH /v1/contacts/{}", contacts["items"][0]["contact"].as_str().unwrap());
    let refused = server.ask(&bo, key, Some(&json!({"time_zone": "Amsterdam\n"}))).await;
    assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("time_zone")));
    server.stopped().await;
}

#[tokio::test]
async fn keys_and_tokens_open_doors_until_they_end() {
    let server = Server::start(|_| ()).await;
    let tenant = server.tenant("A").await;
    let made = server.ask("POST /v1/api-keys", &tenant.key, Some(&json!({"label": "x"}))).await;
    assert_eq!((made.status, made.header("cache-control")), (201, Some("no-store")));
    let (id, second) = (made.json()["key"].clone(), made.json()["secret"].clone());
    let (id, second) = (id.as_str().unwrap(), second.as_str().unwrap());
    assert_eq!(server.ask("GET /v1/firm", second, None).await.status, 200);
    let listed = server.ask("GET /v1/api-keys", second, None).await;
    assert!(!String::from_utf8_lossy(&listed.body).contains(second));
    let ended = server.ask(&format!("DELETE /v1/api-keys/{id}"), &tenant.key, None).await;
    assert_eq!(ended.status, 204);
    assert_eq!(server.ask("GET /v1/firm", second, None).await.status, 401);

    let person = json!({"person": tenant.contact, "ttl_s": 60});
    let issued = server.ask("POST /v1/tokens", &tenant.key, Some(&person)).await;
    assert_eq!(issued.status, 201);
    let token = issued.json()["token"].as_str().unwrap().to_owned();
    let command = json!({"command": {"list_threads": {}}});
    assert_eq!(server.ask("POST /v1/commands", &token, Some(&command)).await.status, 200);
    let revocation = json!({"token": issued.json()["token_id"]});
    let revoked = server.ask("POST /v1/tokens/revoke", &tenant.key, Some(&revocation)).await;
    assert_eq!(revoked.status, 204);
    let refused = server.ask("POST /v1/commands", &token, Some(&command)).await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "unauthenticated"));
    let challenge = refused.header("www-authenticate");
    assert_eq!(challenge, Some(r#"Bearer realm="tidings", error="invalid_token""#));
    // Without a credential there is none that could be wrong (RFC 6750, 3.1).
    for operation in ["GET /v1/firm", "POST /v1/commands"] {
        let anonymous = server.ask(operation, "", None).await;
        assert_eq!((anonymous.status, anonymous.header("www-authenticate")), (401, Some("Bearer")));
    }

    let nobody = json!({"person": {"member": Uuid::new_v4()}});
    assert_eq!(server.ask("POST /v1/tokens", &tenant.key, Some(&nobody)).await.status, 404);
    let long = json!({"person": tenant.contact, "ttl_s": 86_401});
    let long = server.ask("POST /v1/tokens", &tenant.key, Some(&long)).await;
    assert_eq!((long.status, &long.json()["field"]), (422, &json!("ttl_s")));
    server.stopped().await;
}

#[tokio::test]
async fn commands_are_taken_one_at_a_time() {
    let server = Server::start(|_| ()).await;
    let tenant = server.tenant("A").await;
    let other = server.tenant("B").await;
    let create = json!({"create_thread": {
        "account": tenant.account.account, "key": Uuid::new_v4(), "body": "Hello"
    }});
    let as_owner = json!({"actor": tenant.owner, "command": create});
    let made = server.ask("POST /v1/commands", &tenant.key, Some(&as_owner)).await;
    assert_eq!(made.status, 200, "{made:?}");
    let thread = made.json()["thread_created"]["thread"].clone();
    let again = server.ask("POST /v1/commands", &tenant.key, Some(&as_owner)).await;
    assert_eq!(again.json(), made.json());

    let token = server.token(tenant.firm, tenant.contact);
    let get = json!({"get_thread": {"thread": thread}});
    let seen = server.ask("POST /v1/commands", &token, Some(&json!({"command": get}))).await;
    assert_eq!(seen.json()["thread"]["item"]["unread"], 1);
    let render = json!({"command": {"render": {"markdown": "*a*<script>"}}});
    let rendered = server.ask("POST /v1/commands", &token, Some(&render)).await.json();
    assert_eq!(rendered["rendered"]["html"], "<p><em>a</em>&lt;script&gt;</p>\n");

    let post = |body: &str| json!({"post_message": {"thread": thread, "key": 7, "body": body}});
    let long = "a".repeat(70_000);
    let long = json!({"post_message": {"thread": thread, "key": Uuid::new_v4(), "body": long}});
    let table = [
        (&token, json!({"command": {"join": {"thread": thread}}}), 409, "needs_socket", None),
        (&token, json!({"command": {"authenticate": {"token": "x"}}}), 409, "needs_socket", None),
        (&token, as_owner.clone(), 422, "invalid", Some("actor")),
        (&tenant.key, json!({"command": get}), 422, "invalid", Some("actor")),
        (
            &tenant.key,
            json!({"actor": other.owner, "command": get}),
            404,
            "not_found",
            Some("actor"),
        ),
        (
            &tenant.key,
            json!({"actor": other.owner, "command": render["command"]}),
            404,
            "not_found",
            Some("actor"),
        ),
        (&other.key, json!({"actor": other.owner, "command": get}), 404, "not_found", None),
        (&token, json!({"command": post("x")}), 400, "malformed", Some("post_message.key")),
        (&token, json!({"command": long}), 422, "invalid", Some("post_message.body")),
        (&token, json!({"command": {"fly": {}}}), 400, "malformed", None),
    ];
    for (credential, body, status, code, field) in table {
        let answer = server.ask("POST /v1/commands", credential, Some(&body)).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
        if let Some(field) = field {
            assert_eq!(answer.json()["field"], field, "{answer:?}");
        }
    }
    // What is not understood is not sent back at length.
    let unknown = json!({"command": {"x".repeat(10_000): {}}});
    let answer = server.ask("POST /v1/commands", &token, Some(&unknown)).await;
    assert_eq!((answer.status, &answer.json()["field"]), (400, &json!("command")));
    assert!(answer.body.len() < 1_000, "{} bytes", answer.body.len());
    server.stopped().await;
}

#[tokio::test]
async fn every_operation_asks_who_it_is_and_answers_as_documented() {
    let server = Server::start(|_| ()).await;
    let tenant = server.tenant("A").await;
    let token = server.token(tenant.firm, tenant.owner);
    for route in ROUTES.iter().filter(|route| route.listener == Listener::Api) {
        let mut path = route.path.to_owned();
        for parameter in route.parameters() {
            path = path.replace(&format!("{{{parameter}}}"), &Uuid::new_v4().to_string());
        }
        let line = format!("{} {path}", route.method);
        let strange = format!("{line}?colour=red");
        for (line, credential) in [
            (&line, ""),
            (&line, "tk_nonsense"),
            (&line, "a.b.c"),
            (&line, token.as_str()),
            (&line, tenant.key.as_str()),
            (&strange, tenant.key.as_str()),
        ] {
            let answer = server.ask(line, credential, None).await;
            let documented = route.statuses().contains(&answer.status);
            assert!(documented, "{line} {credential}: {answer:?}");
            // People are told on a page what is wrong.
            let page = answer.header("content-type") == Some("text/html; charset=utf-8");
            if answer.status >= 400 && !page {
                answer.code();
            }
            let refused = match route.access {
                AccessKind::Public | AccessKind::Socket => None,
                _ if credential.is_empty() || credential.len() < 20 => Some(401),
                AccessKind::ApiKey if credential == token => Some(403),
                _ => None,
            };
            assert!(refused.is_none_or(|status| status == answer.status), "{line}: {answer:?}");
            assert!(line != &strange || page || answer.status == 400, "{line}: {answer:?}");
        }
    }
    server.stopped().await;
}

#[tokio::test]
async fn wrong_requests_are_told_what_is_wrong() {
    let server = Server::start(|config| config.limits.body_bytes = 1000).await;
    let tenant = server.tenant("A").await;
    let head = |rest: &str| {
        format!(
            "POST /v1/accounts HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: bearer {}\r\n{rest}",
            tenant.key
        )
    };
    let json = "content-type: application/json\r\n";
    let table = [
        ("GET /nowhere HTTP/1.0\r\n\r\n".to_owned(), 404, "no_such_route"),
        ("GET /v1/firm/ HTTP/1.0\r\n\r\n".to_owned(), 404, "no_such_route"),
        ("DELETE /v1/firm HTTP/1.0\r\n\r\n".to_owned(), 405, "method_not_allowed"),
        (head("content-length: 2\r\n\r\n{}"), 415, "unsupported_media_type"),
        (
            head("content-type: text/plain\r\ncontent-length: 2\r\n\r\n{}"),
            415,
            "unsupported_media_type",
        ),
        (head(&format!("{json}content-length: 1001\r\n\r\n")), 413, "body_too_big"),
        (head(&format!("{json}content-length: 2\r\n\r\n{{}}")), 400, "malformed"),
        (head(&format!("{json}content-length: 2\r\n\r\n{{]")), 400, "malformed"),
        (head(&format!("{json}content-length: 0\r\n\r\n")), 400, "malformed"),
        (head(&format!("{json}content-length: 11\r\n\r\n{{\"name\":\"\"}}")), 422, "invalid"),
        (
            head(&format!("{json}authorization: Bearer x\r\ncontent-length: 2\r\n\r\n{{}}")),
            401,
            "unauthenticated",
        ),
        (
            head(&format!(
                "{json}transfer-encoding: chunked\r\n\r\n3e9\r\n{}\r\n0\r\n\r\n",
                "a".repeat(1001)
            )),
            413,
            "body_too_big",
        ),
    ];
    for (request, status, code) in table {
        let answer = server.raw(&request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{request}");
    }
    let answer = server.raw("DELETE /v1/firm HTTP/1.0\r\n\r\n").await;
    assert_eq!(answer.header("allow"), Some("GET, PATCH, HEAD, OPTIONS"));
    let answer = server.raw("OPTIONS /v1/firm HTTP/1.0\r\n\r\n").await;
    assert_eq!((answer.status, answer.header("allow")), (204, Some("GET, PATCH, HEAD, OPTIONS")));
    let answer = server.ask("HEAD /v1/openapi.json", "", None).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert!(answer.header("content-length").unwrap().parse::<usize>().unwrap() > 1000);
    server.stopped().await;
}

#[tokio::test]
async fn pages_of_allowed_origins_read_what_is_meant_for_them() {
    let allowed = "https://portal.example";
    let server = Server::start(|config| config.allowed_origins = vec![allowed.to_owned()]).await;
    let ask = async |method: &str, path: &str, origin: &str| {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: {origin}\r\n\r\n"
        );
        server.raw(request).await
    };
    let name = "access-control-allow-origin";
    let preflight = ask("OPTIONS", "/v1/commands", allowed).await;
    assert_eq!((preflight.status, preflight.header(name)), (204, Some(allowed)));
    assert!(preflight.header("access-control-allow-headers").unwrap().contains("authorization"));
    // Answers that refuse are readable, too.
    let refused = ask("POST", "/v1/commands", allowed).await;
    assert_eq!((refused.status, refused.header(name)), (401, Some(allowed)));
    for (path, origin) in [
        ("/v1/commands", "https://portal.example.evil.example"),
        ("/v1/commands", "http://portal.example"),
        ("/v1/commands", "null"),
        ("/v1/firm", allowed),
    ] {
        let answer = ask("OPTIONS", path, origin).await;
        assert_eq!(answer.header(name), None, "{path} {origin}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn the_document_is_served_as_it_is_made() {
    let server = Server::start(|_| ()).await;
    let document = server.ask("GET /v1/openapi.json", "", None).await;
    assert_eq!(document.json(), tidings_server::http::openapi());
    server.stopped().await;
}

#[tokio::test]
async fn operations_have_a_listener_of_their_own_if_one_is_set() {
    let server = Server::start(|_| ()).await;
    assert_eq!(server.ask("GET /health/live", "", None).await.status, 200);
    assert_eq!(server.ask("GET /health/ready", "", None).await.status, 200);
    let metrics = server.ask("GET /metrics", "", None).await;
    assert!(String::from_utf8_lossy(&metrics.body).ends_with("# EOF\n"));
    server.node.close().await;
    assert_eq!(server.ask("GET /health/live", "", None).await.status, 200);
    let unready = server.ask("GET /health/ready", "", None).await;
    assert_eq!(
        (unready.status, &unready.json()["detail"]),
        (503, &json!("the store takes no writes"))
    );
    server.stopped().await;

    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let mut server = Server::start(|config| config.ops_listen = Some(any)).await;
    assert_eq!(server.ask("GET /metrics", "", None).await.status, 404);
    let public = std::mem::replace(&mut server.address, server.ops.unwrap());
    assert_eq!(server.ask("GET /metrics", "", None).await.status, 200);
    assert_eq!(server.ask("GET /v1/openapi.json", "", None).await.status, 404);
    server.address = public;
    server.stopped().await;
}

#[tokio::test]
async fn who_asks_the_operators_listener_is_told_that_the_server_stops() {
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let mut server = Server::start(|config| {
        config.ops_listen = Some(any);
        config.limits.drain_time = std::time::Duration::from_mins(1);
    })
    .await;
    let tenant = server.tenant("A").await;
    // A request that is not finished yet keeps the server, for its drain time at most.
    let mut slow = server.connect().await;
    let head = format!(
        "POST /v1/accounts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n",
        tenant.key
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let public = std::mem::replace(&mut server.address, server.ops.unwrap());
    assert_eq!(server.ask("GET /health/ready", "", None).await.status, 200);
    server.tell_to_stop();
    let unready = loop {
        let ready = server.ask("GET /health/ready", "", None).await;
        if ready.status != 200 {
            break ready;
        }
    };
    assert_eq!((unready.status, &unready.json()["detail"]), (503, &json!("stopping")));
    assert_eq!(server.ask("GET /health/live", "", None).await.status, 200);
    assert!(server.ask("GET /metrics", "", None).await.status == 200);
    assert!(tokio::net::TcpStream::connect(public).await.is_err(), "nothing new is taken");
    drop(slow);
    server.stopped().await;
}
