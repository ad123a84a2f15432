//! One person has so many sockets over all nodes.

use crate::scene::Scene;
use futures_util::future::{join_all, select_all};
use tidings_protocol::{CloseCode, Command, Encoding};
use tidings_tests::{Client, within};

const LIMIT: usize = 3;

/// Connects, if there is a place.
async fn try_place(scene: &Scene, node: usize, token: &str) -> Option<Client> {
    let endpoint = scene.cluster.nodes[node].endpoint();
    let opened = Client::try_connect(endpoint, None, Encoding::Json).await;
    let mut client = opened.expect("a socket is opened before anybody is known");
    let id = client.send(Command::Authenticate { token: token.to_owned() }).await;
    match client.try_reply(id).await {
        Ok(_) => Some(client),
        Err(closed) => {
            assert_eq!(closed.code, Some(CloseCode::TooManySockets.code()), "{closed:?}");
            None
        }
    }
}

#[tokio::test]
async fn sockets_are_counted_over_all_nodes() {
    let limit = format!("--sockets-per-person={LIMIT}");
    let mut scene = Scene::new(2, &[&limit]).await;
    let token = scene.cast.firm.token(scene.cast.carlos).await;
    // One too many, by both nodes at the same moment: whichever it is, it does not stay.
    let attempts = (0..=LIMIT).map(|n| try_place(&scene, n % 2, &token));
    let mut clients: Vec<Client> = join_all(attempts).await.into_iter().flatten().collect();
    if clients.len() > LIMIT {
        let ends = clients.iter_mut().map(|client| Box::pin(client.closed()));
        let first = within("the one too many to be closed", select_all(ends));
        let (closed, which, others) = first.await;
        drop(others);
        assert_eq!(closed.code, Some(CloseCode::TooManySockets.code()));
        clients.remove(which);
    }
    assert_eq!(clients.len(), LIMIT);
    for client in &mut clients {
        client.done(Command::GetPreferences {}).await;
    }
    let more = join_all([0, 1].map(|node| try_place(&scene, node, &token))).await;
    assert!(more.iter().all(Option::is_none), "there was a place");
    // A place that is given back by one node is to be had by another, and so are those of a node
    // that is gone.
    drop(clients);
    let mut kept = Vec::new();
    for _ in 0..LIMIT {
        kept.push(try_place(&scene, 1, &token).await.expect("places were given back"));
    }
    scene.cluster.nodes[1].kill().await;
    for _ in 0..LIMIT {
        kept.push(try_place(&scene, 0, &token).await.expect("the node that had them is gone"));
    }
}
