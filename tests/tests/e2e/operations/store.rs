//! One store, one server.

use tidings_tests::{Cast, Server, post, start_thread, thread as draft, tidings};

#[tokio::test]
async fn a_second_server_on_the_same_store_refuses_to_start() {
    let mut server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &[])).await;
    let second = tidings(server.arguments()).await;
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.stderr.contains("tidings.db"), "{}", second.stderr);
    assert!(second.stderr.contains("in use"), "{}", second.stderr);
    // The first one is not disturbed, and tools may work beside it.
    mia.written(post(thread, "undisturbed")).await;
    drop(server.tidings(&["firm", "create", "Another"]).await.ok());
    let person = cast.mia.to_string();
    let token = server.tidings(&["token", "--person", &person, "--ttl", "5m"]).await.ok();
    let encoding = tidings_protocol::Encoding::Json;
    let token = token.stdout.trim();
    tidings_tests::Client::connect(server.endpoint(), token, encoding).await;

    server.kill().await;
    server.start_again().await;
    cast.firm.connect(cast.mia).await.written(post(thread, "after a kill too")).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_clear_error() {
    let server = Server::start().await;
    let address = server.endpoint().address().to_string();
    let store = format!("sqlite:{}", server.path("other.db").display());
    let second = tidings(["serve", "--listen", &address, "--store", &store]).await;
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.stderr.contains(&format!("can't listen on {address}")), "{}", second.stderr);
}
