//! A disk that is full: writes are refused and say so, reading and live streams go on, and when
//! there is room again, so is everything.

use tidings_protocol::{Command, Encoding, RefusalCode, Reply, ServerFrame};
use tidings_tests::{
    Cast, Server, history, key, messages, post, start_thread, thread as draft, within,
};

/// Limits how large the files of a running process may grow, in bytes.
async fn limit_files(server: &Server, limit: &str) {
    let process = server.process_id().to_string();
    let mut prlimit = tokio::process::Command::new("prlimit");
    prlimit.args(["--pid", &process, &format!("--fsize={limit}:")]);
    let status = within("prlimit to end", prlimit.status()).await;
    assert!(status.is_ok_and(|status| status.success()), "prlimit, of util-linux, is needed");
}

#[tokio::test]
async fn a_full_disk_refuses_writes_goes_on_reading_and_recovers_by_itself() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let mut carlos = cast.firm.connect_with(cast.carlos, Encoding::Postcard).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &["sign"])).await;
    carlos.join(thread, None).await;
    let before = mia.written(post(thread, "before")).await;
    carlos.events_up_to(before).await;

    limit_files(&server, "0").await;
    let kept = Command::PostMessage {
        thread,
        key: key(),
        body: "sent while full".to_owned(),
        mentions: Vec::new(),
    };
    for command in [
        kept.clone(),
        post(thread, "x".repeat(60_000)),
        Command::TickTask { thread, task: tidings_protocol::TaskId(3) },
        draft(cast.account, "Another", &[]),
    ] {
        let refusal = mia.refused(command.clone()).await;
        assert_eq!(refusal.code, RefusalCode::Unavailable, "{refusal:?}");
        assert!(refusal.message.len() > 20, "{refusal:?}");
    }
    let named = cast.firm.http.post("/v1/accounts", &serde_json::json!({ "name": "New" })).await;
    assert_eq!((named.status, named.code().as_str()), (503, "unavailable"));
    assert!(named.header("retry-after").is_some());

    // Reading, joining, connecting and all that is live go on.
    assert_eq!(messages(&history(&mut carlos, thread).await).len(), 2);
    let mut olga = cast.firm.connect(cast.olga).await;
    olga.join_live(thread).await;
    assert_eq!(carlos.done(Command::Typing { thread }).await, Reply::Done {});
    let typing = ServerFrame::Typing { thread, person: cast.carlos };
    olga.frame("typing", |frame| (*frame == typing).then_some(())).await;
    assert_eq!(server.http().get("/health/live").await.status, 200);
    assert_eq!(carlos.take_events(), [], "what was refused reached nobody");

    limit_files(&server, "unlimited").await;
    // The next write, or one soon after, is taken: nothing has to be started again.
    let recovered = async {
        loop {
            match mia.outcome(kept.clone()).await {
                tidings_protocol::Outcome::Ok(Reply::Written { seq, .. }) => return seq,
                tidings_protocol::Outcome::Refused(refusal) if refusal.code.may_retry() => {}
                other => panic!("{other:?}"),
            }
        }
    };
    let seq = within("a write after there is room again", recovered).await;
    assert_eq!(seq, before.next(), "nothing that was refused has taken a place");
    let heard = carlos.events_up_to(seq).await;
    assert_eq!(messages(&heard)[0].1, "sent while full");
    carlos.written(post(thread, "and on")).await;
}

#[tokio::test]
async fn what_was_acknowledged_before_the_disk_was_full_outlives_a_kill() {
    let mut server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    mia.written(post(thread, "acknowledged")).await;
    limit_files(&server, "0").await;
    mia.refused(post(thread, "refused")).await;
    server.kill().await;
    server.start_again().await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let bodies: Vec<String> =
        messages(&history(&mut mia, thread).await).into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, ["About Taxes", "acknowledged"]);
}
