//! A store that goes to another database while its people are away for a moment.

use tidings_protocol::Encoding;
use tidings_tests::{
    Cast, Client, Postgres, Server, history, key, messages, post, start_thread, thread as draft,
    tidings,
};

#[tokio::test]
async fn a_conversation_goes_on_in_postgresql_where_it_was_in_sqlite() {
    let mut server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &["sign"])).await;
    let once = tidings_protocol::Command::PostMessage {
        thread,
        key: key(),
        body: "once".to_owned(),
        mentions: Vec::new(),
    };
    let seq = mia.written(once.clone()).await;
    let token = cast.firm.token(cast.carlos).await;
    let before = history(&mut mia, thread).await;

    let postgres = Postgres::shared();
    postgres.create_database("moved");
    let (from, to) = (server.store().to_owned(), postgres.url("moved"));
    let moving = ["store", "move", "--from", &from, "--to", &to];
    let early = tidings(moving).await;
    assert_eq!(early.code, Some(1), "{early:?}");
    assert!(early.stderr.contains("in use by a running server"), "{}", early.stderr);
    server.ask_to_stop().await;
    server.ended().await;
    drop(tidings(moving).await.ok());

    let moved = Server::start_with(&[("store", &to)]).await;
    // The token was signed before the move.
    let mut carlos = Client::connect(moved.endpoint(), &token, Encoding::Json).await;
    assert_eq!(history(&mut carlos, thread).await, before);
    let mut mia = cast.firm.at(moved.endpoint()).connect(cast.mia).await;
    assert_eq!(mia.written(once).await, seq, "it was sent before");
    let last = carlos.written(post(thread, "on we go")).await;
    assert_eq!(last.0, before.len() as u64 + 1);
    let log = history(&mut mia, thread).await;
    assert_eq!(messages(&log).last().map(|(_, body)| body.as_str()), Some("on we go"));
}
