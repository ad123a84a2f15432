//! A node that is restarted sends its clients to the others, and nothing is lost on the way.

use crate::scene::Scene;
use tidings_protocol::{CloseCode, Encoding, Seq};

/// Clients of the node that is restarted.
const CLIENTS: usize = 30;

#[tokio::test]
async fn clients_of_a_node_that_is_restarted_go_on_by_another() {
    let mut scene = Scene::new(2, &["--drain-time=500ms"]).await;
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let encoding = if number % 2 == 0 { Encoding::Json } else { Encoding::Postcard };
        clients.push(scene.listen(1, scene.cast.carlos, encoding).await);
    }
    let chatter = scene.chatter(0).await;
    scene.post(1, "by the one that is restarted").await;
    scene.cluster.nodes[1].stop().await;
    let mut had = Vec::new();
    for mut client in clients {
        client.expect_close(CloseCode::Restarting).await;
        let last = client.take_events().last().map(|event| event.seq);
        had.push(last.expect("there was something to hear all the time"));
    }
    let mut resumed = Vec::new();
    for after in had {
        let mut client = scene.connect(0, scene.cast.carlos, Encoding::Json).await;
        assert!(client.join(scene.thread, Some(after)).await.complete);
        resumed.push(client);
    }
    // As an operator's supervisor does it.
    scene.cluster.nodes[1].start_again();
    scene.cluster.nodes[1].ready().await;
    drop(chatter);
    let last = scene.post(1, "by the one that was restarted").await;
    for client in &mut resumed {
        client.events_up_to(last).await;
    }
    let mut all = scene.listen(1, scene.cast.mia, Encoding::Json).await;
    let log = tidings_tests::history(&mut all, scene.thread).await;
    assert_eq!(log.last().map(|event| event.seq), Some(last));
    assert!(last > Seq(2));
}
