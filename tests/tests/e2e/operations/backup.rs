//! A backup beside a busy server, and a server on the copy.

use tidings_protocol::Seq;
use tidings_tests::{Cast, Server, history, messages, post, start_thread, thread as draft};

#[tokio::test]
async fn a_backup_of_a_busy_server_opens_with_all_that_was_acknowledged_before() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Busy", &[])).await;
    let mut before = Seq(0);
    for number in 0..50 {
        before = mia.written(post(thread, format!("before {number}"))).await;
    }
    let mut busy = cast.firm.connect(cast.olga).await;
    let writer = tokio::spawn(async move {
        loop {
            busy.written(post(thread, "meanwhile")).await;
        }
    });
    let copy = server.path("copy.db");
    let copy_text = copy.to_string_lossy().into_owned();
    drop(server.tidings(&["backup", &copy_text]).await.ok());
    let again = server.tidings(&["backup", &copy_text]).await;
    assert!(again.code != Some(0) && again.stderr.contains("exists already"), "{again:?}");
    writer.abort();

    let store = format!("sqlite:{copy_text}");
    let restored = Server::start_with(&[("store", &store)]).await;
    // The key that signs tokens was copied too, so the people's tokens are good there.
    let token = cast.firm.token(cast.carlos).await;
    let encoding = tidings_protocol::Encoding::Json;
    let mut carlos = tidings_tests::Client::connect(restored.endpoint(), &token, encoding).await;
    let log = history(&mut carlos, thread).await;
    assert!(log.len() as u64 >= before.0, "{} events, {before} were acknowledged", log.len());
    let restored_messages = messages(&log);
    assert_eq!(restored_messages[50].1, "before 49");
    let original = messages(&history(&mut mia, thread).await);
    assert_eq!(original[..restored_messages.len()], restored_messages, "it is a part of the log");
    // It is a store of its own, and goes on.
    let seq = carlos.written(post(thread, "in the copy")).await;
    assert_eq!(seq.0, log.len() as u64 + 1);
}
