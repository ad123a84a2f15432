//! What is told to an operator: health, metrics, logs. And what is not.

use serde_json::Value;
use std::collections::HashMap;
use tidings_protocol::{CloseCode, Command};
use tidings_tests::{Cast, Endpoint, Http, Server, post, start_thread, thread as draft, within};

/// The samples of `/metrics`, by name with labels.
async fn metrics(http: &Http) -> HashMap<String, f64> {
    let answer = http.get("/metrics").await;
    assert_eq!(answer.status, 200);
    let type_ = answer.header("content-type").unwrap_or_default();
    assert!(type_.starts_with("application/openmetrics-text"), "{type_}");
    assert!(answer.body.ends_with("# EOF\n"), "{}", answer.body);
    let samples = answer.body.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("{line}")))
        })
        .collect()
}

#[tokio::test]
async fn health_and_metrics_answer_and_metrics_move() {
    let server = Server::start().await;
    let http = server.http();
    assert_eq!(http.get("/health/live").await.status, 200);
    assert_eq!(http.get("/health/ready").await.status, 200);
    let before = metrics(&http).await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect(cast.carlos).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    carlos.join_live(thread).await;
    let seq = mia.written(post(thread, "counted")).await;
    carlos.events_up_to(seq).await;
    mia.refused(post(thread, "")).await;
    carlos.send_text(|_| "no frame".to_owned()).await;
    carlos.expect_close(CloseCode::Malformed).await;

    // A connection's end is counted when its task has ended, which is soon.
    let settled = async {
        loop {
            let now = metrics(&http).await;
            if now.get("tidings_connections") == Some(&1.0) {
                return now;
            }
        }
    };
    let after = within("the closed connection to be counted", settled).await;
    for (name, least) in [
        ("tidings_connections_opened_total", 2.0),
        ("tidings_messages_total", 2.0),
        ("tidings_deliveries_total", 1.0),
        ("tidings_feed_frames_total", 0.0),
        ("tidings_ack_seconds_count", 2.0),
        ("tidings_fanout_seconds_count", 1.0),
        ("tidings_commit_seconds_count", 2.0),
        ("tidings_commit_batch_operations_count", 2.0),
        ("tidings_read_seconds_count", 1.0),
        ("tidings_queue_overflows_total", 0.0),
        ("tidings_commands_total{command=\"post_message\",outcome=\"ok\"}", 1.0),
        ("tidings_closes_total{code=\"4000\"}", 1.0),
        ("tidings_http_requests_total{route=\"/v1/members\",status=\"201\"}", 3.0),
    ] {
        let value = after.get(name).unwrap_or_else(|| panic!("no {name} in {after:#?}"));
        let moved = value - before.get(name).unwrap_or(&0.0);
        assert!(moved >= least, "{name} moved by {moved}, not {least}");
    }
    let ids = [cast.firm.id.to_string(), thread.to_string()];
    let names = after.keys().any(|name| ids.iter().any(|id| name.contains(id.as_str())));
    assert!(!names, "metrics name no tenant and no thread");
}

#[tokio::test]
async fn operations_have_a_listener_of_their_own_if_configured() {
    let server = Server::start_with(&[("ops-listen", "127.0.0.1:0")]).await;
    let address = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        line["ops"].as_str()?.parse().ok()
    };
    let found = server.logs().wait_for("the operator's address", address).await;
    let ops = Http::new(&Endpoint::of(found.expect("it is logged")));
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(ops.get(path).await.status, 200, "{path}");
        assert_eq!(server.http().get(path).await.status, 404, "{path} is not for everybody");
    }
    assert_eq!(ops.get("/v1/openapi.json").await.status, 404);
}

#[tokio::test]
async fn logs_are_json_and_hold_no_body_address_or_secret() {
    let settings = [("log-filter", "trace")];
    let mut server = Server::start_with(&settings).await;
    let cast = Cast::on(&server).await;
    let token = cast.firm.token(cast.mia).await;
    let mut mia =
        tidings_tests::Client::connect(server.endpoint(), &token, tidings_protocol::Encoding::Json)
            .await;
    let thread = start_thread(&mut mia, draft(cast.account, "Subjectword", &["Taskword"])).await;
    mia.join(thread, None).await;
    mia.written(post(thread, "Bodyword")).await;
    mia.refused(post(thread, "Bodyword".repeat(10_000))).await;
    mia.done(Command::Render { markdown: "Markdownword".to_owned() }).await;
    let bad = server.http().with(format!("{token}x")).get("/v1/firm").await;
    assert_eq!(bad.status, 401);
    let wrong = server.http().with("tk_Wrongkeyword").get("/v1/firm").await;
    assert_eq!(wrong.status, 401);
    server.ask_to_stop().await;
    mia.expect_close(CloseCode::Restarting).await;
    server.ended().await;
    let stopped = |line: &str| line.contains("\"stopped\"").then_some(());
    server.logs().wait_for("the last line", stopped).await.expect("it is logged");

    let signature = token.rsplit('.').next().expect("three parts");
    let secrets = [
        "Bodyword",
        "Subjectword",
        "Taskword",
        "Markdownword",
        "Wrongkeyword",
        "@mail.example",
        &cast.firm.key,
        signature,
    ];
    let lines = server.logs().lines();
    assert!(lines.len() >= 4, "{lines:?}");
    for line in &lines {
        let parsed: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        for field in ["timestamp", "level", "target"] {
            assert!(parsed[field].is_string(), "no {field} in {line}");
        }
        for secret in secrets {
            assert!(!line.contains(secret), "{secret} is in {line}");
        }
    }
}
