//! A node that is restarted sends its clients to the others, and nothing is lost on the way.

use crate::scene::Scene;
use futures_util::future::join_all;
use tidings_protocol::{CloseCode, Encoding, Seq};
use tokio::sync::oneshot;

/// Clients of the node that is restarted.
const CLIENTS: usize = 30;

#[tokio::test]
async fn clients_of_a_node_that_is_restarted_go_on_by_another() {
    let mut scene = Scene::new(2, &["--drain-time=500ms"]).await;
    let chatter = scene.chatter(0).await;
    // All at once, and each read all the time: a client that is not answers no ping.
    let (carlos, thread) = (scene.cast.carlos, scene.thread);
    let clients = (0..CLIENTS).map(|number| {
        let encoding = if number % 2 == 0 { Encoding::Json } else { Encoding::Postcard };
        let firm = scene.firm(1);
        let (joined, is_joined) = oneshot::channel();
        let heard = tokio::spawn(async move {
            let mut client = firm.connect_with(carlos, encoding).await;
            client.join(thread, None).await;
            let heard = client.event().await.seq;
            joined.send(()).expect("it is waited for");
            client.expect_close(CloseCode::Restarting).await;
            client.take_events().last().map_or(heard, |event| event.seq)
        });
        (is_joined, heard)
    });
    let (joined, heard): (Vec<_>, Vec<_>) = clients.collect();
    assert!(join_all(joined).await.iter().all(Result::is_ok), "not all could join");
    scene.post(1, "by the one that is restarted").await;
    scene.cluster.nodes[1].stop().await;
    let had: Vec<Seq> =
        join_all(heard).await.into_iter().map(|had| had.expect("it ends as it should")).collect();
    let mut resumed = Vec::new();
    for after in had {
        let mut client = scene.connect(0, scene.cast.carlos, Encoding::Json).await;
        assert!(client.join(scene.thread, Some(after)).await.complete);
        resumed.push(client);
    }
    drop(chatter);
    // As an operator's supervisor does it.
    scene.cluster.nodes[1].start_again();
    scene.cluster.nodes[1].ready().await;
    let last = scene.post(1, "by the one that was restarted").await;
    for client in &mut resumed {
        client.events_up_to(last).await;
    }
    let mut all = scene.listen(1, scene.cast.mia, Encoding::Json).await;
    let log = tidings_tests::history(&mut all, scene.thread).await;
    assert_eq!(log.last().map(|event| event.seq), Some(last));
    assert!(last > Seq(2));
}
